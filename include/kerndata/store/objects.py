"""What the store tells about objects."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, TypedDict
from urllib.parse import quote, unquote

CHUNK_BYTES = 1 << 20
# S3 metadata travels in headers: ASCII without line breaks. `%` is escaped too, so that it reads back unchanged.
_PLAIN = " !#$&'()*+,/:;=?@[]"


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object as a listing shows it."""

    key: str
    size_bytes: int
    etag: str
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of one object; ``version`` is the S3 VersionId."""

    key: str
    version: str
    size_bytes: int
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was streamed to a file: ``sha256`` and size of the bytes received, and what the store said of them."""

    sha256: str
    size_bytes: int
    last_modified: datetime
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes or a file to be stored, with its hash."""

    source: bytes | Path
    digest: bytes

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return self.digest.hex()

    @property
    def checksum(self) -> str:
        """The same hash as S3 wants it, so that the store refuses bytes that changed on the way."""
        return b64encode(self.digest).decode()

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Give the bytes as a stream that can be rewound, for retries."""
        return BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")


class PutOptions(TypedDict, total=False):
    """What a write may add: its condition, and how long others may keep what they read."""

    IfMatch: str
    IfNoneMatch: str
    CacheControl: str


def content(body: bytes | Path) -> Content:
    """Hash a body; a file is never held in memory."""
    if isinstance(body, bytes):
        return Content(body, hashlib.sha256(body).digest())
    with body.open("rb") as stream:
        return Content(body, hashlib.file_digest(stream, "sha256").digest())


def to_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Escape metadata values (a file name may hold any character)."""
    return {key: quote(value, safe=_PLAIN) for key, value in metadata.items()}


def from_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Undo ``to_headers``; what others wrote unescaped comes through as it is."""
    return {key: unquote(value) for key, value in metadata.items()}
