"""Any scanner that speaks ICAP (RFC 3507): the file goes as the body of a RESPMOD request, without preview.

204 means unchanged, so clean. A 200 carries a response of the scanner's making: a header that names the threat, a block
page, or (from servers that never say 204) our own bytes again, which are compared.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kerndata.errors import Transient
from kerndata.scan.verdict import Clean, Infected
from kerndata.scan.wire import Wire, pieces, seconds_for

# Headers in use for the name: draft-stecher-icap-subid (X-Infection-Found, X-Violations-Found), and X-Virus-ID.
THREAT_HEADERS = ("x-virus-id", "x-infection-found", "x-violations-found")
ASKED = b"GET http://kerndata.invalid/delivery HTTP/1.1\r\nHost: kerndata.invalid\r\n\r\n"
HEADER_LINES = 200


@dataclass(frozen=True, slots=True)
class Icap:
    """``service`` is the path of the scanner's service, for example ``avscan``."""

    host: str
    port: int
    service: str
    timeout: float

    def scan(self, path: Path) -> Clean | Infected:
        """Return the scanner's word; raises ``Transient`` when it gave none."""
        url = f"icap://{self.host}:{self.port}/{self.service}"
        with Wire(url, self.host, self.port, seconds_for(path, self.timeout)) as wire:
            wire.send(_request(url, f"{self.host}:{self.port}", path.stat().st_size))
            sent = hashlib.sha256()
            try:
                for piece in pieces(path):
                    sent.update(piece)
                    wire.send(b"%x\r\n%b\r\n" % (len(piece), piece))
                wire.send(b"0\r\n\r\n")
            except Transient as error:
                return _early(wire, error)
            return _verdict(wire, sent.digest())


def _early(wire: Wire, error: Transient) -> Infected:
    """A scanner may stop listening because it has seen enough; only a finding counts then."""
    found = _verdict(wire, b"")
    if isinstance(found, Infected):
        return found
    raise error


def _request(url: str, host: str, size: int) -> bytes:
    answered = f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n".encode()
    parts = f"req-hdr=0, res-hdr={len(ASKED)}, res-body={len(ASKED) + len(answered)}"
    head = f"RESPMOD {url} ICAP/1.0\r\nHost: {host}\r\nAllow: 204\r\nConnection: close\r\nEncapsulated: {parts}\r\n\r\n"
    return head.encode() + ASKED + answered


def _verdict(wire: Wire, sent: bytes) -> Clean | Infected:
    status = _status(wire, "ICAP")
    headers = _headers(wire)
    named = next((headers[name] for name in THREAT_HEADERS if name in headers), None)
    if status in (200, 204) and named is not None:
        threat = re.search(r"Threat=([^;]+)", named)
        return Infected.called(threat[1] if threat else named)
    if status == 204:
        return Clean()
    if status != 200:
        raise wire.failed(f"it answered ICAP {status}")
    return _changed(wire, headers.get("encapsulated", ""), sent)


def _changed(wire: Wire, encapsulated: str, sent: bytes) -> Clean | Infected:
    if "res-hdr=" not in encapsulated:
        raise wire.failed(f"it answered 200 with {encapsulated[:100] or 'nothing'!r}")
    if "req-hdr=" in encapsulated:
        raise wire.failed("it answered a RESPMOD request with a request")
    status = _status(wire, "HTTP")
    _headers(wire)
    if status != 200:
        return Infected.called(f"blocked with HTTP {status}")
    got = hashlib.sha256()
    for piece in _chunks(wire) if "res-body=" in encapsulated else ():
        got.update(piece)
    return Clean() if got.digest() == sent else Infected.called("replaced by the scanner")


def _status(wire: Wire, protocol: str) -> int:
    line = wire.line(b"\r\n").decode("ascii", errors="replace")
    found = re.match(rf"{protocol}/1\.[01] ([1-5]\d\d)(?: |$)", line)
    if not found:
        raise wire.failed(f"it answered {line[:100]!r}")
    return int(found[1])


def _headers(wire: Wire) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for _ in range(HEADER_LINES):
        line = wire.line(b"\r\n").decode("latin-1")
        if not line:
            return found
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    raise wire.failed("its headers have no end")


def _chunks(wire: Wire) -> Iterator[bytes]:
    while True:
        size = wire.line(b"\r\n").partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
            raise wire.failed(f"a chunk of {size[:20]!r}")
        if not int(size, 16):
            return
        yield from wire.exactly(int(size, 16))
        if wire.line(b"\r\n"):
            raise wire.failed("a chunk longer than it said")
