"""Whether parts add up to their whole: categories of one figure, halves and quarters of one year."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import indicators
from kerndata.quality.columns import Flags, Floats, Integers, arrow, flags, floats

SAME = ("indicator_code", "region_level", "region_code")
YEAR_PARTS = (("H1", "H2"), ("Q1", "Q2", "Q3", "Q4"))


@dataclass(frozen=True, slots=True)
class Whole:
    """Wholes whose parts are all there. ``at``: position in the frame; ``off``: whether the sum is another.

    ``sum``: of the parts; ``parts``: their names, joined by `` + ``.
    """

    at: Integers
    off: Flags
    sum: Floats
    parts: str


def wholes(frame: pd.DataFrame, settings: Mapping[str, Any]) -> Iterator[Whole]:
    """Each agreed way to divide a figure, for the figures of ``frame`` that are divided so.

    ``settings`` of the indicators contract: ``partitions``, ``partsTolerance`` and ``flowIndicators``. Values that are
    missing or stand more than once take no part.
    """
    category, period = arrow(frame, "category"), arrow(frame, "period")
    summed = pa.array([one.code for one in indicators().values() if one.aggregation == "sum"])
    divisions = settings["partitions"]
    named = sorted({part for one in divisions for part in one["parts"]})
    if flags(pc.is_in(category, pa.array(named))).any():
        names = pa.array(sorted({*named, *(one["whole"] for one in divisions)}))
        adds = flags(pc.is_in(arrow(frame, "indicator_code"), summed))  # shares and averages of parts do not add up
        rows = _rows(frame, adds & flags(pc.is_in(category, names)), period, category)
        for one in divisions:
            yield from _summed(rows, one["whole"], tuple(one["parts"]), settings["partsTolerance"])
    short = flags(pc.greater(pc.utf8_length(period), 4))
    if short.any():
        flow = flags(pc.is_in(arrow(frame, "indicator_code"), pa.array(settings["flowIndicators"])))
        year, part = pc.utf8_slice_codeunits(period, 0, 4), pc.utf8_slice_codeunits(period, 5, 7)
        rows = _rows(frame, flow, pc.binary_join_element_wise(year, category, " "), part)
        for parts in YEAR_PARTS:
            yield from _summed(rows, "", parts, settings["partsTolerance"])


def _rows(frame: pd.DataFrame, chosen: Flags, about: pa.Array, part: pa.Array) -> pd.DataFrame:
    """The chosen rows that have a value: what they are about, which part of it, how much; each once."""
    value = floats(arrow(frame, "value"))
    at = np.flatnonzero(chosen & ~np.isnan(value) & flags(pc.is_valid(about)) & flags(pc.is_valid(part)))
    taken = pa.array(at)
    rows = pd.DataFrame({name: arrow(frame, name).take(taken).to_pandas() for name in SAME})
    rows["about"], rows["part"] = about.take(taken).to_pandas(), part.take(taken).to_pandas()
    rows["at"], rows["value"] = at, value[at]
    return rows.drop_duplicates([*SAME, "about", "part"], keep=False)


def _summed(rows: pd.DataFrame, whole: str, parts: tuple[str, ...], tolerance: Mapping[str, Any]) -> Iterator[Whole]:
    key = [*SAME, "about"]
    sums = rows[rows["part"].isin(parts)].groupby(key)["value"].agg(["size", "sum"]).reset_index()
    found = rows[rows["part"] == whole].merge(sums[sums["size"] == len(parts)], on=key).sort_values("at")
    if found.empty:
        return
    value, total = found["value"].to_numpy(), found["sum"].to_numpy()
    rounding = float(tolerance["unitsPerTerm"]) * (len(parts) + 1)
    allowed = np.maximum(rounding, float(tolerance["sharePct"]) / 100 * np.abs(value))
    off = np.abs(value - total) > allowed * (1 + 1e-9)  # as floats 600 + 398.5 may come to a little less
    yield Whole(found["at"].to_numpy(), off, total, " + ".join(parts))
