"""Cells to the tables of a ``Sheet``: canonical text, and which cells the file itself typed."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa

from kerndata.errors import FileFault
from kerndata.read.limits import Limits

Cell = str | int | float | bool | Decimal | dt.date | dt.datetime | dt.time | dt.timedelta | None


def text_table(rows: Sequence[Sequence[str | None]], width: int) -> pa.Table:
    """Return rows of equal width as string columns ``c1``, ``c2``, …; empty strings become null."""
    columns = zip(*rows, strict=True) if rows else ((),) * width
    return named([pa.array([cell or None for cell in column], pa.string()) for column in columns])


def native_table(rows: Sequence[Sequence[Cell]], width: int) -> pa.Table:
    """Return, in the same shape, which cells are typed by the file (numbers, booleans, dates)."""
    columns = zip(*rows, strict=True) if rows else ((),) * width
    return named([pa.array([not (cell is None or isinstance(cell, str)) for cell in column]) for column in columns])


def named(columns: Sequence[pa.Array]) -> pa.Table:
    """Return columns as a table with the names of ``Sheet``."""
    return pa.table(list(columns), names=[f"c{number}" for number in range(1, len(columns) + 1)])


def canonical(cell: Cell) -> str | None:
    """Return a cell as text: decimal point and no exponent, ISO dates (a midnight is a date), ``true``/``false``."""
    if cell is None or isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float | Decimal):
        return plain(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell) if isinstance(cell, dt.timedelta) else cell.isoformat()


def plain(number: int | float | Decimal) -> str | None:
    """Return a number without exponent, a float by its shortest exact form (``2024.0`` is ``2024``); NaN is null."""
    if isinstance(number, int):
        return str(number)
    exact = Decimal(repr(number)) if isinstance(number, float) else number
    if not exact.is_finite():
        return None
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def within(rows: int, columns: int, limits: Limits) -> None:
    """Raise ``FileFault`` when a table has more cells than allowed."""
    if rows * columns > limits.cells:
        raise FileFault("F-TOO-LARGE", what="cells", limit=limits.cells)
