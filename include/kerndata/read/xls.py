"""Excel 97-2003 workbooks, by xlrd, which tells error cells and number formats (calamine hides both)."""

import datetime as dt
import struct
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import xlrd
from xlrd.compdoc import CompDocError
from xlrd.xldate import XLDateError, xldate_as_datetime

from kerndata.model.sheet import Reading, Sheet
from kerndata.read.cells import Cell
from kerndata.read.grid import Range, Rows, sheet_of
from kerndata.read.limits import Limits, unreadable
from kerndata.read.number_formats import Look, look_of
from kerndata.read.sheets import agreed, filled

if TYPE_CHECKING:
    from kerndata.sources.formats import XlsFormat

# What xlrd raises over a damaged file: its own errors, and whatever its arithmetic on wrong offsets meets.
BROKEN = (
    xlrd.XLRDError, CompDocError, struct.error, AssertionError, LookupError, ValueError, TypeError, AttributeError,
)  # fmt: skip


def read(data: BytesIO, spec: "XlsFormat", limits: Limits, member: str | None = None) -> Reading:
    """Return the agreed sheets, else every visible one that holds a cell, in the workbook's order."""
    try:
        with xlrd.open_workbook(
            file_contents=data.getvalue(), logfile=StringIO(), formatting_info=True, ragged_rows=True
        ) as book:
            shown = [sheet.name for sheet in book.sheets() if not sheet.visibility]
            names = agreed(spec.sheets, book.sheet_names(), shown)
            looks = [_look(book, style) for style in range(len(book.xf_list))]
            sheets = [_sheet(book.sheet_by_name(name), looks, book.datemode, limits, member) for name in names]
    except BROKEN as error:
        raise unreadable(
            f"xlrd: {error}"[:200], f"het werkboek is beschadigd of afgekapt (xlrd: {error})"[:200]
        ) from error
    return filled(sheets, spec.sheets, member)


def _sheet(
    sheet: xlrd.sheet.Sheet, looks: list[Look | None], datemode: int, limits: Limits, member: str | None
) -> Sheet:
    rows: Rows = [
        [_cell(cell.ctype, cell.value, looks[cell.xf_index], datemode) for cell in sheet.row(row)]
        for row in range(sheet.nrows)
    ]
    merged = [Range(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
    return sheet_of(rows, merged, limits, sheet.name, member)


def _look(book: xlrd.Book, style: int) -> Look | None:
    shown = book.format_map.get(book.xf_list[style].format_key)
    return look_of(shown.format_str) if shown is not None else None


def _cell(kind: int, value: str | float, look: Look | None, datemode: int) -> Cell:
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#FOUT"))
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if isinstance(value, str):
        return value
    if kind == xlrd.XL_CELL_DATE:
        return _date(value, datemode)
    said = look.shown(value) if look else None
    return value if said is None else said


def _date(serial: float, datemode: int) -> Cell:
    """Return a date; a serial number no calendar has (negative) stays a number."""
    try:
        moment: dt.datetime = xldate_as_datetime(serial, datemode)
    except (XLDateError, OverflowError, ValueError):
        return serial
    return moment.time() if 0 <= serial < 1 else moment
