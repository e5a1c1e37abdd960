"""Cells in which a spreadsheet shows an error (``#DIV/0!``): calamine gives them as empty, and empty means absent."""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from xml.etree import ElementTree

ErrorCells = Mapping[tuple[int, int], str]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def error_cells(data: BytesIO) -> dict[str, ErrorCells]:
    """Return, per sheet name, zero-based (row, column) and text of every error cell of an xlsx workbook.

    Only sheets that hold one are parsed; limits on unpacking are checked before.
    """
    with zipfile.ZipFile(data) as archive:
        found: dict[str, ErrorCells] = {}
        for name, path in _sheets(archive):
            body = archive.read(path)
            if b't="e"' in body or b"t='e'" in body:
                found[name] = dict(_errors(body))
        return found


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        raise zipfile.BadZipFile("not an xlsx workbook: xl/workbook.xml is absent")
    relations = _xml(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): posixpath.join("/xl", one.get("Target", "")).lstrip("/") for one in relations}
    for sheet in _xml(archive.read("xl/workbook.xml")).iter(f"{MAIN}sheet"):
        path = posixpath.normpath(targets.get(sheet.get(RELATION), ""))
        if path in names:
            yield sheet.get("name", ""), path


def _errors(body: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for cell in _xml(body).iter(f"{MAIN}c"):
        place = PLACE.fullmatch(cell.get("r", ""))
        if cell.get("t") == "e" and place:
            column = 0
            for sign in place[1]:
                column = column * 26 + ord(sign) - ord("A") + 1
            yield (int(place[2]) - 1, column - 1), cell.findtext(f"{MAIN}v") or "#FOUT"


def _xml(body: bytes) -> ElementTree.Element:
    if b"<!DOCTYPE" in body or b"\0" in body[:4]:
        raise zipfile.BadZipFile("the workbook holds a document type definition or UTF-16, which are refused")
    return ElementTree.fromstring(body)  # noqa: S314 - without a DTD there are no entities to expand
