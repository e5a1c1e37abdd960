"""A delivery, and the submission that the ledger makes of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Supersedes = Literal["rows", "whole"]
WITHDRAW = "drop/withdraw/"  # a file under this key asks to withdraw the submission it is named after


class Status(StrEnum):
    """Where a submission stands. ``ARCHIVED`` is waiting to be checked; all others are final, but ``NOT_CHECKED``.

    ``WITHDRAWN`` was taken back by its province; ``WITHDRAWAL`` is the request that did so.
    """

    ARCHIVED = "archived"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    NOT_CHECKED = "not_checked"
    WITHDRAWN = "withdrawn"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file version in an inbox, or one pull of an API.

    ``place`` is the bucket, or ``pull:<slug>``; ``name`` the object key, or the delivery's name in the source;
    ``version`` the S3 VersionId, or for a pull the sha256 of its content and the submission it follows.
    """

    province: str
    place: str
    name: str
    version: str
    delivered_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of one submission's observations; ``observed = accepted + refused`` always holds.

    An observation is one value with its own source cell (one project row for projects). Title, header, blank and
    footer rows are counted apart in ``other_rows``.
    """

    observed: int = 0
    accepted: int = 0
    refused: int = 0
    flagged: int = 0
    other_rows: int = 0


@dataclass(frozen=True, slots=True)
class Submission:
    """One delivery as the ledger knows it.

    ``id`` depends on province, name and content (and on how often that content was delivered under that name before),
    never on moments or S3 versions, so that the same deliveries give the same release on any machine.
    ``sequence`` orders submissions of the whole exchange: higher supersedes lower. ``revision`` counts its outcomes:
    1, and one more each time it was assessed again with another outcome. ``supersedes``: row by row, or ``whole``.
    ``tombstone`` says why the archive holds no bytes of it; ``withdrawn_by`` is the submission that withdrew it.
    """

    id: str
    sequence: int
    province: str
    delivery: Delivery
    sha256: str
    size_bytes: int
    dataset: str | None
    delivery_name: str | None
    status: Status
    counts: Counts
    received_at: datetime
    concluded_at: datetime | None = None
    revision: int = 1
    supersedes: Supersedes = "rows"
    tombstone: str | None = None
    withdrawn_by: str | None = None
