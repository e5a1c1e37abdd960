"""Looks at what a file is made of before anything reads its cells: passwords, macros, links that fetch or run.

Judged by the bytes, never by the name: a workbook with macros is one under any name. Runs in the reader's child, which
starts for every file: what only some files need is imported there.
"""

import re
from typing import TYPE_CHECKING, BinaryIO

from kerndata.read.limits import Limits, too_large, unreadable

if TYPE_CHECKING:
    from kerndata.model.sheet import Reading, Sheet

OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # [MS-CFB] 2.2: xls, and every workbook with a password
ZIP = b"PK\x03\x04"
PLAIN = frozenset({"csv", "parquet"})  # what no program would open as a workbook when it is not one
TREES = frozenset({"json", "geojson"})
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')


def inspect(file: BinaryIO, kind: str, limits: Limits) -> frozenset[str]:
    """Rewind the file and return what kinds of links it holds that fetch nothing unasked (``model.sheet.LINKS``).

    Raises ``FileFault`` F-PASSWORD, F-MACRO, F-DDE, F-ZIP-NAME, F-TOO-LARGE or F-UNREADABLE. ``kind``: the agreed
    format. A file that is not what was agreed passes when it is harmless: its reader says so.
    """
    start, links = file.read(len(OLE)), frozenset[str]()
    file.seek(0)
    if start == OLE:
        from kerndata.read import guard_ole

        links = guard_ole.inspect(file.read())
    elif start.startswith(ZIP):
        from kerndata.read import guard_zip

        links = guard_zip.inspect(file, limits, damaged_passes=kind in PLAIN | TREES)
    elif kind in TREES:
        _nesting(file.read(), limits)
    elif kind not in PLAIN:
        _refuse_prefix(file)
    file.seek(0)
    return links


def _refuse_prefix(file: BinaryIO) -> None:
    """A zip may have other bytes in front: readers accept it, and the checks above would have looked past it."""
    from kerndata.read import guard_zip

    if guard_zip.is_zip(file):
        raise unreadable("other bytes stand before the zip", "er staan andere bytes vóór de zip")


def _nesting(data: bytes, limits: Limits) -> None:
    """Raise ``FileFault`` when brackets stand too deep; texts are left out only when they could make the difference."""
    if _depth(data) > limits.nesting and _depth(STRING.sub(b"", data)) > limits.nesting:
        raise too_large("nesting levels", limits.nesting)


def _depth(data: bytes) -> int:
    import numpy as np

    signs = np.frombuffer(data, np.uint8)
    step = np.zeros(256, np.int8)
    step[list(b"[{")], step[list(b"]}")] = 1, -1
    steps = step[signs]
    return int(np.cumsum(steps[steps != 0], dtype=np.int64).max(initial=0))


def measure(reading: "Reading", limits: Limits, *, has_short_cells: bool = False) -> None:
    """Raise ``FileFault`` F-TOO-LARGE when it has more sheets, rows or columns, or longer cells, than allowed.

    ``has_short_cells``: the reader of the format has looked at the length of cells already.
    """
    if len(reading.sheets) > limits.sheets:
        raise too_large("sheets", limits.sheets)
    for sheet in reading.sheets:
        if sheet.text.num_rows > limits.rows:
            raise too_large("rows", limits.rows)
        if sheet.text.num_columns > limits.columns:
            raise too_large("columns", limits.columns)
        if not has_short_cells and _has_longer_cell(sheet, limits.cell_characters):
            raise too_large("characters in a cell", limits.cell_characters)


def _has_longer_cell(sheet: "Sheet", most: int) -> bool:
    """Judge by bytes first, which is twenty times as fast as by characters."""
    import pyarrow.compute as pc

    return any(
        all((pc.max(length(column)).as_py() or 0) > most for length in (pc.binary_length, pc.utf8_length))
        for column in sheet.text.columns
    )
