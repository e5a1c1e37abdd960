"""A connection to a scanner with one deadline for all of it: one that drips bytes costs no more than a dead one."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from kerndata.errors import Transient

CHUNK_BYTES = 64 * 1024
LINE_BYTES = 8192
# Scanners unpack what they are given: two mebibytes a second is slow for one, and 512 MiB then get four minutes.
SECONDS_PER_MIB = 0.5


class Wire:
    """A TCP connection; every method raises ``Transient`` when the other side fails or is too slow."""

    def __init__(self, name: str, host: str, port: int, timeout: float) -> None:
        self.name = name
        self._until = time.monotonic() + timeout
        self._kept = b""
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout)
        except OSError as error:
            raise self.failed(str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def failed(self, reason: str) -> Transient:
        """Return the error to raise: what happened and what still stands."""
        return Transient(f"malware scanner {self.name} gave no verdict ({reason}); the file waits and is not read")

    def send(self, data: bytes) -> None:
        """Send everything."""
        try:
            self._socket.settimeout(self._left())
            self._socket.sendall(data)
        except OSError as error:
            raise self.failed(f"sending: {error}") from error

    def line(self, end: bytes) -> bytes:
        """Return what comes before ``end``."""
        while end not in self._kept:
            if len(self._kept) > LINE_BYTES:
                raise self.failed("its answer has no end")
            self._more()
        found, _, self._kept = self._kept.partition(end)
        return found

    def exactly(self, count: int) -> Iterator[bytes]:
        """Yield ``count`` bytes in pieces."""
        while count:
            if not self._kept:
                self._more()
            piece, self._kept = self._kept[:count], self._kept[count:]
            count -= len(piece)
            yield piece

    def _more(self) -> None:
        try:
            self._socket.settimeout(self._left())
            piece = self._socket.recv(CHUNK_BYTES)
        except OSError as error:
            raise self.failed(f"answering: {error}") from error
        if not piece:
            raise self.failed("it hung up in the middle of its answer")
        self._kept += piece

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise self.failed("it was too slow")
        return left


def seconds_for(path: Path, timeout: float) -> float:
    """Return how long the scan of a file may take: ``timeout``, and more for a large file."""
    return timeout + SECONDS_PER_MIB * path.stat().st_size / 1024**2


def pieces(path: Path) -> Iterator[bytes]:
    """Yield the file's bytes."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece
