"""What a person has to be told, from when it began until it is over; who is told, and how, is not decided here."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kerndata.ledger import events
from kerndata.ledger.tables import AlertRow
from kerndata.model.alert import AlertKind

_KNOWN = AlertRow.kind.in_([kind.value for kind in AlertKind])  # an older version knew others (2026-11)


def open_(session: Session, kind: AlertKind, subject: str, detail: str, now: datetime) -> bool:
    """Open an alert; False, and nothing changes, when one of this kind about this subject is open already."""
    events.lock(session)
    values = {"kind": kind.value, "subject": subject, "detail": detail, "opened_at": now}
    statement = insert(AlertRow).values(values)
    is_open = AlertRow.closed_at.is_(None)
    statement = statement.on_conflict_do_nothing(index_elements=["kind", "subject"], index_where=is_open)
    if session.scalar(statement.returning(AlertRow.id)) is None:
        return False
    events.append(session, "alert.opened", subject, {"alert": kind.value, "detail": detail}, now)
    return True


def say(session: Session, kind: AlertKind, subject: str, detail: str) -> None:
    """Change what an open alert says, without telling it again."""
    mine = update(AlertRow).where(AlertRow.kind == kind, AlertRow.subject == subject, AlertRow.closed_at.is_(None))
    session.execute(mine.values(detail=detail))


def close_all(session: Session, subjects: Collection[str], now: datetime, *kinds: AlertKind) -> None:
    """Close the open alerts of these kinds about these subjects; of every kind when none is named."""
    events.lock(session)
    over = update(AlertRow).where(AlertRow.subject.in_(subjects), AlertRow.closed_at.is_(None))
    over = over.where(AlertRow.kind.in_(kinds)) if kinds else over
    closing = over.values(closed_at=func.greatest(AlertRow.opened_at, now)).returning(AlertRow.kind, AlertRow.subject)
    for kind, subject in session.execute(closing).all():
        events.append(session, "alert.closed", subject, {"alert": kind}, now)


def keep(session: Session, kind: AlertKind, found: Mapping[str, str], now: datetime) -> None:
    """Make the open alerts of a kind those of ``found`` (subject: detail): open what is new, close what is over."""
    known = set(session.scalars(select(AlertRow.subject).where(AlertRow.kind == kind, AlertRow.closed_at.is_(None))))
    for subject in sorted(found.keys() - known):
        open_(session, kind, subject, found[subject], now)
    if over := known - found.keys():
        close_all(session, over, now, kind)


def opened(session: Session) -> list[AlertRow]:
    """Give the open alerts, oldest first."""
    return list(session.scalars(select(AlertRow).where(AlertRow.closed_at.is_(None), _KNOWN).order_by(AlertRow.id)))


def newest(session: Session, limit: int) -> list[AlertRow]:
    """Give the newest alerts, open or over."""
    return list(session.scalars(select(AlertRow).where(_KNOWN).order_by(AlertRow.id.desc()).limit(limit)))


def count_open(session: Session) -> Counter[AlertKind]:
    """Return how many alerts of each kind are open."""
    query = select(AlertRow.kind, func.count()).where(AlertRow.closed_at.is_(None), _KNOWN).group_by(AlertRow.kind)
    return Counter({AlertKind(kind): count for kind, count in session.execute(query)})


def untold(session: Session) -> list[AlertRow]:
    """Give the alerts of which somebody has to be told that they began, or that they are over, oldest first; locked."""
    is_over = AlertRow.closed_at.is_not(None) & AlertRow.told_over_at.is_(None)
    query = select(AlertRow).where(_KNOWN, AlertRow.told_at.is_(None) | is_over).order_by(AlertRow.id)
    return list(session.scalars(query.with_for_update()))
