"""One province: what it delivered lately, how good that was, what was found again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kerndata.ledger.tables import FindingRow, OutcomeRow, SubmissionRow
from kerndata.model.finding import Severity
from kerndata.model.submission import Status
from kerndata.monitor.queries.submissions import Filter, Line, listed

SHOWN = 12
_MOST_RULES = 25
# A request to withdraw and a repeat have no rows that could be counted.
_JUDGED = (Status.ACCEPTED, Status.PARTLY_ACCEPTED, Status.REFUSED)


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one judged submission's last revision: per dimension 0 to 1; empty where none were kept."""

    submission_id: str
    dataset: str
    concluded_at: datetime
    scores: dict[str, float]

    @property
    def lowest(self) -> float | None:
        """The lowest of its dimensions: an average would hide the one that is bad."""
        return min(self.scores.values()) if self.scores else None


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """How often one rule was not met in each of the last judged submissions, the oldest first; 0: it was met."""

    rule_id: str
    severity: Severity
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProvinceView:
    """What the page of a province shows from the ledger."""

    latest: tuple[Line, ...]
    found: int
    waiting: int
    judged: tuple[Scored, ...]
    rules: tuple[RuleHistory, ...]


def view(session: Session, province: str) -> ProvinceView:
    """Give one province's page; ``judged`` and ``rules`` are about its last judged submissions, the oldest first."""
    page = listed(session, Filter(province=province), limit=SHOWN)
    judged = _judged(session, province)
    waits = SubmissionRow.concluded_at.is_(None), SubmissionRow.province == province
    waiting = session.scalar(select(func.count()).select_from(SubmissionRow).where(*waits)) or 0
    rules = _rules(session, [one.submission_id for one in judged])
    return ProvinceView(page.lines, page.found, waiting, judged, rules)


def _judged(session: Session, province: str) -> tuple[Scored, ...]:
    row, outcome = SubmissionRow, OutcomeRow
    same = (outcome.submission_id == row.id) & (outcome.revision == row.revision)
    query = select(row, outcome.scores, outcome.concluded_at).outerjoin(outcome, same)
    query = query.where(row.province == province, row.status.in_(_JUDGED), row.dataset.is_not(None))
    found = session.execute(query.order_by(row.sequence.desc()).limit(SHOWN)).all()
    return tuple(
        Scored(one.id, one.dataset or "", at or one.concluded_at or one.received_at, dict(scores or {}))
        for one, scores, at in reversed(found)
    )


def _rules(session: Session, ids: Sequence[str]) -> tuple[RuleHistory, ...]:
    per_rule: dict[tuple[str, str], dict[str, int]] = {}
    for row in session.scalars(select(FindingRow).where(FindingRow.submission_id.in_(ids))):
        per_rule.setdefault((row.rule_id, row.severity), {})[row.submission_id] = row.count
    history = [
        RuleHistory(rule_id, Severity(severity), tuple(counts.get(one, 0) for one in ids))
        for (rule_id, severity), counts in per_rule.items()
    ]
    order = list(Severity)
    history.sort(key=lambda one: (order.index(one.severity), -sum(one.counts), one.rule_id))
    return tuple(history[:_MOST_RULES])
