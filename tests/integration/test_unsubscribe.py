"""The link in a digest: a POST with a right token unsubscribes, and nothing else does anything."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text
from starlette.testclient import TestClient

from kerndata.ledger import Ledger, events, open_ledger
from kerndata.ledger.tables import EventRow
from kerndata.notices.digest import has_unsubscribed, token
from kerndata.notices.unsubscribe import HEADERS, create_app

pytestmark = pytest.mark.stack

KEY = b"a key of the tests"
BODY = {"content": "List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


@pytest.fixture
def client(ledger: Ledger) -> Iterator[TestClient]:
    with TestClient(create_app(ledger, KEY)) as found:
        yield found
    with ledger.transaction() as session:
        session.execute(text("TRUNCATE events"))


def link(reader: str, given: str | None = None) -> str:
    return f"/afmelden?reader={reader}&token={given or token(KEY, reader)}"


def told(ledger: Ledger) -> int:
    with ledger.transaction() as session:
        assert events.verify(session) == []
        return session.scalar(select(func.count()).select_from(EventRow)) or 0


def test_one_click_unsubscribes_once_however_often_it_is_sent(client: TestClient, ledger: Ledger) -> None:
    for _ in range(3):
        answer = client.post(link("energieteam"), **BODY)  # type: ignore[arg-type]
        assert answer.status_code == 200
        assert "U bent afgemeld" in answer.text
    with ledger.transaction() as session:
        assert has_unsubscribed(session, "energieteam")
        assert not has_unsubscribed(session, "somebody-else")
    assert told(ledger) == 1


def test_looking_at_the_link_does_nothing_and_offers_a_button(client: TestClient, ledger: Ledger) -> None:
    answer = client.get(link("energieteam"))
    assert answer.status_code == 200
    assert 'method="post"' in answer.text
    assert "<button>Afmelden" in answer.text
    assert told(ledger) == 0


def test_the_button_sends_what_one_click_sends(client: TestClient, ledger: Ledger) -> None:
    from html.parser import HTMLParser

    class Form(HTMLParser):
        action = ""
        fields: dict[str, str] = {}  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found = dict(attrs)
            if tag == "form":
                self.action = str(found["action"])
            if tag == "input":
                self.fields = {str(found["name"]): str(found["value"])}

    form = Form()
    form.feed(client.get(link("energieteam")).text)
    assert client.post(f"/afmelden{form.action}", data=form.fields).status_code == 200
    assert told(ledger) == 1


@pytest.mark.parametrize("reader", ["energieteam", "nobody-of-that-name", ""])
def test_a_wrong_token_gets_the_same_answer_for_every_reader(client: TestClient, ledger: Ledger, reader: str) -> None:
    answer = client.post(link(reader, "0" * 32), **BODY)  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert "Deze link klopt niet" in answer.text
    assert told(ledger) == 0


def test_another_body_a_long_one_and_another_method_change_nothing(client: TestClient, ledger: Ledger) -> None:
    assert client.post(link("energieteam"), content="x").status_code == 400
    assert client.post(link("energieteam"), content="x" * 5000).status_code == 413
    assert client.put(link("energieteam")).status_code == 405
    assert told(ledger) == 0


def test_what_stands_in_the_address_is_text_on_the_page(client: TestClient) -> None:
    page = client.get('/afmelden?reader="><script>alert(1)</script>').text
    assert "<script>" not in page


def test_every_answer_says_that_it_is_not_to_be_kept_framed_or_followed(client: TestClient) -> None:
    for answer in (client.get(link("a")), client.post(link("a", "x"), **BODY)):  # type: ignore[arg-type]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("value", ["One-Click", "Two-Clicks"])
def test_a_mail_program_may_send_the_form_in_parts_too(client: TestClient, ledger: Ledger, value: str) -> None:
    answer = client.post(link("energieteam"), files={"List-Unsubscribe": (None, value)})
    assert "multipart/form-data" in answer.request.headers["Content-Type"]
    assert (answer.status_code, told(ledger)) == ((200, 1) if value == "One-Click" else (400, 0))


def test_every_refusal_has_the_headers_too(client: TestClient) -> None:
    answers = [client.put(link("a")), client.delete("/"), client.post(link("a"), content="x" * 5000)]
    assert [one.status_code for one in answers] == [405, 405, 413]
    assert all({name: one.headers.get(name) for name in HEADERS} == HEADERS for one in answers)


def test_a_ledger_that_is_away_changes_nothing_and_says_so() -> None:
    with TestClient(create_app(open_ledger("postgresql://nobody:x@127.0.0.1:9/nothing"), KEY)) as away:
        answer = away.post(link("a"), **BODY)  # type: ignore[arg-type]
    assert (answer.status_code, "over een uur" in answer.text) == (503, True)
    assert answer.headers["Cache-Control"] == "no-store"
