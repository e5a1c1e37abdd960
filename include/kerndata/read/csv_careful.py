"""The careful parser of delimited text: Python's ``csv``, strict, and the field count of every row checked."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from kerndata.errors import FileFault
from kerndata.read.cells import text_table, within
from kerndata.read.limits import Limits, unreadable

if TYPE_CHECKING:
    from kerndata.sources.formats import CsvFormat

LONGEST_FIELD = 1024**2
REASONS = {
    "unexpected end of data": "een aanhalingsteken wordt niet meer gesloten",
    "expected after": "na een sluitend aanhalingsteken staat nog tekst",
    "field larger": f"een veld is langer dan {LONGEST_FIELD} tekens",
}


def careful(text: str, spec: "CsvFormat", limits: Limits) -> pa.Table:
    """Return the table in ``text``; raises ``FileFault`` F-UNREADABLE or F-RAGGED, so that nothing shifts unseen."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=spec.delimiter, quotechar=spec.quote, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        reden = next((dutch for english, dutch in REASONS.items() if english in str(error)), str(error))
        raise unreadable(f"row {len(rows) + 1}: {error}", f"rij {len(rows) + 1}: {reden}") from error
    width = check_widths(rows)
    within(len(rows), width, limits)
    return text_table([[*row[:width], *[""] * (width - len(row))] for row in rows], width)


def check_widths(rows: Sequence[Sequence[str]]) -> int:
    """Return the table's width; raises ``FileFault`` F-RAGGED with the first row of another field count.

    Right are: the usual count, more fields when the extra ones are empty, fewer when no row at all fills the rest, and
    a lone text above the first or below the last full row (title, footer).
    """
    filled = [_filled(row) for row in rows]
    counts = Counter(len(row) for row, fields in zip(rows, filled, strict=True) if fields > 1)
    usual = max(counts, key=lambda count: (counts[count], count), default=max(map(len, rows)))
    used = max(filled)
    full = [number for number, row in enumerate(rows) if len(row) >= usual]
    first, last = (full[0], full[-1]) if full else (0, 0)
    for number, (row, fields) in enumerate(zip(rows, filled, strict=True)):
        lone = fields <= 1 and not first < number < last
        right = len(row) == usual or (fields <= usual < len(row)) or used <= len(row) < usual or lone or not fields
        if not right:
            raise FileFault("F-RAGGED", row=number + 1, found=len(row), expected=usual)
    return usual


def _filled(row: Sequence[str]) -> int:
    """Count the fields up to the last filled one."""
    return next((number for number in range(len(row), 0, -1) if row[number - 1].strip()), 0)
