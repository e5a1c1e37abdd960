"""Make a published release again from the archived bytes of its inputs, and compare every file with its checksum.

What a manifest names is all that is used: the inputs with their revisions, the reference, the release compared with,
the note of who let it go. The signature is not made again: it follows from the checksums and a key that is not needed
here. The same code and mappings give the same bytes; where something differs the likely cause is named.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow.parquet as pq

from kerndata.errors import KerndataError
from kerndata.ledger import outcomes
from kerndata.ledger.database import Ledger
from kerndata.merge.engine import MODEST, Resources
from kerndata.merge.supersede import MergeInput
from kerndata.merge.tables import NAMES
from kerndata.model.release import ReferenceInput
from kerndata.model.submission import Submission
from kerndata.publish.candidate import Candidate, build, fetch_release
from kerndata.publish.sums import parse_sums
from kerndata.publish.texts import about, described, texts
from kerndata.reference.stored import used
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.faults import Missing

_UNEXPLAINED = (
    "code, mappings and archived bytes are the same: a library that writes the files was replaced, or the release was "
    "changed (`kerndata verify` tells)"
)


class AcceptedAgain(Protocol):
    """What a submission's archived bytes give now: rows as Parquet, and the fingerprint of mapping and code."""

    @property
    def rows(self) -> bytes:
        """Accepted rows."""

    @property
    def mapping(self) -> str:
        """Fingerprint."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that came out otherwise; None: it is not in the release, or was not made again."""

    name: str
    published: str | None
    rebuilt: str | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A release made again. ``causes``: what may explain the differences, the likeliest first."""

    version: str
    same: tuple[str, ...]
    differences: tuple[Difference, ...]
    causes: tuple[str, ...]


def rebuild(
    store: Store,
    ledger: Ledger,
    version: str,
    *,
    accept: Callable[[Submission], AcceptedAgain],
    work: Path,
    code_version: str,
    resources: Resources = MODEST,
) -> Rebuilt:
    """Rebuild a release in ``work`` and compare; nothing is written anywhere else.

    ``accept`` reads and checks one archived submission. Raises KerndataError for an unknown release and for archived
    bytes that are gone or changed.
    """
    sums, package = _published(store, version)
    inputs, causes = _inputs(store, ledger, package, accept, work)
    before = fetch_release(store, package["previousVersion"], work) if package["previousVersion"] else None
    held_against = used(store, [ReferenceInput(**one) for one in package["references"]], work)
    candidate = build(inputs, before, work=work, code_version=code_version, resources=resources, reference=held_against)
    made = _made(replace(candidate, note=package["note"]), version)
    same = tuple(sorted(name for name, one in sums.items() if made.get(name) == one))
    others = sorted(sums.items() ^ made.items())
    names = sorted({name for name, _ in others})
    differences = tuple(Difference(name, sums.get(name), made.get(name)) for name in names)
    if package["codeVersion"] != code_version:
        causes = [f"it was made by code {package['codeVersion']}, and now by {code_version}", *causes]
    if differences and not causes:
        causes = [_UNEXPLAINED]
    return Rebuilt(version, same, differences, tuple(causes) if differences else ())


def _published(store: Store, version: str) -> tuple[dict[str, str], Mapping[str, Any]]:
    """Read the checksums and the manifest; SHA256SUMS itself is made again from the rest."""
    try:
        sums = parse_sums(store.read(keys.PUBLISHED, keys.release_key(version, keys.SUMS)))
        package = json.loads(store.read(keys.PUBLISHED, keys.release_key(version, keys.MANIFEST)))
    except Missing as error:
        raise KerndataError(f"There is no release {version}; `kerndata releases` lists them.") from error
    except ValueError as error:
        raise KerndataError(
            f"The manifest of release {version} is not readable; `kerndata verify` it first."
        ) from error
    return sums, package


def _inputs(
    store: Store,
    ledger: Ledger,
    package: Mapping[str, Any],
    accept: Callable[[Submission], AcceptedAgain],
    work: Path,
) -> tuple[Mapping[str, Sequence[MergeInput]], list[str]]:
    """Accept every input of the manifest again, in the order they came in; say whose mapping is another now."""
    with ledger.transaction() as session:
        ones = [outcomes.as_of(session, one["submission_id"], one["revision"]) for one in package["inputs"]]
        recorded = {
            (one.id, outcome.revision): outcome.mapping
            for one in ones
            for outcome in outcomes.of_submission(session, one.id)
        }
    folder = work / "again"
    folder.mkdir(parents=True)
    inputs: dict[str, list[MergeInput]] = {name: [] for name in NAMES}
    causes = []
    for one in sorted(ones, key=lambda item: item.sequence):
        _require_archived(store, one, folder)
        again = accept(one)
        path = folder / f"{one.id}.parquet"
        path.write_bytes(again.rows)
        rows = pq.read_metadata(path).num_rows
        if rows != one.counts.accepted:
            causes.append(f"{one.id} of {one.province} had {one.counts.accepted} rows accepted then, and {rows} now")
        as_now = replace(one, counts=replace(one.counts, accepted=rows))
        inputs[one.dataset or ""].append(MergeInput(as_now, path))
        if again.mapping != recorded[one.id, one.revision]:
            causes.append(f"{one.id} of {one.province} was accepted by another mapping or contract than today's")
    return inputs, causes


def _require_archived(store: Store, one: Submission, folder: Path) -> None:
    key = keys.raw_key(one.province, one.sha256)
    try:
        found = store.fetch(keys.ARCHIVE, key, folder / "delivered").sha256
    except Missing as error:
        raise KerndataError(f"The archive has lost {key} of {one.id}: this release cannot be rebuilt.") from error
    if found != one.sha256:
        raise KerndataError(f"The archive's {key} of {one.id} holds other bytes: this release cannot be rebuilt.")


def _made(candidate: Candidate, version: str) -> dict[str, str]:
    made = texts(candidate, about(candidate, version))
    files = (*candidate.files, *described(made))
    return {one.name: one.sha256 for one in files if one.name != keys.SUMS}
