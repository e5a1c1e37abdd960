"""Publish a candidate: write beside, then switch one pointer.

Steps: finish what a killed attempt left, reserve a version, create every file (create-only), switch ``latest.json`` by
its ETag, enter it in the ledger and enqueue the notices in one transaction, anchor the chain of events. Each step gives
the same when done again, so that after a kill at any point the next call ends in the same release. Until the switch
yesterday's release stands; of several publishers one switches, the others find it done or stop with ``Fenced``.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from kerndata.errors import Conflict, Fenced
from kerndata.ledger import releases
from kerndata.ledger.database import Ledger
from kerndata.ledger.releases import InputCounts
from kerndata.model.release import Release, ReleaseFile
from kerndata.publish.anchor import anchor
from kerndata.publish.candidate import Candidate, build, prepare
from kerndata.publish.datapackage import manifest
from kerndata.publish.notes import render
from kerndata.publish.pointer import Latest, dump, parse, read_pointer
from kerndata.publish.writers import MEDIA_TYPES
from kerndata.store import keys
from kerndata.store.client import Store

__all__ = ["Candidate", "Published", "build", "finish", "prepare", "publish"]

Announce = Callable[[Session, Release], None]

_FOREVER = "public, max-age=31536000, immutable"
_MANIFEST, _NOTES, _SUMS = "datapackage.json", "RELEASE.md", "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Published:
    """The version that is visible now; ``created`` is True for the one call that entered it in the ledger."""

    version: str
    created: bool


def publish(
    store: Store,
    ledger: Ledger,
    candidate: Candidate,
    *,
    now: datetime,
    announce: Announce,
    after_step: Callable[[str], None] = lambda _: None,
) -> Published:
    """Make a candidate the visible release, unless its content is that already.

    ``announce`` runs in the transaction that enters the release. ``after_step`` is told each step that was done
    (reserve, create:<name>, switch, record, anchor). Raises Fenced when another release became visible meanwhile: build
    again.
    """
    finished = finish(store, ledger, now=now, announce=announce)
    latest, etag = read_pointer(store)
    if latest and latest.content_hash == candidate.content_hash:
        return Published(latest.version, created=finished)
    _refuse_when_stale(candidate, latest)
    version, files = _create(store, ledger, candidate, now, after_step)
    body = dump(version, candidate.content_hash, now, candidate.previous, files)
    visible = _switch(store, body, etag)
    after_step("switch")
    created = _record(ledger, visible, candidate.input_counts, announce)
    after_step("record")
    anchor(store, ledger, version)
    after_step("anchor")
    return Published(version, created)


def finish(store: Store, ledger: Ledger, *, now: datetime, announce: Announce) -> bool:
    """Enter the visible release in the ledger if a killed attempt did not come to that; True when it did so now.

    What each submission gave is read from the release's own manifest.
    """
    latest, _ = read_pointer(store)
    if latest is None:
        return False
    with ledger.transaction() as session:
        entered = releases.latest(session)
    if entered and entered.version == latest.version:
        anchor(store, ledger, latest.version)
        return False
    package = json.loads(store.read(keys.PUBLISHED, keys.release_key(latest.version, _MANIFEST)))
    counts = {
        one["submission_id"]: InputCounts(one["published"], one["superseded"], one["revision"])
        for one in package["inputs"]
    }
    return _record(ledger, latest, counts, announce)


def _refuse_when_stale(candidate: Candidate, latest: Latest | None) -> None:
    visible = latest.version if latest else None
    if visible != candidate.previous:
        raise Fenced(
            f"The candidate was compared with {candidate.previous}, but {visible} is visible now and stands. Nothing "
            "was published; build the candidate again."
        )


def _create(
    store: Store, ledger: Ledger, candidate: Candidate, now: datetime, after_step: Callable[[str], None]
) -> tuple[str, tuple[ReleaseFile, ...]]:
    version = _reserve(ledger, candidate, now, is_fresh=False)
    after_step("reserve")
    try:
        return version, _create_files(store, candidate, version, after_step)
    except Conflict:
        # An attempt that was killed wrote this content under this number with other code or another predecessor;
        # it never became visible. Its number is given up.
        version = _reserve(ledger, candidate, now, is_fresh=True)
    return version, _create_files(store, candidate, version, after_step)


def _reserve(ledger: Ledger, candidate: Candidate, now: datetime, *, is_fresh: bool) -> str:
    with ledger.transaction() as session:
        if is_fresh:
            releases.reserve(session, f"given up: {candidate.content_hash}", year=now.year, now=now)
        return releases.reserve(session, candidate.content_hash, year=now.year, now=now)


def _create_files(
    store: Store, candidate: Candidate, version: str, after_step: Callable[[str], None]
) -> tuple[ReleaseFile, ...]:
    texts = _texts(candidate, version)
    files = (*candidate.files, *(_described(name, body) for name, body in texts.items()))
    for one in files:
        store.create(
            keys.PUBLISHED,
            keys.release_key(version, one.name),
            texts.get(one.name, candidate.folder / one.name),
            content_type=one.media_type,
            cache=_FOREVER,
        )
        after_step(f"create:{one.name}")
    return files


def _texts(candidate: Candidate, version: str) -> dict[str, bytes]:
    """Files that name the version, in memory: attempts at the same moment share no file."""
    notes = render(version, candidate.previous, candidate.facts, candidate.inputs, candidate.files, note=candidate.note)
    texts = {_MANIFEST: manifest(candidate, version), _NOTES: notes}
    listed = sorted(
        (*candidate.files, *(_described(name, body) for name, body in texts.items())), key=lambda one: one.name
    )
    return texts | {_SUMS: "".join(f"{one.sha256}  {one.name}\n" for one in listed).encode()}


def _described(name: str, body: bytes) -> ReleaseFile:
    suffix = name[name.rindex(".") :] if "." in name else ""
    return ReleaseFile(name, sha256(body).hexdigest(), len(body), MEDIA_TYPES[suffix])


def _switch(store: Store, body: bytes, etag: str | None) -> Latest:
    """Make the release visible; gives what the pointer says then (another attempt of the same may have written it)."""
    wanted = parse(body)
    try:
        store.switch(keys.PUBLISHED, keys.LATEST, body, content_type=MEDIA_TYPES[".json"], etag=etag)
    except Fenced:
        visible, _ = read_pointer(store)
        if visible is None or (visible.version, visible.content_hash) != (wanted.version, wanted.content_hash):
            raise
        return visible
    return wanted


def _record(ledger: Ledger, visible: Latest, counts: Mapping[str, InputCounts], announce: Announce) -> bool:
    with ledger.transaction() as session:
        created = releases.mark_published(session, visible.version, inputs=counts, now=visible.published_at)
        if created:
            announce(session, Release(visible.version, visible.content_hash, visible.published_at, visible.previous))
    return created
