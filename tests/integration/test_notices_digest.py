"""Readers get a digest as they prefer: once per period with news, always the same mail, and out with one click."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
import requests
from sqlalchemy import select
from tests.unit.notice_receivers import Clock

from kerndata.errors import ConfigurationError
from kerndata.ledger import events, releases
from kerndata.ledger.tables import EventRow, NoticeRow
from kerndata.local.counterparts.mail import MailServer, received
from kerndata.notices import digest, outbox
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import load

pytestmark = pytest.mark.stack

MONDAY = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
KEY = b"a key of the tests"
READERS = digest.Readers(
    unsubscribe="https://data.example/afmelden",
    readers=(
        digest.Reader(name="weekly", mail="week@reader.example", language="nl", every="week"),
        digest.Reader(name="daily", mail="day@reader.example", language="en", every="day"),
    ),
)
SMTP = next(one for one in load() if "digest" in one.subscribes)


@pytest.fixture(scope="module", autouse=True)
def _released(ledger):
    with ledger.transaction() as session:
        version = releases.reserve(session, "ab" * 32, year=2026, now=MONDAY - timedelta(days=4))
        releases.mark_published(session, version, inputs={}, now=MONDAY - timedelta(days=4))


def made(ledger, readers=READERS, now=MONDAY) -> list[str]:
    with ledger.transaction() as session:
        return digest.mail_digests(session, [SMTP], readers, base_url="https://data.example", key=KEY, now=now)


def test_a_digest_is_sent_once_per_period_with_news_and_its_headers_allow_one_click(ledger, tmp_path):
    [notice] = made(ledger)  # the daily reader had no news yesterday
    assert made(ledger) == []
    with ledger.transaction() as session:
        row = session.scalars(select(NoticeRow).where(NoticeRow.id == notice)).one()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = MailServer("127.0.0.1", port, tmp_path / "mail")
    server.start()
    try:
        credentials = Credentials(f"smtp://127.0.0.1:{port}", allow_private=True)
        clock = Clock(MONDAY)
        with requests.Session() as http:
            done = outbox.deliver_due(ledger, SMTP, credentials, http, clock, clock.sleep)
    finally:
        server.stop()
    assert done.delivered == 1
    [mail] = received(tmp_path / "mail")
    assert (mail["To"], mail["Subject"]) == ("week@reader.example", "Kerndataset energietransitie: nieuws 2026-W19")
    assert mail["Message-ID"] == "<digest.weekly.2026-W19@kerndataset.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = f"https://data.example/afmelden?reader=weekly&token={digest.token(KEY, 'weekly')}"
    assert mail["List-Unsubscribe"] == f"<{link}>"
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in bytes(row.payload)  # neither folded nor encoded
    page = "https://data.example/kerndataset/releases/2026.1/index.html"
    assert f"2026-05-07 2026.1 gepubliceerd: {page}" in mail.get_content()
    assert b"week@reader.example" in bytes(row.payload)
    assert b"day@reader.example" not in bytes(row.payload)


def test_who_unsubscribed_gets_nothing_more_and_it_is_in_the_chain_once(ledger):
    reader = digest.Reader(name="leaver", mail="l@reader.example", every="week")
    readers = READERS.model_copy(update={"readers": (reader,)})
    with ledger.transaction() as session:
        assert not digest.unsubscribe(session, "leaver", "0" * 32, key=KEY, now=MONDAY)
        assert not digest.unsubscribe(session, "leaver", digest.token(KEY, "weekly"), key=KEY, now=MONDAY)
        for _ in range(2):
            assert digest.unsubscribe(session, "leaver", digest.token(KEY, "leaver"), key=KEY, now=MONDAY)
        entered = list(session.scalars(select(EventRow).where(EventRow.subject == "leaver")))
        assert [one.kind for one in entered] == [digest.UNSUBSCRIBED]
        assert events.verify(session) == []
    assert made(ledger, readers) == []


@pytest.mark.parametrize(
    ("every", "label", "days"),
    [("day", "2026-05-10", 1), ("week", "2026-W19", 7), ("month", "2026-04", 30)],
)
def test_a_digest_is_about_the_last_whole_period_in_dutch_time(every, label, days):
    period = digest.last_period(every, MONDAY)
    assert (period.label, (period.end.date() - period.begin.date()).days) == (label, days)
    assert digest.last_period("day", datetime(2026, 5, 10, 22, 30, tzinfo=UTC)).label == "2026-05-10"


def test_the_shipped_list_is_empty_and_a_list_without_a_way_out_is_refused(tmp_path):
    assert digest.load_readers().readers == ()
    wrong = tmp_path / "readers.yaml"
    wrong.write_text("unsubscribe: null\nreaders: [{name: a, mail: a@b.example}]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="give `unsubscribe` an address"):
        digest.load_readers(wrong)
