"""What a reader hands over: text cells exactly as they stand in the file, before any meaning is given to them."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Sheet:
    """One rectangular sheet.

    ``text``: table of string columns named ``c1``, ``c2``, … (spreadsheet order); row *i* of the table is row ``i + 1``
    of the file as a spreadsheet shows it (a quoted newline does not start a new row). Empty cells are null.
    ``native``: same shape, booleans; true where the cell was typed by the file itself (a spreadsheet number or date, a
    Parquet or JSON number) and ``text`` therefore holds its canonical form (decimal point, ISO date) instead of the
    province's notation. ``None`` means no cell is native (CSV).
    ``member``: the file inside the zip this sheet came from, else ``None``; ``name``: the sheet name, else ``None``.
    """

    text: pa.Table
    native: pa.Table | None = None
    name: str | None = None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read from one file."""

    sheets: tuple[Sheet, ...]
    encoding: str | None = None
