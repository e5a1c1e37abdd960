"""The rows of one spreadsheet to a ``Sheet``; merged cells are repeated where that has one reading only."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from kerndata.model.sheet import MERGED, Sheet
from kerndata.read.cells import Cell, Typed, canonical, native_table, text_table, within
from kerndata.read.limits import Limits

Rows = list[list[Cell]]


class Range(NamedTuple):
    """Cells a spreadsheet shows as one; zero-based, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


def sheet_of(rows: Rows, merged: Iterable[Range], limits: Limits, name: str, member: str | None) -> Sheet:
    """Return rows (the first one is row 1 of the spreadsheet; they may differ in length) as a sheet.

    Cells that are only formatted do not count: a sheet ends at its last filled row and column.
    """
    _trim(rows)
    width = max(map(len, rows), default=0)
    within(len(rows), width, limits)
    for row in rows:
        row.extend([None] * (width - len(row)))
    spread(rows, [one for one in merged if one.top < len(rows) and one.left < width])
    text = text_table([[canonical(cell) for cell in row] for row in rows], width)
    return Sheet(text, native_table(rows, width), name, member)


def put(rows: Rows, row: int, column: int, cell: Cell, limits: Limits) -> None:
    """Set one cell, and make room for it when it lies outside what was read so far."""
    if row >= len(rows) or column >= len(rows[row]):
        within(row + 1, column + 1, limits)
        rows.extend([] for _ in range(len(rows), row + 1))
        rows[row].extend([None] * (column + 1 - len(rows[row])))
    rows[row][column] = cell


def spread(rows: Rows, merged: list[Range]) -> None:
    """Repeat merged cells down their rows, in their first column; what lies hidden below a merged cell is emptied.

    A merged number over several rows, or over several columns in use, could mean "each" or "together": it becomes text
    with ``MERGED`` behind it, in each of its rows. To the right nothing is repeated: there a merged heading is filled
    by the layout, which knows the header rows.
    """
    for one in merged:
        for row in rows[one.top : one.bottom + 1]:
            head = rows[one.top][one.left]
            row[one.left : one.right + 1] = [None] * len(row[one.left : one.right + 1])
            rows[one.top][one.left] = head
    wide = [one for one in merged if one.right > one.left and _is_number(rows[one.top][one.left])]
    used = _used(rows) if wide else frozenset()
    for one in merged:
        head = rows[one.top][one.left]
        if _is_number(head) and (one.bottom > one.top or used & set(range(one.left + 1, one.right + 1))):
            head = f"{canonical(head)}{MERGED}"
        for row in rows[one.top : one.bottom + 1]:
            row[one.left] = head


def _trim(rows: Rows) -> None:
    for row in rows:
        while row and not _is_filled(row[-1]):
            row.pop()
    while rows and not rows[-1]:
        rows.pop()


def _used(rows: Rows) -> frozenset[int]:
    return frozenset(number for number, column in enumerate(zip(*rows, strict=True)) if any(map(_is_filled, column)))


def _is_filled(cell: Cell) -> bool:
    return cell is not None and cell != ""


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float | Decimal | Typed) and not isinstance(cell, bool)
