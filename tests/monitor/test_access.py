"""Who gets in: every route with everybody, headers on every answer, no GET with an effect, no forged form."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import create_engine, text
from sqlalchemy.exc import InternalError
from tests.monitor.desk import ANONYMOUS, ENGINEER, NO_ROLE, NOW, SECRET, VIEWER, Browser, monitor, served
from tests.monitor.seed import SMALL, seed

from kerndata.ledger import Ledger, events
from kerndata.ledger.tables import Base
from kerndata.monitor.guard import HEADERS, form_token
from kerndata.monitor.queries import reading
from kerndata.store import keys
from kerndata.store.client import Store

pytestmark = pytest.mark.stack

SUBMISSION, DEAD = "S-0000000000000001", "N-0000000000000061"
FILLED = {
    "slug": "utrecht",
    "submission_id": SUBMISSION,
    "version": "2026.1",
    "name": "subscriber",
    "notice_id": DEAD,
    "rest": "no/such/page",
}
TRUSTED = {"token": form_token(SECRET, "engineer", NOW)}
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def filled(ledger: Ledger) -> Ledger:
    seed(ledger.engine, NOW, SMALL)
    return ledger


@pytest.fixture(scope="module")
def browser(filled: Ledger, store: Store) -> Iterator[Browser]:
    store.put(keys.inbox("fryslan"), keys.receipt_key(SUBMISSION, "html"), b"<p>ontvangen", content_type="text/html")
    with served(monitor(filled, store)) as one:
        yield one


def routes(ledger: Ledger) -> list[tuple[str, str]]:
    """Method and path of every route there is, its parts filled in."""
    found = []
    for route in monitor(ledger).routes:
        assert isinstance(route, APIRoute), f"{route} is no route that the guards of the app stand before"
        path = re.sub(r"{(\w+)(:path)?}", lambda part: FILLED[part[1]], route.path)
        path = path.replace("/assets/subscriber", "/assets/monitor.css")
        found += [(method, path) for method in route.methods]
    return found


def contents(ledger: Ledger) -> dict[str, list[object]]:
    with ledger.transaction() as session:
        return {
            table.name: list(
                session.execute(
                    text(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table.name} t")
                ).one()
            )
            for table in Base.metadata.sorted_tables
        }


def test_every_route_asks_who_it_is(filled: Ledger, browser: Browser) -> None:
    known = routes(filled)
    assert len(known) >= 17
    assert {method for method, _ in known} == {"GET", "POST"}
    for method, path in known:
        answers = {name: browser.ask(method, path, who) for name, who in (("nobody", ANONYMOUS), ("no role", NO_ROLE))}
        assert {name: one.status_code for name, one in answers.items()} == {"nobody": 401, "no role": 403}, path
        for one in answers.values():
            assert SUBMISSION not in one.text


def test_a_viewer_sees_every_page_and_changes_nothing(filled: Ledger, browser: Browser) -> None:
    before = contents(filled)
    for method, path in routes(filled):
        code = browser.ask(method, path, VIEWER, data={"why": "to try", **TRUSTED}, headers=OWN).status_code
        is_guarded = method == "POST" or path.endswith(("/original", "/docs"))
        assert code == (403 if is_guarded else 404 if "no/such" in path else 200), (method, path)
    assert contents(filled) == before


def test_an_engineer_sees_every_page_and_no_get_has_an_effect(filled: Ledger, browser: Browser) -> None:
    with filled.transaction() as session:
        head = events.head(session)
    before = contents(filled)
    for method, path in routes(filled):
        if method == "GET" and not path.endswith(("/original", "/docs")):
            assert browser.get(path).status_code == (404 if "no/such" in path else 200), path
            assert browser.get(f"{path}?format=json").status_code == (404 if "no/such" in path else 200), path
            assert browser.ask("HEAD", path, ENGINEER).status_code == 405, path
    assert contents(filled) == before
    with filled.transaction() as session:
        assert events.head(session) == head


def test_the_database_itself_refuses_a_write_in_a_page(filled: Ledger) -> None:
    with pytest.raises(InternalError, match="read-only transaction"), reading(filled) as session:
        session.execute(text("DELETE FROM alerts"))


@pytest.mark.parametrize("who", [ANONYMOUS, NO_ROLE, VIEWER, ENGINEER], ids=["nobody", "no role", "viewer", "engineer"])
def test_every_answer_has_the_security_headers(filled: Ledger, browser: Browser, who: dict[str, str]) -> None:
    asked = [*routes(filled), ("PUT", "/"), ("GET", "/submissions?before=x"), ("GET", "/submissions?status=odd")]
    for method, path in asked:
        answer = browser.ask(method, path, who)
        for name, value in HEADERS.items():
            is_document = path.endswith("/receipt") and answer.ok and name == "Content-Security-Policy"
            assert answer.headers[name] == value or is_document, (method, path, name)


def test_a_receipt_is_shown_where_it_can_do_nothing(browser: Browser) -> None:
    answer = browser.get(f"/submissions/{SUBMISSION}/receipt")
    assert answer.text == "<p>ontvangen"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_the_original_is_saved_and_never_opened(browser: Browser, store: Store) -> None:
    sha256 = browser.get(f"/submissions/{SUBMISSION}?format=json").json()["life"]["submission"]["sha256"]
    store.put(keys.ARCHIVE, keys.raw_key("fryslan", sha256), b"<script>", content_type="text/html")
    answer = browser.get(f"/submissions/{SUBMISSION}/original")
    assert answer.content == b"<script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''levering%201.csv"
    assert browser.get("/submissions/S-0000000000000002/original").status_code == 404


def test_what_breaks_is_said_with_the_headers_and_without_its_inside() -> None:
    gone = Ledger(create_engine("postgresql+psycopg2://nobody:secret-word@127.0.0.1:1/none"))
    with served(monitor(gone)) as browser:
        for path in ("/", "/releases", "/audit?format=json"):
            answer = browser.get(path)
            assert answer.status_code == 500
            assert "could not be made" in answer.text
            assert "secret-word" not in answer.text
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert browser.get("/", ANONYMOUS).status_code == 401


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({}, TRUSTED),
        (OWN, {}),
        (OWN, {"token": "of-another"}),
        (OWN, {"token": form_token(SECRET, "viewer", NOW)}),
        ({"Sec-Fetch-Site": "cross-site"}, TRUSTED),
        ({"Sec-Fetch-Site": "same-site"}, TRUSTED),
        ({"Origin": "https://elsewhere.example"}, TRUSTED),
        ({"Origin": "null"}, TRUSTED),
    ],
)
def test_a_forged_form_changes_nothing(
    filled: Ledger, browser: Browser, headers: dict[str, str], sent: dict[str, str]
) -> None:
    before = contents(filled)
    answer = browser.ask("POST", f"/notices/{DEAD}/retry", ENGINEER, headers, data={"why": "to try", **sent})
    assert (answer.status_code, "Nothing was changed" in answer.text) == (403, True)
    assert contents(filled) == before


@pytest.mark.parametrize("why", ["", "  ", "\x00\x00\x00 ", "x" * 501])
def test_nothing_is_done_without_a_reason(filled: Ledger, browser: Browser, why: str) -> None:
    before = contents(filled)
    sent = {"why": why, **TRUSTED}
    assert browser.ask("POST", "/endpoints/sdg-hub/pause", ENGINEER, OWN, data=sent).status_code == 400
    assert contents(filled) == before


def test_what_a_person_does_is_in_the_ledger_with_who_and_why(filled: Ledger, browser: Browser) -> None:
    for path, kind, state in (
        ("/endpoints/sdg-hub/pause", "endpoint.paused", "paused"),
        ("/endpoints/sdg-hub/resume", "endpoint.active", "active"),
    ):
        answer = browser.ask("POST", path, ENGINEER, OWN, data={"why": "they asked <b>", **TRUSTED})
        assert answer.status_code == 303, answer.text
        page = browser.get(answer.headers["Location"])
        assert state in page.text
        told = browser.get("/audit?subject=sdg-hub&format=json").json()["events"][0]
        assert (told["kind"], told["by"], told["why"]) == (kind, "engineer", "they asked <b>")


def test_a_dead_letter_is_sent_again_and_all_of_an_endpoint(filled: Ledger, browser: Browser) -> None:
    sent = {"why": "mended", **TRUSTED}
    assert browser.get(f"/notices/{DEAD}?format=json").json()["view"]["notice"]["status"] == "dead"
    assert browser.ask("POST", f"/notices/{DEAD}/retry", ENGINEER, OWN, data=sent).status_code == 303
    assert browser.get(f"/notices/{DEAD}?format=json").json()["view"]["notice"]["status"] == "pending"
    other = browser.get("/notices/N-00000000000000c2?format=json").json()["view"]["notice"]
    assert other["status"] == "dead"
    assert browser.ask("POST", f"/endpoints/{other['endpoint']}/retry", ENGINEER, OWN, data=sent).status_code == 303
    assert browser.get(f"/endpoints/{other['endpoint']}?format=json").json()["view"]["line"]["dead"] == 0
    told = browser.get(f"/audit?subject={DEAD}&format=json").json()["events"]
    assert ("notice.retried", "engineer", "mended") in {(one["kind"], one["by"], one["why"]) for one in told}
    assert browser.ask("POST", "/notices/N-none/retry", ENGINEER, OWN, data=sent).status_code == 409


def test_the_last_attempt_at_each_endpoint_is_the_newest_there_is(filled: Ledger, browser: Browser) -> None:
    query = text("SELECT endpoint, max(attempts.at) FROM notices JOIN attempts ON notice_id = id GROUP BY endpoint")
    with filled.transaction() as session:
        newest = dict(session.execute(query).all())
    lines = browser.get("/notices?format=json").json()["endpoints"]
    told = {one["name"]: datetime.fromisoformat(one["last"]["at"]) for one in lines if one["last"]}
    assert len(newest) == 5
    assert told == newest
