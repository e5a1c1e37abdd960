"""Where the chain of events stands, what it told last, and what a person has to be told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.alerting.policy import load_policy
from kerndata.ledger.tables import AlertRow, EventRow
from kerndata.model.alert import AlertKind

PAGE = 50


@dataclass(frozen=True, slots=True)
class Event:
    """One link of the chain; ``by`` and ``why`` of what a person did."""

    seq: int
    at: datetime
    kind: str
    subject: str
    by: str | None
    why: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person has to be told, open or over; the rest is what the policy of alerts says of its kind.

    Nothing of a kind that there is no more: it was over before its name went.
    """

    kind: str
    subject: str
    detail: str
    opened_at: datetime
    closed_at: datetime | None
    severity: str = ""
    stands: str = ""
    runbook: str = ""


def head(session: Session) -> Event | None:
    """Give the last event of the chain."""
    return next(iter(events(session, limit=1)), None)


def events(
    session: Session, subject: str | None = None, before: int | None = None, limit: int = PAGE
) -> Sequence[Event]:
    """Give events, the newest first, of one subject or of all."""
    query = select(EventRow).order_by(EventRow.seq.desc()).limit(limit)
    query = query.where(EventRow.subject == subject) if subject else query
    query = query.where(EventRow.seq < before) if before is not None else query
    return [_event(one) for one in session.scalars(query)]


def open_alerts(session: Session, subjects: Sequence[str] | None = None) -> list[Alert]:
    """Give the open alerts, the oldest first, about some subjects or all."""
    query = select(AlertRow).where(AlertRow.closed_at.is_(None)).order_by(AlertRow.id)
    query = query.where(AlertRow.subject.in_(subjects)) if subjects is not None else query
    return [_alert(one) for one in session.scalars(query)]


def closed_alerts(session: Session, limit: int = 20) -> list[Alert]:
    """Give the alerts that were closed last."""
    query = select(AlertRow).where(AlertRow.closed_at.is_not(None)).order_by(AlertRow.closed_at.desc()).limit(limit)
    return [_alert(one) for one in session.scalars(query)]


def _alert(row: AlertRow) -> Alert:
    policy = load_policy()
    told = Alert(row.kind, row.subject, row.detail, row.opened_at, row.closed_at)
    if row.kind not in policy.alerts:
        return told
    kind = AlertKind(row.kind)
    rule = policy.alerts[kind]
    return replace(told, severity=rule.severity, stands=rule.stands, runbook=policy.runbook(kind))


def _event(row: EventRow) -> Event:
    by, why = row.data.get("by"), row.data.get("why") or row.data.get("reason")
    return Event(row.seq, row.at, row.kind, row.subject, by and str(by), why and str(why), row.hash)
