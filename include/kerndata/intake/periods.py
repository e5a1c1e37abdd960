"""Which periods a verdict is about, and what became of each: what the exchange sets against what it expects."""

from collections import Counter

import pandas as pd

from kerndata.ledger.periods import PeriodCount
from kerndata.model.period import last_day, period_of
from kerndata.quality.verdict import Verdict
from kerndata.sources.schema import DeliverySpec

_DEFINITE = "definitief"
_COLUMN = {"indicators": "period", "projects": "reference_date"}


def period_counts(verdict: Verdict, spec: DeliverySpec | None) -> list[PeriodCount]:
    """Count a verdict's observations by period; a project counts in the period in which its reference date lies.

    A row whose period cannot be read counts nowhere; nor does a file refused before its rows could be judged.
    """
    if spec is None:
        return []
    taken, lost = _counted(verdict.accepted, spec), _counted(verdict.refused, spec)
    provisional = _counted(_provisional(verdict.accepted), spec)
    return [PeriodCount(one, taken[one], lost[one], provisional[one]) for one in sorted(taken.keys() | lost.keys())]


def _provisional(accepted: pd.DataFrame) -> pd.DataFrame:
    if "value_status" not in accepted:  # projects have none
        return accepted.head(0)
    return accepted.loc[accepted["value_status"].fillna(_DEFINITE) != _DEFINITE, :]


def _counted(rows: pd.DataFrame, spec: DeliverySpec) -> Counter[str]:
    column = _COLUMN[spec.dataset]
    counts: Counter[str] = Counter()
    for text, count in rows[column].value_counts().items() if column in rows else ():
        if period := _period(str(text), spec):
            counts[period] += int(count)
    return counts


def _period(text: str, spec: DeliverySpec) -> str | None:
    day = last_day(text)
    if day is None:
        return None
    return text if spec.dataset == "indicators" else period_of(day, spec.cadence)
