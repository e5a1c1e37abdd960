"""Days between what period or date texts mean, a column at a time."""

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.quality.columns import Floats, Integers, codes

Day = Callable[[str | None], date | None]


def days_after(
    texts: pa.Array, day_of: Day, limit: date | Mapping[str | None, date | None] | None, by: pa.Array | None = None
) -> Floats:
    """Days that each period or date lies after the limit, null when either is not known.

    ``limit``: one day for all rows, or the day of each text of ``by``.
    """
    found, told = codes(texts), pc.unique(texts).to_pylist()
    days = np.array([_number(day_of(text)) for text in told if text is not None])
    limits = np.full(len(texts), _number(limit if isinstance(limit, date) else None))
    if isinstance(limit, Mapping) and by is not None:
        known = [text for text in pc.unique(by).to_pylist() if text is not None]
        limits = _taken(np.array([_number(limit[text]) for text in known]), codes(by), _number(limit.get(None)))
    after: Floats = _taken(days, found, np.nan) - limits
    return after


def _taken(values: Floats, at: Integers, absent: float) -> Floats:
    found: Floats = np.append(values, absent)[at]  # -1, for null, is the last
    return found


def _number(day: date | None) -> float:
    return float(day.toordinal()) if day else np.nan
