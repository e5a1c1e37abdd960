"""The one door into the archive: scanned first when there is a scanner, then kept under its own hash, or withheld."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from kerndata.ledger import submissions
from kerndata.model.submission import WITHDRAW, Delivery, Submission
from kerndata.scan import Infected, Scanner
from kerndata.sources.registry import Source
from kerndata.store import keys
from kerndata.store.client import Store

MALWARE = "malware: "


def keep(store: Store, slug: str, path: Path, sha256: str, origin: str, scanner: Scanner | None) -> str | None:
    """Archive a fetched file; return None, or the tombstone of a file that a scanner recognised and nobody ever keeps.

    ``origin`` says where the bytes came from and holds no secret. Raises ``Transient`` when the scanner gave no answer:
    nothing is kept or registered then, and the delivery is found again.
    """
    found = scanner.scan(path) if scanner else None
    if isinstance(found, Infected):
        return f"{MALWARE}{found.name}"
    store.create(
        keys.ARCHIVE,
        keys.raw_key(slug, sha256),
        path,
        content_type="application/octet-stream",
        metadata={"origin": origin.encode("ascii", "backslashreplace").decode()},
    )
    return None


def register(
    session: Session,
    source: Source,
    delivery: Delivery,
    *,
    sha256: str,
    size_bytes: int,
    delivery_name: str | None,
    tombstone: str | None,
    now: datetime,
) -> Submission:
    """Enter a delivery whose bytes are kept, or withheld (``tombstone``); see ``submissions.register``."""
    spec = source.deliveries[delivery_name] if delivery_name else None
    return submissions.register(
        session,
        delivery,
        sha256=sha256,
        size_bytes=size_bytes,
        dataset=spec.dataset if spec else None,
        delivery_name=delivery_name,
        tombstone=tombstone,
        may_repeat=not delivery.name.startswith(WITHDRAW),
        now=now,
    )
