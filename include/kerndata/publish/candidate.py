"""From accepted submissions to the data files of a release that is not yet published.

Nothing here knows the version or the moment: those come with publishing. ``content_hash`` covers the data (the CSV
files of indicators, projects, national values, sums and coverage: a newer Parquet writer is no new content) and the
inputs with what each gave, the reference among them. It does not cover ``changes.csv``, which follows from this content
and the previous release's, nor provenance, whose parts are all covered.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from kerndata.contracts.code_lists import province_of, provinces
from kerndata.ledger.database import Ledger
from kerndata.ledger.releases import InputCounts
from kerndata.ledger.submissions import accepted
from kerndata.merge.corrections import Correction, refuse_expired, register
from kerndata.merge.engine import MODEST, Connection, Resources, engine, open_previous, open_tables
from kerndata.merge.protect import protect, settings
from kerndata.merge.supersede import Merged, MergeInput, merge
from kerndata.merge.tables import NAMES
from kerndata.merge.withhold import withhold
from kerndata.model.release import ReferenceInput, ReleaseFile, Remark
from kerndata.model.submission import Submission
from kerndata.publish.about import LeftOut
from kerndata.publish.derived import write_derived
from kerndata.publish.notes import Facts, collect
from kerndata.publish.pointer import read_pointer
from kerndata.publish.variants import variants
from kerndata.publish.writers import describe, write_csv, write_provenance
from kerndata.quality.set_checks import set_findings, taken_from
from kerndata.reference.stored import NONE, Used, newest
from kerndata.store import keys
from kerndata.store.client import Store

# Above this the provenance is published as Parquet only: as CSV it is several times as large.
PROVENANCE_CSV_ROWS = 200_000
NATIONAL = "national"
_HASHED = ("indicators.csv", "projects.csv", "national.csv", "coverage.csv", "aggregates.csv", "per_capita.csv")


@dataclass(frozen=True, slots=True)
class Previous:
    """The release that is visible now: its version and its data, fetched into a folder.

    ``files``: the Parquet file of each dataset, and the national values (``national``, CSV).
    """

    version: str
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class ReleaseInput:
    """One submission that went into a release, as of a revision of its outcome; ``province`` is the CBS code."""

    submission_id: str
    revision: int
    province: str
    dataset: str
    sha256: str
    published: int
    superseded: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Data files in ``folder`` with what publishing needs to describe them; ``previous`` is the version compared.

    ``note`` is what a person wrote when letting a held candidate go, None when nobody had to.
    """

    folder: Path
    files: tuple[ReleaseFile, ...]
    content_hash: str
    inputs: tuple[ReleaseInput, ...]
    previous: str | None
    code_version: str
    facts: Facts
    note: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    references: tuple[ReferenceInput, ...] = ()

    @property
    def input_counts(self) -> Mapping[str, InputCounts]:
        """What became of each submission's accepted rows."""
        return MappingProxyType(
            {one.submission_id: InputCounts(one.published, one.superseded, one.revision) for one in self.inputs}
        )


def prepare(
    store: Store,
    ledger: Ledger,
    *,
    work: Path,
    code_version: str,
    resources: Resources = MODEST,
    today: date | None = None,
) -> Candidate:
    """Build a candidate from everything the ledger has accepted, compared with the release that is visible now.

    Raises NotChecked when an entry of the register of corrections has expired ``today`` (None: not judged).
    """
    if today:
        refuse_expired(register(), today)
    with ledger.transaction() as session:
        found = {dataset: accepted(session, dataset) for dataset in NAMES}
    inputs = {dataset: fetch_accepted(store, submissions, work) for dataset, submissions in found.items()}
    return build(
        inputs,
        fetch_previous(store, work),
        work=work,
        code_version=code_version,
        resources=resources,
        reference=newest(store, ledger, work),
    )


def fetch_accepted(store: Store, submissions: Sequence[Submission], work: Path) -> tuple[MergeInput, ...]:
    """Fetch the accepted rows of submissions from ``staging`` into ``work/accepted``."""
    folder = work / "accepted"
    folder.mkdir(parents=True, exist_ok=True)
    inputs = tuple(MergeInput(one, folder / f"{one.id}.parquet") for one in submissions)
    for one in inputs:
        key = keys.accepted_key(one.submission.id, one.submission.revision)
        store.fetch(keys.STAGING, key, one.path)
    return inputs


def fetch_previous(store: Store, work: Path) -> Previous | None:
    """Fetch the data of the release the pointer shows into ``work/previous``; None before the first release."""
    latest, _ = read_pointer(store)
    return fetch_release(store, latest.version, work) if latest else None


def fetch_release(store: Store, version: str, work: Path) -> Previous:
    """Fetch the data of one release into ``work/previous``."""
    folder = work / "previous"
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.parquet" for name in NAMES} | {NATIONAL: folder / f"{NATIONAL}.csv"}
    for path in files.values():
        store.fetch(keys.PUBLISHED, keys.release_key(version, path.name), path)
    return Previous(version, MappingProxyType(files))


