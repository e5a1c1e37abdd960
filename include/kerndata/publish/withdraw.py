"""Take a release back: readers are led to the one before, its bytes stay, and a tombstone beside them says why.

The ledger comes first, with its notices in the same transaction; pointer, tombstone, catalogue and feed follow from it.
A killed attempt is completed by doing it again, and by every later publish (``take_back``).
"""

import json
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from kerndata.errors import Fenced
from kerndata.ledger import releases, withdrawals
from kerndata.ledger.database import Ledger
from kerndata.model.release import Release
from kerndata.publish.anchor import anchor
from kerndata.publish.pointer import dump_empty, read_pointer, restored
from kerndata.publish.shelf import refresh
from kerndata.publish.sums import media_type
from kerndata.store import keys
from kerndata.store.client import Store

AnnounceWithdrawal = Callable[[Session, Release, str | None], object]
_ATTEMPTS = 5
_PAGE = """\
# Uitgave {version} is ingetrokken

Op {at} is uitgave {version} van de kerndataset energietransitie ingetrokken. Gebruik haar niet meer. De bestanden
blijven staan, zodat na te gaan is wat er stond. Welke uitgave nu geldt, staat in `../../latest.json`.

Reden: {why}

---

# Release {version} was withdrawn

On {at} release {version} of the core dataset energy transition was withdrawn. Use it no longer. Its files stay where
they are, so that anyone can see what they said. Which release stands now is in `../../latest.json`.

Reason: {why}
"""


def withdraw(
    store: Store, ledger: Ledger, version: str, *, why: str, now: datetime, announce: AnnounceWithdrawal
) -> Release:
    """Withdraw a release; doing it again changes nothing and completes what is not done yet. Gives it as withdrawn.

    ``announce`` runs in the transaction that enters the withdrawal and is told which release stands then, if any.
    Finish publishing first (``release.finish``). Raises KerndataError for an unknown version or without a reason.
    """
    with ledger.transaction() as session:
        is_new = withdrawals.withdraw(session, version, why, now)
        withdrawn = next(one for one in withdrawals.withdrawn(session) if one.version == version)
        standing = releases.latest(session)
        if is_new:
            announce(session, withdrawn, standing.version if standing else None)
    anchor(store, ledger, f"{version}-withdrawn")
    take_back(store, ledger)
    refresh(store, ledger, None)
    return withdrawn


def take_back(store: Store, ledger: Ledger) -> None:
    """Do what every withdrawal in the ledger asks for, where it is not done yet: pointer and tombstones."""
    with ledger.transaction() as session:
        withdrawn = {one.version: one for one in withdrawals.withdrawn(session)}
        standing = releases.latest(session)
    if not withdrawn:
        return
    _lead_away(store, set(withdrawn), standing)
    for one in withdrawn.values():
        _mark(store, one)


def _lead_away(store: Store, withdrawn: set[str], standing: Release | None) -> None:
    """Switch the pointer from a withdrawn release to the one that stands."""
    for _ in range(_ATTEMPTS):
        latest, etag = read_pointer(store)
        if latest is None or latest.version not in withdrawn:
            return
        body = restored(store, standing) if standing else dump_empty(latest.version)
        try:
            store.switch(keys.PUBLISHED, keys.LATEST, body, content_type=media_type(keys.LATEST), etag=etag)
        except Fenced:
            continue  # another attempt led away, or a newer release was published: look again
        return
    raise Fenced("latest.json was switched by others all the time; do the withdrawal again to complete it.")


def _mark(store: Store, one: Release) -> None:
    if store.exists(keys.PUBLISHED, keys.release_key(one.version, keys.TOMBSTONE)):
        return
    at = f"{one.withdrawn_at:%Y-%m-%d %H:%M} UTC"
    told = {"version": one.version, "content_hash": one.content_hash, "withdrawn_at": at, "why": one.withdrawn_why}
    texts = {
        keys.TOMBSTONE_PAGE: _PAGE.format(version=one.version, at=at, why=one.withdrawn_why),
        keys.TOMBSTONE: json.dumps(told, indent=2, ensure_ascii=False) + "\n",
    }
    for name, text in texts.items():
        key = keys.release_key(one.version, name)
        store.create(keys.PUBLISHED, key, text.encode(), content_type=media_type(name), cache="no-cache")
