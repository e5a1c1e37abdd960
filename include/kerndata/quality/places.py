"""Where a finding stands, in the words of whoever opens the file: a cell in Excel, a line of text, a record of JSON."""

import re
from enum import StrEnum

from kerndata.model.finding import Finding
from kerndata.sources.formats import FormatSpec

LONGEST_HEADER = 60  # headers of statistical tables run to hundreds of characters
WORDS = {
    "nl": {"sheet": "blad", "cell": "cel", "row": "rij", "column": "kolom", "record": "record", "field": "veld"},
    "en": {"sheet": "sheet", "cell": "cell", "row": "row", "column": "column", "record": "record", "field": "field"},
}


class Kind(StrEnum):
    """``CELLS``: a workbook. ``LINES``: delimited text. ``RECORDS``: records with named fields, without rows."""

    CELLS = "cells"
    LINES = "lines"
    RECORDS = "records"


# Control characters, lone surrogates, and the marks that turn the direction of what stands behind them.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_RECORDS = frozenset({"json", "geojson", "parquet"})
_LINES = frozenset({"csv"})


def kind_of(spec: FormatSpec) -> Kind:
    """How places in a file of this format are named; of a zip, those in its members."""
    inner = getattr(spec, "inner", spec)
    if inner.kind in _RECORDS:
        return Kind.RECORDS
    return Kind.LINES if inner.kind in _LINES else Kind.CELLS


def place_nl(one: Finding, kind: Kind) -> str:
    """``blad Kerncijfers, cel AB12``, ``rij 12, kolom C (Waarde)``, ``record 11, veld waarde``, ``hele bestand``."""
    found = place(kind, one.member, one.sheet, one.row, one.column, one.header)
    return found or "hele bestand"


def place(
    kind: Kind,
    member: str | None,
    sheet: str | None,
    row: int | None,
    column: str | None,
    header: str | None = None,
    language: str = "nl",
) -> str:
    """The place in words; empty when it is the whole file. Row 1 of records holds the names of their fields."""
    say = WORDS[language]
    file = {"nl": "bestand", "en": "file"}[language]
    parts = [f"{file} {member}" if member else "", f"{say['sheet']} {sheet}" if sheet else ""]
    if kind is Kind.RECORDS:
        parts += _in_records(say, row, column, header)
    elif row is not None and column and (sheet or kind is Kind.CELLS):
        parts.append(f"{say['cell']} {column}{row}{_named(header)}")
    else:
        parts += _in_rows(say, row, column, header)
    return ", ".join(part for part in parts if part)


def _in_records(say: dict[str, str], row: int | None, column: str | None, header: str | None) -> list[str]:
    name = short(header, LONGEST_HEADER) if header else column
    record = "" if row is None else f"{say['record']} {row - 1}" if row > 1 else f"{say['row']} {row}"
    return [record, f"{say['field']} {name}" if name else ""]


def _in_rows(say: dict[str, str], row: int | None, column: str | None, header: str | None) -> list[str]:
    where = f"{say['row']} {row}" if row is not None else ""
    if column:
        return [where, f"{say['column']} {column}{_named(header)}"]
    return [where, short(header, LONGEST_HEADER) if header else ""]


def _named(header: str | None) -> str:
    return f" ({short(header, LONGEST_HEADER)})" if header else ""


def short(text: str, limit: int) -> str:
    """``text`` on one line, cut to ``limit`` characters with an ellipsis; what cannot be shown reads as �."""
    if len(text) <= limit and text.isprintable() and "  " not in text and text == text.strip():
        return text
    line = " ".join(_UNSHOWABLE.sub("�", text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
