"""From an inbox to the archive and the ledger: nothing is read before its bytes are kept.

The ledger is the work list. A file version that the ledger does not know is fetched by its version, archived under its
own sha256 (create-only), and only then registered; doing this twice, or twice at once, changes nothing.
"""

import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from kerndata.errors import KerndataError
from kerndata.intake.failures import together
from kerndata.intake.keep import keep, register
from kerndata.ledger import submissions
from kerndata.ledger.database import Ledger
from kerndata.model.submission import WITHDRAW, Delivery, Submission
from kerndata.scan import Scanner
from kerndata.sources.registry import Source
from kerndata.store import keys
from kerndata.store.client import ObjectVersion, Store


def unknown_drops(store: Store, ledger: Ledger, slug: str) -> list[ObjectVersion]:
    """Return the file versions in a province's ``drop/`` that the ledger does not know, oldest first."""
    bucket = keys.inbox(slug)
    found = store.versions(bucket, keys.DROP)
    with ledger.transaction() as session:
        known = submissions.known_versions(session, bucket)
    return [version for version in found if (version.key, version.version) not in known]


def fresh_drops(store: Store, ledger: Ledger, slugs: Iterable[str]) -> dict[str, list[str]]:
    """Return ``key@version`` of what the ledger does not know, for each province that has any."""
    found = {slug: unknown_drops(store, ledger, slug) for slug in slugs}
    return {slug: [f"{one.key}@{one.version}" for one in drops] for slug, drops in found.items() if drops}


def left_waiting(ledger: Ledger, before: datetime) -> dict[str, list[str]]:
    """Return the ids of submissions without an answer that were received before a moment, by province.

    A landing that runs is busy with the newer ones; the older ones are what a failed landing left.
    """
    with ledger.transaction() as session:
        waiting = [one for one in submissions.waiting(session) if one.received_at <= before]
    return {slug: [one.id for one in waiting if one.province == slug] for slug in {one.province for one in waiting}}


def receive_drops(
    store: Store, ledger: Ledger, source: Source, now: datetime, *, scanner: Scanner | None
) -> list[Submission]:
    """Archive and register every new file version in the province's inbox; return the new submissions.

    ``scanner`` None: none is configured. A file that cannot be received waits, and with it the later ones of the same
    delivery, whose order decides what stands; the others go on. Raises one error for all that wait when the others are
    registered: ``Transient`` when any of them heals.
    """
    received: list[Submission] = []
    failures: list[KerndataError] = []
    held: set[str] = set()
    for version in unknown_drops(store, ledger, source.province.slug):
        try:
            delivery_name = _delivery_name(source, version.key)
            if (delivery_name or version.key) not in held:
                received.append(_receive_drop(store, ledger, source, version, delivery_name, scanner, now))
        except KerndataError as error:
            held.add(_order_of(source, version.key))
            failures.append(error)
    if failures:
        done = f"{source.province.slug}: {len(received)} new file(s) received; {len(failures)} wait, to be tried again."
        raise together(done, failures)
    return received


def _receive_drop(
    store: Store,
    ledger: Ledger,
    source: Source,
    version: ObjectVersion,
    delivery_name: str | None,
    scanner: Scanner | None,
    now: datetime,
) -> Submission:
    slug = source.province.slug
    bucket = keys.inbox(slug)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delivered"
        fetched = store.fetch(bucket, version.key, path, version.version)
        tombstone = keep(store, slug, path, fetched.sha256, f"{bucket}/{version.key}", scanner)
    delivery = Delivery(slug, bucket, version.key, version.version, version.last_modified)
    with ledger.transaction() as session:
        return register(
            session,
            source,
            delivery,
            sha256=fetched.sha256,
            size_bytes=fetched.size_bytes,
            delivery_name=delivery_name,
            tombstone=tombstone,
            now=now,
        )


def _delivery_name(source: Source, key: str) -> str | None:
    return None if key.startswith(WITHDRAW) else source.delivery_name(key)


def _order_of(source: Source, key: str) -> str:
    """Name what must be received in order: the delivery, or a file of none by its own key."""
    try:
        return _delivery_name(source, key) or key
    except KerndataError:  # two patterns claim it
        return key
