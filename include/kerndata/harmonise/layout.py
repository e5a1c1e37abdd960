"""Where the table stands in a sheet: title, header, blank and footer rows set apart and counted."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.errors import FileFault
from kerndata.harmonise.arrays import TEXT, coded, first_filled, fold, kept, letter, one_array, per_distinct, stripped
from kerndata.model.sheet import MERGED, Sheet
from kerndata.sources.layout import Layout

JOIN = " / "
LAST_ROWS = 50  # of a sheet, where a note may be spread over two cells: "Eenheid:" beside "MWh"


@dataclass(frozen=True, slots=True)
class Grid:
    """The data rows of one sheet. ``rows`` holds each one's number in the file; ``native`` is None for text files.

    ``notes``: what title and footer rows say of the whole table, by group of ``layout.notes``.
    """

    headers: tuple[str, ...]
    body: tuple[pa.Array, ...]
    native: tuple[pa.Array, ...] | None
    rows: pa.Array
    sheet: str | None
    member: str | None
    other_rows: Counter[str]
    notes: Mapping[str, str] = field(default_factory=dict)

    def header_letters(self) -> dict[str, str]:
        """Return the headers, as written, by the spreadsheet letter of their column."""
        return {letter(index): header for index, header in enumerate(self.headers) if header}

    def is_native(self, index: int) -> pa.Array:
        """Return which cells of a column the file itself typed."""
        return self.native[index] if self.native else pa.repeat(False, len(self.rows))


def grid_of(sheet: Sheet, layout: Layout) -> Grid:
    """Cut a sheet as its layout says.

    Raises ``FileFault`` F-HEADER-ONLY when no data row is left, F-NOTES-DISAGREE when two notes say different things.
    """
    first = layout.title_rows + layout.header_rows
    if sheet.text.num_rows <= first:
        raise FileFault("F-HEADER-ONLY")
    columns = [one_array(column.slice(first)) for column in sheet.text.columns]
    lead = first_filled(columns)
    blank = pc.is_null(lead)
    noted = _noted(sheet, lead, layout)
    footer = pc.or_(_matches(lead, layout.footers), _at([row - first - 1 for row, _ in noted], len(lead)))
    data = pc.invert(pc.or_(blank, footer))
    rows = pc.sum(data).as_py()
    if not rows:
        raise FileFault("F-HEADER-ONLY")
    counts = Counter(
        title=layout.title_rows, header=layout.header_rows, blank=pc.sum(blank).as_py(), footer=pc.sum(footer).as_py()
    )
    numbers = pa.array(np.arange(first + 1, sheet.text.num_rows + 1, dtype=np.int64))
    native = (
        tuple(kept(one_array(column.slice(first)), data, rows) for column in sheet.native.columns)
        if sheet.native
        else None
    )
    body = tuple(kept(column, data, rows) for column in columns)
    headers = headers_at(sheet, layout.title_rows, layout.header_rows)
    return Grid(headers, body, native, kept(numbers, data, rows), sheet.name, sheet.member, counts, _agreeing(noted))


def headers_at(sheet: Sheet, title_rows: int, header_rows: int) -> tuple[str, ...]:
    """Return the header of each column when the header rows stand below ``title_rows`` rows."""
    return _headers([column.slice(title_rows, header_rows).to_pylist() for column in sheet.text.columns])


def _matches(lead: pa.Array, patterns: Sequence[str]) -> pa.Array:
    """Whether the first filled cell of each row is a footer's."""
    if not patterns:
        return pa.repeat(False, len(lead))
    wanted = [re.compile(pattern) for pattern in patterns]
    cells = stripped(coded(lead))
    answers, rows = per_distinct(cells, lambda cell: cell is not None and any(one.search(cell) for one in wanted))
    return pa.array(answers, pa.bool_()).take(rows)


def _at(positions: Sequence[int], length: int) -> pa.Array:
    """True at these positions; negative ones (above the table) do not count."""
    mask = np.zeros(length, dtype=bool)
    mask[[position for position in positions if position >= 0]] = True
    return pa.array(mask)


def _noted(sheet: Sheet, lead: pa.Array, layout: Layout) -> list[tuple[int, Mapping[str, str]]]:
    """Return the row numbers (1 = first of the file) of notes in title and data rows, with what each says."""
    if not layout.notes:
        return []
    pattern, total = re.compile(layout.notes), sheet.text.num_rows
    below = layout.title_rows + layout.header_rows
    wholes = {*range(layout.title_rows), *range(max(below, total - LAST_ROWS), total)}  # header rows say it themselves
    hits = pc.indices_nonzero(_matches(lead, (layout.notes,))).to_pylist()
    found: list[tuple[int, Mapping[str, str]]] = []
    for row in sorted(wholes | {below + hit for hit in hits}):
        texts = _texts(sheet, row, is_title=row < below)
        match = next(filter(None, map(pattern.search, texts)), None)
        if match:
            found.append((row + 1, {group: text.strip() for group, text in match.groupdict().items() if text}))
    return found


def _texts(sheet: Sheet, row: int, *, is_title: bool) -> Iterator[str]:
    """Yield the cells a note may be in, then two cells as one text; below the header a note stands first and alone."""
    cells = [column[row].as_py() for column in sheet.text.columns]
    filled = [" ".join(cell.split()) for cell in cells if cell and cell.strip()]
    yield from filled if is_title else filled[:1]
    if is_title or len(filled) == 2:
        yield " ".join(filled)


def _agreeing(noted: Sequence[tuple[int, Mapping[str, str]]]) -> dict[str, str]:
    """Return what the notes say; raises ``FileFault`` F-NOTES-DISAGREE with both readings and their rows."""
    said: dict[str, tuple[int, str]] = {}
    for row, note in noted:
        for group, text in note.items():
            before, other = said.setdefault(group, (row, text))
            if fold(other) != fold(text):
                raise FileFault("F-NOTES-DISAGREE", found=f"„{other}” (rij {before}) en „{text}” (rij {row})")
    return {group: text for group, (_, text) in said.items()}


def _headers(top: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """Join the header rows of each column, after filling merged cells to the right.

    A cell is filled from its left neighbour only where a lower header row has a text (a merged heading spans its
    subheadings, not the empty columns behind them) and where everything above it was filled from there too.
    """
    cells = [[" ".join((cell or "").removesuffix(MERGED).split()) for cell in column] for column in top]
    for number, column in enumerate(cells[1:], 1):
        for level in range(len(column) - 1):
            if column[level] or not any(column[level + 1 :]):
                break
            column[level] = cells[number - 1][level]
    return tuple(JOIN.join(dict.fromkeys(filter(None, column))) for column in cells)


def text_or_null(value: str | None, length: int) -> pa.Array:
    """Return one text for every row."""
    return pa.nulls(length, TEXT) if value is None else pa.repeat(pa.scalar(value, TEXT), length)
