"""``kerndataset.xlsx``: the release for people who work in a spreadsheet. The same rows give the same bytes.

Two heading rows stay in view: what a column means in Dutch, and its name as in the CSV files. Numbers are numbers; a
text that a spreadsheet would run as a formula has an apostrophe before it. A table over the limit is not in it; the
first sheet says so. Written row by row: memory does not grow with the number of rows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from kerndata.contracts.code_lists import indicators, provinces
from kerndata.merge.engine import Connection
from kerndata.merge.overview import coverage_rows
from kerndata.publish.columns import column
from kerndata.publish.variants.neutral import neutral

SHEET_ROWS = 50_000
_BATCH = 5_000
_MOST_CHARACTERS = 32_767  # of one cell, says Excel
# No clock: any fixed moment does; this one is the first a zip can hold.
_MOMENT = datetime(1980, 1, 1, tzinfo=UTC)
# What XML cannot hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WIDTHS = {"name": 40, "indicator_name": 44, "original_value": 18, "source_file": 30, "provinces_missing": 40}
_WIDTH = 15


@dataclass(frozen=True, slots=True)
class _Table:
    """One sheet: its title, the view or table it shows, the CSV file with the same rows, what one row is."""

    title: str
    relation: str
    file: str
    row_nl: str
    row_en: str


_TABLES = (
    _Table("Landelijk", "national", "national.csv", "één landelijke waarde met haar dekking", "one national value"),
    _Table("Indicatoren", "indicators", "indicators.csv", "één waarde van één provincie", "one value of one province"),
    _Table("Projecten", "projects", "projects.csv", "één energieproject", "one energy project"),
    _Table("Dekking", "public_coverage", "coverage.csv", "wat een provincie heeft of mist", "what a province has"),
    _Table("Wijzigingen", "public_changes", "changes.csv", "één wijziging sinds de vorige uitgave", "one change"),
)
_ORDERS = {
    "national": "indicator_code, period, category",
    "public_coverage": "dataset, indicator_code, period, category, province_code",
}
_INTRODUCTION = (
    "Energie-indicatoren en energieprojecten van de twaalf provincies. CC BY 4.0.",
    "Versie, bronnen en controlegetallen: datapackage.json en SHA256SUMS naast dit bestand.",
    "Een lege waarde is nooit nul: de reden van ontbreken staat ernaast. Een gedeeltelijke som is geen totaal.",
    "",
    "Energy indicators and projects of the twelve Dutch provinces. CC BY 4.0.",
    "Version, sources and checksums: datapackage.json and SHA256SUMS beside this file.",
    "An empty value is never zero: the reason stands beside it. A partial sum is not a total.",
)


def write_workbook(connection: Connection, target: Path) -> Path:
    """Write the workbook from what the merge publishes: its public views, and the table of national values."""
    options = {"constant_memory": True, "tmpdir": str(target.parent), "strings_to_urls": False}
    options |= {"strings_to_formulas": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(target), options)
    book.set_properties({"title": "Kerndataset energietransitie", "author": "De twaalf provincies", "created": _MOMENT})
    rows = {one.title: _count(connection, one.relation) for one in _TABLES}
    shown = [one for one in _TABLES if rows[one.title] <= SHEET_ROWS]
    _read_me(book, connection, rows, shown)
    for one in shown:
        _sheet(book, connection, one)
    book.close()
    return target


def _count(connection: Connection, relation: str) -> int:
    if relation == "public_coverage":  # a view that would be made for it
        return coverage_rows(connection)
    counted: int = connection.table(relation).count("*").fetchall()[0][0]
    return counted


def _columns(connection: Connection, one: _Table) -> list[str]:
    return list(connection.table(one.relation).columns)


def _read_me(book: Any, connection: Connection, rows: dict[str, int], shown: Sequence[_Table]) -> None:
    sheet = book.add_worksheet("Lees mij")
    bold, title = book.add_format({"bold": True}), book.add_format({"bold": True, "font_size": 16})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 48, wrap)
    sheet.set_column(3, 3, 70, wrap)
    sheet.write_string(0, 0, "Kerndataset energietransitie", title)
    for place, text in enumerate(_INTRODUCTION, start=1):
        sheet.write_string(place, 0, text)
    first = len(_INTRODUCTION) + 2
    place = _table(sheet, first, bold, [("tabblad", "een rij is", "one row is", "rijen / rows"), *_contents(rows)])
    told = [("kolom", "betekenis", "tabblad", "description"), *_dictionary(connection, shown)]
    _table(sheet, place + 1, bold, told)


def _contents(rows: dict[str, int]) -> Iterator[tuple[str, ...]]:
    for one in _TABLES:
        count = rows[one.title]
        is_shown = count <= SHEET_ROWS
        absent = f"niet hier: {count} rijen is meer dan {SHEET_ROWS}; zie {one.file} / too many rows, see {one.file}"
        yield (one.title, one.row_nl, one.row_en, str(count) if is_shown else absent)


def _dictionary(connection: Connection, shown: Sequence[_Table]) -> Iterator[tuple[str, ...]]:
    sheets: dict[str, list[str]] = {}
    for one in shown:
        for name in _columns(connection, one):
            sheets.setdefault(name, []).append(one.title)
    for name, titles in sheets.items():
        yield (name, column(name)["title_nl"], ", ".join(titles), column(name)["description"])


def _table(sheet: Any, first: int, bold: Any, rows: Sequence[tuple[str, ...]]) -> int:
    for place, row in enumerate(rows):
        for number, text in enumerate(row):
            sheet.write_string(first + place, number, text, *([] if place else [bold]))
    return first + len(rows)


def _sheet(book: Any, connection: Connection, one: _Table) -> None:
    names = _columns(connection, one)
    order = f" ORDER BY {_ORDERS[one.relation]}" if one.relation in _ORDERS else ""
    found = connection.execute(f"SELECT {', '.join(names)} FROM {one.relation}{order}")  # noqa: S608 - names of ours
    head = _with_names(names, dict.fromkeys(names, ""))
    sheet = book.add_worksheet(one.title)
    for number, name in enumerate(head):
        sheet.set_column(number, number, _WIDTHS.get(name, _WIDTH))
    dark = book.add_format({"bold": True, "bg_color": "#154273", "font_color": "#FFFFFF", "text_wrap": True})
    light = book.add_format({"italic": True, "bg_color": "#DCE3EA"})
    for number, name in enumerate(head):
        sheet.write_string(0, number, column(name)["title_nl"], dark)
    for number, name in enumerate(head):
        sheet.write_string(1, number, name, light)
    sheet.freeze_panes(2, 0)
    last = _rows(sheet, found, names)
    sheet.autofilter(1, 0, max(last, 1), len(head) - 1)


def _rows(sheet: Any, found: Connection, names: Sequence[str]) -> int:
    """Write all rows below the heading; gives the last row's number, from 0."""
    row = 1
    while batch := found.fetchmany(_BATCH):
        for values in batch:
            row += 1
            for number, value in enumerate(_with_names(names, dict(zip(names, values, strict=True))).values()):
                _cell(sheet, row, number, value)
    return row


def _with_names(names: Sequence[str], row: dict[str, Any]) -> dict[str, Any]:
    """Put the name of an indicator and of a province beside its code."""
    made: dict[str, Any] = {}
    for name in names:
        made[name] = row[name]
        if name == "indicator_code":
            made["indicator_name"] = _INDICATORS.get(row[name])
        if name == "province_code" and "indicator_code" not in names:
            made["province_name"] = _PROVINCES.get(row[name])
        if name == "region_code":
            made["region_name"] = _PROVINCES.get(row[name])
    return made


def _cell(sheet: Any, row: int, number: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_string(row, number, "ja" if value else "nee")
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, number, float(value))
    else:
        sheet.write_string(row, number, neutral(_CONTROL.sub("\ufffd", str(value)))[:_MOST_CHARACTERS])


_INDICATORS = {code: one.name_nl for code, one in indicators().items()}
_PROVINCES = {"NL01": "Nederland", **{one.code: one.name for one in provinces()}}
