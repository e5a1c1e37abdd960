"""A receipt reaches the steward by mail: over real SMTP, once more when in doubt, and never with a header too many."""

import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from tests.unit.quality_rows import figure
from tests.unit.test_receipt import SOURCE, SUBMISSION, YEARS, receipt_of

from kerndata.ledger import Ledger
from kerndata.ledger.tables import AttemptRow, NoticeRow
from kerndata.local.counterparts.mail import MailServer, received
from kerndata.model.submission import Status
from kerndata.notices import outbox
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import load
from kerndata.notices.receipts import mail_receipt
from kerndata.quality.receipt import Receipt, build, to_html
from kerndata.sources.registry import Source

pytestmark = pytest.mark.stack

NOW = datetime(2026, 7, 1, 8, 31, tzinfo=UTC)
ENDPOINTS = load()
MAIL = next(one for one in ENDPOINTS if one.channel == "mail")
BAD = figure(value="99999", original_value="99.999")


class Relay:
    """Refuses as told, answers DATA from a script, and then takes everything. ``None``: take it, hang up."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.script: list[str | None] = []
        self.refused: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.refused.get("RCPT", "250 OK")

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self.refused.get("MAIL", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.script.pop(0) if self.script else "250 OK"
        if answer is None or answer.startswith("250"):
            self.taken.append(envelope.content)
        if answer is None:
            server.transport.abort()
            return "250 never seen"
        return answer


@contextmanager
def relay(handler: Relay, **options: Any) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(handler, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield port
    finally:
        server.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 and a server context with it."""
    folder, key = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example")])
    now = dt.datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "relay.pem", folder / "relay.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, private)
    return chain, context


@pytest.fixture(autouse=True)
def empty_outbox(ledger: Ledger) -> None:
    """No test sends what another one left."""
    with ledger.transaction() as session:
        for row in session.scalars(select(NoticeRow).where(NoticeRow.status == "pending")):
            row.status, row.is_first = "dead", False


def enqueue(ledger: Ledger, receipt: Receipt, source: Source = SOURCE) -> str | None:
    with ledger.transaction() as session:
        return mail_receipt(session, ENDPOINTS, source=source, receipt=receipt, html=to_html(receipt), now=NOW)


def numbered(number: int, *rows: dict[str, Any], **changes: Any) -> Receipt:
    return receipt_of(*(rows or (*YEARS, BAD))).model_copy(update={"submission_id": f"S-{number:016x}", **changes})


