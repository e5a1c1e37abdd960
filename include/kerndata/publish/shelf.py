"""The files at a fixed address beside ``latest.json``: catalogue, feed, public pages, schemas, the key that signs now.

Catalogue and feed follow from the ledger alone, the pages are copies of those in the release that stands, the schemas
are those of our events: a new version has a new name, so that an old one stays. They are written after a release became
visible, each only when it would change and only over what was read before: an attempt that was overtaken looks again,
so that an older list never replaces a newer one. A killed attempt is completed by the next ``finish``.
"""

import json
from collections.abc import Callable, Mapping

from kerndata.errors import Fenced, Transient
from kerndata.ledger import releases
from kerndata.ledger.database import Ledger
from kerndata.model.release import Release
from kerndata.notices import payloads
from kerndata.publish.dcat import catalogue
from kerndata.publish.feed import feed
from kerndata.publish.page import FRONT, PAGES
from kerndata.publish.rdf import json_ld, turtle
from kerndata.publish.signature import PublicKey
from kerndata.publish.sums import media_type
from kerndata.store import keys
from kerndata.store.client import Store

_ATTEMPTS = 20
_MAKERS: Mapping[str, Callable[[list[Release]], bytes]] = {
    keys.CATALOGUE: lambda known: turtle(catalogue(known)),
    keys.CATALOGUE_JSON: lambda known: json_ld(catalogue(known)),
    keys.FEED: feed,
}
_NOTHING_STANDS = """<!DOCTYPE html>
<html lang="nl"><meta charset="utf-8"><title>Kerndataset energietransitie</title>
<h1>Er is nu geen geldige uitgave</h1>
<p>De laatste is ingetrokken: <a href="feed.xml">wat er gebeurde</a>.</p>
<h1 lang="en">No release stands now</h1>
<p lang="en">The last one was withdrawn: <a href="feed.xml">what happened</a>.</p>
</html>
"""


def refresh(store: Store, ledger: Ledger, key: PublicKey | None) -> None:
    """Bring every file at a fixed address up to date; without a ``key`` the one that is there stays.

    Raises Transient when others kept changing a file meanwhile.
    """
    for _ in range(_ATTEMPTS):
        if _rewrite(store, ledger, key):
            return
    raise Transient(f"Catalogue and feed were changed by others {_ATTEMPTS} times in a row; the release stands.")


def differences(store: Store, ledger: Ledger) -> list[str]:
    """Compare the files at a fixed address with the ledger: empty when they agree, else one sentence per file."""
    known, found = _known(ledger), []
    for name, body in _made(store, known).items() if known else ():
        there = store.pointer(keys.PUBLISHED, name)
        if there is None:
            found.append(f"{name} is gone; the next publish, or `kerndata withdraw` again, writes it anew.")
        elif there[0] != body and name in _MAKERS:
            found.append(f"{name} does not list the releases that the ledger has: it was changed or is out of date.")
        elif there[0] != body:
            what = "schema that our events name" if name in _schemas() else "page of the release that stands"
            found.append(f"{name} is not the {what}: it was changed or is out of date.")
    return found


def _known(ledger: Ledger) -> list[Release]:
    with ledger.transaction() as session:
        return releases.all_releases(session)


def _made(store: Store, known: list[Release]) -> dict[str, bytes]:
    return {name: make(known) for name, make in _MAKERS.items()} | _fronts(store, known) | _schemas()


def _schemas() -> dict[str, bytes]:
    """What the ``dataschema`` of our events points at."""
    return {
        keys.schema_key(payloads.schema_name(one)): json.dumps(payloads.schema(one), indent=1).encode() + b"\n"
        for one in payloads.EVENTS
    }


def _fronts(store: Store, known: list[Release]) -> dict[str, bytes]:
    """The pages of the release that stands; none of one that was made before there were pages."""
    standing = next((one for one in known if one.withdrawn_at is None), None)
    places = {keys.front_key(name): name for name in PAGES.values()}
    if standing is None:
        return dict.fromkeys(places, _NOTHING_STANDS.encode()) if known else {}
    kept = {place: keys.release_key(standing.version, f"{FRONT}{name}") for place, name in places.items()}
    return {place: store.read(keys.PUBLISHED, key) for place, key in kept.items() if store.exists(keys.PUBLISHED, key)}


def _rewrite(store: Store, ledger: Ledger, key: PublicKey | None) -> bool:
    """Write what would change; False when another writer was faster. The list is read after the files: see above."""
    names = [*_MAKERS, *map(keys.front_key, PAGES.values()), *_schemas(), *([keys.CURRENT_KEY] if key else [])]
    there = {name: store.pointer(keys.PUBLISHED, name) for name in names}
    made = _made(store, _known(ledger)) | ({keys.CURRENT_KEY: key.pem} if key else {})
    for name, body in made.items():
        found = there[name]
        if found and found[0] == body:
            continue
        try:
            store.switch(keys.PUBLISHED, name, body, content_type=media_type(name), etag=found[1] if found else None)
        except Fenced:
            return False
    return True
