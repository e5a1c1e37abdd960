"""What a reader hands over: text cells exactly as they stand in the file, before any meaning is given to them."""

from dataclasses import dataclass

import pyarrow as pa

# Behind a number that one merged cell shows for several rows or columns: 12 each, or 12 together? Never a value.
MERGED = " (samengevoegde cel)"
# Between a number and what its cell shows of it, divided by thousands: which of both is meant? Never a value.
SHOWN_AS = " (getoond als "
# In place of the value of a formula that no program has calculated yet: it is not an empty cell.
NOT_CALCULATED = "#NIET-BEREKEND"

LINKS = ("connection", "workbook")  # to data outside, and to another workbook; neither fetches unasked


@dataclass(frozen=True, slots=True)
class Sheet:
    """One rectangular sheet.

    ``text``: table of columns named ``c1``, ``c2``, … (spreadsheet order), each of strings or, where the same cells
    come back again and again, a dictionary (int32) of strings; row *i* of the table is row ``i + 1`` of the file as a
    spreadsheet shows it (a quoted newline does not start a new row). Empty cells are null.
    ``native``: same shape, booleans; true where the cell was typed by the file itself (a spreadsheet number or date, a
    Parquet or JSON number) and ``text`` therefore holds its canonical form (decimal point, ISO date) instead of the
    province's notation; ``None`` means no cell is native (CSV). A spreadsheet number shown with more than its digits is
    native as it is shown: ``45%`` (which is what 0.45 means there), ``12.5 MW``, ``ca. 12``; one that is shown divided
    by thousands as ``1351000 (getoond als 1351)``.
    ``member``: the file inside the zip this sheet came from, else ``None``; ``name``: the sheet name, else ``None``.

    Merged cells of a spreadsheet: text and dates are repeated down the merged rows; a merged number is text with
    ``MERGED`` behind it. An error (``#DIV/0!``) or a formula that was never calculated (``NOT_CALCULATED``) is text.
    """

    text: pa.Table
    native: pa.Table | None = None
    name: str | None = None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read from one file; ``links``: what kinds of links out of it a workbook holds (``LINKS``)."""

    sheets: tuple[Sheet, ...]
    encoding: str | None = None
    links: tuple[str, ...] = ()
