"""What calamine hides of an xlsx workbook: error cells, formulas never calculated, what number formats say.

It gives the first two as empty cells, and empty means "no observation"; it gives 45% as 0.45, which beside a column of
percentages is a value a hundred times too small, and 12 MW as 12.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from kerndata.model.sheet import NOT_CALCULATED
from kerndata.read.cells import Cell
from kerndata.read.number_formats import BUILT_IN, Look, look_of
from kerndata.read.xml_events import local, parse

Marks = Mapping[tuple[int, int], Cell]
PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
SUSPECT = re.compile(
    rb"""\bt=["']e["']|</(?:\w+:)?f>\s*</(?:\w+:)?c>|<(?:\w+:)?f\b[^>]*/>\s*</|<(?:\w+:)?v\s*/>|<(?:\w+:)?v></"""
)


def marks_of(data: BytesIO) -> dict[str, Marks]:
    """Return, per sheet name, what to put at which zero-based (row, column).

    Only sheets that hold such a cell are parsed; limits on unpacking are checked before.
    """
    with zipfile.ZipFile(data) as archive:
        looks = _looks(archive)
        styled = re.compile(rb"\bs=[\"'](?:%s)[\"']" % b"|".join(b"%d" % one for one in looks))
        found: dict[str, Marks] = {}
        for name, path in _sheets(archive):
            body = archive.read(path)
            if SUSPECT.search(body) or (looks and styled.search(body)):
                sheet = _Sheet(looks)
                parse(body, sheet.start, sheet.end, sheet.text)
                found[name] = sheet.marks
        return found


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield name and path of every sheet."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        raise zipfile.BadZipFile("not an xlsx workbook: xl/workbook.xml is absent")
    relations = _elements(archive.read("xl/_rels/workbook.xml.rels"), "Relationship")
    targets = {one.get("Id"): posixpath.join("/xl", one.get("Target", "")).lstrip("/") for one in relations}
    for sheet in _elements(archive.read("xl/workbook.xml"), "sheet"):
        reference = next((value for key, value in sheet.items() if key != "id" and local(key) == "id"), "")
        path = posixpath.normpath(targets.get(reference, ""))
        if path in names:
            yield sheet.get("name", ""), path


def _elements(body: bytes, wanted: str) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    parse(body, lambda name, given: found.append(given) if name == wanted else None)
    return found


def _looks(archive: zipfile.ZipFile) -> dict[int, Look]:
    """Return, by number, the cell styles that show more than a number."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    codes: dict[int, str] = dict(BUILT_IN)
    styles: list[int] = []
    within: list[str] = []

    def start(name: str, given: Mapping[str, str]) -> None:
        within.append(name)
        if name == "numFmt" and within[-2:-1] == ["numFmts"]:
            codes[int(given["numFmtId"])] = given.get("formatCode", "")
        elif name == "xf" and within[-2:-1] == ["cellXfs"]:
            styles.append(int(given.get("numFmtId", "0")))

    def end(_: str) -> None:
        within.pop()

    parse(archive.read("xl/styles.xml"), start, end)
    looks = ((number, look_of(codes.get(kind, ""))) for number, kind in enumerate(styles))
    return {number: look for number, look in looks if look}


@dataclass
class _Sheet:
    """Walks the cells of one sheet; a cell without a reference stands right of the one before it."""

    looks: Mapping[int, Look]
    marks: dict[tuple[int, int], Cell] = field(default_factory=dict)
    row: int = -1
    reference: str = ""
    offset: int = 0
    cell: Mapping[str, str] = field(default_factory=dict)
    has_formula: bool = False
    is_value: bool = False
    value: str = ""

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if name == "c":
            self.cell, self.has_formula, self.value = given, False, ""
            self.offset = 0 if "r" in given else self.offset + 1
            self.reference = given.get("r", self.reference)
        elif name == "f":
            self.has_formula = True
        elif name == "v":
            self.is_value = True
        elif name == "row":
            self.row, self.reference, self.offset = int(given.get("r", self.row + 2)) - 1, "", 0

    def end(self, name: str) -> None:
        if name == "v":
            self.is_value = False
        elif name == "c":
            mark = self._mark(self.cell.get("t", "n"), self.value.strip())
            if mark is not None:
                self.marks[self._place()] = mark

    def text(self, text: str) -> None:
        if self.is_value:
            self.value += text

    def _mark(self, kind: str, value: str) -> Cell:
        if kind == "e":
            return value or "#FOUT"
        if kind == "n" and not value:
            return NOT_CALCULATED if self.has_formula else None
        look = self.looks.get(int(self.cell.get("s", "0"))) if kind == "n" else None
        return look.shown(float(value)) if look else None

    def _place(self) -> tuple[int, int]:
        place = PLACE.fullmatch(self.reference)
        if place is None:
            return self.row, self.offset - 1
        column = 0
        for sign in place[1]:
            column = column * 26 + ord(sign) - ord("A") + 1
        return int(place[2]) - 1, column - 1 + self.offset
