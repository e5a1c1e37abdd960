"""The head of the chain of events, kept in the locked archive with each release.

A chain alone cannot show that its tail was cut off; a head kept elsewhere can (DESIGN §7).
"""

from kerndata.ledger import events
from kerndata.ledger.database import Ledger
from kerndata.store import keys
from kerndata.store.client import Store


def anchor(store: Store, ledger: Ledger, version: str) -> None:
    """Keep the chain's head of now under a release; the first anchor of a release stays."""
    key = keys.anchor_key(version)
    if store.exists(keys.ARCHIVE, key):
        return
    with ledger.transaction() as session:
        head = events.head(session)
    store.create(keys.ARCHIVE, key, head.encode("ascii"), content_type="text/plain")


def anchored_heads(store: Store) -> list[str]:
    """Return every head that was kept."""
    return [store.read(keys.ARCHIVE, one.key).decode("ascii") for one in store.list(keys.ARCHIVE, keys.ANCHORS)]
