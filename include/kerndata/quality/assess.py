"""From a file to its verdict: the one path that the pipeline, ``kerndata check`` and a rebuild take."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from kerndata.contracts.contract import Contract, load_contract
from kerndata.errors import FileFault
from kerndata.harmonise import Harmonised, harmonise
from kerndata.model.period import last_day
from kerndata.model.sheet import Reading
from kerndata.quality.astray import other_delivery, unknown_delivery
from kerndata.quality.check import check
from kerndata.quality.places import kind_of
from kerndata.quality.previous import Comparison, Previous, compare, history_findings, history_rules
from kerndata.quality.screen import masked_fault, screen
from kerndata.quality.surroundings import with_names
from kerndata.quality.verdict import Verdict, refuse_whole, with_findings
from kerndata.read import read
from kerndata.sources.registry import Source
from kerndata.sources.schema import DeliverySpec

NOTHING = Reading(())


@dataclass(frozen=True, slots=True)
class Assessment:
    """A file and the verdict on it; ``dataset`` is None when no agreed delivery matched.

    ``comparison``: with the last accepted delivery, when there was one and something of this file was taken over.
    ``not_checked``: ids of the rules that could not be judged, for want of a delivery to compare with.
    """

    file_name: str
    dataset: str | None
    verdict: Verdict
    comparison: Comparison | None = None
    not_checked: tuple[str, ...] = ()


def assess(
    path: Path,
    *,
    source: Source,
    spec: DeliverySpec | None,
    submission_id: str,
    file_name: str,
    judge: bool = True,
    as_of: date | None = None,
    previous: Previous | None = None,
) -> Assessment:
    """Read, harmonise and check one file; a fault of the file becomes a refusal with its reason.

    ``spec``: the delivery the file belongs to, or None when none matched. ``judge=False`` leaves Great Expectations
    out. ``as_of``: last day figures may be about; without it the end of the last period the source expects, so that
    the verdict depends on the file and its source alone. ``previous``: the last accepted delivery; it only adds
    findings on the file as a whole. Raises NotChecked when our own checks failed.
    """
    try:
        rows, reading, contract, agreed = _understood(path, source, spec, submission_id, file_name)
        verdict = check(
            contract,
            rows,
            as_of=as_of or _last_expected(agreed),
            threshold_pct=_threshold_pct(contract, source, agreed),
            judge=judge,
            kind=kind_of(agreed.format),
        )
    except FileFault as fault:
        refused = refuse_whole(masked_fault(fault), observed=fault.observed)
        return Assessment(file_name, spec.dataset if spec else None, with_names(refused, NOTHING, file_name))
    named = with_names(verdict, reading, file_name)
    return _with_history(Assessment(file_name, contract.dataset, named), contract, previous)


def _with_history(assessed: Assessment, contract: Contract, previous: Previous | None) -> Assessment:
    """Of a file that went back whole nothing is taken over, so there is nothing to compare."""
    verdict = assessed.verdict
    if previous is None:
        return replace(assessed, not_checked=history_rules(contract.dataset))
    if not verdict.counts.accepted:
        return assessed
    comparison = compare(contract, previous, verdict.accepted, verdict.refused)
    found = history_findings(contract, comparison, previous, verdict.accepted)
    verdict = with_findings(verdict, found)
    return replace(assessed, verdict=verdict, comparison=comparison)


def _understood(
    path: Path, source: Source, spec: DeliverySpec | None, submission_id: str, file_name: str
) -> tuple[Harmonised, Reading, Contract, DeliverySpec]:
    if spec is None:
        raise unknown_delivery(source, file_name)
    reading = read(path, spec.format)
    try:
        rows = harmonise(reading, spec, source, submission_id, file_name)
    except FileFault as fault:
        raise other_delivery(fault, reading, spec, source) or fault from None
    return screen(rows, reading, spec), reading, load_contract(spec.dataset), spec


def _last_expected(spec: DeliverySpec) -> date | None:
    """None when the source expects no particular periods: then only a date in the row itself can bound it."""
    days = [day for period in spec.expected_periods if (day := last_day(period))]
    return max(days, default=None)


def _threshold_pct(contract: Contract, source: Source, spec: DeliverySpec) -> float:
    for chosen in (spec.refuse_threshold_pct, source.refuse_threshold_pct):
        if chosen is not None:
            return chosen
    return contract.refuse_threshold_pct
