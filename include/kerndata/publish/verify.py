"""Check that a published release is still what was published, in the exchange's own store."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath

from kerndata.publish.places import Seen
from kerndata.publish.pointer import read_pointer
from kerndata.publish.proof import Expected, prove
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.faults import Missing


@dataclass(frozen=True, slots=True)
class _StorePlace:
    """The files of one release in the bucket ``published``."""

    store: Store
    prefix: str

    def read(self, name: str) -> bytes | None:
        try:
            return self.store.read(keys.PUBLISHED, normpath(self.prefix + name))
        except Missing:
            return None

    def look(self, name: str) -> Seen | None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = self.store.fetch(keys.PUBLISHED, normpath(self.prefix + name), Path(folder) / "file")
            except Missing:
                return None
        return Seen(found.sha256, found.size_bytes)

    def names(self) -> set[str]:
        return {one.key.removeprefix(self.prefix) for one in self.store.list(keys.PUBLISHED, self.prefix)}


def check_release(store: Store, version: str) -> list[str]:
    """Check files, manifest and signature again: empty when all is as published, else a sentence per fault.

    While the release is the latest it is held against the pointer too.
    """
    latest, _ = read_pointer(store)
    expected = None
    if latest and latest.version == version:
        expected = Expected(latest.content_hash, {name: one.sha256 for name, one in latest.files.items()})
    place = _StorePlace(store, keys.release_key(version, ""))
    return list(prove(place, version, expected=expected, must_be_signed=False).faults)