def build(
    inputs: Mapping[str, Sequence[MergeInput]],
    previous: Previous | None,
    *,
    work: Path,
    code_version: str,
    resources: Resources = MODEST,
    corrections: Sequence[Correction] | None = None,
    reference: Used = NONE,
) -> Candidate:
    """Merge, correct, sum, compare and write the data files into ``work/release``; ``inputs`` are per dataset.

    ``corrections`` None: those of our own register. ``reference``: the figures to hold the national values against; to
    make a release again, those its manifest names (``kerndata.reference.stored.used``).
    Raises NotChecked when an input breaks what the checks promise (see ``kerndata.merge.supersede.merge``).
    """
    folder = work / "release"
    folder.mkdir(parents=True, exist_ok=True)
    entries = register() if corrections is None else corrections
    merged = {name: merge(inputs.get(name, ()), name, folder, resources, entries) for name in NAMES}
    used = tuple(_inputs(inputs, merged))
    paths = {name: one.path for name, one in merged.items()}
    with engine(work, resources) as connection, ThreadPoolExecutor(1) as beside:
        open_tables(connection, paths)
        open_previous(connection, previous.files if previous else {})
        if _keep_back(connection, previous):
            withhold(connection, paths["indicators"])
            open_tables(connection, paths)
        sources = beside.submit(_write_provenance, paths, used)
        derived, left_out = write_derived(connection, folder, entries, reference.figures)
        files = [*_tables(connection, merged), *derived, *_provenance(connection, sources.result(), folder)]
        remarks, given = _remarks(connection, previous), [one for each in inputs.values() for one in each]
        others, too_large = variants(connection, folder, given, remarks)
        left_out += too_large
        facts = collect(connection, remarks)
    if (provenance := files[-1]).name != "provenance.csv":
        left_out.append(LeftOut("provenance.csv", provenance.rows or 0, PROVENANCE_CSV_ROWS))
    files = sorted([*files, *others], key=lambda one: one.name)
    before = previous.version if previous else None
    return Candidate(
        folder=folder,
        files=tuple(files),
        content_hash=_content_hash(files, used, reference.inputs),
        inputs=used,
        previous=before,
        code_version=code_version,
        facts=facts,
        left_out=tuple(left_out),
        references=reference.inputs,
    )


def _remarks(connection: Connection, previous: Previous | None) -> list[Remark]:
    """What only all twelve together show, on what is published: what is kept back is not judged."""
    before = taken_from(connection, "old_indicators", "old_projects") if previous else None
    found = set_findings(taken_from(connection), before)
    return [Remark(one.rule_id, one.severity, one.message_nl, one.message_en, one.dataset, one.key) for one in found]


def _keep_back(connection: Connection, previous: Previous | None) -> int:
    """Decide what disclosure control keeps out; return how many values."""
    totals = previous.files.get(NATIONAL) if previous else None
    if totals:
        connection.read_csv(str(totals), all_varchar=True).create_view("old_national")
    regions = [one.code for one in provinces()]
    return protect(connection, regions, settings(), has_old_totals=totals is not None)


def _inputs(inputs: Mapping[str, Sequence[MergeInput]], merged: Mapping[str, Merged]) -> list[ReleaseInput]:
    found = []
    for dataset, ones in inputs.items():
        for submission in (one.submission for one in ones):
            counts = merged[dataset].counts[submission.id]
            code = province_of(submission.province).code
            told = (submission.id, submission.revision, code, dataset, submission.sha256)
            found.append(ReleaseInput(*told, counts.published, counts.superseded))
    return sorted(found, key=lambda one: (one.dataset, one.province, one.submission_id))


def _tables(connection: Connection, merged: Mapping[str, Merged]) -> list[ReleaseFile]:
    files = []
    for name, one in merged.items():
        files.append(describe(one.path, one.rows))
        # The file is in order already; DuckDB keeps that (preserve_insertion_order), so nothing is sorted twice.
        files.append(write_csv(connection.table(name), one.path.with_suffix(".csv")))
    return files


def _write_provenance(paths: Mapping[str, Path], used: Sequence[ReleaseInput]) -> ReleaseFile:
    target = paths["indicators"].with_name("provenance.parquet")
    return write_provenance(paths, {one.submission_id: one.sha256 for one in used}, target)


def _provenance(connection: Connection, written: ReleaseFile, folder: Path) -> list[ReleaseFile]:
    if (written.rows or 0) > PROVENANCE_CSV_ROWS:
        return [written]
    path = folder / written.name
    return [written, write_csv(connection.read_parquet(str(path)), path.with_suffix(".csv"))]


def _content_hash(
    files: Sequence[ReleaseFile], used: Sequence[ReleaseInput], references: Sequence[ReferenceInput]
) -> str:
    data = {one.name: one.sha256 for one in files if one.name in _HASHED}
    given = [[one.submission_id, one.revision, one.sha256, one.published, one.superseded] for one in used]
    held_against = [[one.name, one.sha256] for one in references]
    content = {"data": data, "inputs": given, "references": held_against}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
