"""Check that a published release is still what was published."""

import tempfile
from pathlib import Path

from kerndata.publish.pointer import read_pointer
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.faults import Missing

_SUMS = "SHA256SUMS"


def check_release(store: Store, version: str) -> list[str]:
    """Hash every file of a release again: empty when all is as published, else one sentence per fault.

    ``SHA256SUMS`` itself is held against the pointer while the release is the latest.
    """
    try:
        sums = store.read(keys.PUBLISHED, keys.release_key(version, _SUMS)).decode()
    except Missing:
        return [f"Release {version} has no {_SUMS}: it is gone or was never complete."]
    expected = {name: sha256 for sha256, name in (line.split("  ", 1) for line in sums.splitlines())}
    latest, _ = read_pointer(store)
    if latest and latest.version == version:
        expected |= {name: one.sha256 for name, one in latest.files.items()}
    return [*_changed(store, version, expected), *_unlisted(store, version, set(expected) | {_SUMS})]


def _changed(store: Store, version: str, expected: dict[str, str]) -> list[str]:
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        for name, sha256 in sorted(expected.items()):
            try:
                found = store.fetch(keys.PUBLISHED, keys.release_key(version, name), Path(folder) / "file").sha256
            except Missing:
                faults.append(f"Release {version}: {name} is gone.")
                continue
            if found != sha256:
                faults.append(f"Release {version}: {name} holds other bytes: sha256 {found}, published as {sha256}.")
    return faults


def _unlisted(store: Store, version: str, known: set[str]) -> list[str]:
    prefix = keys.release_key(version, "")
    there = {one.key.removeprefix(prefix) for one in store.list(keys.PUBLISHED, prefix)}
    return [f"Release {version}: {name} was not published with it." for name in sorted(there - known)]
