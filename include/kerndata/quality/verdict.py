"""From findings to a verdict: which observations are accepted, which refused and why, and how good the delivery is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from kerndata.contracts.contract import DIMENSIONS, Contract
from kerndata.errors import FileFault
from kerndata.harmonise import Harmonised
from kerndata.model.finding import Finding, Severity
from kerndata.model.submission import Counts, Status
from kerndata.quality.derive import OBSERVATION
from kerndata.quality.findings import MOST_PER_RULE, ORDER
from kerndata.quality.places import Kind
from kerndata.quality.validation import Validation
from kerndata.quality.wording import word, word_fault, word_file, word_unmapped

TEXT = pd.ArrowDtype(pa.string())
NO_ROWS = Counts()
TOO_MANY = "F-TOO-MANY-REFUSED"


@dataclass(frozen=True)
class Verdict:
    """What became of one delivery.

    ``accepted``: contract columns, ``quality_flags`` filled with the warnings. ``refused``: the same plus
    ``observation`` and ``reasons`` (rule ids joined by ``;``). ``findings``: worded, what to fix first on top, at most
    ``MOST_PER_RULE`` of one rule. ``totals``: all findings per rule id. ``scores``: per dimension the share of
    observations without a finding. ``validation``: what Great Expectations said, where it was asked.
    """

    status: Status
    accepted: pd.DataFrame = field(repr=False)
    refused: pd.DataFrame = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    totals: Mapping[str, int]
    counts: Counts
    scores: Mapping[str, float]
    validation: Validation | None = field(default=None, repr=False, compare=False)


def conclude(
    contract: Contract,
    harmonised: Harmonised,
    frame: pd.DataFrame,
    found: pd.DataFrame,
    *,
    threshold_pct: float,
    kind: Kind,
) -> Verdict:
    """Accept, partly accept or refuse; ``found`` from ``findings.collect``, ``frame`` from ``derive``.

    Raises FileFault when there is no observation at all: success over nothing does not exist.
    """
    rows = harmonised.rows
    if rows.empty:
        raise FileFault("F-HEADER-ONLY")
    errors, warnings = (found[found["severity"] == level] for level in (Severity.ERROR, Severity.WARNING))
    bad = rows[OBSERVATION].isin(errors["observation"]).to_numpy(dtype=bool)
    told = found.groupby("rule_id", sort=False).head(MOST_PER_RULE)
    worded = word(contract, frame, told, harmonised, kind)
    remarks = (word_file(one.rule_id, one.facts) for one in harmonised.remarks)
    findings = by_severity((*remarks, *map(word_unmapped, harmonised.unmapped_columns), *worded))
    weighing = [rule_id for rule_id in set(errors["rule_id"]) if contract.rule(rule_id).counts_for_threshold]
    lost_pct = 100 * errors.loc[errors["rule_id"].isin(weighing), "observation"].nunique() / len(rows)
    if lost_pct > threshold_pct:
        fault = FileFault(TOO_MANY, found_pct=_pct(lost_pct), limit_pct=_pct(threshold_pct))
        findings, bad = (word_fault(fault), *findings), np.ones(len(rows), dtype=bool)
    flags = _joined(warnings, rows)
    accepted = rows[~bad].assign(quality_flags=_flags(rows, flags)[~bad])
    reasons = _joined(errors, rows)
    return Verdict(
        status=_status(bad),
        accepted=accepted[list(contract.column_names)].reset_index(drop=True),
        refused=rows[bad].assign(reasons=reasons[bad].fillna(TOO_MANY)).reset_index(drop=True),
        findings=findings,
        totals=totals(findings) | Counter(map(str, found["rule_id"])),
        counts=_counts(harmonised, bad, flags),
        scores=_scores(contract, found, len(rows)),
    )


def refuse_whole(fault: FileFault, *, observed: int = 0, other_rows: int = 0) -> Verdict:
    """The verdict on a file that is refused before its rows could be judged."""
    return of_file(Status.REFUSED, word_fault(fault), Counts(observed, 0, observed, other_rows=other_rows))


def of_file(status: Status, finding: Finding, counts: Counts = NO_ROWS) -> Verdict:
    """The verdict of one finding on a file as a whole, of which no row is judged."""
    return Verdict(
        status=status,
        accepted=pd.DataFrame(),
        refused=pd.DataFrame(),
        findings=(finding,),
        totals={finding.rule_id: 1},
        counts=counts,
        scores={},
    )


def _status(bad: Any) -> Status:
    if bad.all():
        return Status.REFUSED
    return Status.PARTLY_ACCEPTED if bad.any() else Status.ACCEPTED


def _counts(harmonised: Harmonised, bad: Any, flags: "pd.Series[Any]") -> Counts:
    refused = int(bad.sum())
    return Counts(
        observed=len(bad),
        accepted=len(bad) - refused,
        refused=refused,
        flagged=int((flags.notna().to_numpy(dtype=bool) & ~bad).sum()),
        other_rows=sum(harmonised.other_rows.values()),
    )


def _joined(found: pd.DataFrame, rows: pd.DataFrame) -> "pd.Series[Any]":
    """Per row its rule ids, sorted and joined by ``;``; null where it has none."""
    pairs = found[["observation", "rule_id"]].drop_duplicates().sort_values(["observation", "rule_id"])
    joined: dict[int, str] = {}
    for observation, rule_id in zip(pairs["observation"].tolist(), pairs["rule_id"].tolist(), strict=True):
        joined[observation] = f"{joined[observation]};{rule_id}" if observation in joined else rule_id
    told = np.full(len(rows), None, dtype=object)
    told[pd.Index(rows[OBSERVATION]).get_indexer(list(joined))] = list(joined.values())
    return pd.Series(told, index=rows.index, dtype=TEXT)


def _flags(rows: pd.DataFrame, warnings: "pd.Series[Any]") -> "pd.Series[Any]":
    """Flags that stood there already, and the warnings; sorted, joined by ``;``, empty text without any."""
    flagged = rows["quality_flags"].fillna("")
    if warnings.isna().all():
        return flagged
    flags = flagged.to_numpy(dtype=object, copy=True)
    at = np.flatnonzero(warnings.notna().to_numpy(dtype=bool))
    for position, warned in zip(at, warnings.iloc[at].tolist(), strict=True):
        flags[position] = ";".join(sorted({*filter(None, flags[position].split(";")), *warned.split(";")}))
    return pd.Series(flags, index=rows.index, dtype=TEXT)


def with_findings(verdict: Verdict, added: tuple[Finding, ...]) -> Verdict:
    """The verdict with findings on the file as a whole, which refuse and flag no row; ahead of the others like them."""
    findings = by_severity((*added, *verdict.findings))
    new = totals(added)
    known = {rule_id: verdict.totals.get(rule_id, 0) + new.get(rule_id, 0) for rule_id in totals(findings)}
    return replace(verdict, findings=findings, totals=known)


def by_severity(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Errors, warnings, information; in each the order given."""
    return tuple(sorted(findings, key=lambda one: ORDER[one.severity]))


def totals(findings: tuple[Finding, ...]) -> dict[str, int]:
    """How often each rule was not met, in the order in which the rules first appear."""
    return dict(Counter(one.rule_id for one in findings))


def _scores(contract: Contract, found: pd.DataFrame, size: int) -> dict[str, float]:
    dimension = found["rule_id"].map(lambda rule_id: contract.rule(rule_id).dimension)
    failed = found[found["severity"] != Severity.INFO].groupby(dimension)["observation"].nunique()
    return {name: round(1 - int(failed.get(name, 0)) / size, 4) for name in DIMENSIONS.values()}


def _pct(share: float) -> str:
    return f"{share:.1f}".rstrip("0").rstrip(".").replace(".", ",")
