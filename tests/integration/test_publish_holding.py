"""Holding on a real S3 and a real PostgreSQL: one content waits once, is decided once and published once."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from tests.unit.merge_rows import NOW, figure, give

from kerndata.errors import Fenced, KerndataError
from kerndata.ledger import Ledger, events, holds, submissions
from kerndata.ledger.tables import Base, EventRow, SubmissionRow
from kerndata.local.stack import Stack
from kerndata.merge.classification import Classification
from kerndata.merge.thresholds import load_thresholds
from kerndata.model.hold import Answer, Hold, HoldState, Run
from kerndata.model.release import Release
from kerndata.model.submission import Counts, Delivery, Status
from kerndata.notices.endpoints import load
from kerndata.publish import candidate_store, holding
from kerndata.publish.datapackage import manifest
from kerndata.publish.holding import Considered, Next
from kerndata.publish.notes import render
from kerndata.publish.pointer import read_pointer
from kerndata.publish.release import Candidate, Published, prepare
from kerndata.publish.tell import Teller
from kerndata.publish.texts import about
from kerndata.store import keys
from kerndata.store.client import Store, connect

pytestmark = pytest.mark.stack

HERE, THERE = Run("merge_kerndataset", "here"), Run("merge_kerndataset_net", "there")
WAIT = timedelta(hours=72)
LATER = NOW + timedelta(minutes=5)
OVER = NOW + WAIT + holds.GRACE + timedelta(minutes=1)


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the library catches it."""


@dataclass
class Exchange:
    """An empty exchange of which one province delivers, with its merge and what follows."""

    store: Store
    ledger: Ledger
    work: Path
    made: int = 0
    announced: list[str] = field(default_factory=list)

    def deliver(self, values: Sequence[int]) -> str:
        """Accept one submission of Groningen: its capacities of 2019 and later; gives its id."""
        years = {str(2019 + place): str(value) for place, value in enumerate(values)}
        rows = [figure("PV20", value, period=year) for year, value in years.items()]
        digest = sha256(f"{values}{self.made}".encode()).hexdigest()
        delivery = Delivery("groningen", keys.inbox("groningen"), "drop/a.csv", f"{digest}-{self.made}", NOW)
        with self.ledger.transaction() as session:
            facts: dict[str, Any] = {"dataset": "indicators", "delivery_name": "a", "size_bytes": 9, "now": NOW}
            one = submissions.register(session, delivery, sha256=digest, **facts)
        given = give(self.work, one.sequence, "groningen", rows)
        table = pq.read_table(given.path)
        named = table.set_column(
            table.schema.get_field_index("submission_id"), "submission_id", pa.array([one.id] * len(rows))
        )
        pq.write_table(named, given.path)
        self.store.put(keys.STAGING, keys.accepted_key(one.id), given.path, content_type="application/x")
        with self.ledger.transaction() as session:
            counts, verdict = (
                Counts(observed=len(rows), accepted=len(rows)),
                {"status": Status.ACCEPTED, "findings": ()},
            )
            submissions.conclude(session, one.id, dataset="indicators", counts=counts, now=NOW, **verdict)
        return one.id

    def take_back(self, submission_id: str) -> None:
        """Groningen withdraws a submission."""
        with self.ledger.transaction() as session:
            row = session.get_one(SubmissionRow, submission_id)
            row.status, row.withdrawn_by = Status.WITHDRAWN, submission_id

    def candidate(self, code_version: str = "1") -> tuple[Candidate, Classification]:
        folder = self.folder()
        one = prepare(self.store, self.ledger, work=folder, code_version=code_version)
        return one, holding.compare(one, folder, load_thresholds())

    def consider(self, run: Run = HERE, now: datetime = NOW, **options: Any) -> Considered:
        one, found = self.candidate(**options)
        told = Teller(load(), "http://127.0.0.1", now).held
        return holding.consider(
            self.store, self.ledger, one, found, run=run, answer_within=WAIT, now=now, announce=told
        )

    def publish(self, key: str, answer: Answer | None = None, now: datetime = NOW, **options: Any) -> Published | str:
        given: dict[str, Any] = {"run": HERE, "work": self.folder(), "now": now, "announce": self.announce, **options}
        return holding.publish_kept(self.store, self.ledger, key, answer, **given)

    def folder(self) -> Path:
        self.made += 1
        folder = self.work / str(self.made)
        folder.mkdir()
        return folder

    def announce(self, session: Session, release: Release) -> None:
        self.announced.append(release.version)

    def release(self, values: Sequence[int]) -> str:
        """Deliver and publish what needs nobody."""
        self.deliver(values)
        considered = self.consider()
        assert considered.next is Next.PUBLISH
        published = self.publish(considered.key)
        assert isinstance(published, Published)
        return published.version

    def hold(self, key: str) -> Hold:
        with self.ledger.transaction() as session:
            found = holds.find(session, *candidate_store.content_of(key))
        assert found
        return found

    def news(self, now: datetime = LATER, code_version: str = "1") -> bool:
        with self.ledger.transaction() as session:
            return holding.has_news(session, code_version, now)

    def told(self) -> list[str]:
        with self.ledger.transaction() as session:
            assert events.verify(session) == []
            kinds = session.scalars(select(EventRow.kind).order_by(EventRow.seq))
            return [kind for kind in kinds if kind.startswith("hold.")]

    def staged(self) -> set[str]:
        found = self.store.list(keys.STAGING, keys.CANDIDATES)
        return {one.key.removeprefix(keys.CANDIDATES).rpartition("/")[0] for one in found}

    def notes(self, version: str) -> str:
        return self.store.read(keys.PUBLISHED, keys.release_key(version, "RELEASE.md")).decode()


