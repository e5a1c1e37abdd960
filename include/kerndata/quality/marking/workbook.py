"""Marks a workbook: cells coloured, the reason as a note at the cell, and a sheet that lists the findings."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Sequence

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from kerndata.model.finding import Severity
from kerndata.model.marks import OWN_SHEET
from kerndata.quality.marking.job import Job, Mark, harmless
from kerndata.quality.receipt_words import effect_nl

AUTHOR = "Kerndata"
FILLS = {
    Severity.ERROR: PatternFill("solid", fgColor="FFF4B6B6"),
    Severity.WARNING: PatternFill("solid", fgColor="FFFFE699"),
}
MOST_NOTES = 2000  # every note is a drawing: with tens of thousands of them Excel opens a workbook no more
MOST_LINKS = 2000
MOST_LISTED = 20_000  # nobody reads on; a million cells more would double the minute that so large a copy takes
LONGEST_NOTE = 1000
HEADERS = ("Waar", "Gevolg", "Uw waarde", "Waarom", "Wat kunt u doen?", "Regel")
WIDTHS = (34, 16, 28, 70, 60, 22)
FIXED_MOMENT = "2000-01-01T00:00:00Z"  # no clock in the bytes
FIXED_DATE = (2000, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(?:modified|created)[^>]*>)[^<]*(</dcterms:)")


def mark_workbook(data: bytes, job: Job, member: str | None) -> bytes:
    """The workbook with its findings marked; formulas stay theirs, macros do not survive."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns about every extension it does not keep
        book = load_workbook(io.BytesIO(data))
        _forget_earlier(book)
        notes = 0
        for sheet in book.worksheets:
            for marks in _by_cell(job.by_row((member, sheet.title))).values():
                _mark_cell(sheet, marks, with_note=notes < MOST_NOTES)
                notes += 1
        add_findings(book, job.of_member(member), {sheet.title for sheet in book.worksheets})
        return saved(book)


def _forget_earlier(book: Workbook) -> None:
    """Take away what an earlier copy was marked with: a steward corrected that copy and delivered it."""
    if OWN_SHEET in book.sheetnames:
        del book[OWN_SHEET]
        for sheet in book.worksheets:
            for cell in (one for row in sheet.iter_rows() for one in row if isinstance(one, Cell) and one.comment):
                if cell.comment and cell.comment.author == AUTHOR:
                    cell.comment, cell.fill = None, PatternFill()


def _by_cell(by_row: dict[int, list[Mark]]) -> dict[tuple[int, str | None], list[Mark]]:
    found: dict[tuple[int, str | None], list[Mark]] = {}
    for row, marks in by_row.items():
        for one in marks:
            found.setdefault((row, one.column), []).append(one)
    return found


def _mark_cell(sheet: Worksheet, marks: Sequence[Mark], *, with_note: bool) -> None:
    cell = _cell(sheet, marks[0])
    cell.fill = fill_of(marks)
    if with_note:
        theirs = f"{cell.comment.text}\n\n" if cell.comment else ""
        cell.comment = note_of(marks, theirs)


def _cell(sheet: Worksheet, one: Mark) -> Cell:
    """The cell a mark is about; the first of the row without a column, the top left one where cells are merged."""
    column = column_index_from_string(one.column) if one.column else 1
    found = sheet.cell(one.row or 1, column)
    if isinstance(found, MergedCell):
        area = next(area for area in sheet.merged_cells.ranges if found.coordinate in area)
        found = sheet.cell(area.min_row, area.min_col)
    if not isinstance(found, Cell):
        raise TypeError(f"{sheet.title} has no cell for row {one.row}, column {one.column}")
    return found


def fill_of(marks: Iterable[Mark]) -> PatternFill:
    """Red when anything was refused, else yellow."""
    refused = any(one.severity == Severity.ERROR for one in marks)
    return FILLS[Severity.ERROR if refused else Severity.WARNING]


def note_of(marks: Iterable[Mark], theirs: str = "") -> Comment:
    """The reasons as a note; what the steward had noted there stays above it."""
    said = "\n\n".join(
        f"{effect_nl(one.rule_id, one.severity).capitalize()}: {one.message} {one.action}" for one in marks
    )
    return Comment(clean(theirs + said)[:LONGEST_NOTE], AUTHOR, height=160, width=320)


def add_findings(book: Workbook, marks: Sequence[Mark], sheets: Iterable[str]) -> None:
    """Add the sheet that lists the findings, what to fix first on top, linked to their cells."""
    sheet = book.create_sheet(OWN_SHEET)
    sheet.freeze_panes = "A2"
    for number, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEF"[number]].width = width
    known = set(sheets)
    sheet.append(_headers(sheet))
    for number, one in enumerate(marks[:MOST_LISTED], 2):
        cells = [one.place, effect_nl(one.rule_id, one.severity), one.value or "", one.message, one.action, one.rule_id]
        sheet.append([harmless(clean(text)) for text in cells])
        if not book.write_only and number < MOST_LINKS and one.row and one.sheet in known:
            _link(sheet, number, one)
    sheet.auto_filter.ref = f"A1:F{min(len(marks), MOST_LISTED) + 1}"
    if len(marks) > MOST_LISTED:
        sheet.append(
            [f"Dit zijn de eerste {MOST_LISTED} van {len(marks)} bevindingen; alle staan in het JSON-bestand."]
        )


def _headers(sheet: Worksheet) -> list[Cell]:
    cells = [WriteOnlyCell(sheet, value=text) for text in HEADERS]
    for cell in cells:
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top")
    return cells


def _link(sheet: Worksheet, number: int, one: Mark) -> None:
    quoted = (one.sheet or "").replace("'", "''")
    cell = sheet.cell(number, 1)
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{one.column or 'A'}{one.row}")
    cell.font = Font(underline="single", color="FF0563C1")


def clean(text: str) -> str:
    """``text`` without what a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("�", text.encode("utf-8", "replace").decode())


def saved(book: Workbook) -> bytes:
    """The workbook's bytes, without a trace of when they were written."""
    written = io.BytesIO()
    book.save(written)
    made = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            body = source.read(info)
            if info.filename == "docProps/core.xml":
                body = _MODIFIED.sub(rb"\g<1>" + FIXED_MOMENT.encode() + rb"\g<2>", body)
            target.writestr(zipfile.ZipInfo(info.filename, FIXED_DATE), body, zipfile.ZIP_DEFLATED)
    return made.getvalue()
