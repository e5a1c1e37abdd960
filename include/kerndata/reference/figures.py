"""From the archived answers of CBS to national figures in the contract's units.

Read anew for every release: the bytes are in the archive, so the same bytes and code give the same figures.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zipfile import BadZipFile, ZipFile

from kerndata.errors import NotChecked
from kerndata.merge.reconcile import Reference
from kerndata.reference.tables import DATA, PERIODS, ReferenceSpec, TableSpec

NATIONAL, NOT_ALLOCABLE = "NL01", "PV99"
# A year that is not whole yet has words behind it ("2025 (t/m Q2)"); stars mark provisional years in older tables.
_YEAR = re.compile(r"(\d{4})\*{0,2}")
STATUSES = MappingProxyType({"definitief": "definitief", "nadervoorlopig": "nader_voorlopig", "voorlopig": "voorlopig"})
Row = dict[str, Any]


def figures(spec: ReferenceSpec, paths: Mapping[str, Path]) -> tuple[Reference, ...]:
    """Read all tables of which both parts are there; ``paths`` by the name of the part (``cbs_wind/data``).

    Raises NotChecked when a file is not what was archived as that part.
    """
    found = []
    for name, table in spec.tables.items():
        data, periods = paths.get(f"{name}/{DATA}"), paths.get(f"{name}/{PERIODS}")
        if data and periods:
            found += list(_table(name, table, data, periods))
    return tuple(sorted(found, key=lambda one: (one.indicator_code, one.period)))


def _table(name: str, table: TableSpec, data: Path, periods: Path) -> Iterator[Reference]:
    years = dict(_years(f"{name}/{PERIODS}", periods))
    name = f"{name}/{DATA}"
    cells: dict[tuple[str, str, str], Decimal | None] = {}
    for row in _records(name, data):
        region, period = (_text(name, row, column) for column in (table.region, table.period))
        if region in {NATIONAL, NOT_ALLOCABLE} and period in years:
            for column, code in table.measures.items():
                cells[code, period, region] = _number(name, row, column)
    for (code, period, region), value in cells.items():
        if region == NATIONAL:
            year, status = years[period]
            rest = cells.get((code, period, NOT_ALLOCABLE)) or Decimal(0)
            yield Reference(code, year, value, table.tolerance, rest, source=table.source, status=status)


def _years(name: str, path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the period codes that are whole years, each with its year and status."""
    for row in _records(name, path):
        year = _YEAR.fullmatch(_text(name, row, "Title"))
        said = _text(name, row, "Status")
        if year:
            if said.lower() not in STATUSES:
                raise NotChecked(f"{name}: status {said!r} of {year[1]} is none that we know ({', '.join(STATUSES)})")
            yield _text(name, row, "Key"), (year[1], STATUSES[said.lower()])


def _records(name: str, path: Path) -> Iterator[Row]:
    try:
        with ZipFile(path) as pages:
            for member in sorted(pages.namelist()):
                yield from json.loads(pages.read(member), parse_float=Decimal, parse_int=Decimal)["value"]
    except (BadZipFile, ValueError, KeyError) as error:
        raise NotChecked(f"{name}: what was archived of it cannot be read ({error}); pull it again") from error


def _text(name: str, row: Row, column: str) -> str:
    if column not in row:
        raise NotChecked(f"{name}: a record has no {column!r}; the table was changed: edit reference/tables.yaml")
    return str(row[column] or "").strip()


def _number(name: str, row: Row, column: str) -> Decimal | None:
    text = _text(name, row, column) if row.get(column) != 0 else "0"
    try:
        return Decimal(text) if text not in {"", "."} else None
    except InvalidOperation as error:
        raise NotChecked(f"{name}: {text[:40]!r} in {column} is no number") from error
