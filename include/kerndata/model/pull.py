"""What is remembered of a pulled source between two pulls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PullState:
    """Where the last pull left off.

    ``origin`` is a fingerprint of what was asked where: a state of another origin is never used. ``content`` is the
    sha256 of what was pulled, without page boundaries and moments. ``etag`` and ``last_modified`` are the validators
    of HTTP (RFC 9110) and ``watermark`` the highest value of the source's own column, all as the source wrote them.
    """

    origin: str
    content: str
    etag: str | None = None
    last_modified: str | None = None
    watermark: str | None = None
