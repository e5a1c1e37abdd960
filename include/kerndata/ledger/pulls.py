"""Where the last pull of each API delivery left off. All functions work in the caller's transaction."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from kerndata.ledger.tables import PullRow, SubmissionRow
from kerndata.model.pull import PullState
from kerndata.model.submission import Status, Submission

# What was refused or taken back has to come again: its rows would otherwise wait behind the watermark for ever.
_STANDS = frozenset({Status.ARCHIVED, Status.ACCEPTED, Status.PARTLY_ACCEPTED, Status.DUPLICATE, Status.NOT_CHECKED})


def recall(session: Session, province: str, delivery_name: str) -> PullState | None:
    """Give what the last pull of a delivery left; None before the first.

    Without its watermark when the submission it made does not stand (refused whole): then everything is pulled again.
    """
    row = session.get(PullRow, (province, delivery_name))
    if row is None:
        return None
    state = PullState(row.origin, row.content, row.etag, row.last_modified, row.watermark)
    made = session.get_one(SubmissionRow, row.submission_id)
    return state if made.status in _STANDS else replace(state, watermark=None)


def remember(session: Session, submission: Submission, delivery_name: str, state: PullState, now: datetime) -> None:
    """Enter what a pull left, in the transaction that registers the submission it made (or confirms the last one)."""
    session.merge(
        PullRow(
            province=submission.province,
            delivery_name=delivery_name,
            submission_id=submission.id,
            origin=state.origin,
            content=state.content,
            etag=state.etag,
            last_modified=state.last_modified,
            watermark=state.watermark,
            at=now,
        )
    )
