"""Publish a candidate: write beside, then switch one pointer.

Steps: finish what a killed attempt left, reserve a version, create every file (create-only), switch ``latest.json`` by
its ETag, enter it in the ledger and enqueue the notices in one transaction, anchor the chain of events, rewrite the
catalogue and the feed. Each step gives the same when done again, so that after a kill at any point the next call ends
in the same release. Until the switch yesterday's release stands; of several publishers one switches, the others find it
done or stop with ``Fenced``.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kerndata.errors import Fenced, Withdrawn
from kerndata.ledger import releases, withdrawals
from kerndata.ledger.database import Ledger
from kerndata.ledger.releases import InputCounts
from kerndata.model.release import Release
from kerndata.publish.anchor import anchor
from kerndata.publish.candidate import Candidate, build, prepare
from kerndata.publish.create import create
from kerndata.publish.pointer import Latest, dump, parse, read_pointer
from kerndata.publish.shelf import refresh
from kerndata.publish.signature import Signer
from kerndata.publish.sums import media_type
from kerndata.publish.withdraw import take_back
from kerndata.store import keys
from kerndata.store.client import Store

__all__ = ["Candidate", "Published", "build", "finish", "prepare", "publish"]

Announce = Callable[[Session, Release], None]


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
    signer: Signer | None = None,
    after_step: Callable[[str], None] = lambda _: None,
) -> Published:
    """Make a candidate the visible release, unless its content is that already.

    ``announce`` runs in the transaction that enters the release. ``after_step`` is told each step that was done
    (reserve, create:<name>, switch, record, anchor, shelf). Raises Fenced when another release became visible
    meanwhile: build again; Withdrawn when this content was taken back and not allowed again since.
    """
    finished = finish(store, ledger, now=now, announce=announce)
    latest, etag = read_pointer(store)
    if latest and latest.content_hash == candidate.content_hash:
        return Published(latest.version, created=finished)
    _refuse_when_stale(candidate, latest)
    _refuse_when_withdrawn(ledger, candidate)
    version, files = create(store, ledger, candidate, signer, now, after_step)
    body = dump(version, candidate.content_hash, now, candidate.previous, files)
    visible = _switch(store, body, etag)
    after_step("switch")
    created = _record(ledger, visible, candidate.input_counts, announce)
    after_step("record")
    anchor(store, ledger, version)
    after_step("anchor")
    refresh(store, ledger, signer.public if signer else None)
    after_step("shelf")
    return Published(version, created)


def finish(store: Store, ledger: Ledger, *, now: datetime, announce: Announce) -> bool:
    """Complete what a killed attempt left: a withdrawal, or the entry of the visible release; True for such an entry.

    What each submission gave is read from the release's own manifest. Catalogue and feed are set right too.
    """
    take_back(store, ledger)
    is_new = _finish_release(store, ledger, announce)
    refresh(store, ledger, None)
    return is_new


def _finish_release(store: Store, ledger: Ledger, announce: Announce) -> bool:
    latest, _ = read_pointer(store)
    if latest is None:
        return False
    with ledger.transaction() as session:
        entered = releases.latest(session)
    if entered and entered.version == latest.version:
        anchor(store, ledger, latest.version)
        return False
    package = json.loads(store.read(keys.PUBLISHED, keys.release_key(latest.version, keys.MANIFEST)))
    counts = {
        one["submission_id"]: InputCounts(one["published"], one["superseded"], one["revision"])
        for one in package["inputs"]
    }
    return _record(ledger, latest, counts, announce)


def _refuse_when_withdrawn(ledger: Ledger, candidate: Candidate) -> None:
    with ledger.transaction() as session:
        version = withdrawals.blocking(session, candidate.content_hash)
    if version:
        raise Withdrawn(
            f"This content is that of release {version}, which was withdrawn; it is not published again and the last "
            f"release stands. What is wrong in it leaves with a correction or a withdrawn submission; to publish it as "
            f"it is after all: `kerndata withdraw {version} --lift --why …`."
        )


def _refuse_when_stale(candidate: Candidate, latest: Latest | None) -> None:
    visible = latest.version if latest else None
    if visible != candidate.previous:
        raise Fenced(
            f"The candidate was compared with {candidate.previous}, but {visible} is visible now and stands. Nothing "
            "was published; build the candidate again."
        )


def _switch(store: Store, body: bytes, etag: str | None) -> Latest:
    """Make the release visible; gives what the pointer says then (another attempt of the same may have written it)."""
    wanted = parse(body)
    try:
        store.switch(keys.PUBLISHED, keys.LATEST, body, content_type=media_type(keys.LATEST), etag=etag)
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
