"""No observation is lost: what came in equals what was published, superseded or refused."""

from collections.abc import Iterator

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from kerndata.ledger.tables import OutcomeRow, ReleaseInputRow, ReleaseRow, SubmissionRow


def breaches(session: Session) -> list[str]:
    """Check the counts of all submissions and releases: empty when they hold, else one sentence per breach.

    Per submission observed = accepted + refused; per release and submission accepted (by the revision of the outcome
    that went in) = published + superseded; a submission that was an input once stays an input of every later release,
    be it wholly superseded, unless it was withdrawn or assessed again and then refused.
    """
    return [*_submissions(session), *_inputs(session), *_dropped(session)]


def _submissions(session: Session) -> Iterator[str]:
    row = SubmissionRow
    query = select(row).where(row.observed != row.accepted + row.refused).order_by(row.sequence)
    for one in session.scalars(query):
        yield f"Submission {one.id}: {one.observed} observed, but {one.accepted} accepted + {one.refused} refused."


def _inputs(session: Session) -> Iterator[str]:
    used, came = ReleaseInputRow, OutcomeRow
    same = (came.submission_id == used.submission_id) & (came.revision == used.revision)
    differs = came.accepted.is_distinct_from(used.published + used.superseded)
    query = select(used, came.accepted).outerjoin(came, same).where(differs)
    for one, accepted in session.execute(query.order_by(used.version, used.submission_id)):
        yield (
            f"Release {one.version}, submission {one.submission_id}: {accepted or 0} accepted, but "
            f"{one.published} published + {one.superseded} superseded."
        )


def _dropped(session: Session) -> Iterator[str]:
    """Compare each release with the one before it."""
    before, after = aliased(ReleaseInputRow), aliased(ReleaseInputRow)
    release, row = ReleaseRow, SubmissionRow
    is_refused = exists().where(OutcomeRow.submission_id == before.submission_id, OutcomeRow.accepted == 0)
    query = (
        select(release.version, before.version, before.submission_id)
        .join(before, before.version == release.previous)
        .outerjoin(after, (after.version == release.version) & (after.submission_id == before.submission_id))
        .join(row, row.id == before.submission_id)
        .where(after.submission_id.is_(None), release.published_at.is_not(None))
        .where(row.withdrawn_by.is_(None), ~is_refused)
        .order_by(release.year, release.number, before.submission_id)
    )
    for version, previous, submission_id in session.execute(query):
        yield f"Release {version}: submission {submission_id} is no longer an input, but was in release {previous}."
