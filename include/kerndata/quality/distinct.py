"""The cells of a delivery's judged columns, each different one once: what Great Expectations has to look at.

Every rule of a contract judges the cells of one column, each by itself, so rows with the same cell share its fate. Most
judged columns hold few different cells, whatever the number of rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.quality.columns import arrow
from kerndata.quality.derive import OBSERVATION

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Distinct:
    """A table of different cells, and where they stand.

    ``cells``: a column per judged column, its different cells on top (``counts`` says how many), the last one repeated
    below; the row's own number as ``observation``. ``codes``: per column, in which row each observation's cell is.
    ``missing``: how many observations have no cell there.
    """

    cells: pd.DataFrame = field(repr=False)
    counts: Mapping[str, int]
    missing: Mapping[str, int]
    codes: Mapping[str, npt.NDArray[np.int32]] = field(repr=False)
    observations: Places = field(repr=False)

    def observations_at(self, column: str, rows: Places) -> Places:
        """The observations whose cell of this column stands in these rows, ascending."""
        chosen = np.zeros(len(self.cells), bool)
        chosen[rows[rows < self.counts[column]]] = True
        return np.sort(self.observations[chosen[self.codes[column]]])


def distinct(frame: pd.DataFrame, columns: Iterable[str]) -> Distinct:
    """The different cells of these columns of a frame of ``derive`` with at least one row; a missing one is one too.

    A column that the frame does not have is not in the result either: who judges it says so.
    """
    names = [name for name in dict.fromkeys(columns) if name in frame]
    coded = {name: pc.dictionary_encode(arrow(frame, name), null_encoding="encode") for name in names}
    counts = {name: len(column.dictionary) for name, column in coded.items()}
    rows = np.arange(max(counts.values()))
    cells = {name: _padded(column.dictionary, rows, frame[name]) for name, column in coded.items()}
    return Distinct(
        cells=pd.DataFrame(cells).assign(**{OBSERVATION: rows}),
        counts=counts,
        missing={name: int(frame[name].isna().sum()) for name in coded},
        codes={name: column.indices.to_numpy() for name, column in coded.items()},
        observations=frame.index.to_numpy(dtype=np.int64),
    )


def _padded(cells: pa.Array, rows: Places, like: "pd.Series[float]") -> "pd.Series[float]":
    """The cells, the last one repeated, in the type of the column they came from."""
    padded = cells.take(pa.array(np.minimum(rows, len(cells) - 1)))
    if isinstance(like.dtype, pd.ArrowDtype):
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([padded])))
    return pd.Series(padded.to_numpy(zero_copy_only=False))