def deliver(ledger: Ledger, url: str, *, verify: str | bool = True, **given: Any) -> outbox.DeliverySummary:
    clock = [NOW]

    def sleep(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    credentials = Credentials(url, **{"allow_private": True, **given})
    with requests.Session() as http:
        http.verify = verify
        return outbox.deliver_due(ledger, MAIL, credentials, http, lambda: clock[0], sleep)


def attempts(ledger: Ledger, notice: str | None) -> list[tuple[str, int | None, str]]:
    with ledger.transaction() as session:
        rows = session.scalars(select(AttemptRow).where(AttemptRow.notice_id == notice).order_by(AttemptRow.number))
        return [(row.outcome, row.http_status, row.detail) for row in rows]


def test_a_mail_arrives_in_the_maildir_of_the_embedded_relay(ledger: Ledger, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = MailServer("127.0.0.1", port, tmp_path / "mail")
    server.start()
    receipt = numbered(1)
    enqueue(ledger, receipt)
    summary = deliver(ledger, f"smtp://127.0.0.1:{port}")
    server.stop()
    assert summary.delivered == 1
    (mail,) = received(tmp_path / "mail")
    assert mail["Subject"] == "Deels aangenomen: 20 van 21 gegevens · wind.xlsx"
    assert mail["To"] == f"{SOURCE.contact.team} <{SOURCE.contact.mail}>"
    assert mail["Message-ID"] == f"<receipt.{receipt.submission_id}.1.partly_accepted@kerndataset.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Wed, 01 Jul 2026 08:31:00 +0000"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Overgenomen: 20 van 21 gegevens (geweigerd: 1;" in body.get_content()
    assert "Begin hiermee:\n1. 1 keer (I-BOUNDS). Blad Wind, cel F22 (waarde)" in body.get_content()
    (page,) = mail.iter_attachments()
    assert page.get_filename() == f"ontvangstbewijs-{receipt.submission_id}.html"
    assert page.get_content().replace("\r\n", "\n").encode() == to_html(receipt)


def test_over_starttls_with_a_login(ledger: Ledger, certificate: tuple[Path, ssl.SSLContext]) -> None:
    chain, context = certificate
    handler, secret = Relay(), "a secret of this test"

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == secret.encode(), handled=False)

    notice = enqueue(ledger, numbered(2))
    with relay(handler, tls_context=context, require_starttls=True, authenticator=login, auth_required=True) as port:
        url = f"smtp://127.0.0.1:{port}"
        distrusted = deliver(ledger, url, username="kerndata", secret=secret)
        assert (distrusted.delivered, handler.taken) == (0, [])
        refused = deliver_again(ledger, url, verify=str(chain), username="kerndata", secret="wrong and planted")
        assert refused.paused
        with ledger.transaction() as session:
            outbox.resume(session, MAIL.name, "the password was mended", NOW)
        assert deliver_again(ledger, url, verify=str(chain), username="kerndata", secret=secret).delivered == 1
    assert len(handler.taken) == 1
    assert "planted" not in str(attempts(ledger, notice))


def test_over_tls_from_the_start(ledger: Ledger, certificate: tuple[Path, ssl.SSLContext]) -> None:
    chain, context = certificate
    handler = Relay()
    enqueue(ledger, numbered(3))
    with relay(handler, ssl_context=context) as port:
        url = f"smtps://127.0.0.1:{port}"
        assert deliver(ledger, url).delivered == 0
        assert deliver_again(ledger, url, verify=str(chain)).delivered == 1


def deliver_again(ledger: Ledger, url: str, **given: Any) -> outbox.DeliverySummary:
    with ledger.transaction() as session:
        for row in session.scalars(select(NoticeRow).where(NoticeRow.status == "pending")):
            row.due_at = NOW
    return deliver(ledger, url, **given)


def test_a_relay_without_tls_gets_nothing_unless_it_is_on_this_machine(ledger: Ledger) -> None:
    handler, notice = Relay(), enqueue(ledger, numbered(4))
    with relay(handler) as port:
        assert deliver(ledger, f"smtp://127.0.0.1:{port}", allow_private=False).paused
        assert deliver(ledger, f"http://127.0.0.1:{port}").delivered == 0
        with ledger.transaction() as session:
            outbox.resume(session, MAIL.name, "test", NOW)
        assert deliver(ledger, f"smtp://127.0.0.1:{port}").delivered == 1
    assert "not a public address" in attempts(ledger, notice)[0][2]


def test_a_relay_that_asks_to_come_back_gets_it_later(ledger: Ledger) -> None:
    handler, notice = Relay(), enqueue(ledger, numbered(5))
    handler.script = ["451 4.3.0 come back later"]
    with relay(handler) as port:
        summary = deliver(ledger, f"smtp://127.0.0.1:{port}")
    assert (summary.retried, summary.delivered) == (1, 1)
    assert [(outcome, status) for outcome, status, _ in attempts(ledger, notice)] == [
        ("retry", 451),
        ("delivered", 250),
    ]


def test_a_lost_answer_sends_the_same_message_again(ledger: Ledger) -> None:
    handler = Relay()
    enqueue(ledger, numbered(6))
    handler.script = [None]
    with relay(handler) as port:
        summary = deliver(ledger, f"smtp://127.0.0.1:{port}")
    assert (summary.retried, summary.delivered) == (1, 1)
    assert handler.taken[0] == handler.taken[1]


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
def test_a_refused_recipient_or_message_is_dead_and_the_next_one_goes(ledger: Ledger, stage: str) -> None:
    handler, first = Relay(), enqueue(ledger, numbered(7 if stage == "RCPT" else 8))
    if stage == "RCPT":
        handler.refused["RCPT"] = "550 5.1.1 no such mailbox"
    else:
        handler.script = ["550 5.7.1 no"]
    with relay(handler) as port:
        assert deliver(ledger, f"smtp://127.0.0.1:{port}").dead == 1
        handler.refused.clear()
        enqueue(ledger, numbered(9 if stage == "RCPT" else 10))
        assert deliver(ledger, f"smtp://127.0.0.1:{port}").delivered == 1
    assert attempts(ledger, first)[0][:2] == ("dead", 550)


def test_a_refused_sender_pauses_the_endpoint_for_a_person(ledger: Ledger) -> None:
    handler, notice = Relay(), enqueue(ledger, numbered(11))
    handler.refused["MAIL"] = "553 5.7.1 not you"
    with relay(handler) as port:
        assert deliver(ledger, f"smtp://127.0.0.1:{port}").paused
        handler.refused.clear()
        with ledger.transaction() as session:
            outbox.resume(session, MAIL.name, "the relay knows us now", NOW)
        assert deliver(ledger, f"smtp://127.0.0.1:{port}").delivered == 1
    assert "our sender was refused" in attempts(ledger, notice)[0][2]


@pytest.mark.parametrize(
    ("preference", "status", "mailed"),
    [
        ("always", Status.ACCEPTED, True),
        ("always", Status.DUPLICATE, True),
        ("on_problem", Status.ACCEPTED, False),
        ("on_problem", Status.DUPLICATE, False),
        ("on_problem", Status.PARTLY_ACCEPTED, True),
        ("on_problem", Status.REFUSED, True),
        ("on_problem", Status.NOT_CHECKED, True),
        ("never", Status.REFUSED, False),
    ],
)
def test_the_contact_gets_what_it_asked_for_once(ledger: Ledger, preference: str, status: Status, mailed: bool) -> None:
    source = replace(SOURCE, contact=SOURCE.contact.model_copy(update={"receipts_by_mail": preference}))
    receipt = build(replace(SUBMISSION, id=f"S-{preference}-{status}", status=status), None, source, NOW)
    assert (enqueue(ledger, receipt, source) is not None) is mailed
    assert enqueue(ledger, receipt, source) is None


@pytest.mark.parametrize(
    "name",
    [
        "wind.csv\r\nBcc: all@elsewhere.example\r\n\r\nhello",
        "a\0b.csv",
        "🌬️" * 300 + ".csv",
        "=?utf-8?q?x?=\n.csv",
        "x" * 5000,
    ],
)
def test_a_file_name_cannot_add_a_header(ledger: Ledger, name: str) -> None:
    receipt = numbered(100 + len(name), file=receipt_of(*YEARS).file.model_copy(update={"name": name}))
    handler = Relay()
    enqueue(ledger, receipt)
    with relay(handler) as port:
        assert deliver(ledger, f"smtp://127.0.0.1:{port}").delivered == 1
    mail = message_from_bytes(handler.taken[0], policy=policy.default)
    names = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
    assert [key for key in mail if key not in ("MIME-Version", "Content-Type", "X-Peer")] == names
    assert len(mail["Subject"]) < 200
    assert len(list(mail.iter_attachments())) == 1
