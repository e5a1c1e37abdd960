"""What became of a submission after its first verdict: assessed again, or withdrawn by its province.

All functions work in the caller's transaction. Earlier outcomes stay, so that the releases they went into still add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.errors import KerndataError
from kerndata.ledger import events, periods, rows
from kerndata.ledger.findings import FindingTotal
from kerndata.ledger.periods import PeriodCount
from kerndata.ledger.submissions import NO_SCORES, WITH_ROWS, enter_outcome, original, outcome_row, require_consistent
from kerndata.ledger.tables import OutcomeRow, SubmissionRow
from kerndata.model.submission import WITHDRAW, Counts, Status, Submission, Supersedes

# What may be assessed again, or withdrawn: a delivery that was judged.
_JUDGED = (*WITH_ROWS, Status.REFUSED)
_STANDS = (*_JUDGED, Status.ARCHIVED, Status.NOT_CHECKED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One assessment of a submission; ``mapping`` is the fingerprint of mapping and code, empty when not known."""

    revision: int
    status: Status
    counts: Counts
    mapping: str
    concluded_at: datetime


class Answer(StrEnum):
    """What a request to withdraw came to."""

    DONE = "done"
    AGAIN = "again"  # it was withdrawn before
    REPEAT = "repeat"  # it is itself a duplicate: the submission it repeats can be withdrawn
    UNKNOWN = "unknown"  # no submission, or none of this province: the answer does not tell which


def of_submission(session: Session, submission_id: str) -> list[Outcome]:
    """Give every outcome of a submission, the first one first."""
    query = select(OutcomeRow).where(OutcomeRow.submission_id == submission_id).order_by(OutcomeRow.revision)
    return [_outcome(row) for row in session.scalars(query)]


def as_of(session: Session, submission_id: str, revision: int) -> Submission:
    """Give a submission as it was by one revision of its outcome, whatever became of it since: as a release used it.

    Raises ``KerndataError`` for an unknown submission or revision.
    """
    found = rows.submission(rows.submission_row(session, submission_id))
    row = session.get(OutcomeRow, (submission_id, revision))
    if row is None:
        raise KerndataError(f"Submission {submission_id} has no revision {revision} in the ledger.")
    outcome = _outcome(row)
    return replace(
        found,
        revision=revision,
        status=outcome.status,
        counts=outcome.counts,
        dataset=row.dataset,
        delivery_name=row.delivery_name,
        supersedes="whole" if row.supersedes == "whole" else "rows",
        withdrawn_by=None,
    )


def reassessable(session: Session, province: str) -> list[str]:
    """Give the ids of what can be assessed again, oldest first: judged, not withdrawn, its bytes in the archive."""
    row = SubmissionRow
    mine = (row.province == province, row.status.in_(_JUDGED), row.tombstone.is_(None), ~row.name.startswith(WITHDRAW))
    return list(session.scalars(select(row.id).where(*mine).order_by(row.sequence)))


def revise(
    session: Session,
    submission: Submission,
    *,
    status: Status,
    counts: Counts,
    delivery_name: str | None,
    dataset: str | None,
    findings: Sequence[FindingTotal],
    by_period: Sequence[PeriodCount] = (),
    supersedes: Supersedes,
    mapping: str,
    scores: Mapping[str, float] = NO_SCORES,
    now: datetime,
) -> bool:
    """Enter another outcome of a judged submission as its next revision, with an event.

    False when it is no longer as ``submission`` says: revised by another attempt, or withdrawn. Raises what
    ``submissions.conclude`` raises.
    """
    require_consistent(submission.id, status, counts)
    events.lock(session)
    row = rows.submission_row(session, submission.id)
    session.refresh(row)
    if row.revision != submission.revision or row.status not in _JUDGED:
        return False
    before = rows.submission(row)
    row.revision += 1
    row.delivery_name, row.dataset, row.supersedes = delivery_name, dataset, supersedes
    enter_outcome(session, row, status, counts, findings)
    periods.enter(session, row, by_period)
    session.add(outcome_row(row, mapping, scores, now))
    session.flush()
    facts = {"revision": row.revision, "status": status, "counts": asdict(counts), "mapping": mapping}
    was = {"status": before.status, "counts": asdict(before.counts)}
    events.append(session, "submission.reassessed", row.id, facts | {"before": was}, now)
    return True


def withdraw(session: Session, request: Submission, wanted: str, now: datetime) -> tuple[Answer, Submission | None]:
    """Withdraw the submission ``wanted`` at the request of its own province; the answer, and the submission meant.

    Its rows leave the next release; earlier releases keep them. Asking again by the same request gives the same answer.
    For ``REPEAT`` the submission is the one that can be withdrawn.
    """
    events.lock(session)
    row = session.get(SubmissionRow, wanted, populate_existing=True)
    if row is None or row.province != request.province or row.name.startswith(WITHDRAW):
        return Answer.UNKNOWN, None
    if row.status == Status.DUPLICATE:
        return Answer.REPEAT, original(session, wanted)
    if row.status in _STANDS:
        facts = {"by": request.id, "before": row.status, "accepted": row.accepted}
        row.status, row.withdrawn_by = Status.WITHDRAWN.value, request.id
        row.concluded_at = row.concluded_at or now
        session.flush()
        events.append(session, "submission.withdrawn", row.id, facts, now)
    return Answer.DONE if row.withdrawn_by == request.id else Answer.AGAIN, rows.submission(row)


def _outcome(row: OutcomeRow) -> Outcome:
    counts = Counts(row.observed, row.accepted, row.refused, row.flagged, row.other_rows)
    return Outcome(row.revision, Status(row.status), counts, row.mapping, row.concluded_at)
