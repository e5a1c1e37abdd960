"""Writes rows of text in every format a province delivers."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlwt
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl import Workbook

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "windows-1252")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
Rows = Sequence[Sequence[Any]]
CSV = st.tuples(
    st.sampled_from(";,\t|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(ENCODINGS), st.integers(0, 2),
)  # fmt: skip  # the last: empty columns behind the table


def file_of(draw: st.DrawFn, kind: str, rows: Rows, is_typed: bool) -> tuple[bytes, str, dict[str, Any]]:
    """Return the bytes of a file with these rows, its name, and the format as agreed.

    ``is_typed``: cells that are numbers with a decimal point are typed, where the format can do so.
    """
    cells: list[list[Any]] = [[typed(text) if is_typed else text for text in row] for row in rows]
    if kind in ("csv", "zip"):
        content, how = _csv(draw, rows)
        if kind == "zip":
            return zipped(content), "levering.zip", {"kind": "zip", "members": "*.csv", "inner": how}
        return content, "levering.csv", how
    makers = {"json": records, "parquet": parquet, "xlsx": xlsx, "xls": xls, "ods": ods}
    return makers[kind](cells), f"levering.{kind}", {"kind": kind}


def _csv(draw: st.DrawFn, rows: Rows) -> tuple[bytes, dict[str, Any]]:
    delimiter, quoting, ends, encoding, spare = draw(CSV)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=ends).writerows(
        [*row, *[""] * spare] for row in rows
    )
    agreed = {"encoding": encoding} if encoding == "windows-1252" else {}
    return text.getvalue().encode(encoding), {"kind": "csv", "delimiter": delimiter, **agreed}


def zipped(content: bytes) -> bytes:
    """A zip with one CSV."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cijfers.csv", content)
    return file.getvalue()


def typed(text: str) -> Any:
    """A number of at most fifteen digits (what a double holds exactly) as a spreadsheet types it, else the text."""
    if not NUMBER.fullmatch(text) or sum(map(str.isdigit, text)) > 15:
        return text
    return float(text) if "." in text else int(text)


def records(rows: Rows) -> bytes:
    """A JSON array of records; an empty cell is an empty text."""
    headers, *body = rows
    return json.dumps([dict(zip(map(str, headers), row, strict=True)) for row in body]).encode()


def parquet(rows: Rows) -> bytes:
    """Columns of doubles where every cell is typed, else of text."""
    headers, *body = rows
    file = io.BytesIO()
    columns = {}
    for header, cells in zip(headers, zip(*body, strict=True), strict=True):
        is_typed = all(isinstance(cell, int | float) for cell in cells)
        columns[str(header)] = [float(cell) if is_typed else str(cell) or None for cell in cells]
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def xlsx(rows: Rows) -> bytes:
    """An Excel workbook."""
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append([None if cell == "" else cell for cell in row])
    book.save(file)
    return file.getvalue()


def xls(rows: Rows) -> bytes:
    """An Excel 97-2003 workbook."""
    book, file = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("Blad1")
    for number, row in enumerate(rows):
        for at, cell in enumerate(row):
            if cell != "":
                sheet.write(number, at, cell)
    book.save(file)
    return file.getvalue()


def ods(rows: Rows) -> bytes:
    """An OpenDocument spreadsheet."""
    book, file = OpenDocumentSpreadsheet(), io.BytesIO()
    table = Table(name="Blad1")
    for row in rows:
        line = TableRow()
        for cell in row:
            line.addElement(_ods_cell(cell))
        table.addElement(line)
    book.spreadsheet.addElement(table)
    book.write(file)
    return file.getvalue()


def _ods_cell(cell: Any) -> TableCell:
    if cell == "":
        return TableCell()
    if not isinstance(cell, str):
        return TableCell(valuetype="float", value=cell)
    made = TableCell(valuetype="string")
    for paragraph in cell.split("\n"):
        made.addElement(P(text=paragraph))
    return made
