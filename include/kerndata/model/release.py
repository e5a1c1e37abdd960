"""A published, immutable version of the core dataset."""

from dataclasses import dataclass
from datetime import datetime

from kerndata.model.finding import Severity


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One file of a release, with the facts that SHA256SUMS and datapackage.json state."""

    name: str
    sha256: str
    size_bytes: int
    media_type: str
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """``version`` is ``year.sequence``; ``content_hash`` covers the data, not the moment.

    A release stands until it is withdrawn; ``withdrawn_why`` is what readers are told.
    """

    version: str
    content_hash: str
    published_at: datetime | None
    previous: str | None
    withdrawn_at: datetime | None = None
    withdrawn_why: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceInput:
    """One pulled part of the reference (``cbs_wind/data``), by the hash of its bytes in the archive."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What an S rule says of a candidate as a whole; an ``error`` is for a person to look at before it is published.

    ``key``: what of ``dataset`` it is about, the same for the same data. A candidate kept by older code has neither.
    """

    rule_id: str
    severity: Severity
    message_nl: str
    message_en: str
    dataset: str = ""
    key: str = ""
