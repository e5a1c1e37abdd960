"""Versions of the core dataset: reserved, then published. All functions work in the caller's transaction.

The public pointer (``latest.json``) decides what the world sees; the ledger follows it. A number is never used twice
for different content.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Select, func, outerjoin, select, tuple_
from sqlalchemy.orm import Session

from kerndata.errors import KerndataError
from kerndata.ledger import events, rows
from kerndata.ledger.submissions import WITH_ROWS
from kerndata.ledger.tables import ReleaseInputRow, ReleaseRow, SubmissionRow
from kerndata.model.release import Release

_RESERVED, _PUBLISHED, _ABANDONED = "reserved", "published", "abandoned"


@dataclass(frozen=True, slots=True)
class InputCounts:
    """What became of one submission's accepted observations in a release: ``accepted = published + superseded``.

    ``revision`` is that of the submission's outcome whose rows went in.
    """

    published: int
    superseded: int
    revision: int = 1


def reserve(session: Session, content_hash: str, *, year: int, now: datetime) -> str:
    """Give the version for a content: ``year.number``, numbers counting from 1 within the year.

    The same content gets the same version until it is published, and also while it is the latest release (a second
    publisher then finds everything done). A reservation of other content is abandoned; its number is not used again.
    """
    events.lock(session)
    newest = session.scalar(_newest_standing())
    open_one = session.scalar(select(ReleaseRow).where(ReleaseRow.status == _RESERVED))
    for row in (open_one, newest):
        if row and row.content_hash == content_hash:
            return row.version
    if open_one:
        open_one.status = _ABANDONED
        session.flush()
    number = 1 + (session.scalar(select(func.max(ReleaseRow.number)).where(ReleaseRow.year == year)) or 0)
    row = ReleaseRow(
        version=f"{year}.{number}",
        year=year,
        number=number,
        content_hash=content_hash,
        status=_RESERVED,
        previous=newest.version if newest else None,
        reserved_at=now,
    )
    session.add(row)
    facts = {"content_hash": content_hash, "abandons": open_one.version if open_one else None}
    events.append(session, "release.reserved", row.version, facts, now)
    return row.version


def mark_published(session: Session, version: str, *, inputs: Mapping[str, InputCounts], now: datetime) -> bool:
    """Enter that a version is visible, with what each submission (key: its id) gave. False when it was entered before.

    An abandoned reservation can be published too: its publisher switched the pointer before it was killed, and the
    pointer decides. Raises ``KerndataError`` for a version that was never reserved.
    """
    events.lock(session)
    row = session.get(ReleaseRow, version, populate_existing=True)
    if row is None:
        raise KerndataError(f"Release {version} was never reserved in this ledger; `kerndata audit` compares the two.")
    if row.status == _PUBLISHED:
        return False
    is_older = tuple_(ReleaseRow.year, ReleaseRow.number) < (row.year, row.number)
    before = session.scalar(_newest_standing().where(is_older))
    row.previous = before.version if before else None
    row.status, row.published_at = _PUBLISHED, now
    session.add_all(
        ReleaseInputRow(version=version, submission_id=one, **asdict(counts)) for one, counts in inputs.items()
    )
    published = sum(counts.published for counts in inputs.values())
    facts = {"content_hash": row.content_hash, "previous": row.previous, "inputs": len(inputs), "published": published}
    events.append(session, "release.published", version, facts, now)
    return True


def latest(session: Session) -> Release | None:
    """Give the newest release that stands: published and not withdrawn; None when there is none."""
    row = session.scalar(_newest_standing())
    return rows.release(row) if row else None


def all_releases(session: Session) -> list[Release]:
    """Give all published releases, newest first; those that were withdrawn say so."""
    return [rows.release(row) for row in session.scalars(_newest_published().limit(None))]


def inputs(session: Session, version: str) -> dict[str, InputCounts]:
    """Give what each submission (key: its id) gave to a release; empty for a version that is not published."""
    found = session.scalars(
        select(ReleaseInputRow).where(ReleaseInputRow.version == version).order_by(ReleaseInputRow.submission_id)
    )
    return {row.submission_id: InputCounts(row.published, row.superseded, row.revision) for row in found}


def has_news(session: Session, province: str | None = None) -> bool:
    """Say whether there is something to merge, of one province or of any.

    That is a submission whose accepted rows are not in the latest release, or whose rows there no longer count: it was
    withdrawn, or assessed again with another outcome. A withdrawn release counts as the latest here until its content
    may be published again: what was withdrawn is no news.
    """
    query = _news().with_only_columns(SubmissionRow.id).limit(1)
    return session.scalar(query.where(SubmissionRow.province == province) if province else query) is not None


def news_since(session: Session) -> datetime | None:
    """Give when the oldest of what is to be merged was concluded; None when nothing is."""
    return session.scalar(_news().with_only_columns(func.min(SubmissionRow.concluded_at)))


def _news() -> Select[SubmissionRow]:
    is_lifted = ReleaseRow.withdrawn_at.is_not(None) & ReleaseRow.lifted_at.is_not(None)
    newest = _newest_published().where(~is_lifted).with_only_columns(ReleaseRow.version).scalar_subquery()
    row, used = SubmissionRow, ReleaseInputRow
    joined = outerjoin(row, used, (used.submission_id == row.id) & (used.version == newest))
    counts = row.status.in_(WITH_ROWS) & (row.accepted > 0)
    is_used = used.submission_id.is_not(None)
    differs = (counts & ~is_used) | (is_used & (~counts | (used.revision != row.revision)))
    return select(row).select_from(joined).where(differs)


def _newest_standing() -> Select[ReleaseRow]:
    return _newest_published().where(ReleaseRow.withdrawn_at.is_(None))


def _newest_published() -> Select[ReleaseRow]:
    published = select(ReleaseRow).where(ReleaseRow.status == _PUBLISHED)
    return published.order_by(ReleaseRow.year.desc(), ReleaseRow.number.desc()).limit(1)
