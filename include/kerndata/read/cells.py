"""Cells to the tables of a ``Sheet``: canonical text, and which cells the file itself typed."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa

from kerndata.read.limits import Limits, too_large

LONGEST_NUMBER = 400  # digits: more than any double has; 1e999999999 written out would fill the memory


class Typed(str):
    """Canonical text of a cell the file typed in a way Python has no type for: ``45%``, ``12 MW``, a duration."""

    __slots__ = ()


Cell = str | int | float | bool | Decimal | dt.date | dt.datetime | dt.time | dt.timedelta | None


def text_table(rows: Sequence[Sequence[str | None]], width: int) -> pa.Table:
    """Return rows of equal width as string columns ``c1``, ``c2``, …; empty strings become null."""
    columns = zip(*rows, strict=True) if rows else ((),) * width
    return named([pa.array([cell or None for cell in column], pa.string()) for column in columns])


def native_table(rows: Sequence[Sequence[Cell]], width: int) -> pa.Table:
    """Return, in the same shape, which cells are typed by the file (numbers, booleans, dates)."""
    columns = zip(*rows, strict=True) if rows else ((),) * width
    return named([pa.array([is_typed(cell) for cell in column], pa.bool_()) for column in columns])


def is_typed(cell: Cell) -> bool:
    """Return whether the file says of what type a cell is, text and nothing aside."""
    return isinstance(cell, Typed) or not (cell is None or isinstance(cell, str))


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
    """Return a number without exponent, a float by its shortest exact form (``2024.0`` is ``2024``).

    NaN is null. Infinity, and a number too long to write out, keep a text that no one takes for a value.
    """
    if isinstance(number, int):
        return str(number)
    if isinstance(number, float):
        text = repr(number)
        if "e" not in text and "n" not in text:  # no exponent, NaN or infinity
            return text.removesuffix(".0")
        number = Decimal(text)
    return _plain_decimal(number)


def _plain_decimal(exact: Decimal) -> str | None:
    if exact.is_nan():
        return None
    if exact.is_infinite() or max(abs(exact.adjusted()), len(exact.as_tuple().digits)) > LONGEST_NUMBER:
        return str(exact)[:LONGEST_NUMBER]
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percentage(fraction: float | Decimal) -> Typed:
    """Return what a cell with a percentage format shows, exactly: 0.455 is ``45.5%``."""
    exact = Decimal(repr(fraction)) if isinstance(fraction, float) else fraction
    return Typed(f"{plain(exact.scaleb(2))}%")


def within(rows: int, columns: int, limits: Limits) -> None:
    """Raise ``FileFault`` when a table has more cells than allowed."""
    if rows * columns > limits.cells:
        raise too_large("cells", limits.cells)
