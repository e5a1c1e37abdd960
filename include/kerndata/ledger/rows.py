"""Between the tables' rows and the model's frozen values."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kerndata.errors import KerndataError
from kerndata.ledger.findings import MOST_SAMPLES, FindingTotal
from kerndata.ledger.tables import FindingRow, ReleaseRow, SubmissionRow
from kerndata.model.release import Release
from kerndata.model.submission import Counts, Delivery, Status, Submission


def submission(row: SubmissionRow) -> Submission:
    """Make the frozen value of one row."""
    return Submission(
        id=row.id,
        sequence=row.sequence,
        province=row.province,
        delivery=Delivery(row.province, row.place, row.name, row.version, row.delivered_at),
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        dataset=row.dataset,
        delivery_name=row.delivery_name,
        status=Status(row.status),
        counts=Counts(row.observed, row.accepted, row.refused, row.flagged, row.other_rows),
        received_at=row.received_at,
        concluded_at=row.concluded_at,
        revision=row.revision,
        supersedes="whole" if row.supersedes == "whole" else "rows",
        tombstone=row.tombstone,
        withdrawn_by=row.withdrawn_by,
    )


def submission_row(session: Session, submission_id: str) -> SubmissionRow:
    """Find one row; raises ``KerndataError`` for an unknown id."""
    row = session.get(SubmissionRow, submission_id)
    if row is None:
        raise KerndataError(
            f"Submission {submission_id} is not in the ledger; `kerndata receipts` lists those that are."
        )
    return row


def current(row: SubmissionRow) -> Select[SubmissionRow]:
    """Select the submission that was current in the row's delivery before it.

    That is the last that stands by itself: no duplicate, not withdrawn, and kept in the archive.
    """
    stands = SubmissionRow.status.not_in([Status.DUPLICATE, Status.WITHDRAWN]) & SubmissionRow.tombstone.is_(None)
    return _before(row).where(stands)


def original(row: SubmissionRow) -> Select[SubmissionRow]:
    """Select the submission whose content a duplicate repeats, whatever became of that one since."""
    same = (SubmissionRow.sha256 == row.sha256) & (SubmissionRow.status != Status.DUPLICATE)
    return _before(row).where(same)


def _before(row: SubmissionRow) -> Select[SubmissionRow]:
    query = select(SubmissionRow).where(SubmissionRow.province == row.province)
    query = query.where(SubmissionRow.delivery_name.is_not_distinct_from(row.delivery_name))
    if row.delivery_name is None:
        query = query.where(SubmissionRow.name == row.name)
    if row.sequence is not None:
        query = query.where(SubmissionRow.sequence < row.sequence)
    return query.order_by(SubmissionRow.sequence.desc()).limit(1)


def finding_row(submission_id: str, total: FindingTotal) -> FindingRow:
    """Make the row of one total; of its samples the first five are kept."""
    return FindingRow(
        submission_id=submission_id,
        rule_id=total.rule_id,
        severity=total.severity.value,
        count=total.count,
        samples=list(total.samples[:MOST_SAMPLES]),
    )


def release(row: ReleaseRow) -> Release:
    """Make the frozen value of one row."""
    told = (row.version, row.content_hash, row.published_at, row.previous)
    return Release(*told, withdrawn_at=row.withdrawn_at, withdrawn_why=row.withdrawn_why)
