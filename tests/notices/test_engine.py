"""Batches, circuit, rate limit, alerts: what the outbox does beyond one notice at a time, on the real ledger."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select
from tests.notices.messages import SECRET
from tests.notices.post import (
    NOW,
    Clock,
    at,
    attempts,
    deliver,
    endpoint_row,
    notice,
    queue,
    receiving,
    some_endpoint,
    told,
)

from kerndata.ledger import alerts, events
from kerndata.ledger.database import Ledger
from kerndata.ledger.tables import AlertRow, NoticeRow
from kerndata.notices import desk, gate, outbox, watch
from kerndata.notices.endpoints import Endpoint, ScheduleName
from kerndata.notices.outcome import SCHEDULES
from kerndata.notices.record import DEAD_LIMIT
from kerndata.notices.rules import BATCH, Rules, rules_of

pytestmark = pytest.mark.stack

BUSY = (503, {}, b"busy")
STANDARD = SCHEDULES[ScheduleName.STANDARD]
WHO = desk.Who("jan", "mended")


@pytest.fixture
def receiver() -> Any:
    with receiving() as server:
        yield server


@pytest.fixture
def endpoint() -> Endpoint:
    return some_endpoint()


def open_alerts(ledger: Ledger, *subjects: str) -> list[tuple[str, str]]:
    with ledger.transaction() as session:
        return [(row.kind, row.subject) for row in alerts.opened(session) if row.subject in subjects]


def said(ledger: Ledger, endpoint: Endpoint) -> str:
    """What the one open alert about an endpoint says."""
    with ledger.transaction() as session:
        query = select(AlertRow.detail).where(AlertRow.subject == endpoint.name, AlertRow.closed_at.is_(None))
        return session.scalars(query).one()


# ---- batches --------------------------------------------------------------------------------------------------------


def test_mass_work_is_one_event_per_batch_and_an_attempt_per_notice(
    ledger: Ledger, endpoint: Endpoint, receiver: Any
) -> None:
    ids = [queue(ledger, endpoint, f"subject {n}") for n in range(BATCH + 10)]
    assert deliver(ledger, endpoint, receiver) == outbox.DeliverySummary(delivered=BATCH + 10)
    batches = [data["attempts"] for kind, data in told(ledger, endpoint.name) if kind == "notices.delivered"]
    assert [len(batch) for batch in batches] == [BATCH, 10]
    assert sorted(batches[0] | batches[1]) == sorted(ids)
    assert all([one.outcome for one in attempts(ledger, notice_id)] == ["delivered"] for notice_id in ids)
    with ledger.transaction() as session:
        assert events.verify(session) == []


def test_one_subject_is_sent_in_its_order_within_a_batch_and_a_retry_keeps_back_the_rest(
    ledger: Ledger, endpoint: Endpoint, receiver: Any
) -> None:
    for n in range(5):
        queue(ledger, endpoint, "a", str(n))
    receiver.script += [(204, {}, b""), BUSY]
    clock = Clock()
    assert deliver(ledger, endpoint, receiver, clock) == outbox.DeliverySummary(delivered=5, retried=1)
    assert receiver.seen == [b"a:0", b"a:1", b"a:1", b"a:2", b"a:3", b"a:4"]
    assert clock.at >= NOW + timedelta(seconds=4)


def test_only_the_first_of_a_subject_may_be_claimed(ledger: Ledger, endpoint: Endpoint) -> None:
    for n in range(3):
        queue(ledger, endpoint, "a", str(n))
        queue(ledger, endpoint, "b", str(n) + "b")
    with ledger.transaction() as session:
        query = select(NoticeRow.business_key).where(NoticeRow.endpoint == endpoint.name, NoticeRow.is_first)
        assert sorted(session.scalars(query)) == ["0", "0b"]


def test_a_notice_that_a_channel_cannot_send_is_our_fault_and_keeps_back_no_other(
    ledger: Ledger, endpoint: Endpoint, receiver: Any
) -> None:
    receiver.otherwise = (202, {}, b"{}")
    bad = queue(ledger, endpoint, "a", channel="taxii", payload=b"not JSON")
    good = queue(ledger, endpoint, "b")
    deliver(ledger, endpoint, receiver)
    assert [one.detail for one in attempts(ledger, bad)][:1] == ["a fault of ours: JSONDecodeError"]
    assert (notice(ledger, bad).status, notice(ledger, good).status) == ("pending", "delivered")


# ---- circuit --------------------------------------------------------------------------------------------------------


def test_after_five_failures_in_a_row_one_probe_a_minute_and_the_others_spend_nothing(
    ledger: Ledger, endpoint: Endpoint, receiver: Any
) -> None:
    ids = [queue(ledger, endpoint, f"subject {n}") for n in range(20)]
    receiver.otherwise = BUSY
    clock = Clock()
    assert deliver(ledger, endpoint, receiver, clock).retried == 6  # five, and the probe a minute later
    for _ in range(3):
        deliver(ledger, endpoint, receiver, clock)
    minutes = (clock.at - NOW) // timedelta(minutes=1)
    assert minutes >= 3
    assert len(receiver.seen) == 5 + minutes
    assert sum(notice(ledger, one).attempts == 0 for one in ids) == 20 - len(receiver.seen)
    assert endpoint_row(ledger, endpoint).probe_at == clock.at + timedelta(minutes=1)


def test_one_answer_closes_the_circuit_and_everything_goes_out(
    ledger: Ledger, endpoint: Endpoint, receiver: Any
) -> None:
    for n in range(20):
        queue(ledger, endpoint, f"subject {n}")
    receiver.script += [BUSY] * 5
    clock = Clock()
    done = deliver(ledger, endpoint, receiver, clock)
    done_later = deliver(ledger, endpoint, receiver, clock)
    assert (done.retried, done.delivered + done_later.delivered) == (5, 20)
    row = endpoint_row(ledger, endpoint)
    assert (row.state, row.failures, row.probe_at) == ("active", 0, None)


def test_an_endpoint_with_an_open_circuit_is_not_due_before_its_probe(
    ledger: Ledger, endpoint: Endpoint, receiver: Any
) -> None:
    for n in range(9):
        queue(ledger, endpoint, f"subject {n}")
    receiver.otherwise = BUSY
    rules = Rules(STANDARD, probe_every=timedelta(minutes=30))
    assert deliver(ledger, endpoint, receiver, rules=rules).retried == 5
    with ledger.transaction() as session:
        assert endpoint.name not in outbox.due_endpoints(session, NOW + timedelta(minutes=28))
        assert endpoint.name in outbox.due_endpoints(session, NOW + timedelta(minutes=29))


def test_a_dead_endpoint_delays_nobody(ledger: Ledger, receiver: Any) -> None:
    """One accepts connections and never answers; a run for it ends by itself, and the other does not wait for it."""
    with receiving() as silent, ThreadPoolExecutor(2) as pool:
        silent.RequestHandlerClass = type("Silent", (silent.RequestHandlerClass,), {"do_POST": lambda _: time.sleep(4)})
        dead, healthy = some_endpoint(), some_endpoint()
        for n in range(40):
            queue(ledger, dead, f"subject {n}")
            queue(ledger, healthy, f"subject {n}")
        started = time.monotonic()
        rules = Rules(STANDARD, timeout=timedelta(seconds=0.5), probe_every=timedelta(minutes=30))
        slow = pool.submit(deliver, ledger, dead, silent, Clock(), rules)
        assert deliver(ledger, healthy, receiver).delivered == 40
        assert not slow.done(), "the healthy endpoint was served while the dead one hung"
        assert slow.result() == outbox.DeliverySummary(retried=rules.probe_after)
        assert time.monotonic() - started < 10
        assert deliver(ledger, dead, silent, Clock(), rules) == outbox.DeliverySummary()


def test_a_slow_endpoint_gives_its_run_back_after_a_minute(ledger: Ledger, endpoint: Endpoint, receiver: Any) -> None:
    for n in range(30):
        queue(ledger, endpoint, f"subject {n}")
    clock = Slow(seconds=1)
    done = deliver(ledger, endpoint, receiver, clock)
    assert 0 < done.delivered < 30
    assert timedelta(seconds=60) < clock.at - NOW < timedelta(seconds=75)
    assert deliver(ledger, endpoint, receiver).delivered == 30 - done.delivered


def test_a_clock_that_stands_still_does_not_keep_a_run(ledger: Ledger, endpoint: Endpoint, receiver: Any) -> None:
    queue(ledger, endpoint, "a")
    receiver.otherwise = BUSY
    clock, slept = Clock(), []
    with requests.Session() as http:
        outbox.deliver_due(ledger, endpoint, at(receiver), http, clock, slept.append)
    assert 0 < sum(slept) <= 60


class Slow(Clock):
    """Every look at the clock finds it further on."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def __call__(self) -> Any:
        self.at += timedelta(seconds=self.seconds)
        return self.at


