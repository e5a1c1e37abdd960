"""Workbooks, by calamine: typed cells keep their type's canonical text, so no notation has to be guessed."""

from io import BytesIO

from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read import zipped
from kerndata.read.cells import canonical, native_table, text_table, within
from kerndata.read.limits import Limits
from kerndata.read.xlsx_errors import ErrorCells, error_cells
from kerndata.sources.formats import XlsxFormat


def read(data: BytesIO, spec: XlsxFormat, limits: Limits, member: str | None = None) -> Reading:
    """Return the agreed sheets, else every visible one that holds a cell, in the workbook's order."""
    zipped.check(data, limits)
    data.seek(0)
    with CalamineWorkbook.from_filelike(data) as book:
        names = spec.sheets or _visible(book)
        absent = [name for name in names if name not in book.sheet_names]
        if absent:
            raise FileFault("F-SHEET-MISSING", expected=", ".join(absent), found=", ".join(book.sheet_names))
        errors = error_cells(data)
        sheets = [_sheet(book.get_sheet_by_name(name), name, limits, member, errors.get(name, {})) for name in names]
    kept = tuple(one for one in sheets if spec.sheets or one.text.num_rows)
    if not any(one.text.num_rows for one in kept):
        raise FileFault("F-EMPTY", member=member or "")
    return Reading(kept)


def _visible(book: CalamineWorkbook) -> tuple[str, ...]:
    return tuple(one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible)


def _sheet(sheet: CalamineSheet, name: str, limits: Limits, member: str | None, errors: ErrorCells) -> Sheet:
    within(sheet.total_height, sheet.total_width, limits)
    rows = sheet.to_python(skip_empty_area=False)
    for (row, column), text in errors.items():
        rows[row][column] = text
    width = max(map(len, rows), default=0)
    text = text_table([[canonical(cell) for cell in row] for row in rows], width)
    return Sheet(text, native_table(rows, width), name, member)
