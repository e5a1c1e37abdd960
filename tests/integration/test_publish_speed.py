"""A million rows from the last accepted submission to the visible release, on the real store and ledger."""

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.bench.path import checked, delivered
from tests.integration.publish_desk import LATER, NOW, SIGNER, Exchange, open_desk

from kerndata.contracts.code_lists import provinces
from kerndata.ledger import submissions
from kerndata.local.preload import preload
from kerndata.local.stack import Stack
from kerndata.merge.thresholds import load_thresholds
from kerndata.model.hold import Run
from kerndata.model.submission import Delivery, Status
from kerndata.publish import holding
from kerndata.publish.release import Published, prepare
from kerndata.store import keys

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(1800)]

ROWS, MOST_SECONDS = 1_000_000, 30.0
T = TypeVar("T")
RUN = Run("merge_kerndataset", "speed")


@pytest.fixture
def exchange(stack_services: Stack, tmp_path: Path) -> Iterator[Exchange]:
    with open_desk(stack_services, tmp_path / "desk", "publish_speed") as made:
        made.work.mkdir()
        yield made


def test_a_million_rows_are_merged_checked_and_published_within_30_seconds(
    exchange: Exchange, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spawn = get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn, initializer=preload) as pool:
        accept_all(exchange, pool, tmp_path / "first", is_revised=False)
        merge_and_publish(exchange, NOW, lambda _name, _seconds: None)
        accept_all(exchange, pool, tmp_path / "again", is_revised=True)
    told: dict[str, float] = {}

    published, seconds = timed(lambda: merge_and_publish(exchange, LATER, told.__setitem__))

    with capsys.disabled():
        steps = ", ".join(f"{name} {one:.1f} s" for name, one in told.items())
        print(f"\n{ROWS:,} rows: {seconds:.1f} s ({steps})")
    assert published == Published("2026.2", created=True)
    assert exchange.is_sound()
    assert seconds < MOST_SECONDS


def accept_all(exchange: Exchange, pool: ProcessPoolExecutor, folder: Path, *, is_revised: bool) -> None:
    """Check what the twelve provinces deliver, and keep it as intake does."""
    paths = delivered(folder, ROWS, is_revised=is_revised)
    ids = [register(exchange, path, one.slug) for path, one in zip(paths, provinces(), strict=True)]
    todo = [
        pool.submit(checked, path, one, id_, ROWS // 12, folder)
        for path, one, id_ in zip(paths, provinces(), ids, strict=True)
    ]
    for one in (task.result() for task in todo):
        key = keys.accepted_key(one.submission.id)
        exchange.store.put(keys.STAGING, key, one.path, content_type="application/x")
        verdict: dict[str, Any] = {"status": Status.ACCEPTED, "counts": one.submission.counts, "findings": ()}
        with exchange.ledger.transaction() as session:
            submissions.conclude(session, one.submission.id, dataset="indicators", now=NOW, **verdict)


def register(exchange: Exchange, path: Path, slug: str) -> str:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    exchange.store.create(keys.ARCHIVE, keys.raw_key(slug, digest), body, content_type="text/csv")
    delivery = Delivery(slug, keys.inbox(slug), f"drop/{path.name}", digest, NOW)
    facts: dict[str, Any] = {"dataset": "indicators", "delivery_name": "alles", "size_bytes": len(body), "now": NOW}
    with exchange.ledger.transaction() as session:
        return submissions.register(session, delivery, sha256=digest, **facts).id


def merge_and_publish(exchange: Exchange, now: Any, tell: Callable[[str, float], None]) -> Published | str:
    """What the tasks of merge_kerndataset do: a candidate, what it changes, kept for the next task, published."""
    work = exchange.work / f"{now:%H%M}"
    (work / "again").mkdir(parents=True)
    made, seconds = timed(lambda: prepare(exchange.store, exchange.ledger, work=work, code_version="abc"))
    tell("merge and write", seconds)
    found, seconds = timed(lambda: holding.compare(made, work, load_thresholds()))
    tell("classify", seconds)
    arguments: dict[str, Any] = {"run": RUN, "answer_within": timedelta(hours=1), "now": now}
    kept, seconds = timed(lambda: holding.consider(exchange.store, exchange.ledger, made, found, **arguments))
    tell("keep", seconds)
    assert kept.next is holding.Next.PUBLISH, kept
    signed: dict[str, Any] = {"announce": exchange.announce, "signer": SIGNER}
    published, seconds = timed(
        lambda: holding.publish_kept(
            exchange.store, exchange.ledger, kept.key, None, run=RUN, work=work / "again", now=now, **signed
        )
    )
    tell("publish", seconds)
    return published


def timed(step: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    return step(), time.perf_counter() - started
