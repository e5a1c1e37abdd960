"""What a person has to be told, from when it began until it is over; who is told, and how, is not decided here."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kerndata.ledger import events
from kerndata.ledger.tables import AlertRow


def open_(session: Session, kind: str, subject: str, detail: str, now: datetime) -> bool:
    """Open an alert; False, and nothing changes, when one of this kind about this subject is open already."""
    events.lock(session)
    values = {"kind": kind, "subject": subject, "detail": detail, "opened_at": now}
    statement = insert(AlertRow).values(values)
    is_open = AlertRow.closed_at.is_(None)
    statement = statement.on_conflict_do_nothing(index_elements=["kind", "subject"], index_where=is_open)
    if session.scalar(statement.returning(AlertRow.id)) is None:
        return False
    events.append(session, "alert.opened", subject, {"alert": kind, "detail": detail}, now)
    return True


def close_all(session: Session, subjects: Collection[str], now: datetime, *kinds: str) -> None:
    """Close the open alerts of these kinds about these subjects; of every kind when none is named."""
    events.lock(session)
    over = update(AlertRow).where(AlertRow.subject.in_(subjects), AlertRow.closed_at.is_(None))
    over = over.where(AlertRow.kind.in_(kinds)) if kinds else over
    closing = over.values(closed_at=func.greatest(AlertRow.opened_at, now)).returning(AlertRow.kind, AlertRow.subject)
    for kind, subject in session.execute(closing).all():
        events.append(session, "alert.closed", subject, {"alert": kind}, now)


def opened(session: Session) -> list[AlertRow]:
    """Give the open alerts, oldest first."""
    return list(session.scalars(select(AlertRow).where(AlertRow.closed_at.is_(None)).order_by(AlertRow.id)))