def answer(state: HoldState, note: str = "", at: datetime = LATER) -> Answer:
    return Answer(state, None if state is HoldState.TIMED_OUT else "engineer", at, note)


APPROVED, REJECTED = answer(HoldState.APPROVED, "gezien"), answer(HoldState.REJECTED)


@pytest.fixture
def exchange(stack_services: Stack, ledger: Ledger, tmp_path: Path) -> Iterator[Exchange]:
    with ledger.transaction() as session:
        session.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)}"))
    key = stack_services.secrets.s3["operator"]
    operator = connect(stack_services.s3_endpoint, key.access_key, key.secret_key)
    yield Exchange(stack_services.exchange_store(), ledger, tmp_path)
    for bucket, prefix in ((keys.PUBLISHED, ""), (keys.STAGING, keys.CANDIDATES)):
        for one in operator.list(bucket, prefix):
            operator.remove(bucket, one.key)


USUAL, SMALL = (61, 66, 74, 74, 87, 87), (61, 66, 74, 74, 87, 88)
LARGE, LARGER = (91, 96, 99, 99, 99, 99), (95, 99, 110, 110, 120, 120)


def test_the_first_release_and_a_small_revision_need_nobody(exchange: Exchange) -> None:
    first = exchange.release(USUAL)
    second = exchange.release(SMALL)

    assert exchange.announced == [first, second]
    assert exchange.told() == []
    assert "beoordeeld" not in exchange.notes(second)
    assert exchange.staged() == set()


def test_a_kept_candidate_comes_back_as_it_was(exchange: Exchange, tmp_path: Path) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    one, _ = exchange.candidate()

    key = candidate_store.put(exchange.store, one)
    assert candidate_store.put(exchange.store, one) == key
    (tmp_path / "back").mkdir()
    back = candidate_store.get(exchange.store, key, tmp_path / "back")

    assert candidate_store.content_of(key) == (one.content_hash, one.previous)
    assert replace(back, folder=one.folder) == one
    assert manifest(back, "2026.2") == manifest(one, "2026.2")
    told = [render(about(each, "2026.2"), each.facts, each.inputs) for each in (one, back)]
    assert told[0] == told[1]
    assert [(back.folder / each.name).read_bytes() for each in back.files] == [
        (one.folder / each.name).read_bytes() for each in one.files
    ]


def test_a_damaged_or_lost_candidate_is_never_published(exchange: Exchange) -> None:
    first = exchange.release(USUAL)
    exchange.deliver(LARGE)
    key = exchange.consider().key
    place = keys.candidate_key(key, "indicators.csv")
    exchange.store.put(keys.STAGING, place, b"other", content_type="text/csv")

    with pytest.raises(KerndataError, match=r"indicators.csv holds other bytes than were kept. Nothing was published"):
        exchange.publish(key, APPROVED)
    exchange.store.remove(keys.STAGING, place)
    with pytest.raises(KerndataError, match="is no longer in staging"):
        exchange.publish(key, APPROVED)
    latest, _ = read_pointer(exchange.store)
    assert latest
    assert latest.version == first


def test_a_large_revision_waits_once_whoever_finds_it(exchange: Exchange) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    assert exchange.news()

    first, again, other = exchange.consider(HERE), exchange.consider(HERE), exchange.consider(THERE)

    assert [one.next for one in (first, again, other)] == [Next.HOLD, Next.HOLD, Next.NOTHING]
    assert "waits in merge_kerndataset, here, until 2026-03-05 09:00 UTC; 2026.1 stands" in other.why
    assert not exchange.news()
    assert exchange.told() == ["hold.opened"]
    found = Classification.load(exchange.hold(first.key).summary)
    assert [one.where for one in found.reasons] == ["PV20"]
    with exchange.ledger.transaction() as session:
        query = text("SELECT payload FROM notices WHERE endpoint = 'subscriber'")
        [payload] = session.scalars(query).all()  # whoever finds it, it is told once
    data = json.loads(bytes(payload))["data"]
    assert (data["previous"], [one["where"] for one in data["reasons"]]) == ("2026.1", ["PV20"])
    assert exchange.publish(first.key) == f"candidate {other.why.split()[1]} waits" + other.why.partition(" waits")[2]


def test_what_is_approved_is_published_once_with_its_note_however_often_that_is_done(exchange: Exchange) -> None:
    first = exchange.release(USUAL)
    exchange.deliver(LARGE)
    key = exchange.consider().key

    one = exchange.publish(key, APPROVED, now=LATER)
    again = exchange.publish(key, answer(HoldState.REJECTED), now=LATER)

    assert (one, again) == (Published("2026.2", created=True), Published("2026.2", created=False))
    assert exchange.announced == [first, "2026.2"]
    assert "> gezien" in exchange.notes("2026.2")
    hold = exchange.hold(key)
    assert (hold.state, hold.decided_by, hold.decided_at, hold.note) == (
        HoldState.APPROVED,
        "engineer",
        LATER,
        "gezien",
    )
    assert exchange.told() == ["hold.opened", "hold.approved"]
    assert exchange.staged() == set()
    assert not exchange.news()


@pytest.mark.parametrize("step", ["create:changes.csv", "switch"])
def test_killed_while_publishing_it_ends_in_the_one_release_with_the_note(exchange: Exchange, step: str) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    key = exchange.consider().key

    def kill(done: str) -> None:
        if done == step:
            raise Killed

    with pytest.raises(Killed):
        exchange.publish(key, APPROVED, after_step=kill)
    # Whoever comes next, the same task or a run that builds the same content again, ends in the same.
    considered = exchange.consider(THERE)
    published = exchange.publish(considered.key)

    assert isinstance(published, Published)
    assert published.version == "2026.2"
    assert "> gezien" in exchange.notes("2026.2")
    assert exchange.announced[1:] == ["2026.2"]


@pytest.mark.parametrize("state", [HoldState.REJECTED, HoldState.TIMED_OUT])
def test_after_a_no_the_last_release_stands_and_nobody_is_asked_again(exchange: Exchange, state: HoldState) -> None:
    first = exchange.release(USUAL)
    exchange.deliver(LARGE)
    key = exchange.consider().key

    assert f"{first} stands" in str(exchange.publish(key, answer(state)))

    assert not exchange.news()
    assert exchange.consider(THERE).next is Next.NOTHING
    assert exchange.told() == ["hold.opened", f"hold.{state.value}"]
    assert exchange.announced == [first]


def test_newer_code_looks_once_at_what_was_refused_and_finds_the_same(exchange: Exchange) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    exchange.publish(exchange.consider().key, REJECTED)

    assert exchange.news(code_version="2")
    assert exchange.consider(THERE, code_version="2").next is Next.NOTHING
    assert not exchange.news(code_version="2")


def test_somebody_who_wants_to_be_asked_again_is(exchange: Exchange) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    key = exchange.consider().key
    exchange.publish(key, REJECTED)

    def ask(run: Run) -> tuple[Hold, bool]:
        return holding.ask(exchange.store, exchange.ledger, key, run=run, answer_within=WAIT, now=LATER)

    (asked, is_again), (same, is_again_twice) = ask(HERE), ask(HERE)

    assert (is_again, is_again_twice) == (True, False)
    assert (asked.state, asked.answer_by, asked.decided_by) == (HoldState.WAITING, LATER + WAIT, None)
    assert same == asked
    assert isinstance(exchange.publish(key, APPROVED), Published)
    assert exchange.told() == ["hold.opened", "hold.rejected", "hold.reopened", "hold.approved"]


