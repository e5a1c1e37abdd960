"""Columns of a delivery's rows as Arrow and numpy arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def arrow(frame: pd.DataFrame, column: str) -> pa.Array:
    """The column as one Arrow array, null where pandas has no value."""
    found = pa.array(frame[column], from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def floats(values: pa.Array) -> Floats:
    """As float64, NaN for null: the one numeric type Great Expectations compares without iterating."""
    found: Floats = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


def flags(values: pa.Array) -> Flags:
    """As booleans, False for null."""
    found: Flags = values.fill_null(False).to_numpy(zero_copy_only=False)
    return found


def codes(values: pa.Array) -> Integers:
    """A number per distinct value, -1 for null."""
    found: Any = values.dictionary_encode()
    numbers: Integers = found.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers
