"""Where the files of a release can be read: a folder, or an address on the web. Needs none of our own services."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

import requests

from kerndata.errors import KerndataError, Transient

_BLOCK_BYTES = 1 << 20
_TIMEOUT_SECONDS = (10, 60)
# A file that is read whole (pointer, checksums, manifest) is never this large.
_SMALL_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file holds now."""

    sha256: str
    size_bytes: int


class Place(Protocol):
    """A folder of files, by name. ``../`` in a name goes up, as in an address."""

    def read(self, name: str) -> bytes | None:
        """Read a small file; None when it is not there."""

    def look(self, name: str) -> Seen | None:
        """Hash a file, a block at a time; None when it is not there."""

    def names(self) -> set[str] | None:
        """List every file below; None where that cannot be seen."""


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder on this machine."""

    folder: Path

    def read(self, name: str) -> bytes | None:
        """Read a file."""
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def look(self, name: str) -> Seen | None:
        """Hash a file."""
        path = self.folder / name
        if not path.is_file():
            return None
        with path.open("rb") as file:
            digest, size = sha256(), 0
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                size += len(block)
        return Seen(digest.hexdigest(), size)

    def names(self) -> set[str] | None:
        """List the files, those in folders below too."""
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}


@dataclass(frozen=True, slots=True)
class WebPlace:
    """An http(s) address that ends in a slash. 404 and 403 mean not there: a bucket without listing answers 403."""

    base: str
    http: requests.Session

    def read(self, name: str) -> bytes | None:
        """Read a file; KerndataError when it is larger than any file that is read whole."""
        blocks = self._blocks(name)
        if blocks is None:
            return None
        body = b""
        for block in blocks:
            body += block
            if len(body) > _SMALL_BYTES:
                raise KerndataError(f"{self.base}{name} is larger than {_SMALL_BYTES} bytes: this is no release.")
        return body

    def look(self, name: str) -> Seen | None:
        """Hash a file as it comes in."""
        blocks = self._blocks(name)
        if blocks is None:
            return None
        digest, size = sha256(), 0
        for block in blocks:
            digest.update(block)
            size += len(block)
        return Seen(digest.hexdigest(), size)

    def names(self) -> set[str] | None:
        """Nobody outside may list."""
        return None

    def _blocks(self, name: str) -> Iterator[bytes] | None:
        address = urljoin(self.base, quote(name))
        try:
            answer = self.http.get(
                address, stream=True, timeout=_TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"}
            )
        except requests.RequestException as error:
            raise Transient(f"{address} could not be read: {error}. Nothing was judged; try again.") from error
        if answer.status_code in {403, 404}:
            answer.close()
            return None
        if answer.status_code != 200:
            answer.close()
            raise Transient(f"{address} answered {answer.status_code}. Nothing was judged; try again.")
        return _streamed(answer, address)


def _streamed(answer: requests.Response, address: str) -> Iterator[bytes]:
    with answer:
        try:
            yield from answer.iter_content(_BLOCK_BYTES)
        except requests.RequestException as error:
            raise Transient(f"{address} broke off: {error}. Nothing was judged; try again.") from error


def place_of(where: str, http: requests.Session) -> Place:
    """Give the folder or the address; KerndataError when it is neither.

    A redirect is followed as the session says. An address gets a slash at its end.
    """
    if urlsplit(where).scheme in {"http", "https"}:
        return WebPlace(where.rstrip("/") + "/", http)
    folder = Path(where)
    if not folder.is_dir():
        raise KerndataError(f"{where} is no folder and no http(s) address; nothing was checked.")
    return FolderPlace(folder)