def test_a_newer_candidate_supersedes_the_one_that_waits_and_an_answer_on_that_comes_too_late(
    exchange: Exchange,
) -> None:
    first = exchange.release(USUAL)
    exchange.deliver(LARGE)
    old = exchange.consider(HERE)
    exchange.deliver(LARGER)
    new = exchange.consider(THERE)

    assert new.next is Next.HOLD
    assert exchange.hold(old.key).superseded_by == candidate_store.content_of(new.key)[0]
    assert "was superseded by" in str(exchange.publish(old.key, APPROVED))
    assert exchange.announced == [first]
    with pytest.raises(Fenced, match="newer candidate"):
        holding_reopened(exchange, old.key)
    assert exchange.told() == ["hold.opened", "hold.superseded", "hold.opened"]


def holding_reopened(exchange: Exchange, key: str) -> None:
    with exchange.ledger.transaction() as session:
        found = holds.find(session, *candidate_store.content_of(key))
        assert found
        holds.reopen(session, found, run=HERE, answer_by=LATER + WAIT, now=LATER)


def test_a_candidate_that_needs_nobody_supersedes_the_one_that_waits_too(exchange: Exchange) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    waiting = exchange.consider(HERE).key
    exchange.deliver(SMALL)

    assert exchange.consider(THERE).next is Next.PUBLISH
    assert exchange.hold(waiting).state is HoldState.SUPERSEDED


def test_what_was_superseded_waits_again_when_its_content_comes_back(exchange: Exchange) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    old = exchange.consider(HERE).key
    larger = exchange.deliver(LARGER)
    exchange.consider(THERE)
    exchange.take_back(larger)

    back = exchange.consider(THERE)

    assert (back.next, back.key) == (Next.HOLD, old)
    assert (exchange.hold(old).state, exchange.hold(old).run) == (HoldState.WAITING, THERE)


def test_an_approval_is_for_the_release_it_was_compared_with_only(exchange: Exchange) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    key = exchange.consider().key
    exchange.deliver(SMALL)
    other, _ = exchange.candidate()
    with exchange.ledger.transaction() as session:
        content_hash, previous = candidate_store.content_of(key)
        holds.decide(session, content_hash, str(previous), APPROVED, run=HERE, now=NOW)
    assert isinstance(exchange.publish(candidate_store.put(exchange.store, other)), Published)

    with pytest.raises(Fenced, match=r"was compared with 2026.1, but 2026.2 is visible now and stands"):
        exchange.publish(key)
    with pytest.raises(Fenced, match=r"2026.2 is visible now"):
        holding.ask(exchange.store, exchange.ledger, key, run=HERE, answer_within=WAIT, now=NOW)


def test_a_release_closes_the_request_about_what_it_was_not_compared_with(exchange: Exchange) -> None:
    exchange.release(USUAL)
    exchange.deliver(SMALL)
    other, _ = exchange.candidate()
    exchange.deliver(LARGE)
    waiting = exchange.consider().key

    exchange.publish(candidate_store.put(exchange.store, other))

    assert exchange.hold(waiting).superseded_by == "2026.2"
    assert exchange.news()


def test_a_request_whose_run_was_removed_is_taken_over_when_its_time_is_over(exchange: Exchange) -> None:
    exchange.release(USUAL)
    exchange.deliver(LARGE)
    key = exchange.consider(HERE).key

    just_over = NOW + WAIT + timedelta(minutes=1)
    assert not exchange.news(now=just_over)
    assert exchange.consider(THERE, now=just_over).next is Next.NOTHING
    assert exchange.news(now=OVER)
    assert exchange.consider(THERE, now=OVER).next is Next.HOLD
    assert "waits in merge_kerndataset_net, there" in str(exchange.publish(key, APPROVED, run=HERE))
    assert (exchange.hold(key).run, exchange.hold(key).answer_by) == (THERE, OVER + WAIT)


def test_what_was_never_held_cannot_be_decided(ledger: Ledger) -> None:
    with ledger.transaction() as session, pytest.raises(KerndataError, match="was never held; `kerndata holds`"):
        holds.decide(session, "c" * 64, "2026.1", APPROVED, run=HERE, now=NOW)
