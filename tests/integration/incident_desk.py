"""A case in the real ledger, and what the tests about incidents look at."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.incidents import cases, record
from kerndata.ledger import Ledger, alerts, submissions
from kerndata.ledger.tables import CaseRow, EventRow, NoticeRow
from kerndata.model.submission import Delivery
from kerndata.notices.endpoints import Endpoint, find, load

OPENED = datetime(2026, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)


def hours(count: float) -> datetime:
    """So long after the case was opened."""
    return OPENED + timedelta(hours=count)


def receiver() -> Endpoint:
    """An endpoint for security events of a test's own."""
    return find(load(), "ncsc-taxii").model_copy(update={"name": f"ncsc-taxii-{uuid4().hex[:8]}"})


def opened(ledger: Ledger, name: str | None = None) -> CaseRow:
    """A case about a new submission."""
    with ledger.transaction() as session:
        return open_in(session, name)


def open_in(session: Session, name: str | None = None, at: datetime = OPENED) -> CaseRow:
    delivery = Delivery("noord_holland", "inbox-noord_holland", name or f"drop/{uuid4().hex}.csv", uuid4().hex, at)
    given = {"sha256": uuid4().hex * 2, "size_bytes": 9, "dataset": None, "delivery_name": None, "now": at}
    submission = submissions.register(session, delivery, **given)
    return cases.open_case(session, submission=submission, rule_id="F-MACRO", facts={"rows": 3}, now=at)


def case(ledger: Ledger, name: str) -> CaseRow:
    with ledger.transaction() as session:
        return record.find(session, name)


def notices(ledger: Ledger, endpoint: Endpoint) -> list[NoticeRow]:
    with ledger.transaction() as session:
        query = select(NoticeRow).where(NoticeRow.endpoint == endpoint.name).order_by(NoticeRow.sequence)
        return list(session.scalars(query))


def history(ledger: Ledger, name: str) -> list[EventRow]:
    with ledger.transaction() as session:
        return list(session.scalars(select(EventRow).where(EventRow.subject == name).order_by(EventRow.seq)))


def open_alerts(ledger: Ledger, name: str) -> set[tuple[str, str]]:
    """Kind and step of each open alert about a case."""
    with ledger.transaction() as session:
        found = [(one.kind, one.subject) for one in alerts.opened(session)]
    return {(kind, subject) for kind, subject in found if subject.split("/")[0] == name}
