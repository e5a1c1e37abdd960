"""From a published value back to the cell in the file the province delivered."""

import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from kerndata.contracts.code_lists import province_of
from kerndata.errors import KerndataError
from kerndata.publish.pointer import read_pointer
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.faults import Missing


@dataclass(frozen=True, slots=True)
class Trace:
    """One published value and its origin; ``source_row`` counts from 1, as a spreadsheet shows it.

    ``is_in_archive``: the file was read from the archive just now and has this ``sha256``.
    """

    version: str
    indicator_code: str
    region_code: str
    period: str
    category: str
    value: Decimal | None
    unit: str | None
    original_value: str | None
    original_unit: str | None
    province_code: str
    submission_id: str
    sha256: str
    source_file: str
    source_member: str | None
    source_sheet: str | None
    source_row: int | None
    source_column: str | None
    archive_key: str
    is_in_archive: bool


_READ = tuple(name for name in Trace.__slots__ if name not in {"version", "archive_key", "is_in_archive"})


def trace(
    store: Store, version: str | None, indicator: str, region: str, period: str, category: str | None = None
) -> list[Trace]:
    """Trace a value (all its categories when none is named) of a release; ``version`` None is the latest.

    ``region`` is a CBS code. Raises KerndataError when there is no such release, or no such value in it.
    """
    wanted = [("dataset", "=", "indicators"), ("indicator_code", "=", indicator), ("region_code", "=", region)]
    wanted += [("period", "=", period)] + ([("category", "=", category)] if category else [])
    named = version or _latest_version(store)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "provenance.parquet"
        _fetch(store, named, path)
        rows = pq.read_table(path, columns=list(_READ), filters=wanted).to_pylist()
        found = [_traced(store, named, row, Path(folder)) for row in rows]
    if not found:
        raise KerndataError(f"Release {named} has no {indicator} for {region} in {period}; coverage.csv tells why.")
    return found


def _traced(store: Store, version: str, row: dict[str, Any], folder: Path) -> Trace:
    key = keys.raw_key(province_of(str(row["province_code"])).slug, str(row["sha256"]))
    try:
        is_there = store.fetch(keys.ARCHIVE, key, folder / "delivered").sha256 == row["sha256"]
    except Missing:
        is_there = False
    return Trace(version=version, archive_key=key, is_in_archive=is_there, **row)


def _latest_version(store: Store) -> str:
    latest, _ = read_pointer(store)
    if latest is None:
        raise KerndataError("There is no release yet; nothing can be traced.")
    return latest.version


def _fetch(store: Store, version: str, path: Path) -> None:
    try:
        store.fetch(keys.PUBLISHED, keys.release_key(version, path.name), path)
    except Missing as error:
        raise KerndataError(f"There is no release {version}; `kerndata releases` lists them.") from error
