"""Finds parks that stand in a list row by row, each row with the capacity of the whole park."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.quality.columns import Floats, arrow, floats

WIND = "wind_op_land"
# What tells the rows of one park apart: a number, a letter, "turbine 3", "WTG-04", "fase 2".
NUMBERED = r"\b(?:(?:wind)?(?:turbine|molen)s?|wtg|wt|fase|deel|nr|[a-z]|[ivx]+)\b|[0-9]+"


def stems(names: pa.Array) -> pa.Array:
    """Names without capitals, numbers and signs: ``Windpark De Kamp T3`` and ``windpark de kamp (4)`` are one park."""
    bare = pc.replace_substring_regex(pc.utf8_lower(names), r"[^\pL0-9]+", " ")
    bare = pc.replace_substring_regex(bare, NUMBERED, " ")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, r"\s+", " "))


def park_rows(frame: pd.DataFrame, settings: Mapping[str, Any]) -> Floats:
    """Per project how many rows of its park state the same capacity; null where nothing is odd.

    Odd are two or more rows of wind that each state more than one turbine can have, and three or more rows of another
    technology: ``singleTurbineMw`` and ``sameCapacityRows`` of the projects contract.
    """
    capacity, found = floats(arrow(frame, "capacity_mw")), np.full(len(frame), np.nan)
    told = pd.DataFrame({"stem": stems(arrow(frame, "name")).to_pandas(), "capacity": capacity})
    told["technology"] = arrow(frame, "technology").to_pandas()
    told["id"] = arrow(frame, "project_id").to_pandas()
    told = told[told["stem"].fillna("") != ""]
    parks = told.groupby(["technology", "stem"], sort=False)
    if parks.ngroups == len(told):
        return found
    rows, sizes = parks["id"].transform("nunique"), parks["capacity"].transform("nunique")
    complete = parks["capacity"].transform("count") == parks["capacity"].transform("size")
    wind = told["technology"] == WIND
    least = np.where(wind, 2, int(settings["sameCapacityRows"]))
    odd = complete & (sizes == 1) & (rows >= least) & (~wind | (told["capacity"] > float(settings["singleTurbineMw"])))
    chosen = odd.fillna(False).to_numpy(dtype=bool)
    found[told.index.to_numpy()[chosen]] = rows.to_numpy(dtype=np.float64)[chosen]
    return found
