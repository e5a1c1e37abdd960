"""Releases taken back: entered once, with the reason. All functions work in the caller's transaction.

A withdrawn release keeps its number and its bytes; it only no longer stands. Its content is not published again by
itself: that takes new content, or ``lift``.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.errors import KerndataError
from kerndata.ledger import events, rows
from kerndata.ledger.tables import ReleaseRow
from kerndata.model.release import Release


def withdraw(session: Session, version: str, why: str, now: datetime) -> bool:
    """Enter that a release is withdrawn, with an event. False when it was before; its first reason stays.

    Raises ``KerndataError`` for a version that was never published, or without a reason.
    """
    events.lock(session)
    row = _published(session, version)
    if not why.strip():
        raise KerndataError(f"Say why release {version} is withdrawn (--why): readers are told. Nothing was changed.")
    if row.withdrawn_at:
        return False
    row.withdrawn_at, row.withdrawn_why = now, why.strip()
    session.flush()
    facts = {"content_hash": row.content_hash, "why": row.withdrawn_why}
    events.append(session, "release.withdrawn", version, facts, now)
    return True


def lift(session: Session, version: str, why: str, now: datetime) -> bool:
    """Enter that a withdrawn release's content may be published again, under a new number. False when it was before.

    Raises ``KerndataError`` when the release is not withdrawn, or without a reason.
    """
    events.lock(session)
    row = _published(session, version)
    if row.withdrawn_at is None or not why.strip():
        raise KerndataError(f"Release {version} is not withdrawn, or no reason was given. Nothing was changed.")
    if row.lifted_at:
        return False
    row.lifted_at = now
    session.flush()
    events.append(session, "release.lifted", version, {"content_hash": row.content_hash, "why": why.strip()}, now)
    return True


def withdrawn(session: Session) -> list[Release]:
    """Give all withdrawn releases, the oldest first."""
    query = select(ReleaseRow).where(ReleaseRow.withdrawn_at.is_not(None)).order_by(ReleaseRow.year, ReleaseRow.number)
    return [rows.release(row) for row in session.scalars(query)]


def blocking(session: Session, content_hash: str) -> str | None:
    """Give the withdrawn release that keeps this content from being published, if any."""
    query = select(ReleaseRow.version).where(ReleaseRow.content_hash == content_hash)
    barred = query.where(ReleaseRow.withdrawn_at.is_not(None), ReleaseRow.lifted_at.is_(None))
    return session.scalar(barred.order_by(ReleaseRow.year.desc(), ReleaseRow.number.desc()).limit(1))


def _published(session: Session, version: str) -> ReleaseRow:
    row = session.get(ReleaseRow, version, populate_existing=True)
    if row is None or row.published_at is None:
        raise KerndataError(f"There is no release {version}; `kerndata releases` lists them. Nothing was changed.")
    return row
