"""Multiplies a column of decimals by a factor per row, exactly and all at once, while the numbers fit 64 bits."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kerndata.harmonise.arrays import BATCH
from kerndata.harmonise.sweep import Decimals, words_of

ROOM = 2**62


def products(values: pa.Array, factors: Sequence[Fraction | None], rows: pa.Array) -> pa.Array | None:
    """Return each value times ``factors[row]``, rounded half to even to nine decimals; null without value or factor.

    ``values``: decimal128(28, 9). None when a number is too large for this way.
    """
    tops = np.array([_fitting(one.numerator) if one is not None else 0 for one in factors], np.int64)
    bottoms = np.array([_fitting(one.denominator) if one is not None else 1 for one in factors], np.int64)
    if not (tops < ROOM).all() or not (bottoms < ROOM).all():
        return None
    given, which = words_of(values), np.asarray(rows)
    known = np.array([one is not None for one in factors], bool)[which]
    if values.null_count:
        known &= np.asarray(values.is_valid())
    result = Decimals(np.zeros((len(values), 2), np.int64), known)
    for start in range(0, len(values), BATCH):
        part = slice(start, start + BATCH)
        units = np.where(known[part], given[part, 0], 0)
        if not np.array_equal(np.where(known[part], given[part, 1], 0), units >> 63):
            return None  # the high word holds more than the sign
        if max(int(units.max()), -int(units.min())) * int(tops.max()) >= ROOM:
            return None
        units *= tops[which[part]]
        if (bottoms > 1).any():
            units = _divided(units, bottoms[which[part]])
        result.words[part, 0], result.words[part, 1] = units, units >> 63
    return result.array()


def _fitting(number: int) -> int:
    return min(number, ROOM)


def _divided(number: npt.NDArray[np.int64], by: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Divide whole numbers, rounded half to even; the rest of a floor division is never negative."""
    whole = number // by
    rest = number - whole * by
    left = by - rest  # compared with the rest instead of twice the rest with the divisor, which might not fit
    up: npt.NDArray[np.bool_] = (rest > left) | ((rest == left) & (whole % 2 == 1))
    return whole + up.astype(np.int64)
