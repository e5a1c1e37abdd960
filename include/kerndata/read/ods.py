"""OpenDocument spreadsheets, cell by cell from their XML.

Not by calamine: it gives an error cell as empty or as 0, a percentage as a fraction, and no merged cells. What a cell
holds is in its attributes (``office:value``, exact); its paragraphs are only how it is shown, which may name a unit.
OpenDocument 1.3 part 3, sections 9 (tables) and 19.385 (value types).
"""

import datetime as dt
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import TYPE_CHECKING

from kerndata.model.sheet import NOT_CALCULATED, Reading
from kerndata.read.cells import Cell, Typed, percentage, within
from kerndata.read.grid import Range, Rows, sheet_of
from kerndata.read.limits import Limits, too_large, unreadable
from kerndata.read.sheets import agreed, filled
from kerndata.read.shown import beside
from kerndata.read.xml_events import parse

if TYPE_CHECKING:
    from kerndata.sources.formats import OdsFormat

# As LibreOffice and Excel write them, in English and in Dutch.
ERROR = re.compile(
    r"(?:Err|Fout):\d+|#(?:DIV/0!|DEEL/0!|N/A|N/B|NAME\?|NAAM\?|NULL!|LEEG!|NUM!|GETAL!|REF!|VERW!|VALUE!|WAARDE!)"
)
CELLS = frozenset({"table-cell", "covered-table-cell"})
SIGNS = {"tab": "\t", "line-break": "\n"}
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # what Excel and LibreOffice show


def read(data: BytesIO, spec: "OdsFormat", limits: Limits, member: str | None = None) -> Reading:
    """Return the agreed sheets, else every visible one that holds a cell, in the file's order."""
    book = _Book(limits)
    with zipfile.ZipFile(data) as archive, archive.open("content.xml") as content:
        parse(content, book.start, book.end, book.characters)
    tables = {table.name: table for table in book.tables}
    names = agreed(spec.sheets, list(tables), [table.name for table in book.tables if table.style not in book.hidden])
    sheets = [sheet_of(tables[name].rows, tables[name].merged, limits, name, member) for name in names]
    return filled(sheets, spec.sheets, member)


@dataclass
class _Table:
    """One sheet while it is read; ``skipped`` counts empty rows that take no room until a filled one follows."""

    name: str
    style: str
    rows: Rows = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)
    skipped: int = 0
    cells: int = 0

    def add(self, row: list[Cell], repeated: int, limits: Limits) -> None:
        if not row:
            self.skipped += repeated
            return
        self.cells += len(row) * repeated
        within(self.cells, 1, limits)
        if len(self.rows) + self.skipped + repeated > MOST_ROWS:
            raise too_large("rows", MOST_ROWS)
        self.rows.extend([] for _ in range(self.skipped))
        self.rows.extend(list(row) for _ in range(repeated))
        self.skipped = 0


@dataclass
class _Book:
    """Walks the document; only tables that stand in the spreadsheet itself count (not those in links or in cells)."""

    limits: Limits
    tables: list[_Table] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    path: list[str] = field(default_factory=list)
    depth: int = 0  # 1 in a sheet, more in a table within one of its cells
    style: str = ""
    row: list[Cell] = field(default_factory=list)
    row_repeated: int = 1
    blank: int = 0
    cell: Mapping[str, str] = field(default_factory=dict)
    paragraphs: list[str] = field(default_factory=list)

    def start(self, name: str, given: Mapping[str, str]) -> None:
        self.path.append(name)
        if name == "style":
            self.style = given.get("style:name", "")
        elif name == "table-properties" and given.get("table:display") == "false":
            self.hidden.add(self.style)
        elif name == "table":
            if self.path[-2] == "spreadsheet":
                self.tables.append(_Table(given.get("table:name", ""), given.get("table:style-name", "")))
            self.depth += self.depth > 0 or self.path[-2] == "spreadsheet"
        elif self.depth == 1:
            self._start_in_sheet(name, given)

    def _start_in_sheet(self, name: str, given: Mapping[str, str]) -> None:
        if name == "table-row":
            self.row, self.blank, self.row_repeated = [], 0, _count(given, "table:number-rows-repeated")
        elif name in CELLS:
            self.cell, self.paragraphs = given, []
        elif name == "p":
            if self.path[-2] in CELLS:  # not that of a note or a drawing in the cell
                self.paragraphs.append("")
        elif self._in_paragraph():
            self.characters(" " * min(_count(given, "text:c"), 100) if name == "s" else SIGNS.get(name, ""))

    def end(self, name: str) -> None:
        self.path.pop()
        if name == "table":
            self.depth -= self.depth > 0
        elif self.depth == 1 and name in CELLS:
            self._end_cell(covered=name == "covered-table-cell")
        elif self.depth == 1 and name == "table-row":
            self.tables[-1].add(self.row, self.row_repeated, self.limits)

    def characters(self, text: str) -> None:
        if self.paragraphs and self._in_paragraph():
            self.paragraphs[-1] += text

    def _in_paragraph(self) -> bool:
        """Whether text is the cell's own: a note (annotation) or a drawing in a cell has paragraphs too."""
        return self.depth == 1 and "p" in self.path and self.path[self.path.index("p") - 1] in CELLS

    def _end_cell(self, *, covered: bool) -> None:
        repeated = _count(self.cell, "table:number-columns-repeated")
        cell = None if covered else cell_of(self.cell, "\n".join(self.paragraphs))
        self.paragraphs = []
        if cell is None or cell == "":
            self.blank += repeated
            return
        if len(self.row) + self.blank + repeated > MOST_COLUMNS:
            raise too_large("columns", MOST_COLUMNS)
        self.row.extend([None] * self.blank)
        self.blank = 0
        if "table:number-rows-spanned" in self.cell or "table:number-columns-spanned" in self.cell:
            self._merge()
        self.row.extend([cell] * repeated)

    def _merge(self) -> None:
        down = _count(self.cell, "table:number-rows-spanned")
        across = _count(self.cell, "table:number-columns-spanned")
        if down > 1 or across > 1:
            table = self.tables[-1]
            top, left = len(table.rows) + table.skipped, len(self.row)
            table.merged.append(Range(top, left, top + down - 1, left + across - 1))


def _count(given: Mapping[str, str], name: str) -> int:
    """Return a positive number, 1 when it is not given: a smaller one would shift every row below it."""
    text = given.get(name, "1")
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise unreadable(f"{name} is {text!r}", f"{name} is {text!r}")
    return int(text)


def cell_of(given: Mapping[str, str], shown: str) -> Cell:
    """Return what a cell holds, by its value type; ``shown`` is its text."""
    kind = given.get("office:value-type", "")
    if given.get("calcext:value-type") == "error" or (kind not in ("", "string") and ERROR.fullmatch(shown)):
        return shown or "#FOUT"
    if kind in ("float", "currency", "percentage"):
        return _number(given.get("office:value", ""), kind == "percentage", shown)
    if kind == "date":
        return _date(given.get("office:date-value", ""))
    if kind == "boolean":
        return given.get("office:boolean-value") == "true"
    if kind == "time":
        return Typed(given.get("office:time-value", ""))
    if not kind and not shown and "table:formula" in given:
        return NOT_CALCULATED
    return shown or given.get("office:string-value")


def _number(text: str, is_share: bool, shown: str) -> Cell:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text or "#FOUT"
    if not number.is_finite():
        return "#FOUT"
    return percentage(number) if is_share else beside(number, shown)


def _date(text: str) -> Cell:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return Typed(text)
