"""The outbox: notices are enqueued in the transaction that causes them and stay until their effect is certain.

Each notice is claimed with ``FOR UPDATE SKIP LOCKED`` and its row stays locked while it is sent, so two senders never
send one notice at once and a killed sender leaves it due at once, its bytes unchanged; the receiver sees the same id
again. The ledger's writers' lock is taken only after the answer is in: sending makes no writer wait. Whoever changes a
notice elsewhere must skip locked rows too.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from kerndata.ledger import events
from kerndata.ledger.database import Ledger
from kerndata.ledger.tables import EndpointRow, NoticeRow
from kerndata.model.notice import NoticeStatus
from kerndata.notices.channels import Message
from kerndata.notices.channels.registry import CHANNELS
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.outcome import SCHEDULES, Outcome, decide
from kerndata.notices.record import record, set_state
from kerndata.notices.transport import Transport

# Delivery runs every minute, so a run also sends what falls due before the next one.
HORIZON = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """What one run did for one endpoint. ``retried`` counts attempts that will be repeated, not notices."""

    delivered: int = 0
    retried: int = 0
    dead: int = 0
    paused: bool = False
    disabled: bool = False

    def after(self, outcome: Outcome) -> "DeliverySummary":
        """The summary with one more attempt in it."""
        return DeliverySummary(
            self.delivered + (outcome is Outcome.DELIVERED),
            self.retried + (outcome is Outcome.RETRY),
            self.dead + (outcome in (Outcome.DEAD, Outcome.DISABLE)),
            self.paused or outcome is Outcome.PAUSE,
            self.disabled or outcome is Outcome.DISABLE,
        )


def enqueue(
    session: Session,
    *,
    endpoint: str,
    channel: str,
    subject: str,
    business_key: str,
    payload: bytes,
    content_type: str,
    now: datetime,
) -> str | None:
    """Put a message in the outbox, due at once; its id, or None when this endpoint has that business key already."""
    events.lock(session)
    values = {
        "id": "N-" + hashlib.sha256(f"{endpoint}|{business_key}".encode()).hexdigest()[:16],
        "endpoint": endpoint,
        "channel": channel,
        "subject": subject,
        "business_key": business_key,
        "payload": payload,
        "content_type": content_type,
        "status": NoticeStatus.PENDING.value,
        "attempts": 0,
        "due_at": now,
        "created_at": now,
    }
    statement = insert(NoticeRow).values(values).on_conflict_do_nothing(index_elements=["endpoint", "business_key"])
    return session.scalar(statement.returning(NoticeRow.id))


def due_endpoints(session: Session, now: datetime) -> list[str]:
    """Names of the active endpoints with something due within the next minute, in order of name."""
    query = select(NoticeRow.endpoint).where(_pending(), NoticeRow.due_at <= now + HORIZON, _endpoint_is_active())
    return list(session.scalars(query.distinct().order_by(NoticeRow.endpoint)))


def tally(session: Session) -> dict[str, int]:
    """How many notices there are, by status."""
    counted = session.execute(select(NoticeRow.status, func.count()).group_by(NoticeRow.status))
    return dict(counted.all())


def deliver_due(
    ledger: Ledger,
    endpoint: Endpoint,
    credentials: Credentials,
    http: requests.Session,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
) -> DeliverySummary:
    """Send everything that is due for one endpoint, and what falls due within the next minute.

    Never raises for what a receiver does; stops when the endpoint is paused or disabled.
    """
    summary, until, slept = DeliverySummary(), now() + HORIZON, 0.0
    with closing(Transport(http, credentials, now)) as transport:
        while True:
            if outcome := _deliver_one(ledger, endpoint, transport, now):
                summary = summary.after(outcome)
                continue
            wait = _wait_for_next(ledger, endpoint.name, now(), until)
            if wait is None or slept + wait > HORIZON.total_seconds():
                return summary
            sleep(wait)
            slept += wait


def resume(session: Session, endpoint: str, reason: str, now: datetime) -> None:
    """Let a paused or disabled endpoint receive again; its waiting notices go out when they were due."""
    set_state(session, endpoint, "active", reason, now)


def _deliver_one(
    ledger: Ledger, endpoint: Endpoint, transport: Transport, now: Callable[[], datetime]
) -> Outcome | None:
    with ledger.transaction() as session:
        notice = _claim(session, endpoint.name, now())
        if notice is None:
            return None
        started = now()
        message = Message(notice.id, notice.subject, notice.payload, notice.content_type)
        answer = CHANNELS[notice.channel](transport, message, started)
        decision = decide(
            answer.reply,
            confirmed=answer.confirmed,
            attempt=notice.attempts + 1,
            notice_id=notice.id,
            schedule=SCHEDULES[endpoint.schedule],
            now=now(),
        )
        record(session, notice, answer, decision, started, now(), transport.credentials.secret)
    return decision.outcome


def _claim(session: Session, endpoint: str, now: datetime) -> NoticeRow | None:
    query = (
        select(NoticeRow)
        .where(_pending(), NoticeRow.endpoint == endpoint, NoticeRow.due_at <= now, _is_first(), _endpoint_is_active())
        .order_by(NoticeRow.due_at, NoticeRow.sequence)
        .limit(1)
        .with_for_update(skip_locked=True, of=NoticeRow)
    )
    return session.scalar(query)


def _pending() -> ColumnElement[bool]:
    return NoticeRow.status == NoticeStatus.PENDING.value


def _is_first() -> ColumnElement[bool]:
    """No earlier notice on the same subject is still waiting at this endpoint."""
    earlier = aliased(NoticeRow)
    return ~exists().where(
        earlier.endpoint == NoticeRow.endpoint,
        earlier.subject == NoticeRow.subject,
        earlier.status == NoticeStatus.PENDING.value,
        earlier.sequence < NoticeRow.sequence,
    )


def _endpoint_is_active() -> ColumnElement[bool]:
    return ~exists().where(EndpointRow.name == NoticeRow.endpoint, EndpointRow.state != "active")


def _wait_for_next(ledger: Ledger, endpoint: str, now: datetime, until: datetime) -> float | None:
    """Seconds until the next notice is due; None when that is after ``until``, or when another sender has it now."""
    query = select(func.min(NoticeRow.due_at)).where(
        _pending(), NoticeRow.endpoint == endpoint, _is_first(), _endpoint_is_active()
    )
    with ledger.transaction() as session:
        due_at = session.scalar(query)
    if due_at is None or due_at > until or due_at <= now:
        return None
    return float((due_at - now).total_seconds())
