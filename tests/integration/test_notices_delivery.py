"""Notices leave the outbox once, in order, and reach real receivers: the CloudEvents hub and medallion (TAXII 2.1)."""

import json
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from uuid import uuid4

import jwt
import pytest
import requests
from sqlalchemy import select

from kerndata.errors import ConfigurationError
from kerndata.incidents import cases
from kerndata.ledger import events, submissions
from kerndata.ledger.database import open_ledger
from kerndata.ledger.tables import AttemptRow, EndpointRow, EventRow, NoticeRow
from kerndata.local.counterpart_programs import TAXII_MEDIA_TYPE, TAXII_USER, taxii_url
from kerndata.local.counterparts.cloudevents_hub import Hub
from kerndata.model.incident import Decision
from kerndata.model.submission import Delivery
from kerndata.notices import announce, outbox
from kerndata.notices.credentials import Credentials
from kerndata.notices.desk import Who
from kerndata.notices.endpoints import Endpoint, find, load

pytestmark = pytest.mark.stack

ENDPOINTS = load()
NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
SECRET = "a secret of the tests, long enough for HS256"


class Clock:
    """A clock that a test moves; sleeping moves it too."""

    def __init__(self, at=NOW):
        self.at = at

    def __call__(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


class Scripted(BaseHTTPRequestHandler):
    """Answers from a list of (status, headers, body); afterwards 204. ``None`` hangs up without an answer."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((body, dict(self.headers)))
        answer = self.server.script.pop(0) if self.server.script else (204, {}, b"")
        if answer is None:
            self.close_connection = True
            return
        status, headers, content = answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Forgetful(BaseHTTPRequestHandler):
    """Hands a request on to the real receiver, then loses the acknowledgement as often as ``losses`` says."""

    def _pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Accept-Encoding")}
        answer = requests.request(self.command, self.server.target + self.path, data=body, headers=headers, timeout=10)
        self.server.answers.append((self.command, answer.status_code))
        if self.command == "POST" and self.server.losses:
            self.server.losses -= 1
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.end_headers()
        self.wfile.write(answer.content)

    def do_GET(self):
        self._pass_on()

    def do_POST(self):
        self._pass_on()

    def log_message(self, *_):
        pass


@contextmanager
def serving(handler, **state):
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        vars(server).update(state)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def receiver():
    with serving(Scripted, seen=[], script=[]) as server:
        yield server


@pytest.fixture
def hub(tmp_path):
    with Hub("127.0.0.1", 0, tmp_path / "journal.jsonl", SECRET) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def taxii(stack_counterparts) -> Credentials:
    """The collection of the real TAXII server of the embedded stack."""
    secret = stack_counterparts.secrets.taxii_password
    return Credentials(taxii_url(stack_counterparts.ports), TAXII_USER, secret, allow_private=True)


@pytest.fixture
def endpoint():
    """An endpoint of its own for every test: the ledger is shared by the module."""
    return renamed("sdg-hub")


def renamed(name) -> Endpoint:
    return find(ENDPOINTS, name).model_copy(update={"name": f"{name}-{uuid4().hex[:8]}"})


def at(server, path="/events/api/v1/cloudevents") -> Credentials:
    return Credentials(f"http://127.0.0.1:{server.server_port}{path}", "kerndata", SECRET, allow_private=True)


def queue(ledger, endpoint, subject="2026.1", key=None, now=NOW):
    with ledger.transaction() as session:
        return outbox.enqueue(
            session,
            endpoint=endpoint.name,
            channel=endpoint.channel,
            subject=subject,
            business_key=key or uuid4().hex,
            payload=f'{{"subject":"{subject}","key":"{key}"}}'.encode(),
            content_type="application/cloudevents+json",
            now=now,
        )


def deliver(ledger, endpoint, credentials, clock=None):
    clock = clock or Clock()
    with requests.Session() as http:
        return outbox.deliver_due(ledger, endpoint, credentials, http, clock, clock.sleep)


def release(ledger, endpoint, session=None):
    with nullcontext(session) if session else ledger.transaction() as session:
        return announce.release_published(
            session,
            [endpoint, renamed("ncsc-taxii")],
            version="2026.1",
            content_hash="ab" * 32,
            published_at=NOW,
            base_url="http://127.0.0.1:8333/published/",
            counts={"indicators": 3, "projects": 1},
            now=NOW,
        )


def security(ledger, endpoint, facts=None, name=None):
    delivery = Delivery("PV27", "inbox-noord_holland", name or f"drop/{uuid4().hex[:6]}.csv", uuid4().hex, NOW)
    with ledger.transaction() as session:
        submission = submissions.register(
            *(session, delivery), sha256=uuid4().hex * 2, size_bytes=9, dataset=None, delivery_name=None, now=NOW
        )
        facts = facts or {"rows": 3}
        case = cases.open_case(session, submission=submission, rule_id="F-OTHER-PROVINCE", facts=facts, now=NOW)
        cases.decide(session, case.name, Decision.SIGNIFICANT, Who("jan", "gezien"), [endpoint], NOW)
    return submission, case.incident_id


def notices(ledger, endpoint) -> list[NoticeRow]:
    with ledger.transaction() as session:
        query = select(NoticeRow).where(NoticeRow.endpoint == endpoint.name).order_by(NoticeRow.sequence)
        return list(session.scalars(query))


def attempts(ledger, notice_id) -> list[AttemptRow]:
    with ledger.transaction() as session:
        query = select(AttemptRow).where(AttemptRow.notice_id == notice_id).order_by(AttemptRow.number)
        return list(session.scalars(query))


def state(ledger, endpoint) -> str | None:
    with ledger.transaction() as session:
        return session.scalar(select(EndpointRow.state).where(EndpointRow.name == endpoint.name))


# ---- the outbox -----------------------------------------------------------------------------------------------------


def test_a_notice_rolls_back_with_the_transaction_that_caused_it(ledger, endpoint):
    with ledger.transaction() as session:
        assert release(ledger, endpoint, session=session)
        session.rollback()
    assert notices(ledger, endpoint) == []


def test_the_same_business_key_is_enqueued_once(ledger, endpoint):
    assert queue(ledger, endpoint, key="k") is not None
    assert queue(ledger, endpoint, key="k") is None
    assert len(notices(ledger, endpoint)) == 1


def test_an_endpoint_is_due_from_a_minute_before_its_notice(ledger, endpoint):
    queue(ledger, endpoint, now=NOW)
    with ledger.transaction() as session:
        assert endpoint.name not in outbox.due_endpoints(session, NOW - timedelta(seconds=61))
        assert endpoint.name in outbox.due_endpoints(session, NOW - timedelta(seconds=60))


def test_a_delivered_notice_is_recorded_and_never_sent_again(ledger, endpoint, receiver):
    notice_id = queue(ledger, endpoint)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary(delivered=1)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary()
    (notice,) = notices(ledger, endpoint)
    assert (notice.status, notice.attempts, notice.delivered_at) == ("delivered", 1, NOW)
    assert [(a.number, a.outcome, a.http_status) for a in attempts(ledger, notice_id)] == [(1, "delivered", 204)]
    assert len(receiver.seen) == 1


def test_a_passing_fault_is_retried_within_the_run_with_the_same_bytes(ledger, endpoint, receiver):
    receiver.script += [(503, {}, b"busy"), None]
    notice_id = queue(ledger, endpoint)
    clock = Clock()
    assert deliver(ledger, endpoint, at(receiver), clock) == outbox.DeliverySummary(retried=2)
    assert NOW + timedelta(seconds=4) <= clock.at <= NOW + timedelta(seconds=6)
    clock.at += timedelta(minutes=6)
    assert deliver(ledger, endpoint, at(receiver), clock) == outbox.DeliverySummary(delivered=1)
    assert len({body for body, _ in receiver.seen}) == 1
    assert [(a.outcome, a.http_status, a.detail) for a in attempts(ledger, notice_id)] == [
        ("retry", 503, "HTTP 503: busy"),
        ("retry", None, "no answer: ConnectionError"),
        ("delivered", 204, "HTTP 204"),
    ]


def test_retry_after_is_honoured(ledger, endpoint, receiver):
    receiver.script += [(429, {"Retry-After": "40"}, b"")]
    queue(ledger, endpoint)
    clock = Clock()
    assert deliver(ledger, endpoint, at(receiver), clock) == outbox.DeliverySummary(delivered=1, retried=1)
    assert clock.at == NOW + timedelta(seconds=40)


def test_the_schedule_is_spent_after_ten_attempts_and_the_notice_is_dead(ledger, endpoint, receiver):
    receiver.script += [(500, {}, b"")] * 20
    notice_id = queue(ledger, endpoint)
    clock = Clock()
    total = 0
    for _ in range(20):
        total += deliver(ledger, endpoint, at(receiver), clock).dead
        clock.at = max([clock.at, *(n.due_at for n in notices(ledger, endpoint))])
    assert (total, len(receiver.seen), notices(ledger, endpoint)[0].status) == (1, 10, "dead")
    assert attempts(ledger, notice_id)[-1].detail == "HTTP 500; gave up after 10 attempts"
    assert timedelta(hours=60) < clock.at - NOW < timedelta(hours=92)


@pytest.mark.parametrize(
    ("status", "headers"), [(302, {"Location": "http://169.254.169.254/"}), (404, {}), (422, {}), (400, {})]
)
def test_what_will_not_heal_is_dead_at_once_and_makes_way(ledger, endpoint, receiver, status, headers):
    receiver.script += [(status, headers, b"no\x00 jan@x.example " + SECRET.encode())]
    notice_id = queue(ledger, endpoint)
    queue(ledger, endpoint)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary(delivered=1, dead=1)
    (attempt,) = attempts(ledger, notice_id)
    assert (attempt.outcome, attempt.http_status) == ("dead", status)
    assert attempt.detail.endswith("no [mail] [secret]")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_entry_pauses_the_endpoint_until_a_person_resumes_it(ledger, endpoint, receiver, status):
    receiver.script += [(status, {}, b"")]
    queue(ledger, endpoint)
    queue(ledger, endpoint)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary(paused=True)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary()
    assert (len(receiver.seen), state(ledger, endpoint)) == (1, "paused")
    with ledger.transaction() as session:
        assert endpoint.name not in outbox.due_endpoints(session, NOW)
        outbox.resume(session, endpoint.name, "new token", NOW)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary(delivered=2)


def test_an_address_we_may_not_send_to_pauses_the_endpoint(ledger, endpoint, receiver):
    queue(ledger, endpoint)
    credentials = Credentials(f"https://127.0.0.1:{receiver.server_port}/cloudevents", "kerndata", SECRET)
    assert deliver(ledger, endpoint, credentials).paused
    assert (receiver.seen, state(ledger, endpoint), notices(ledger, endpoint)[0].status) == ([], "paused", "pending")


def test_gone_disables_the_endpoint(ledger, endpoint, receiver):
    receiver.script += [(410, {}, b"")]
    queue(ledger, endpoint)
    queue(ledger, endpoint)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary(dead=1, disabled=True)
    assert (state(ledger, endpoint), [n.status for n in notices(ledger, endpoint)]) == ("disabled", ["dead", "pending"])


def test_order_is_kept_per_subject_and_another_subject_does_not_wait(ledger, endpoint, receiver):
    receiver.script += [(503, {"Retry-After": "30"}, b"")]
    for key, subject in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        queue(ledger, endpoint, subject, key)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary(delivered=3, retried=1)
    assert [json.loads(body)["key"] for body, _ in receiver.seen] == ["a1", "b1", "a1", "a2"]


def test_senders_at_once_send_every_notice_once_and_in_order(ledger, endpoint, receiver):
    for n in range(30):
        queue(ledger, endpoint, subject=str(n % 3), key=str(n))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: deliver(ledger, endpoint, at(receiver)), range(4)))
    assert sum(summary.delivered for summary in done) + deliver(ledger, endpoint, at(receiver)).delivered == 30
    seen = [int(json.loads(body)["key"]) for body, _ in receiver.seen]
    assert sorted(seen) == list(range(30))
    assert all([n for n in seen if n % 3 == s] == list(range(s, 30, 3)) for s in range(3))


def test_a_missing_secret_is_our_fault_and_the_notice_waits(ledger, endpoint, receiver):
    queue(ledger, endpoint)
    with pytest.raises(ConfigurationError, match="give its connection a password"):
        deliver(ledger, endpoint, Credentials(at(receiver).url, "kerndata", None, allow_private=True))
    assert [(n.status, n.attempts) for n in notices(ledger, endpoint)] == [("pending", 0)]


def test_what_happened_is_in_the_unbroken_chain_of_events(ledger, endpoint, receiver):
    receiver.script += [(404, {}, b""), (401, {}, b"")]
    dead, waiting = queue(ledger, endpoint), queue(ledger, endpoint)
    deliver(ledger, endpoint, at(receiver))
    with ledger.transaction() as session:
        outbox.resume(session, endpoint.name, "new token", NOW)
    deliver(ledger, endpoint, at(receiver))
    with ledger.transaction() as session:
        subjects = (dead, waiting, endpoint.name)
        query = select(EventRow.kind).where(EventRow.subject.in_(subjects)).order_by(EventRow.seq)
        kinds = list(session.scalars(query))
        assert events.verify(session) == []
    told = ["endpoint.paused", "alert.opened", "endpoint.active", "alert.closed"]
    assert kinds == ["notice.dead", "alert.opened", *told, "notice.delivered"]


def send_and_hang(url, endpoint_name, credentials):
    ledger = open_ledger(url)
    endpoint = find(ENDPOINTS, "sdg-hub").model_copy(update={"name": endpoint_name})
    outbox.deliver_due(ledger, endpoint, credentials, requests.Session(), Clock())


def test_a_sender_killed_between_effect_and_record_leaves_the_notice_due_and_its_effect_single(
    ledger, ledger_url, endpoint, hub
):
    release(ledger, endpoint)
    with serving(Slow, target=f"http://127.0.0.1:{hub.server_port}", passed=threading.Event()) as slow:
        sender = multiprocessing.get_context("spawn").Process(
            target=send_and_hang, args=(ledger_url, endpoint.name, at(slow))
        )
        sender.start()
        assert slow.passed.wait(60)
        os.kill(sender.pid, signal.SIGKILL)
        sender.join()
    assert [n.status for n in notices(ledger, endpoint)] == ["pending"]
    wait_until_unlocked(ledger, endpoint)
    assert deliver(ledger, endpoint, at(hub), Clock(datetime.now(UTC))) == outbox.DeliverySummary(delivered=1)
    assert len(hub.journal.events) == 1


class Slow(Forgetful):
    """Hands the request on, then never answers."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        requests.post(self.server.target + self.path, data=body, headers=real_token(self.headers), timeout=10)
        self.server.passed.set()
        time.sleep(5)


def real_token(headers):
    """The killed sender lives at a fixed moment; the hub judges a token by the real one."""
    token = jwt.encode({"iss": "kerndata", "iat": int(time.time())}, SECRET, algorithm="HS256")
    return {"Content-Type": headers["Content-Type"], "Authorization": f"Bearer {token}"}


def wait_until_unlocked(ledger, endpoint):
    """PostgreSQL notices within a moment that the killed sender is gone."""
    for _ in range(100):
        with ledger.transaction() as session:
            query = select(NoticeRow.id).where(NoticeRow.endpoint == endpoint.name).with_for_update(skip_locked=True)
            if session.scalar(query):
                return
        time.sleep(0.1)
    raise AssertionError("the killed sender still holds its notice after 10 seconds")


# ---- the CloudEvents hub --------------------------------------------------------------------------------------------


def test_a_release_is_announced_once_to_its_subscribers_and_the_hub_has_it(ledger, endpoint, hub):
    assert len(release(ledger, endpoint)) == 1
    assert release(ledger, endpoint) == []
    assert deliver(ledger, endpoint, at(hub), Clock(datetime.now(UTC))) == outbox.DeliverySummary(delivered=1)
    (event,) = hub.journal.events
    assert (event["subject"], event["type"]) == ("2026.1", "nl.provincies.kerndataset-gepubliceerd")
    assert event["dataref"] == "http://127.0.0.1:8333/published/kerndataset/releases/2026.1/datapackage.json"
    assert event["data"]["counts"] == {"indicators": 3, "projects": 1}


def test_a_lost_acknowledgement_of_the_hub_is_recognised_as_delivered(ledger, endpoint, hub):
    release(ledger, endpoint)
    with serving(Forgetful, target=f"http://127.0.0.1:{hub.server_port}", answers=[], losses=1) as between:
        done = deliver(ledger, endpoint, at(between), Clock(datetime.now(UTC)))
    assert done == outbox.DeliverySummary(delivered=1, retried=1)
    assert between.answers == [("POST", 200), ("POST", 400)]
    assert len(hub.journal.events) == 1


def test_not_unique_in_something_else_is_no_delivery(ledger, endpoint, receiver):
    problem = {"invalidParams": [{"name": "subscription", "code": "unique"}]}
    receiver.script += [(400, {}, json.dumps(problem).encode())]
    queue(ledger, endpoint)
    assert deliver(ledger, endpoint, at(receiver)) == outbox.DeliverySummary(dead=1)


def test_a_wrong_secret_pauses_the_endpoint(ledger, endpoint, hub):
    release(ledger, endpoint)
    wrong = Credentials(at(hub).url, "kerndata", "another secret, also long enough for HS256", allow_private=True)
    assert deliver(ledger, endpoint, wrong, Clock(datetime.now(UTC))).paused
    assert hub.journal.events == []


# ---- TAXII ----------------------------------------------------------------------------------------------------------


def held(taxii, incident_id) -> list[dict]:
    url = f"{taxii.url.rstrip('/')}/objects/?match[id]=incident--{incident_id}"
    answer = requests.get(url, headers={"Accept": TAXII_MEDIA_TYPE}, auth=(taxii.username, taxii.secret), timeout=5)
    return answer.json().get("objects", [])


def test_the_taxii_server_has_the_incident_of_a_significant_case(ledger, taxii):
    endpoint = renamed("ncsc-taxii")
    submission, incident_id = security(ledger, endpoint)
    assert len(notices(ledger, endpoint)) == 1
    assert deliver(ledger, endpoint, taxii) == outbox.DeliverySummary(delivered=1)
    (incident,) = held(taxii, incident_id)
    assert f"SHA-256: {submission.sha256}" in incident["description"]


def test_a_second_incident_is_delivered_though_the_server_has_identity_and_marking_already(ledger, taxii):
    endpoint = renamed("ncsc-taxii")
    ids = [security(ledger, endpoint)[1] for _ in range(2)]
    assert deliver(ledger, endpoint, taxii) == outbox.DeliverySummary(delivered=2)
    assert [len(held(taxii, incident_id)) for incident_id in ids] == [1, 1]


def test_a_lost_acknowledgement_of_the_taxii_server_is_recognised_in_the_manifest(ledger, taxii):
    endpoint = renamed("ncsc-taxii")
    _, incident_id = security(ledger, endpoint)
    target = urlsplit(taxii.url)
    with serving(Forgetful, target=f"{target.scheme}://{target.netloc}", answers=[], losses=1) as between:
        url = f"http://127.0.0.1:{between.server_port}{target.path}"
        done = deliver(ledger, endpoint, replace(taxii, url=url))
    assert done == outbox.DeliverySummary(delivered=1, retried=1)
    assert between.answers == [("POST", 202), ("POST", 202), ("GET", 200)]
    assert len(held(taxii, incident_id)) == 1


def test_a_202_without_the_objects_is_not_believed(ledger, receiver):
    endpoint = renamed("ncsc-taxii")
    security(ledger, endpoint)
    receiver.script += [(202, {}, b'{"successes": []}'), (202, {}, b"<html>"), (202, {}, b"[]")]
    done = deliver(ledger, endpoint, at(receiver, "/ncsc/collections/1"))
    assert (done.delivered, done.dead) == (0, 0)
    assert done.retried >= 3


def test_a_wrong_password_pauses_the_taxii_endpoint(ledger, taxii):
    endpoint = renamed("ncsc-taxii")
    security(ledger, endpoint)
    assert deliver(ledger, endpoint, replace(taxii, secret="wrong")).paused


def test_no_personal_data_of_a_delivery_is_in_the_bytes_sent(ledger, receiver):
    endpoint = renamed("ncsc-taxii")
    planted = {"value": "geheime celwaarde", "found": "j.jansen@x.example", "row": 111222333, "rows": 2}
    security(ledger, endpoint, facts=planted, name="drop/j.jansen@x.example 111222333.csv")
    receiver.script += [(400, {}, b"")]
    deliver(ledger, endpoint, at(receiver, "/ncsc/collections/1"))
    ((body, headers),) = receiver.seen
    text = body.decode() + json.dumps(headers)
    assert not [secret for secret in ("celwaarde", "jansen", "111222333") if secret in text]
