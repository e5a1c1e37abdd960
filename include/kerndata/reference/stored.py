"""The reference that a release is held against: named by hashes, read back from the archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kerndata.errors import KerndataError
from kerndata.ledger import reference
from kerndata.ledger.database import Ledger
from kerndata.merge.reconcile import Reference
from kerndata.model.release import ReferenceInput
from kerndata.reference.figures import figures
from kerndata.reference.tables import reference_tables
from kerndata.store import keys
from kerndata.store.client import Store


@dataclass(frozen=True, slots=True)
class Used:
    """The figures, and the archived parts they were read from: what the release's manifest names."""

    inputs: tuple[ReferenceInput, ...] = ()
    figures: tuple[Reference, ...] = ()


NONE = Used()


def reference_key(sha256: str) -> str:
    """Key in ``archive`` of one pulled part, unchanged."""
    return keys.raw_key("reference", sha256)


def newest(store: Store, ledger: Ledger, work: Path, until: datetime | None = None) -> Used:
    """Read what was pulled last (by ``until``, when that is given); nothing before the first pull."""
    with ledger.transaction() as session:
        inputs = reference.current(session, [name for name, _, _ in reference_tables().parts()], until)
    return used(store, inputs, work)


def used(store: Store, inputs: Sequence[ReferenceInput], work: Path) -> Used:
    """Read the parts that a manifest names, to make that release again."""
    return Used(tuple(inputs), figures(reference_tables(), fetch(store, inputs, work)))


def fetch(store: Store, inputs: Sequence[ReferenceInput], work: Path) -> dict[str, Path]:
    """Fetch parts from the archive into ``work/reference``; raises KerndataError when the archive holds other bytes."""
    folder = work / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    paths = {one.name: folder / f"{one.sha256}.zip" for one in inputs}
    for one in inputs:
        found = store.fetch(keys.ARCHIVE, reference_key(one.sha256), paths[one.name]).sha256
        if found != one.sha256:
            raise KerndataError(
                f"The archive's {reference_key(one.sha256)} of {one.name} holds other bytes: sha256 {found}. Nothing "
                "was published; find out who changed it."
            )
    return paths


def breaches(store: Store, inputs: Sequence[ReferenceInput], work: Path) -> list[str]:
    """Return one sentence per part whose bytes are gone or changed; for the audit."""
    found = []
    for one in inputs:
        try:
            fetch(store, [one], work)
        except KerndataError as error:
            found.append(str(error))
    return found
