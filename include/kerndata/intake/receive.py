"""From an inbox or an API to the archive and the ledger: nothing is read before its bytes are kept.

The ledger is the work list. A file version that the ledger does not know is fetched by its version, archived under its
own sha256 (create-only), and only then registered; doing this twice, or twice at once, changes nothing.
"""

import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import requests

from kerndata.fetch.http import pull
from kerndata.ledger import submissions
from kerndata.ledger.database import Ledger
from kerndata.model.submission import Delivery, Submission
from kerndata.sources.registry import Source
from kerndata.sources.via import HttpVia
from kerndata.store import keys
from kerndata.store.client import ObjectVersion, Store

PULL_TIMEOUT_SECONDS = 20
PULL_MAX_BYTES = 512 * 1024 * 1024


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


def receive_drops(store: Store, ledger: Ledger, source: Source, now: datetime) -> list[Submission]:
    """Archive and register every new file version in the province's inbox; return the new submissions."""
    slug = source.province.slug
    return [_receive_drop(store, ledger, source, version, now) for version in unknown_drops(store, ledger, slug)]


def receive_pulls(
    store: Store, ledger: Ledger, source: Source, http: requests.Session, base_urls: dict[str, str], now: datetime
) -> list[Submission]:
    """Pull every API delivery of the province once; return the submissions whose content is new.

    ``base_urls`` maps the connection named in the source to ``scheme://host:port``. Raises what ``kerndata.fetch``
    raises; deliveries pulled before the failing one stay received.
    """
    pulled = (
        _receive_pull(store, ledger, source, name, f"{base_urls[spec.via.connection]}{spec.via.path}", http, now)
        for name, spec in source.deliveries.items()
        if isinstance(spec.via, HttpVia)
    )
    return [submission for submission in pulled if submission]


def _receive_drop(store: Store, ledger: Ledger, source: Source, version: ObjectVersion, now: datetime) -> Submission:
    slug = source.province.slug
    bucket = keys.inbox(slug)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delivered"
        fetched = store.fetch(bucket, version.key, path, version.version)
        _archive(store, slug, path, fetched.sha256, origin=f"{bucket}/{version.key}")
    delivery = Delivery(slug, bucket, version.key, version.version, version.last_modified)
    return _register(ledger, source, delivery, fetched.sha256, fetched.size_bytes, version.key, now)


def _receive_pull(
    store: Store, ledger: Ledger, source: Source, name: str, url: str, http: requests.Session, now: datetime
) -> Submission | None:
    slug = source.province.slug
    with ledger.transaction() as session:
        last = submissions.latest_pull(session, slug, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pulled"
        got = pull(url, path, http, timeout=PULL_TIMEOUT_SECONDS, max_bytes=PULL_MAX_BYTES)
        if last and last.sha256 == got.sha256:
            return None  # an API that answers the same is not a new delivery
        _archive(store, slug, path, got.sha256, origin=url)
    version = f"{got.sha256}.{last.id if last else 'first'}"
    delivery = Delivery(slug, f"pull:{slug}", name, version, now)
    return _register(ledger, source, delivery, got.sha256, got.size_bytes, name, now)


def _archive(store: Store, slug: str, path: Path, sha256: str, origin: str) -> None:
    store.create(
        keys.ARCHIVE,
        keys.raw_key(slug, sha256),
        path,
        content_type="application/octet-stream",
        metadata={"origin": origin.encode("ascii", "backslashreplace").decode()},
    )


def _register(
    ledger: Ledger, source: Source, delivery: Delivery, sha256: str, size_bytes: int, name: str, now: datetime
) -> Submission:
    delivery_name = name if name in source.deliveries else source.delivery_name(name)
    spec = source.deliveries[delivery_name] if delivery_name else None
    with ledger.transaction() as session:
        return submissions.register(
            session,
            delivery,
            sha256=sha256,
            size_bytes=size_bytes,
            dataset=spec.dataset if spec else None,
            delivery_name=delivery_name,
            now=now,
        )
