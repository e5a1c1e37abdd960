"""Deadlines of undelivered notices, looked at every minute: a person is told at half of the time and at four fifths."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kerndata.ledger import alerts
from kerndata.ledger.tables import NoticeRow
from kerndata.model.alert import AlertKind
from kerndata.model.notice import NoticeStatus
from kerndata.notices.claim import is_pending
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.outcome import SCHEDULES

MARKS = {AlertKind.DEADLINE_HALF: 0.5, AlertKind.DEADLINE_NEAR: 0.8}


def deadlines(session: Session, endpoints: Iterable[Endpoint], now: datetime) -> list[str]:
    """Open an alert for every notice that is undelivered for longer than it should be; the ids of those newly told.

    Also of an endpoint that is paused, and for a dead letter: that is when it matters most. A deadline is the notice's
    own, or what the schedule of its endpoint says.
    """
    told = []
    for endpoint in endpoints:
        within = SCHEDULES[endpoint.schedule].deadline
        for row in session.scalars(_waiting(endpoint.name, within)):
            deadline = row.deadline_at or row.created_at + (within or timedelta(0))
            share = (now - row.created_at) / max(deadline - row.created_at, timedelta(microseconds=1))
            told += [
                row.id for kind, mark in MARKS.items() if share >= mark and _tell(session, kind, row, deadline, now)
            ]
    return list(dict.fromkeys(told))


def _waiting(endpoint: str, within: timedelta | None) -> Select[NoticeRow]:
    undelivered = is_pending() | (NoticeRow.status == NoticeStatus.DEAD.value)
    query = select(NoticeRow).where(NoticeRow.endpoint == endpoint, undelivered).order_by(NoticeRow.sequence)
    return query if within else query.where(NoticeRow.deadline_at.is_not(None))


def _tell(session: Session, kind: AlertKind, row: NoticeRow, deadline: datetime, now: datetime) -> bool:
    detail = f"{row.endpoint} has not got {row.business_key}; it must have it by {deadline:%Y-%m-%d %H:%M} UTC"
    return alerts.open_(session, kind, row.id, detail, now)