# ---- rate limit -----------------------------------------------------------------------------------------------------


def test_a_rate_limit_spaces_the_requests_also_over_runs(ledger: Ledger, receiver: Any) -> None:
    endpoint = some_endpoint(rate_per_second=2.0)
    ids = [queue(ledger, endpoint, f"subject {n}") for n in range(12)]
    clock = Clock()
    assert deliver(ledger, endpoint, receiver, clock).delivered == 12
    late = queue(ledger, endpoint, "another")
    assert deliver(ledger, endpoint, receiver, clock).delivered == 1
    moments = [attempts(ledger, one)[0].at for one in [*ids, late]]
    assert moments == [NOW + timedelta(seconds=n / 2) for n in range(13)]


def test_an_endpoint_with_a_rate_limit_has_one_sender_at_a_time(ledger: Ledger, receiver: Any) -> None:
    endpoint = some_endpoint(rate_per_second=100.0)
    queue(ledger, endpoint, "a")
    with ledger.transaction() as session:
        assert gate.enter(session, endpoint.name, rules_of(endpoint), NOW) is not None
        assert deliver(ledger, endpoint, receiver).delivered == 0
    assert deliver(ledger, endpoint, receiver).delivered == 1


# ---- dead letters and alerts ----------------------------------------------------------------------------------------


