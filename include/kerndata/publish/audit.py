"""Verify everything that must never change or go missing: chain, observations, archive, releases."""

import tempfile
from pathlib import Path

from kerndata.ledger import conservation, events, reference, releases, submissions
from kerndata.ledger.database import Ledger
from kerndata.model.release import Release
from kerndata.model.submission import Submission
from kerndata.publish.anchor import anchored_heads
from kerndata.publish.pointer import read_pointer
from kerndata.publish.shelf import differences
from kerndata.publish.verify import check_release
from kerndata.reference.stored import breaches as lost_or_changed
from kerndata.reference.tables import reference_tables
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.faults import Missing


def audit(store: Store, ledger: Ledger) -> list[str]:
    """Return one sentence per breach; empty when everything holds. Reads every archived and released byte again."""
    anchors = anchored_heads(store)
    with ledger.transaction() as session:
        breaches = [*events.verify(session, anchors), *conservation.breaches(session)]
        delivered = submissions.all_of(session, limit=None)
        published, standing = releases.all_releases(session), releases.latest(session)
        held_against = reference.current(session, [name for name, _, _ in reference_tables().parts()])
    breaches += _pointer(store, standing.version if standing else None)
    breaches += differences(store, ledger)
    breaches += [sentence for one in published for sentence in _tombstone(store, one)]
    for release in published:
        breaches += check_release(store, release.version)
    with tempfile.TemporaryDirectory() as folder:
        breaches += lost_or_changed(store, held_against, Path(folder))
    return breaches + _archive(store, delivered)


def _pointer(store: Store, newest: str | None) -> list[str]:
    latest, _ = read_pointer(store)
    visible = latest.version if latest else None
    if visible == newest:
        return []
    return [f"latest.json shows {visible or 'no release'}, but the release that stands is {newest or 'none'}."]


def _tombstone(store: Store, one: Release) -> list[str]:
    """A withdrawn release has a tombstone, and no other has."""
    is_there = store.exists(keys.PUBLISHED, keys.release_key(one.version, keys.TOMBSTONE))
    if is_there == bool(one.withdrawn_at):
        return []
    if is_there:
        return [f"Release {one.version} has a {keys.TOMBSTONE}, but the ledger does not know that it was withdrawn."]
    return [f"Release {one.version} was withdrawn, but no {keys.TOMBSTONE} says so: do the withdrawal again."]


def _archive(store: Store, delivered: list[Submission]) -> list[str]:
    """Hash every archived delivery again, once per content; what was withheld from the archive must not be there."""
    contents = {(one.province, one.sha256): one.id for one in delivered if not one.tombstone}
    breaches = [
        f"The archive holds {keys.raw_key(one.province, one.sha256)} of submission {one.id}, which must not be there: "
        f"{one.tombstone}."
        for one in delivered
        if one.tombstone
        and (one.province, one.sha256) not in contents
        and store.exists(keys.ARCHIVE, keys.raw_key(one.province, one.sha256))
    ]
    with tempfile.TemporaryDirectory() as folder:
        for (province, sha256), submission_id in sorted(contents.items()):
            key = keys.raw_key(province, sha256)
            try:
                found = store.fetch(keys.ARCHIVE, key, Path(folder) / "delivered").sha256
            except Missing:
                breaches.append(f"The archive has lost {key} of submission {submission_id}.")
                continue
            if found != sha256:
                breaches.append(f"The archive's {key} of submission {submission_id} holds other bytes: sha256 {found}.")
    return breaches
