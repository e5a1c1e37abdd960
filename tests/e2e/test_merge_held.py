"""A candidate that changes too much waits for a person, whose answer decides: through Airflow's own API.

Runs after test_main_job.py (files run in order of name), on its stack and its releases. Groningen delivers again, each
time with other wind capacities; its rows are received and checked by the library's own intake, without a landing.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from kerndata.airflow.hold import APPROVE, REJECT, SUPERSEDED
from kerndata.airflow.merge_tasks import HOLD_HOURS
from kerndata.intake.process import process
from kerndata.intake.receive import receive_drops
from kerndata.ledger import holds, releases
from kerndata.local.airflow_api import AirflowApi, RequiredAction
from kerndata.local.demo import Told
from kerndata.local.samples.tables import HERE as SAMPLES
from kerndata.local.stack import Stack
from kerndata.model.hold import Hold, HoldState
from kerndata.model.release import Release
from kerndata.notices.endpoints import load
from kerndata.publish.audit import audit
from kerndata.sources.registry import load_source
from kerndata.store import keys

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

T = TypeVar("T")
NET, MERGE = "merge_kerndataset_net", "merge_kerndataset"
SAMPLE = SAMPLES / "deliveries/groningen/drop/indicators/kerndataset.csv"
NOTE = "Groningen telde de parken op zee mee.\n<b>Klopt</b>, gebeld met de provincie."


class Exchange:
    """The running exchange, and what happens to it in this story."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.store, self.ledger = stack, stack.exchange_store(), stack.ledger()
        self.airflow: AirflowApi = stack.airflow_api()

    def deliver(self, factor: int) -> None:
        """Groningen delivers its file with every wind capacity so many per cent of what it was."""
        lines = SAMPLE.read_text(encoding="utf-8-sig").splitlines()
        body = "\n".join(_scaled(line, factor) for line in lines) + "\n"
        inbox = keys.inbox("groningen")
        self.stack.province_store("groningen").put(
            inbox, "drop/indicators/kerndataset.csv", body.encode(), content_type="text/csv"
        )
        source, now = load_source("groningen"), datetime.now(UTC)
        for one in receive_drops(self.store, self.ledger, source, now, scanner=None):
            process(self.store, self.ledger, source, one.id, load(), now)

    def merge(self, dag_id: str = NET) -> str:
        return self.airflow.trigger(dag_id, partition_key="nederland" if dag_id == MERGE else None)

    def asked(self, factor: int) -> RequiredAction:
        """Deliver, merge, and wait for the request about that; the net's own five minutes may have come first."""
        known = {one.run_id for one in self.airflow.required_actions(is_open=None)}
        self.deliver(factor)
        self.merge()
        return wait_for(lambda: next((one for one in self.airflow.required_actions() if one.run_id not in known), None))

    def ended(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Wait for the end of a run; gives the state of each task."""
        assert self.airflow.wait(dag_id, run_id, timeout_seconds=240).state == "success"
        return {one.task_id: one.state for one in self.airflow.tasks(dag_id, run_id)}

    def request(self, run_id: str) -> RequiredAction:
        [found] = [one for one in self.airflow.required_actions(is_open=None) if one.run_id == run_id]
        return found

    def latest(self) -> Release:
        with self.ledger.transaction() as session:
            found = releases.latest(session)
        assert found
        return found

    def newest_hold(self) -> Hold:
        with self.ledger.transaction() as session:
            return holds.all_of(session)[0]

    def notes(self) -> str:
        return self.store.read(keys.PUBLISHED, keys.release_key(self.latest().version, "RELEASE.md")).decode()


def _scaled(line: str, factor: int) -> str:
    code, province, year, value, *rest = line.split(";")
    return ";".join([code, province, year, str(int(value) * factor // 100), *rest]) if code == "H3.4" else line


def wait_for(look: Callable[[], T | None], seconds: float = 240) -> T:
    end = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < end
        time.sleep(0.3)
    return found


@pytest.fixture(scope="module")
def exchange(full_stack: Stack, told: Told) -> Iterator[Exchange]:
    found = Exchange(full_stack)
    yield found
    found.airflow.set_variable(HOLD_HOURS, None)


def test_a_large_revision_waits_and_is_published_with_the_note_of_who_approved_it(exchange: Exchange) -> None:
    before = exchange.latest()
    action = exchange.asked(150)

    assert "Groningen: revised beyond the band" in action.subject
    assert f"**Release {before.version} is visible" in action.body
    assert "| Groningen | H3.4 Onshore wind capacity 2024 | 916 | 1374 | +50 % |" in action.body
    assert (exchange.latest(), exchange.newest_hold().state) == (before, HoldState.WAITING)

    # Meanwhile the other Dag, and this one again, find nothing new and end; the same request stays.
    others = [(dag_id, exchange.merge(dag_id)) for dag_id in (MERGE, NET)]
    assert {exchange.ended(*one)["candidate"] for one in others} == {"skipped"}
    assert exchange.airflow.required_actions() == [action]

    exchange.airflow.answer(action, APPROVE, note=NOTE)
    assert exchange.ended(action.dag_id, action.run_id)["publish"] == "success"
    assert exchange.latest().previous == before.version
    assert "> Groningen telde de parken op zee mee.\n> \\<b>Klopt\\</b>, gebeld met de provincie." in exchange.notes()
    hold = exchange.newest_hold()
    assert (hold.state, hold.decided_by, hold.note) == (HoldState.APPROVED, "engineer", NOTE)


def test_what_is_rejected_is_not_published_nor_asked_about_again_unless_somebody_wants_to(exchange: Exchange) -> None:
    before = exchange.latest()
    action = exchange.asked(50)
    exchange.airflow.answer(action, REJECT)

    assert exchange.ended(action.dag_id, action.run_id)["publish"] == "skipped"
    assert exchange.ended(NET, exchange.merge())["candidate"] == "skipped"
    assert (exchange.latest(), exchange.newest_hold().state) == (before, HoldState.REJECTED)

    exchange.airflow.clear(action.dag_id, action.run_id, "hold")
    again = wait_for(lambda: next(iter(exchange.airflow.required_actions()), None))
    assert (again.run_id, again.chosen) == (action.run_id, [])
    assert exchange.newest_hold().state is HoldState.WAITING


def test_a_newer_candidate_closes_the_request_that_waits_and_no_answer_in_time_is_a_no(exchange: Exchange) -> None:
    before, [waiting] = exchange.latest(), exchange.airflow.required_actions()
    exchange.airflow.set_variable(HOLD_HOURS, str(8 / 3600))
    action = exchange.asked(60)

    assert exchange.ended(waiting.dag_id, waiting.run_id)["publish"] == "skipped"
    closed = exchange.request(waiting.run_id)
    assert (closed.chosen, closed.answered_by) == ([SUPERSEDED], None)
    assert closed.given["note"].startswith("Superseded by")

    assert exchange.ended(action.dag_id, action.run_id)["publish"] == "skipped"
    timed_out = exchange.request(action.run_id)
    assert (timed_out.chosen, timed_out.answered_by) == ([REJECT], None)
    assert (exchange.latest(), exchange.newest_hold().state) == (before, HoldState.TIMED_OUT)
    assert exchange.airflow.required_actions() == []


def test_who_decided_what_is_in_the_chain_and_everything_holds(exchange: Exchange) -> None:
    with exchange.ledger.transaction() as session:
        states = [one.state for one in holds.all_of(session)]
    assert states == [HoldState.TIMED_OUT, HoldState.SUPERSEDED, HoldState.APPROVED]
    assert audit(exchange.store, exchange.ledger) == []
