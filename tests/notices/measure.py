"""How long a claim takes with few and with many notices waiting, and how many notices a second one sender delivers."""

import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from sqlalchemy import text
from tests.notices.messages import SECRET, endpoint_named, event

from kerndata.ledger.database import Ledger, open_ledger
from kerndata.notices import outbox
from kerndata.notices.claim import claim
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.rules import BATCH

ROUNDS = 200
_CONTEXT = multiprocessing.get_context("forkserver")

_FILL = text("""
INSERT INTO notices (id, endpoint, channel, subject, business_key, payload, content_type, status, is_first, attempts,
  spent, due_at, created_at)
SELECT :endpoint || '-' || n, :endpoint, 'cloudevents', n % :subjects, n, convert_to(repeat('x', 700), 'UTF8'), 'x',
  'pending', n < :subjects, 0, 0, now() - interval '1 hour', now() FROM generate_series(:first, :last) AS n
""")


@dataclass(frozen=True)
class ClaimTime:
    """Median milliseconds of one claim with ``waiting`` notices on ``subjects`` subjects at one endpoint."""

    waiting: int
    subjects: int
    milliseconds: float


def claim_times(
    ledger: Ledger, small: int, large: int, subjects: int | None, rounds: int = ROUNDS, name: str = "claim"
) -> list[ClaimTime]:
    """Time claims at both sizes in turns, so that a busy machine slows both; no ``subjects``: each its own."""
    sizes = {f"{name}-{size}-{subjects}": size for size in (small, large)}
    for endpoint, size in sizes.items():
        fill(ledger, endpoint, size, subjects or size)
    times: dict[str, list[float]] = {endpoint: [] for endpoint in sizes}
    for _ in range(rounds):
        for endpoint in sizes:
            times[endpoint].append(_one_claim(ledger, endpoint))
    return [ClaimTime(size, subjects or size, statistics.median(times[one]) * 1000) for one, size in sizes.items()]


def fill(ledger: Ledger, endpoint: str, waiting: int, subjects: int) -> None:
    """Let ``waiting`` notices wait at an endpoint; the table is not analysed afterwards, as after a burst."""
    with ledger.transaction() as session:
        values = {"endpoint": endpoint, "subjects": subjects, "first": 0, "last": waiting - 1}
        session.execute(_FILL, values)


def _one_claim(ledger: Ledger, endpoint: str) -> float:
    with ledger.transaction() as session:
        session.execute(text("SELECT 1"))  # connecting is no part of it
        started = time.perf_counter()
        chains = claim(session, endpoint, datetime.now(UTC), BATCH)
        taken = time.perf_counter() - started
        if sum(map(len, chains)) != BATCH:
            raise AssertionError(f"{endpoint}: {sum(map(len, chains))} notices claimed, not {BATCH}")
        session.rollback()
    return taken


@dataclass(frozen=True)
class Rate:
    """Notices a second: of the slowest of the endpoints, and of all together."""

    endpoints: int
    slowest: float
    together: float


def throughput(
    ledger_url: str, url: str, notices: int, endpoints: int, subjects: int | None = None, name: str = "rate"
) -> Rate:
    """Deliver ``notices`` to each of some healthy endpoints, by a process for each, as the tasks of the Dag are."""
    chosen = [endpoint_named(f"{name}-{endpoints}-{subjects}-{n}") for n in range(endpoints)]
    ledger = open_ledger(ledger_url)
    for one in chosen:
        enqueue(ledger, one, notices, subjects or notices)
    ready = _CONTEXT.Barrier(endpoints)  # starting Python is no part of it
    with ProcessPoolExecutor(endpoints, mp_context=_CONTEXT, initializer=ready.wait) as pool:
        spans = list(pool.map(_drained, [(ledger_url, one.name, url) for one in chosen]))
    begins, ends = zip(*spans, strict=True)
    slowest = max(end - begin for begin, end in spans)
    return Rate(endpoints, notices / slowest, notices * endpoints / (max(ends) - min(begins)))


def _drained(given: tuple[str, str, str]) -> tuple[float, float]:
    """When a sender began and ended, by the clock that all processes share."""
    ledger_url, name, url = given
    ledger = open_ledger(ledger_url)
    with ledger.transaction() as session:
        session.execute(text("SELECT 1"))
    begin = time.monotonic()
    drain(ledger, endpoint_named(name), url)
    return begin, time.monotonic()


def enqueue(ledger: Ledger, endpoint: Endpoint, notices: int, subjects: int) -> None:
    """Enqueue events on so many subjects, in order, as publishing does."""
    now = datetime.now(UTC)
    with ledger.transaction() as session:
        for n in range(notices):
            subject = str(n % subjects)
            outbox.enqueue(
                session,
                endpoint=endpoint.name,
                channel=endpoint.channel,
                subject=subject,
                business_key=str(n),
                payload=event(endpoint, n, subject),
                content_type="application/cloudevents+json",
                now=now,
            )


def drain(ledger: Ledger, endpoint: Endpoint, url: str) -> None:
    """Deliver until nothing waits."""
    credentials = Credentials(url, "kerndata", SECRET, allow_private=True)
    with requests.Session() as http:
        while outbox.deliver_due(ledger, endpoint, credentials, http, lambda: datetime.now(UTC)).delivered:
            pass
