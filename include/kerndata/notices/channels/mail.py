"""Receipts by mail: the payload is a complete message (RFC 5322), handed to one mail relay over SMTP (RFC 5321).

The connection's schema is ``smtps`` (TLS from the start) or ``smtp`` (STARTTLS, nothing is sent without it). A relay on
a loopback address may do without TLS when the connection's extra allows private addresses. Delivered when the relay
answers 250 to the message. When that answer is lost the same bytes go again, with the same Message-ID: at least once.
A refused login, sender or relay pauses the endpoint, because no other message would fare better; a refused recipient or
message is dead.
"""

import ipaddress
import smtplib
import socket
from contextlib import ExitStack, suppress
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import AddressHeader
from urllib.parse import SplitResult, urlsplit

from kerndata.errors import ConfigurationError
from kerndata.fetch.addresses import AddressRefusedError, checked_addresses
from kerndata.fetch.deadline import hanging_up_after
from kerndata.notices.channels import Answer, Message
from kerndata.notices.transport import Reply, Transport

CONTENT_TYPE = "message/rfc822"
WHOLE = 4  # times the time-out, for everything together: a relay that drips is given up on, whatever it says meanwhile
PORTS = {"smtp": 587, "smtps": 465}
_WHAT = {
    smtplib.SMTPSenderRefused: "our sender was refused",
    smtplib.SMTPAuthenticationError: "our login was refused",
    smtplib.SMTPConnectError: "the relay serves us not",
}


class _RefusedError(Exception):
    """Nothing may be sent like this; no other message would fare better."""


def send(transport: Transport, message: Message, now: datetime) -> Answer:
    """Hand the message to the relay; a refusal or a broken network is an answer, not an exception."""
    del now  # what is sent was fixed when it was enqueued
    sender, recipient = _envelope(message.payload)
    try:
        _hand_over(transport, sender, recipient, message.payload)
    except (AddressRefusedError, _RefusedError) as refusal:
        return Answer(Reply(None, refused=str(refusal), protocol="SMTP"), confirmed=False)
    except smtplib.SMTPRecipientsRefused as refusal:
        return _said(*refusal.recipients[recipient])
    except (smtplib.SMTPSenderRefused, smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError) as refusal:
        return _shut_out(refusal)
    except smtplib.SMTPResponseException as refusal:
        return _said(refusal.smtp_code, refusal.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return Answer(Reply(None, failure=f"no answer: {type(error).__name__}", protocol="SMTP"), confirmed=False)
    return Answer(Reply(250, protocol="SMTP"), confirmed=True)


def _envelope(payload: bytes) -> tuple[str, str]:
    """Sender and recipient as the message itself names them."""
    message = message_from_bytes(payload, policy=policy.SMTP)
    sender, recipient = message["From"], message["To"]
    if not isinstance(sender, AddressHeader) or not isinstance(recipient, AddressHeader):
        raise ConfigurationError("a mail without From or To is in the outbox; it was not made by notices.receipts")
    return sender.addresses[0].addr_spec, recipient.addresses[0].addr_spec


def _said(code: int, text: bytes | str) -> Answer:
    body = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    return Answer(Reply(code, body=body, protocol="SMTP"), confirmed=False)


def _shut_out(refusal: smtplib.SMTPResponseException) -> Answer:
    """The relay wants nothing of us: for good (5xx), or for now."""
    if refusal.smtp_code < 500:
        return _said(refusal.smtp_code, refusal.smtp_error)
    said = refusal.smtp_error if isinstance(refusal.smtp_error, str) else refusal.smtp_error.decode("utf-8", "replace")
    reason = f"SMTP {refusal.smtp_code}: {_WHAT[type(refusal)]}: {said}"
    return Answer(Reply(None, refused=reason, protocol="SMTP"), confirmed=False)


def _hand_over(transport: Transport, sender: str, recipient: str, payload: bytes) -> None:
    target = urlsplit(transport.credentials.url)
    with ExitStack() as opened:
        line = _Line(opened)
        with hanging_up_after(WHOLE * transport.timeout.total_seconds(), line.hang_up):
            client = _connected(transport, target, line, sender.rpartition("@")[2])
            opened.callback(client.close)
            _enter(client, transport, target)
            client.sendmail(sender, [recipient], payload)
        with suppress(smtplib.SMTPException, OSError):  # the message is theirs; a rude goodbye changes nothing
            client.quit()


class _Line:
    """The connection, by a second handle that stays usable when TLS takes the first one over."""

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self._handle: socket.socket | None = None

    def hold(self, connection: socket.socket) -> None:
        """Keep a second handle on this connection."""
        self._handle = self._opened.enter_context(connection.dup())

    def hang_up(self) -> None:
        """End the connection under whoever reads from it."""
        if self._handle:
            self._handle.shutdown(socket.SHUT_RDWR)


class _Plain(smtplib.SMTP):
    """Connects to a checked address only."""

    def __init__(self, host: str, port: int, line: _Line, transport: Transport, domain: str) -> None:
        self._line, self._allow_private = line, transport.credentials.allow_private
        smtplib.SMTP.__init__(self, host, port, domain, transport.timeout.total_seconds())

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        last: OSError | None = None
        for address in checked_addresses(host, port, self._allow_private):
            try:
                connection = socket.create_connection((address, port), timeout)
            except OSError as error:
                last = error
                continue
            self._line.hold(connection)
            return connection
        raise last or OSError(f"{host} has no address")


class _WithTLS(smtplib.SMTP_SSL, _Plain):
    """The same below TLS from the start; the certificate is verified against the host's name."""

    def __init__(self, host: str, port: int, line: _Line, transport: Transport, domain: str) -> None:
        self._line, self._allow_private = line, transport.credentials.allow_private
        seconds = transport.timeout.total_seconds()
        smtplib.SMTP_SSL.__init__(self, host, port, domain, timeout=seconds, context=transport.tls())


def _connected(transport: Transport, target: SplitResult, line: _Line, domain: str) -> smtplib.SMTP:
    if target.scheme not in PORTS or not target.hostname:
        raise _RefusedError("the connection must name a mail relay: schema smtp or smtps, and a host")
    host, port = target.hostname, target.port or PORTS[target.scheme]
    kind = _WithTLS if target.scheme == "smtps" else _Plain
    return kind(host, port, line, transport, domain)


def _enter(client: smtplib.SMTP, transport: Transport, target: SplitResult) -> None:
    """Encrypt, and log in where the connection has a login."""
    client.ehlo_or_helo_if_needed()
    if target.scheme == "smtp" and client.has_extn("starttls"):
        client.starttls(context=transport.tls())
        client.ehlo_or_helo_if_needed()
    elif target.scheme == "smtp" and not (transport.credentials.allow_private and _is_loopback(client)):
        raise _RefusedError("the relay offers no STARTTLS, and a receipt does not travel unencrypted")
    credentials = transport.credentials
    if not credentials.username:
        return
    try:
        client.login(credentials.username, credentials.secret or "")
    except smtplib.SMTPNotSupportedError as error:
        raise _RefusedError("the connection has a login, but the relay takes none") from error


def _is_loopback(client: smtplib.SMTP) -> bool:
    if client.sock is None:
        return False
    return ipaddress.ip_address(client.sock.getpeername()[0].partition("%")[0]).is_loopback
