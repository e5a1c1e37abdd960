"""Which periods were delivered: of each period of a delivery the newest submission that says anything about it.

All functions work in the caller's transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Row, delete, exists, lateral, select, true
from sqlalchemy.orm import Session

from kerndata.ledger.tables import SubmissionPeriodRow, SubmissionRow
from kerndata.model.submission import Status, Submission

# A duplicate has no rows of its own; what was withdrawn no longer counts.
_COUNTS = (Status.ACCEPTED, Status.PARTLY_ACCEPTED, Status.REFUSED)


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """Observations about one period in one submission; ``provisional``: accepted ones that are not definite."""

    period: str
    accepted: int
    refused: int
    provisional: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """What stands of one period of a delivery: its counts in the newest submission about it.

    ``stands``: the newest submission of which anything about the period was accepted; None when nothing ever was.
    """

    province: str
    dataset: str
    delivery: str
    counts: PeriodCount
    submission_id: str
    status: Status
    delivered_at: datetime
    stands: str | None


def enter(session: Session, row: SubmissionRow, counts: Sequence[PeriodCount]) -> None:
    """Set what a submission's last revision told about each period; what it told before is replaced."""
    session.execute(delete(SubmissionPeriodRow).where(SubmissionPeriodRow.submission_id == row.id))
    if row.dataset and row.delivery_name:
        mine = {"province": row.province, "dataset": row.dataset, "delivery_name": row.delivery_name}
        session.add_all(
            SubmissionPeriodRow(submission_id=row.id, sequence=row.sequence, **mine, **asdict(one)) for one in counts
        )
    session.flush()


def complete(session: Session, submission: Submission, counts: Sequence[PeriodCount]) -> None:
    """Enter the periods of a submission judged before they were kept (2026-11), if it is still as given."""
    row = session.get(SubmissionRow, submission.id, with_for_update=True)
    if row is None or (row.status, row.revision) != (submission.status, submission.revision):
        return
    if not session.scalar(select(exists().where(SubmissionPeriodRow.submission_id == submission.id))):
        enter(session, row, counts)


def delivered(session: Session, provinces: Collection[str] | None = None) -> list[Delivered]:
    """Give what stands of every period that was ever delivered, of all or of some provinces (slugs), in order."""
    key = (
        SubmissionPeriodRow.province,
        SubmissionPeriodRow.dataset,
        SubmissionPeriodRow.delivery_name,
        SubmissionPeriodRow.period,
    )
    known = select(*key).distinct().order_by(*key)
    known = known.where(SubmissionPeriodRow.province.in_(provinces)) if provinces is not None else known
    told = known.subquery()
    one, with_rows = SubmissionPeriodRow, SubmissionPeriodRow.accepted > 0
    about = [getattr(one, name) == told.c[name] for name in ("province", "dataset", "delivery_name", "period")]
    newest = select(one, SubmissionRow.status, SubmissionRow.delivered_at).join(SubmissionRow).where(*about)
    newest = newest.where(SubmissionRow.status.in_(_COUNTS)).order_by(one.sequence.desc()).limit(1)
    standing = select(one.submission_id).join(SubmissionRow).where(*about, with_rows)
    standing = standing.where(SubmissionRow.status.in_(_COUNTS)).order_by(one.sequence.desc()).limit(1)
    last = lateral(newest, name="last")
    query = select(last, standing.scalar_subquery().label("stands")).select_from(told).join(last, true())
    return [_delivered(row) for row in session.execute(query)]


def _delivered(row: Row[tuple[object, ...]]) -> Delivered:
    counts = PeriodCount(row.period, row.accepted, row.refused, row.provisional)
    status = Status(row.status)
    return Delivered(
        row.province, row.dataset, row.delivery_name, counts, row.submission_id, status, row.delivered_at, row.stands
    )
