"""Where the table stands in a sheet: title, header, blank and footer rows set apart and counted."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.errors import FileFault
from kerndata.harmonise.arrays import TEXT, one_array, per_distinct, stripped
from kerndata.model.sheet import Sheet
from kerndata.sources.layout import Layout

JOIN = " / "


@dataclass(frozen=True, slots=True)
class Grid:
    """The data rows of one sheet. ``rows`` holds each one's number in the file; ``native`` is None for text files."""

    headers: tuple[str, ...]
    body: tuple[pa.Array, ...]
    native: tuple[pa.Array, ...] | None
    rows: pa.Array
    sheet: str | None
    member: str | None
    other_rows: Counter[str]

    def is_native(self, index: int) -> pa.Array:
        """Return which cells of a column the file itself typed."""
        return self.native[index] if self.native else pa.repeat(False, len(self.rows))


def grid_of(sheet: Sheet, layout: Layout) -> Grid:
    """Cut a sheet as its layout says; raises ``FileFault`` F-HEADER-ONLY when no data row is left."""
    first = layout.title_rows + layout.header_rows
    if sheet.text.num_rows <= first:
        raise FileFault("F-HEADER-ONLY")
    top = [column.slice(layout.title_rows, layout.header_rows).to_pylist() for column in sheet.text.columns]
    columns = [one_array(column.slice(first)) for column in sheet.text.columns]
    lead = pc.coalesce(*[stripped(column) for column in columns])
    blank = pc.is_null(lead)
    footer = _matches(lead, layout.footers)
    data = pc.invert(pc.or_(blank, footer))
    if not pc.any(data).as_py():
        raise FileFault("F-HEADER-ONLY")
    counts = Counter(
        title=layout.title_rows, header=layout.header_rows, blank=pc.sum(blank).as_py(), footer=pc.sum(footer).as_py()
    )
    numbers = pa.array(np.arange(first + 1, sheet.text.num_rows + 1, dtype=np.int64))
    native = (
        tuple(one_array(column.slice(first)).filter(data) for column in sheet.native.columns) if sheet.native else None
    )
    body = tuple(column.filter(data) for column in columns)
    return Grid(_headers(top), body, native, numbers.filter(data), sheet.name, sheet.member, counts)


def _matches(lead: pa.Array, patterns: Sequence[str]) -> pa.Array:
    """Whether the first filled cell of each row is a footer's."""
    if not patterns:
        return pa.repeat(False, len(lead))
    wanted = [re.compile(pattern) for pattern in patterns]
    answers, rows = per_distinct(lead, lambda cell: cell is not None and any(one.search(cell) for one in wanted))
    return pa.array(answers, pa.bool_()).take(rows)


def _headers(top: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """Join the header rows of each column, after filling merged cells to the right.

    A cell is filled from its left neighbour only where a lower header row has a text: a merged heading spans its
    subheadings, not the empty columns behind them.
    """
    cells = [[" ".join((cell or "").split()) for cell in column] for column in top]
    for number, column in enumerate(cells[1:], 1):
        for level in range(len(column) - 1):
            if not column[level] and any(column[level + 1 :]) and not any(column[:level]):
                column[level] = cells[number - 1][level]
    return tuple(JOIN.join(dict.fromkeys(filter(None, column))) for column in cells)


def text_or_null(value: str | None, length: int) -> pa.Array:
    """Return one text for every row."""
    return pa.nulls(length, TEXT) if value is None else pa.repeat(pa.scalar(value, TEXT), length)