def test_a_dead_letter_keeps_the_answer_cut_and_redacted(ledger: Ledger, endpoint: Endpoint, receiver: Any) -> None:
    body = f"no: Bearer abcdef.123 jan@x.example {SECRET} whsec_c2VjcmV0 " + "long " * 2000
    receiver.script += [(422, {}, body.encode())]
    dead = queue(ledger, endpoint, "a")
    deliver(ledger, endpoint, receiver)
    [attempt] = attempts(ledger, dead)
    assert attempt.detail.startswith("HTTP 422: no: [token] [mail] [secret] [secret] long")
    assert len(attempt.detail) == DEAD_LIMIT


def test_a_redirect_to_a_metadata_address_is_a_dead_letter_that_says_where_it_led(
    ledger: Ledger, endpoint: Endpoint, receiver: Any
) -> None:
    receiver.script += [(307, {"Location": "http://169.254.169.254/latest/meta-data"}, b"")]
    dead = queue(ledger, endpoint, "a")
    deliver(ledger, endpoint, receiver)
    led = "a redirect to 169.254.169.254, not followed (without TLS, not a public address)"
    assert [one.detail for one in attempts(ledger, dead)] == [f"HTTP 307: {led}"]
    assert (notice(ledger, dead).status, len(receiver.seen)) == ("dead", 1)


def test_giving_up_opens_an_alert_that_sending_it_again_closes(
    ledger: Ledger, endpoint: Endpoint, receiver: Any
) -> None:
    receiver.script += [BUSY] * 10
    one, clock = queue(ledger, endpoint, "a"), Clock()
    for _ in range(12):
        deliver(ledger, endpoint, receiver, clock)
        clock.at = max(clock.at, notice(ledger, one).due_at)
    assert notice(ledger, one).status == "dead"
    assert open_alerts(ledger, endpoint.name) == [("dead-letter", endpoint.name)]
    assert said(ledger, endpoint) == "1 dead letter(s), the last a: HTTP 503; gave up after 10 attempts"
    with ledger.transaction() as session:
        desk.retry(session, [one], WHO, clock.at)
    assert open_alerts(ledger, endpoint.name) == []
    assert deliver(ledger, endpoint, receiver, clock).delivered == 1


@pytest.mark.parametrize(
    ("status", "headers"), [(307, {"Location": "https://elsewhere.example/"}), (404, {}), (422, {})]
)
def test_dead_letters_of_an_endpoint_are_one_alert_that_counts_them_until_none_is_left(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, status: int, headers: dict[str, str]
) -> None:
    other = some_endpoint()
    receiver.script += [(status, headers, b"no")] * 3
    letters = [queue(ledger, endpoint, str(n)) for n in range(3)]
    queue(ledger, other, "well")
    deliver(ledger, endpoint, receiver)
    deliver(ledger, other, receiver)
    assert open_alerts(ledger, endpoint.name, other.name, *letters) == [("dead-letter", endpoint.name)]
    assert said(ledger, endpoint).startswith(f"3 dead letter(s), the last 2: HTTP {status}")
    for left, letter in zip((2, 1), letters, strict=False):
        with ledger.transaction() as session:
            desk.retry(session, [letter], WHO, NOW)
        assert said(ledger, endpoint) == f"{left} dead letter(s)"
    with ledger.transaction() as session:
        desk.replay(session, letters[2:], WHO, NOW)
    assert open_alerts(ledger, endpoint.name) == []
    assert [kind for kind, _ in told(ledger, endpoint.name) if kind.startswith("alert")] == [
        "alert.opened",
        "alert.closed",
    ]


