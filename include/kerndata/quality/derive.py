"""Columns derived from a delivery's rows, so that every rule of a contract judges one column.

Great Expectations iterates row by row over column pairs (3.5 s per 100,000 rows, measured); a derived column costs it a
few milliseconds. A derived column is null where its rule does not apply. Flags are 0 or 1.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from kerndata.contracts.contract import Contract
from kerndata.quality import derive_indicators, derive_projects
from kerndata.quality.copies import copies

OBSERVATION = "observation"
OF = {"indicators": derive_indicators, "projects": derive_projects}
COPIES = ("earlier_copies", "rival_values", "first_observation", "rival_observation")
DERIVED: Mapping[str, tuple[str, ...]] = {dataset: (*COPIES, *module.COLUMNS) for dataset, module in OF.items()}
# Columns that are null, or 0 and so always right, but for a few rows of most deliveries.
SPARSE: Mapping[str, frozenset[str]] = {dataset: frozenset(module.SPARSE) for dataset, module in OF.items()}


def derive(contract: Contract, rows: pd.DataFrame, *, as_of: date | None = None) -> pd.DataFrame:
    """``rows`` with the derived columns of ``DERIVED`` added, indexed by ``observation``.

    ``as_of``: nothing may lie after this day; without it (and without a reference date in the row) that is not judged.
    """
    frame = rows.set_index(OBSERVATION)
    added = copies(frame, contract) | OF[contract.dataset].derived(frame, contract, as_of)
    return frame.assign(**{name: _series(values, frame) for name, values in added.items()})


def _series(values: Any, frame: pd.DataFrame) -> "pd.Series[Any]":
    if isinstance(values, np.ndarray):
        return pd.Series(values, index=frame.index, copy=False)  # empty columns share one array: most of them are empty
    return pd.Series(values.cast(pa.string()), index=frame.index, dtype=pd.ArrowDtype(pa.string()))
