"""A workbook of the cells as the exchange read them, marked: for formats that have no cells to colour."""

import re
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import TypeAdapter

from kerndata.model.sheet import Sheet
from kerndata.quality.marking.job import Job, Mark, harmless
from kerndata.quality.marking.workbook import MOST_NOTES, add_findings, clean, fill_of, note_of, saved
from kerndata.read import read
from kerndata.sources.formats import FormatSpec

LONGEST_CELL = 32_000  # Excel's own limit is 32,767 characters
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_NO_TITLE = re.compile(r"[\[\]:*?/\\']")


def workbook_of_cells(path: Path, job: Job) -> bytes:
    """Every sheet that was read, row by row where it stood, with the findings marked; raises what reading raises."""
    spec: FormatSpec = TypeAdapter(FormatSpec).validate_python(job.format)
    book = Workbook(write_only=True)
    notes = 0
    for number, sheet in enumerate(read(path, spec).sheets, 1):
        target = book.create_sheet(_title(sheet, number))
        notes += _write(target, sheet, job.by_row((sheet.member, sheet.name)), MOST_NOTES - notes)
    add_findings(book, job.marks, ())
    return saved(book)


def _title(sheet: Sheet, number: int) -> str:
    """A title Excel takes: 31 characters, some of them forbidden, none twice."""
    name = Path(sheet.member).name if sheet.member and not sheet.name else sheet.name or "Gegevens"
    kept = clean(_NO_TITLE.sub("_", name)).strip()[:26]
    return kept if number == 1 and kept else f"{kept} {number}"


def _write(target: Worksheet, sheet: Sheet, by_row: dict[int, list[Mark]], notes: int) -> int:
    texts = [column.to_pylist() for column in sheet.text.columns]
    typed = [column.to_pylist() for column in sheet.native.columns] if sheet.native else None
    written = 0
    for row in range(sheet.text.num_rows):
        cells: list[Any] = [
            _value(column[row], bool(typed and typed[number][row])) for number, column in enumerate(texts)
        ]
        for letter, marks in _by_letter(by_row.get(row + 1, [])).items():
            at = min(column_index_from_string(letter), len(cells)) - 1
            marked = WriteOnlyCell(target, value=cells[at])
            marked.fill = fill_of(marks)
            if written < notes:
                marked.comment = note_of(marks)
                written += 1
            cells[at] = marked
        target.append(cells)
    return written


def _by_letter(marks: list[Mark]) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for one in marks:
        found.setdefault(one.column or "A", []).append(one)
    return found


def _value(text: str | None, is_typed: bool) -> str | int | float | None:
    if text is None:
        return None
    if is_typed and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return harmless(clean(text[:LONGEST_CELL]))
