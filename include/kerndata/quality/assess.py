"""From a file to its verdict: the one path that the pipeline, ``kerndata check`` and a rebuild take."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kerndata.contracts.contract import Contract, load_contract
from kerndata.errors import FileFault
from kerndata.harmonise import Harmonised, harmonise
from kerndata.quality.check import check
from kerndata.quality.periods import last_day
from kerndata.quality.verdict import Verdict, refuse_whole
from kerndata.read import read
from kerndata.sources.registry import Source
from kerndata.sources.schema import DeliverySpec
from kerndata.sources.via import BucketVia


@dataclass(frozen=True, slots=True)
class Assessment:
    """A file and the verdict on it; ``dataset`` is None when no agreed delivery matched."""

    file_name: str
    dataset: str | None
    verdict: Verdict


def assess(
    path: Path,
    *,
    source: Source,
    spec: DeliverySpec | None,
    submission_id: str,
    file_name: str,
    judge: bool = True,
    as_of: date | None = None,
) -> Assessment:
    """Read, harmonise and check one file; a fault of the file becomes a refusal with its reason.

    ``spec``: the delivery the file belongs to, or None when none matched. ``judge=False`` leaves Great Expectations
    out. ``as_of``: last day figures may be about; without it the end of the last period the source expects, so that
    the verdict depends on the file and its source alone. Raises NotChecked when our own checks failed.
    """
    try:
        rows, contract, agreed = _understood(path, source, spec, submission_id, file_name)
        verdict = check(
            contract,
            rows,
            as_of=as_of or _last_expected(agreed),
            threshold_pct=_threshold_pct(contract, source, agreed),
            judge=judge,
        )
    except FileFault as fault:
        verdict = refuse_whole(fault, observed=fault.observed)
    return Assessment(file_name, spec.dataset if spec else None, verdict)


def _understood(
    path: Path, source: Source, spec: DeliverySpec | None, submission_id: str, file_name: str
) -> tuple[Harmonised, Contract, DeliverySpec]:
    if spec is None:
        raise FileFault("F-UNKNOWN-DELIVERY", name=file_name, expected=_agreed_names(source))
    rows = harmonise(read(path, spec.format), spec, source, submission_id, file_name)
    return rows, load_contract(spec.dataset), spec


def _agreed_names(source: Source) -> str:
    return ", ".join(one.via.bucket for one in source.deliveries.values() if isinstance(one.via, BucketVia))


def _last_expected(spec: DeliverySpec) -> date | None:
    """None when the source expects no particular periods: then only a date in the row itself can bound it."""
    days = [day for period in spec.expected_periods if (day := last_day(period))]
    return max(days, default=None)


def _threshold_pct(contract: Contract, source: Source, spec: DeliverySpec) -> float:
    for chosen in (spec.refuse_threshold_pct, source.refuse_threshold_pct):
        if chosen is not None:
            return chosen
    return contract.refuse_threshold_pct
