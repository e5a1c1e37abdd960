"""What is remembered of a pulled source between two pulls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PullState:
    """Where the last pull left off: validators of HTTP (RFC 9110) and the source's own watermark, as it wrote them."""

    etag: str | None = None
    last_modified: str | None = None
    watermark: str | None = None
