"""What the tests of the outbox share: a clock to move, a receiver that answers as told, and the outbox around them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import requests
from sqlalchemy import select
from tests.notices.messages import SECRET, endpoint_named

from kerndata.ledger.database import Ledger
from kerndata.ledger.tables import AttemptRow, EndpointRow, EventRow, NoticeRow
from kerndata.notices import outbox
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.rules import Rules

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that a test moves; sleeping moves it too."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Scripted(BaseHTTPRequestHandler):
    """Answers from a list of (status, headers, body), then with ``otherwise``."""

    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024

    def do_POST(self) -> None:
        self.server.seen.append(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        script, otherwise = self.server.script, self.server.otherwise  # type: ignore[attr-defined]
        status, headers, content = script.pop(0) if script else otherwise
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Any]:
    """A receiver with ``script``, ``otherwise`` and ``seen``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Scripted) as server:
        server.daemon_threads = True
        vars(server).update(script=[], seen=[], otherwise=(204, {}, b""))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def some_endpoint(**changes: Any) -> Endpoint:
    """An endpoint of its own: the ledger is shared by a module."""
    return endpoint_named(f"hub-{uuid4().hex[:8]}").model_copy(update=changes)


def at(server: Any) -> Credentials:
    """The way into a receiver on loopback."""
    return Credentials(f"http://127.0.0.1:{server.server_port}/cloudevents", "kerndata", SECRET, allow_private=True)


def queue(ledger: Ledger, endpoint: Endpoint, subject: str, key: str | None = None, **given: Any) -> str:
    """Enqueue one notice; its id. The payload is subject and key."""
    values = {"channel": "cloudevents", "content_type": "application/cloudevents+json", "now": NOW}
    with ledger.transaction() as session:
        made = outbox.enqueue(
            session,
            endpoint=endpoint.name,
            subject=subject,
            business_key=key or subject,
            **({"payload": f"{subject}:{key or subject}".encode()} | values | given),
        )
    assert made is not None
    return made


def deliver(
    ledger: Ledger, endpoint: Endpoint, server: Any, clock: Clock | None = None, rules: Rules | None = None
) -> outbox.DeliverySummary:
    """One run for the endpoint, as the task does it."""
    clock = clock or Clock()
    with requests.Session() as http:
        return outbox.deliver_due(ledger, endpoint, at(server), http, clock, clock.sleep, rules)


def notice(ledger: Ledger, notice_id: str) -> NoticeRow:
    with ledger.transaction() as session:
        return session.get_one(NoticeRow, notice_id)


def attempts(ledger: Ledger, notice_id: str) -> list[AttemptRow]:
    with ledger.transaction() as session:
        query = select(AttemptRow).where(AttemptRow.notice_id == notice_id).order_by(AttemptRow.number)
        return list(session.scalars(query))


def endpoint_row(ledger: Ledger, endpoint: Endpoint) -> EndpointRow:
    with ledger.transaction() as session:
        return session.get_one(EndpointRow, endpoint.name)


def told(ledger: Ledger, subject: str) -> list[tuple[str, dict[str, Any]]]:
    """The events about a subject, oldest first."""
    with ledger.transaction() as session:
        query = select(EventRow).where(EventRow.subject == subject).order_by(EventRow.seq)
        return [(row.kind, row.data) for row in session.scalars(query)]
