"""The outbox: notices are enqueued in the transaction that causes them and stay until their effect is certain.

A batch of notices is claimed with ``FOR UPDATE SKIP LOCKED`` and stays locked while it is sent, so two senders never
send one subject at once and a killed sender leaves its batch due at once, the bytes unchanged; the receiver sees the
same ids again. The ledger's writers' lock is taken only after the answers are in: sending makes no writer wait. Whoever
changes a notice elsewhere must skip locked rows too (``desk``).
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

import requests
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kerndata.ledger import events
from kerndata.ledger.database import Ledger
from kerndata.ledger.tables import EndpointRow, NoticeRow
from kerndata.model.notice import NoticeStatus
from kerndata.notices import gate
from kerndata.notices.batch import Sender
from kerndata.notices.claim import none_waits
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.outcome import Outcome
from kerndata.notices.record import set_state
from kerndata.notices.rules import Rules, rules_of
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
    deadline_at: datetime | None = None,
) -> str | None:
    """Put a message in the outbox, due at once; its id, or None when this endpoint has that business key already.

    ``deadline_at``: when it has to be delivered by law; left out, what the endpoint's schedule says.
    """
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
        "is_first": none_waits(endpoint, subject),
        "attempts": 0,
        "spent": 0,
        "due_at": now,
        "deadline_at": deadline_at,
        "created_at": now,
    }
    statement = insert(NoticeRow).values(values).on_conflict_do_nothing(index_elements=["endpoint", "business_key"])
    return session.scalar(statement.returning(NoticeRow.id))


def due_endpoints(session: Session, now: datetime) -> list[str]:
    """Names of the active endpoints with something due within the next minute, in order of name."""
    until = now + HORIZON
    awake = or_(EndpointRow.name.is_(None), (EndpointRow.state == "active") & _opens_before(until))
    query = (
        select(NoticeRow.endpoint)
        .outerjoin(EndpointRow, EndpointRow.name == NoticeRow.endpoint)
        .where(NoticeRow.is_first, NoticeRow.due_at <= until, awake)
    )
    return list(session.scalars(query.distinct().order_by(NoticeRow.endpoint)))


def _opens_before(until: datetime) -> ColumnElement[bool]:
    return func.coalesce(EndpointRow.probe_at, until) <= until


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
    rules: Rules | None = None,
) -> DeliverySummary:
    """Send everything that is due for one endpoint, and what falls due within the next minute.

    Never raises for what a receiver does; stops when the endpoint is paused or disabled, when its circuit lets nothing
    through within the minute, and after that minute in any case: what is left is for the next run, so a slow endpoint
    does not hold on to a run. ``rules`` are the endpoint's own unless given.
    """
    given = rules or rules_of(endpoint)
    summary, until, slept = DeliverySummary(), now() + HORIZON, 0.0
    with closing(Transport(http, credentials, now, given.timeout)) as transport:
        sender = Sender(endpoint.name, transport, given, now, sleep)
        while (moment := now()) <= until:
            if outcomes := sender.batch(ledger):
                summary = reduce(DeliverySummary.after, outcomes, summary)
                continue
            wait = _wait_for_next(ledger, endpoint.name, moment, until)
            if wait is None or slept + wait > HORIZON.total_seconds():  # slept: a clock may be set back meanwhile
                break
            sleep(wait)
            slept += wait
    return summary


def resume(session: Session, endpoint: str, reason: str, now: datetime, by: str | None = None) -> None:
    """Let a paused or disabled endpoint receive again; its waiting notices go out when they were due."""
    set_state(session, endpoint, "active", reason, now, by)


def _wait_for_next(ledger: Ledger, endpoint: str, now: datetime, until: datetime) -> float | None:
    """Seconds until the next notice may be sent; None when that is after ``until``, or is another sender's now."""
    with ledger.transaction() as session:
        row = session.get(EndpointRow, endpoint)
        query = select(func.min(NoticeRow.due_at)).where(NoticeRow.endpoint == endpoint, NoticeRow.is_first)
        due_at = session.scalar(query)
    if due_at is None or (row and row.state != "active"):
        return None
    moment = max(due_at, (row and gate.opens_at(row)) or due_at)
    return float((moment - now).total_seconds()) if now < moment <= until else None
