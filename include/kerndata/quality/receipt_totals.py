"""What to fix first: per rule how often it was not met, whether one cause is behind it, and what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from kerndata.contracts.contract import delivery_rule, load_contract
from kerndata.model.finding import Finding
from kerndata.quality.findings import ONE_CAUSE_FROM
from kerndata.quality.places import Kind, place, short
from kerndata.quality.wording import shown

WHOLE_COLUMN = 0.8  # of the observations: so many in one column is a habit of that column, not so many mistakes


class RuleTotal(BaseModel):
    """How often one rule was not met (``rows``: in how many rows, as far as told), and what to do about it.

    ``cause_nl`` is empty unless one cause is behind them all: one value, or one whole column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule_id: str
    severity: str
    count: int
    rows: int
    cause_nl: str
    action_nl: str


@dataclass(slots=True)
class _Tally:
    first: Finding
    count: int = 0
    rows: set[tuple[str | None, str | None, int]] = field(default_factory=set)
    values: set[str | None] = field(default_factory=set)
    columns: set[tuple[str | None, str | None, str | None, str | None]] = field(default_factory=set)


def totals(
    findings: Iterable[Finding], counts: Mapping[str, int], dataset: str | None, kind: Kind, observed: int
) -> Iterable[RuleTotal]:
    """One total per rule, in the order in which the rules first appear.

    ``counts``: how often per rule, which can be more than the findings that are told; ``observed``: observations in
    the file.
    """
    tallies: dict[str, _Tally] = {}
    for one in findings:
        _count(tallies.setdefault(one.rule_id, _Tally(one)), one)
    for rule_id, tally in tallies.items():
        rule = load_contract(dataset).rule(rule_id) if dataset else delivery_rule(rule_id)
        yield RuleTotal(
            rule_id=rule_id,
            severity=tally.first.severity,
            count=counts[rule_id],
            rows=len(tally.rows),
            cause_nl=_cause(tally, counts[rule_id], kind, observed),
            action_nl=rule.action_nl,
        )


def _count(tally: _Tally, one: Finding) -> None:
    tally.count += 1
    if one.row is not None:
        tally.rows.add((one.member, one.sheet, one.row))
    if len(tally.values) < 2:
        tally.values.add(one.value)
    if len(tally.columns) < 2:
        tally.columns.add((one.member, one.sheet, one.column, one.header))


def _cause(tally: _Tally, count: int, kind: Kind, observed: int) -> str:
    if len(tally.rows) < ONE_CAUSE_FROM:
        return ""
    rows, first = shown(float(len(tally.rows)), "nl"), tally.first
    rows = f"meer dan {rows}" if count > tally.count else rows
    column = place(kind, first.member, first.sheet, None, first.column, first.header) if len(tally.columns) == 1 else ""
    where = f" in {column}" if column else ""
    if len(tally.values) == 1 and first.value is not None:
        return f"Eén oorzaak, {rows} rijen: steeds „{short(first.value, 60)}”{where}."
    if column and count >= WHOLE_COLUMN * observed:
        return f"Eén oorzaak, {rows} rijen: bijna alles{where}."
    return ""
