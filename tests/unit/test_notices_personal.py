"""Personal data is fed through every channel, and every byte that is sent is searched: nothing of it is there."""

import socket
from contextlib import ExitStack
from datetime import date, timedelta
from urllib.parse import quote

import pytest
import requests
from tests.unit.incident_cases import INCIDENT, REPORT
from tests.unit.notice_receivers import NEW, OLD, SECRET, Recorder, now, reaching, running
from tests.unit.quality_rows import figure
from tests.unit.test_notices_messages import PUBLISHER
from tests.unit.test_notices_messages import submission as submission_named
from tests.unit.test_notices_visits import FILE, INDEX, SITE
from tests.unit.test_receipt import YEARS, receipt_of

from kerndata.errors import KerndataError
from kerndata.incidents import stix
from kerndata.incidents.report import Report, filled_in
from kerndata.local.counterparts.cloudevents_hub import Hub
from kerndata.local.counterparts.mail import MailServer, received
from kerndata.local.counterparts.sdg import Collect, Pdc
from kerndata.local.counterparts.subscriber import Subscriber
from kerndata.model.incident import Phase
from kerndata.model.release import Release
from kerndata.model.submission import Status
from kerndata.notices import announce, digest
from kerndata.notices.channels import Message, sdg_statistics, taxii
from kerndata.notices.channels.mail import CONTENT_TYPE
from kerndata.notices.channels.registry import CHANNELS
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import CARRIES, load
from kerndata.notices.transport import Transport
from kerndata.notices.visits import count
from kerndata.quality.exchange import load_exchange

NAME, MAIL, BSN, PHONE, CELL = "Jansen", "j.jansen@provincie.example", "111222333", "06-12345678", "geheimecelwaarde"
PLANTED = (NAME, "jansen", MAIL, BSN, PHONE, "0612345678", CELL, "203.0.113.9")
HOSTILE = f"drop/indicators/{NAME} {MAIL} {BSN} {PHONE}.csv"
FACTS = {"value": CELL, "found": CELL, "rows": 3, "bsn": int(BSN), "contact": MAIL, "row": int(BSN), "cell": NAME}


def search(sent: bytes) -> list[str]:
    """What of the planted data is in the bytes: as it is, in lower case, escaped, or as base64 would hide it."""
    forms = {one: (one, quote(one), one.encode("utf-16-le").decode("latin-1")) for one in PLANTED}
    text = sent.decode("latin-1").lower()
    return [one for one, written in forms.items() if any(form.lower() in text for form in written)]


class Outbox:
    """What the announcements would enqueue, without a database: the payloads, by channel."""

    def __init__(self, monkeypatch) -> None:
        self.made: dict[str, list[Message]] = {}
        monkeypatch.setattr(announce.outbox, "enqueue", self.enqueue)

    def enqueue(self, session, *, channel, subject, business_key, payload, content_type, **_) -> str:
        message = Message(f"N-{len(self.made)}-{business_key[:8]}", subject, payload, content_type)
        self.made.setdefault(channel, []).append(message)
        return message.id


@pytest.fixture
def made(monkeypatch) -> dict[str, list[Message]]:
    """Every kind of announcement about a delivery that is full of personal data, in every channel's shape."""
    outbox = Outbox(monkeypatch)
    endpoints = [one.model_copy(update={"subscribes": tuple(CARRIES[one.channel])}) for one in load()]
    bad = figure(value="99999", original_value=f"{CELL} {NAME} {MAIL} {BSN}", source_sheet=f"{NAME} {BSN}")
    receipt = receipt_of(*YEARS, bad).model_copy(update={"status": Status.REFUSED})
    receipt = receipt.model_copy(update={"file": receipt.file.model_copy(update={"name": HOSTILE})})
    assert CELL in receipt.model_dump_json()
    release = {"version": "2026.1", "content_hash": "ab" * 32, "base_url": "https://data.example", "now": now()}
    announce.release_published(None, endpoints, published_at=now(), counts={"observations": 3}, **release)
    announce.release_withdrawn(None, endpoints, withdrawn_at=now(), stands=None, **release)
    held = {"content_hash": "ab" * 32, "previous": "2026.1", "held_at": now(), "answer_by": now(), "now": now()}
    announce.release_held(None, endpoints, reasons=[("a province fell out", "PV27")], **held)
    overdue = {"province": "PV27", "delivery": "wind", "period": "2026-Q1", "due_on": date(2026, 4, 1)}
    announce.province_overdue(None, endpoints, **overdue, now=now())
    announce.delivery_refused(None, endpoints, receipt=receipt, now=now())
    incident = stix.Incident(INCIDENT, now(), "F-PERSONAL", stix.allowed_facts(FACTS))
    told = {Phase.EARLY_WARNING: None, Phase.NOTIFICATION: REPORT, Phase.FINAL: REPORT}
    outbox.made["taxii"] = [
        Message(f"N-{phase}", "incident", _envelope(incident, phase, report), taxii.CONTENT_TYPE)
        for phase, report in told.items()
    ]
    outbox.made["sdg_statistics"] = []
    return outbox.made


def _envelope(incident: stix.Incident, phase: Phase, report: Report | None) -> bytes:
    return stix.envelope(PUBLISHER, submission_named(HOSTILE), incident, phase, now(), report)


def visits():
    log = [
        f'203.0.113.9 - {NAME} [14/Apr/2026:10:00:00 +0000] "GET {one} HTTP/1.1" 200 1 "https://x/?q={MAIL}" "{NAME}"'
        for one in (INDEX, f"{FILE}?bsn={BSN}", f"/published/kerndataset/{MAIL}", f"/published/kerndataset/{BSN}")
    ]
    return count(log, "2026-04", SITE)


@pytest.mark.parametrize(
    ("channel", "kind", "secret"),
    [
        ("cloudevents", Hub, SECRET),
        ("webhook", Subscriber, f"{OLD} {NEW}"),
        ("sdg_pdc", Pdc, SECRET),
        ("sdg_statistics", Collect, SECRET),
    ],
)
def test_nothing_personal_is_in_the_bytes_that_a_channel_sends(made, tmp_path, channel, kind, secret):
    with ExitStack() as opened:
        server = opened.enter_context(running(kind, tmp_path, secret.split()[0] if channel == "webhook" else secret))
        wire = opened.enter_context(Recorder(server.server_port))
        transport = opened.enter_context(reaching(server, secret, wire.port))
        if channel == "sdg_statistics":
            report = sdg_statistics.report(sdg_statistics.reserve(transport), "2026-04", visits(), now())
            made[channel] = [Message("N-s", "statistics", report, sdg_statistics.CONTENT_TYPE)]
        assert made[channel]
        for message in made[channel]:
            assert CHANNELS[channel](transport, message, now()).confirmed
    assert len(wire.sent) > 500
    assert search(bytes(wire.sent)) == []


def test_nothing_personal_is_in_the_bytes_of_a_security_event(made):
    assert len(made["taxii"]) == 3
    for message in made["taxii"]:
        assert b"F-PERSONAL" in message.payload
        assert search(message.payload) == []


@pytest.mark.parametrize(
    "text",
    [
        MAIL,
        BSN,
        "111 222 333",
        "1112.22.333",
        PHONE,
        "0612345678",
        f"dhr. {NAME}",
        f"J. {NAME}",
        "Kamerbrief 111222333",
    ],
)
def test_free_text_with_something_personal_in_it_never_becomes_a_report(text):
    with pytest.raises(KerndataError, match=r"text: .*the text holds a .*Nothing was sent") as refused:
        filled_in(REPORT.model_dump() | {"text": f"Gezien en gebeld: {text} weet ervan."})
    assert search(str(refused.value).encode()) == []


def test_nothing_personal_but_the_readers_own_address_is_in_the_bytes_of_a_digest(tmp_path):
    secret_why = f"windpark van {NAME} ({BSN}, {PHONE}, {MAIL}) stond dubbel: {CELL}"
    news = [Release("2026.1", "ab" * 32, now(), None, withdrawn_at=now(), withdrawn_why=secret_why)]
    period = digest.Period(label="2026-W19", begin=now() - timedelta(days=1), end=now() + timedelta(days=1))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    relay = MailServer("127.0.0.1", port, tmp_path / "mail")
    relay.start()
    try:
        with Recorder(port) as wire, requests.Session() as http:
            way_in = Credentials(f"smtp://127.0.0.1:{wire.port}", allow_private=True)
            for language in ("nl", "en"):
                reader = digest.Reader(name=f"reader-{language}", mail=f"{language}@reader.example", language=language)
                link = f"https://data.example/afmelden?reader={reader.name}&token={digest.token(b'key', reader.name)}"
                mail = digest.message(reader, period, news, "https://data.example", link, load_exchange())
                message = Message("N-digest", reader.name, mail, CONTENT_TYPE)
                assert CHANNELS["mail"](Transport(http, way_in, now), message, now()).confirmed
    finally:
        relay.stop()
    second, first = sorted(received(tmp_path / "mail"), key=lambda mail: str(mail["To"]))  # en, nl
    assert search(bytes(wire.sent)) == []
    assert search(f"{first.get_content()}{second.get_content()}".encode()) == []
    assert (bytes(wire.sent).count(b"To: nl@reader.example"), b"en@reader.example" in first.as_bytes()) == (1, False)


def test_the_search_finds_what_it_looks_for():
    for one in PLANTED:
        assert one in search(b"x" + one.encode() + b"y")
        assert one in search(quote(f"<{one}>").encode())
