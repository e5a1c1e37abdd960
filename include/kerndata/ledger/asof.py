"""The ledger as it was at a moment. All functions work in the caller's transaction."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from kerndata.ledger import rows
from kerndata.ledger.releases import all_releases
from kerndata.ledger.submissions import WITH_ROWS
from kerndata.ledger.tables import OutcomeRow, SubmissionRow
from kerndata.model.release import Release
from kerndata.model.submission import Counts, Status, Submission


def visible_at(session: Session, moment: datetime) -> Release | None:
    """Give the newest release that was published by then and not withdrawn yet; None when there was none."""
    published = (one for one in all_releases(session) if one.published_at and one.published_at <= moment)
    return next((one for one in published if one.withdrawn_at is None or one.withdrawn_at > moment), None)


def accepted_at(session: Session, dataset: str, moment: datetime) -> list[Submission]:
    """Give the submissions of a dataset that counted at a moment, by sequence, each as of its outcome of then.

    That is the highest revision concluded by then, if it has accepted rows and was not withdrawn by then.
    """
    return [one for one in _outcomes(session, moment) if one.dataset == dataset and one.counts.accepted]


def _outcomes(session: Session, moment: datetime) -> Iterator[Submission]:
    withdrawal = aliased(SubmissionRow)
    query = (
        select(SubmissionRow, OutcomeRow)
        .join(OutcomeRow, OutcomeRow.submission_id == SubmissionRow.id)
        .outerjoin(withdrawal, withdrawal.id == SubmissionRow.withdrawn_by)
        .where(OutcomeRow.concluded_at <= moment)
        .where(withdrawal.concluded_at.is_(None) | (withdrawal.concluded_at > moment))
        .order_by(SubmissionRow.sequence, OutcomeRow.revision)
    )
    newest = {found.id: (found, outcome) for found, outcome in session.execute(query)}
    return (_as_of(row, outcome) for row, outcome in newest.values() if outcome.status in WITH_ROWS)


def _as_of(row: SubmissionRow, outcome: OutcomeRow) -> Submission:
    return replace(
        rows.submission(row),
        dataset=outcome.dataset,
        delivery_name=outcome.delivery_name,
        status=Status(outcome.status),
        counts=Counts(outcome.observed, outcome.accepted, outcome.refused, outcome.flagged, outcome.other_rows),
        concluded_at=outcome.concluded_at,
        revision=outcome.revision,
        supersedes="whole" if outcome.supersedes == "whole" else "rows",
        withdrawn_by=None,
    )
