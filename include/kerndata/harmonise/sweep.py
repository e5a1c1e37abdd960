"""Reads the plainest numbers of a column all at once: digits, and one decimal mark between digits.

Whatever else a cell holds (a sign, a thousands mark, more than nine digits on either side) is left to the readers in
``numbers``, which give these plain ones the same value; this one costs a tenth of theirs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kerndata.harmonise.arrays import BATCH, DECIMAL, at_once
from kerndata.read.sound import cells_and_bytes

PLACES = 9
POWERS = 10 ** np.arange(PLACES, -1, -1, dtype=np.int64)  # of the digits behind the mark: what is lacking to nine


@dataclass(frozen=True, slots=True)
class Decimals:
    """A column of decimal128(28, 9) that is still filled in: the two words of each unscaled value, the low one first.

    ``known``: which rows hold a value. A column of its own for every step would cost more than the steps.
    """

    words: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]

    def put(self, rows: npt.NDArray[np.int64], values: pa.Array) -> None:
        """Fill in these rows; null makes a row unknown."""
        self.words[rows] = words_of(values)
        self.known[rows] = values.is_valid()

    def array(self) -> pa.Array:
        """Return the column; nothing is filled in after that."""
        valid = None if self.known.all() else pa.py_buffer(np.packbits(self.known, bitorder="little"))
        return pa.Array.from_buffers(DECIMAL, len(self.known), [valid, pa.py_buffer(self.words)])


def words_of(values: pa.Array) -> npt.NDArray[np.int64]:
    """Return the two words of each decimal of a column; those of a null mean nothing."""
    _, data = values.buffers()
    words = np.frombuffer(data, np.int64).reshape(-1, 2) if data is not None else np.zeros((0, 2), np.int64)
    return words[values.offset : values.offset + len(values)]


def plain_numbers(cells: pa.Array, mark: str) -> Decimals:
    """Return the values; unknown is a cell that is null, or not ``digits`` or ``digits mark digits``."""
    ends, data = cells_and_bytes(cells)
    count = len(cells)
    words = np.zeros((count, 2), np.int64)
    plain = np.zeros(count, bool)

    def sweep(start: int) -> None:
        stop = min(start + BATCH, count)
        where = ends[start : stop + 1] - ends[start]
        body = data[ends[start] - ends[0] : ends[stop] - ends[0]]
        plain[start:stop], words[start:stop, 0] = _batch(where, body, ord(mark))

    at_once(sweep, range(0, count, BATCH))
    if cells.null_count:
        plain &= np.asarray(cells.is_valid())
    return Decimals(words, plain)


def _batch(
    where: npt.NDArray[np.int32], body: npt.NDArray[np.uint8], mark: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return which cells are plain, and the values of those in units of 1e-9 (of the others: nothing that counts)."""
    digit = (body - np.uint8(ord("0"))) < 10
    others = np.flatnonzero(~digit)
    before = np.zeros(len(body) + 1, np.int32)  # how many bytes before each one are no digit
    np.cumsum(~digit, out=before[1:])
    first = before[where]
    marked = first[1:] - first[:-1]
    if len(others):
        at = others[np.minimum(first[:-1], len(others) - 1)]
        places = np.where(marked == 1, where[1:] - at - 1, 0)
        fits = (marked == 0) | ((marked == 1) & (body[at] == mark) & (places >= 1) & (places <= PLACES))
    else:
        places, fits = np.zeros(len(marked), np.int64), np.ones(len(marked), bool)
    lengths = where[1:] - where[:-1]
    whole = lengths - marked - places
    plain = fits & (whole >= 1) & (whole <= PLACES)
    if not plain.all():
        digit &= np.repeat(plain, lengths)
    return plain, _integers(body[digit], np.where(plain, lengths - marked, 0)) * POWERS[np.where(plain, places, 0)]


def _integers(digits: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the whole numbers that stand behind one another in ``digits``; 0 for a length of 0."""
    where = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=where[1:])
    absent = lengths == 0
    valid = pa.py_buffer(np.packbits(~absent, bitorder="little")) if absent.any() else None
    cells = pa.Array.from_buffers(pa.string(), len(lengths), [valid, pa.py_buffer(where), pa.py_buffer(digits)])
    return np.asarray(cells.cast(pa.int64()).fill_null(0))
