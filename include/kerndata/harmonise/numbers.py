"""Columns of numbers as provinces write them; what one cell says is in ``notation``.

The plainest cells are read in one sweep, the agreed notation in another, the rest once per distinct cell. Where one
cell of a column proves that the agreed notation is not the one in use (``1.5`` where the point is the thousands mark),
every cell of that column with two readings is refused, also one that fits the agreed notation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import DECIMAL, TEXT, coded, per_distinct, same, spread, stripped
from kerndata.harmonise.notation import MARKS, Cell, read_cell
from kerndata.harmonise.sweep import Decimals, plain_numbers
from kerndata.sources.layout import Marks, Numbers

NATIVE = r"^[+-]?[0-9]{1,18}(\.[0-9]{1,18})?$"
FIELDS = ("unit", "status", "reason", "rule", "expected")


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of number cells, field by field: decimal128(28, 9) and coded text; ``empty`` marks blank cells."""

    value: pa.Array
    unit: pa.Array
    status: pa.Array
    reason: pa.Array
    rule: pa.Array
    expected: pa.Array
    empty: pa.Array


def read_numbers(text: pa.Array, native: pa.Array, numbers: Numbers, marks: Marks) -> NumberColumn:
    """Read a column of cells."""
    cells = stripped(text)
    empty = pc.is_null(cells)
    value = _plain(cells, native, numbers)
    rest = np.flatnonzero(~(value.known | np.asarray(empty)))
    fields = {name: same(None, len(cells)) for name in FIELDS}
    if len(rest):
        found, is_contradicted = _read(cells.take(rest), native.take(rest), numbers, marks, False)
        if is_contradicted:
            rest = np.arange(len(cells))
            found, _ = _read(cells, native, numbers, marks, True)
        value.put(rest, found.pop("value"))
        fields = {name: _placed(one, rest, len(cells)) for name, one in found.items()}
    return NumberColumn(value=value.array(), empty=empty, **fields)


def _plain(cells: pa.Array, native: pa.Array, numbers: Numbers) -> Decimals:
    """Return the plainest numbers in the agreed notation, or of cells typed by the file; null for the others."""
    typed = pc.sum(native, min_count=0).as_py()
    if typed in (0, len(cells)):
        return plain_numbers(cells, "." if typed else numbers.decimal)
    return plain_numbers(pc.if_else(native, pa.scalar(None, TEXT), cells), numbers.decimal)


def _placed(texts: pa.Array, rest: npt.NDArray[np.int64], count: int) -> pa.DictionaryArray:
    """Put the answers to the cells at ``rest`` back in their rows."""
    if texts.null_count == len(texts):
        return same(None, count)
    words = coded(texts)
    rows, absent = np.zeros(count, np.int32), np.ones(count, bool)
    rows[rest] = words.indices.fill_null(0)
    absent[rest] = words.indices.is_null()
    return pa.DictionaryArray.from_arrays(pa.array(rows, mask=absent), words.dictionary)


def _read(
    cells: pa.Array, native: pa.Array, numbers: Numbers, marks: Marks, distrust: bool
) -> tuple[dict[str, pa.Array], bool]:
    regular = _regular(cells, native, numbers, distrust)
    tagged = pc.binary_join_element_wise(
        pc.if_else(native, "1", "0"), pc.if_else(pc.is_null(regular), cells, pa.scalar(None, TEXT)), ""
    )
    answers, rows = per_distinct(
        tagged, lambda cell: Cell() if cell is None else read_cell(cell[1:], cell[0] == "1", numbers, marks, distrust)
    )
    fields = {name: spread([getattr(answer, name) for answer in answers], rows) for name in FIELDS}
    fields["value"] = pc.coalesce(regular, pa.array([answer.value for answer in answers], DECIMAL).take(rows))
    return fields, any(answer.contradicts for answer in answers)


def _regular(cells: pa.Array, native: pa.Array, numbers: Numbers, distrust: bool) -> pa.Array:
    """Return the values in the agreed (or the file's own) notation; null where a cell is not in it.

    With ``distrust`` null also where one mark and three digits behind it leave two readings.
    """
    mark = MARKS[numbers.decimal]
    matches = pc.match_substring_regex(cells, rf"^[+-]?[0-9]{{1,18}}({mark}[0-9]{{1,18}})?$")
    written = cells
    if numbers.thousands is not None:
        grouped = rf"^[+-]?[1-9][0-9]{{0,2}}({MARKS[numbers.thousands]}[0-9]{{3}}){{1,5}}({mark}[0-9]{{1,18}})?$"
        matches = pc.or_(matches, pc.match_substring_regex(cells, grouped))
        written = pc.replace_substring(written, numbers.thousands, "")
    if distrust:
        matches = pc.and_not(matches, pc.match_substring_regex(cells, r"^[+-]?[1-9][0-9]{0,2}[., '][0-9]{3}$"))
    written = pc.replace_substring(written, numbers.decimal, ".")
    typed = pc.and_(native, pc.match_substring_regex(cells, NATIVE))
    agreed = pc.and_(pc.invert(native), matches)
    canonical = pc.if_else(typed, cells, pc.if_else(agreed, written, pa.scalar(None, TEXT)))
    return pc.round(canonical.cast(pa.decimal128(38, 18)), 9, "half_to_even").cast(DECIMAL)
