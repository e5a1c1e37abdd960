"""What the ledger keeps of a submission's findings: totals per rule and a few samples; the rows are in quarantine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.ledger.tables import FindingRow
from kerndata.model.finding import Finding, Severity

MOST_SAMPLES = 5

Sample = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class FindingTotal:
    """How often one rule was not met; at most five samples with ``member, sheet, row, column, value``."""

    rule_id: str
    severity: Severity
    count: int
    samples: tuple[Sample, ...] = ()


def totals(findings: Iterable[Finding], counts: Mapping[str, int]) -> tuple[FindingTotal, ...]:
    """Give ``counts`` per rule, rules in order of appearance; the first five findings become samples."""
    per_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        per_rule.setdefault(finding.rule_id, []).append(finding)
    return tuple(
        FindingTotal(rule_id, group[0].severity, counts[rule_id], tuple(_sample(one) for one in group[:MOST_SAMPLES]))
        for rule_id, group in per_rule.items()
    )


def of_submission(session: Session, submission_id: str) -> tuple[FindingTotal, ...]:
    """Give a submission's totals: errors first, then warnings, then info; most frequent first."""
    rows = session.scalars(select(FindingRow).where(FindingRow.submission_id == submission_id))
    found = [FindingTotal(row.rule_id, Severity(row.severity), row.count, tuple(row.samples)) for row in rows]
    order = list(Severity)
    return tuple(sorted(found, key=lambda total: (order.index(total.severity), -total.count, total.rule_id)))


def _sample(finding: Finding) -> Sample:
    return {
        "member": finding.member,
        "sheet": finding.sheet,
        "row": finding.row,
        "column": finding.column,
        "value": finding.value,
    }