def test_a_letter_that_dies_again_opens_the_alert_again(ledger: Ledger, endpoint: Endpoint, receiver: Any) -> None:
    receiver.otherwise = (404, {}, b"")
    letter = queue(ledger, endpoint, "a")
    for _ in range(2):
        deliver(ledger, endpoint, receiver)
        assert open_alerts(ledger, endpoint.name) == [("dead-letter", endpoint.name)]
        with ledger.transaction() as session:
            desk.retry(session, [letter], WHO, NOW)
        assert open_alerts(ledger, endpoint.name) == []


@pytest.mark.parametrize(
    ("status", "kinds"),
    [(401, ["endpoint-paused"]), (403, ["endpoint-paused"]), (410, ["dead-letter", "endpoint-disabled"])],
)
def test_an_endpoint_stopped_by_its_answer_opens_an_alert_that_resuming_closes(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, status: int, kinds: list[str]
) -> None:
    receiver.script += [(status, {}, b"")]
    one = queue(ledger, endpoint, "a")
    deliver(ledger, endpoint, receiver)
    assert sorted(open_alerts(ledger, endpoint.name)) == [(kind, endpoint.name) for kind in kinds]
    with ledger.transaction() as session:
        outbox.resume(session, endpoint.name, "mended", NOW)
    assert open_alerts(ledger, endpoint.name) == [("dead-letter", endpoint.name)] * (status == 410)
    with ledger.transaction() as session:
        desk.retry(session, [one], WHO, NOW)
    assert open_alerts(ledger, endpoint.name) == []


def test_not_being_let_in_spends_nothing_of_the_schedule(ledger: Ledger, endpoint: Endpoint, receiver: Any) -> None:
    one = queue(ledger, endpoint, "a")
    for _ in range(3):
        receiver.script += [(401, {}, b"")]
        deliver(ledger, endpoint, receiver)
        with ledger.transaction() as session:
            outbox.resume(session, endpoint.name, "another try", NOW)
    assert (notice(ledger, one).attempts, notice(ledger, one).spent) == (3, 0)


def test_half_and_four_fifths_of_a_deadline_open_an_alert_each_once_also_while_paused(
    ledger: Ledger, receiver: Any
) -> None:
    endpoint = some_endpoint(schedule=ScheduleName.URGENT)
    one = queue(ledger, endpoint, "incident")
    with ledger.transaction() as session:
        outbox.set_state(session, endpoint.name, "paused", "their maintenance", NOW, "jan")

    def looked(hours: float) -> list[str]:
        with ledger.transaction() as session:
            watch.deadlines(session, [endpoint], NOW + timedelta(hours=hours))
        return [kind for kind, _ in open_alerts(ledger, one)]

    assert looked(11.9) == []
    assert looked(12.0) == looked(12.1) == ["deadline-half"]
    assert looked(19.2) == looked(30) == ["deadline-half", "deadline-near"]
    with ledger.transaction() as session:
        outbox.resume(session, endpoint.name, "done", NOW)
    assert deliver(ledger, endpoint, receiver).delivered == 1
    assert open_alerts(ledger, one) == []


def test_the_deadline_of_a_dead_letter_is_watched_too(ledger: Ledger, receiver: Any) -> None:
    endpoint = some_endpoint(schedule=ScheduleName.URGENT)
    receiver.script.append((400, {}, b""))
    dead = queue(ledger, endpoint, "incident")
    deliver(ledger, endpoint, receiver)
    with ledger.transaction() as session:
        assert watch.deadlines(session, [endpoint], NOW + timedelta(hours=13)) == [dead]


def test_a_notice_may_have_a_deadline_of_its_own(ledger: Ledger, endpoint: Endpoint) -> None:
    one = queue(ledger, endpoint, "report", deadline_at=NOW + timedelta(hours=72))
    queue(ledger, endpoint, "without")
    with ledger.transaction() as session:
        assert watch.deadlines(session, [endpoint], NOW + timedelta(hours=35)) == []
        assert watch.deadlines(session, [endpoint], NOW + timedelta(hours=36)) == [one]
