"""Reads the plainest numbers of a column all at once: digits, and one decimal mark between digits.

Whatever else a cell holds (a sign, a thousands mark, more than nine digits on either side) is left to the readers in
``numbers``, which give these plain ones the same value; this one costs a tenth of theirs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kerndata.harmonise.arrays import BATCH, DECIMAL
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
    for start in range(0, count, BATCH):
        stop = min(start + BATCH, count)
        where = ends[start : stop + 1] - ends[start]
        body = data[ends[start] - ends[0] : ends[stop] - ends[0]]
        plain[start:stop], words[start:stop, 0] = _batch(where, body, ord(mark))
    if cells.null_count:
        plain &= np.asarray(cells.is_valid())
    return Decimals(words, plain)


def _batch(
    where: npt.NDArray[np.int32], body: npt.NDArray[np.uint8], mark: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return which cells are plain, and the values of those in units of 1e-9 (of the others: nothing that counts)."""
    is_mark = body == mark
    before = np.zeros(len(body) + 1, np.int32)  # how many marks stand before each byte
    np.cumsum(is_mark, out=before[1:])
    first, at = before[where], np.flatnonzero(is_mark)
    marked, lengths = first[1:] - first[:-1], where[1:] - where[:-1]
    places = np.zeros(len(marked), np.int64)
    if len(at):
        places = np.where(marked == 1, where[1:] - at[np.minimum(first[:-1], len(at) - 1)] - 1, 0)
    whole = lengths - marked - places
    plain = (marked <= 1) & (places >= marked) & (places <= PLACES) & (whole >= 1) & (whole <= PLACES)
    strange = np.flatnonzero(((body - np.uint8(ord("0"))) >= 10) & ~is_mark)
    plain[np.searchsorted(where, strange, side="right") - 1] = False
    digits = body.tobytes().translate(None, bytes([mark]))
    return plain, _integers(digits, where - first, plain) * POWERS[np.where(plain, places, 0)]


def _integers(digits: bytes, where: npt.NDArray[np.int32], plain: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the whole numbers that begin at each of ``where`` in ``digits``; 0 where that is not plain."""
    valid = None if plain.all() else pa.py_buffer(np.packbits(plain, bitorder="little"))
    cells = pa.Array.from_buffers(pa.string(), len(plain), [valid, pa.py_buffer(where), pa.py_buffer(digits)])
    return np.asarray(cells.cast(pa.int64()).fill_null(0))
