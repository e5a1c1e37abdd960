"""ClamAV's daemon over TCP: the INSTREAM command of clamd(8), so that the daemon needs no access to our files."""

import struct
from dataclasses import dataclass
from pathlib import Path

from kerndata.errors import Transient
from kerndata.scan.verdict import Clean, Infected
from kerndata.scan.wire import Wire, pieces, seconds_for


@dataclass(frozen=True, slots=True)
class Clamd:
    """``StreamMaxLength``, ``MaxFileSize`` and ``MaxScanSize`` of clamd.conf must cover what we accept (512 MiB)."""

    host: str
    port: int
    timeout: float

    def scan(self, path: Path) -> Clean | Infected:
        """Return clamd's word; raises ``Transient`` when it gave none, also when the file is over its own limit."""
        with Wire(f"clamd://{self.host}:{self.port}", self.host, self.port, seconds_for(path, self.timeout)) as wire:
            try:
                wire.send(b"zINSTREAM\0")
                for piece in pieces(path):
                    wire.send(struct.pack(">I", len(piece)) + piece)
                wire.send(struct.pack(">I", 0))
            except Transient as error:
                raise _told_why(wire, error) from error
            return _verdict(wire, wire.line(b"\0").decode(errors="replace"))


def _told_why(wire: Wire, error: Transient) -> Transient:
    """A daemon that stops listening half-way has often said why (``INSTREAM size limit exceeded``)."""
    try:
        return wire.failed(wire.line(b"\0").decode(errors="replace"))
    except Transient:
        return error


def _verdict(wire: Wire, answer: str) -> Clean | Infected:
    if answer == "stream: OK":
        return Clean()
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Infected.called(answer.removeprefix("stream: ").removesuffix(" FOUND"))
    raise wire.failed(f"it answered {answer[:200]!r}")
