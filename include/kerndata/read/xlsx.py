"""Excel workbooks, by calamine: typed cells keep their type's canonical text, so no notation has to be guessed.

Dates follow the workbook's own epoch (1900 or 1904). A hidden sheet is read only when it is agreed by name; hidden rows
and columns are read, for they count in the workbook's own sums.
"""

from io import BytesIO
from typing import TYPE_CHECKING

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from kerndata.model.sheet import Reading, Sheet
from kerndata.read.cells import within
from kerndata.read.grid import Range, Rows, put, sheet_of
from kerndata.read.limits import Limits
from kerndata.read.sheets import agreed, filled
from kerndata.read.xlsx_marks import Marks, marks_of

if TYPE_CHECKING:
    from kerndata.sources.formats import XlsxFormat


def read(data: BytesIO, spec: "XlsxFormat", limits: Limits, member: str | None = None) -> Reading:
    """Return the agreed sheets, else every visible one that holds a cell, in the workbook's order."""
    with CalamineWorkbook.from_filelike(data) as book:
        tables = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
        shown = [one.name for one in tables if one.visible == SheetVisibleEnum.Visible]
        names = agreed(spec.sheets, [one.name for one in tables], shown)
        marks = marks_of(data)
        sheets = [_sheet(book.get_sheet_by_name(name), name, limits, member, marks.get(name, {})) for name in names]
    return filled(sheets, spec.sheets, member)


def _sheet(sheet: CalamineSheet, name: str, limits: Limits, member: str | None, marks: Marks) -> Sheet:
    within(sheet.total_height, sheet.total_width, limits)
    rows: Rows = sheet.to_python(skip_empty_area=False)  # type: ignore[assignment]
    for (row, column), cell in marks.items():
        put(rows, row, column, cell, limits)
    merged = [Range(*first, *last) for first, last in sheet.merged_cell_ranges or ()]
    return sheet_of(rows, merged, limits, name, member)
