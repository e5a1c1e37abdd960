"""Projects of all provinces side by side: one that stands in two provinces, one that is no longer realised."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from kerndata.quality.columns import Floats
from kerndata.quality.parks import stems

Found = Iterator[tuple[str, Mapping[str, Any]]]
METRES_PER_DEGREE = 111_195.0  # of latitude
SHORTEST_NAME = 5  # shorter names, such as „Dorp”, are borne by several projects
SAME_CAPACITY = 0.01  # share by which two ways of writing one capacity differ
CANCELLED = 7


def twice(projects: pa.Table, bounds: Mapping[str, Any]) -> Found:
    """Pairs of projects of two provinces that are one: same technology, and the same name and capacity or place."""
    rows = projects.to_pandas().assign(stem=stems(projects["name"].combine_chunks()).to_pandas())
    rows = rows[(rows["phase"] != CANCELLED).fillna(True).to_numpy(dtype=bool)]
    pairs = pd.concat([_by_name(rows), _by_place(rows, float(bounds["sameProjectMetres"]))])
    pairs = pairs.drop_duplicates(["province_code", "project_id", "province_code_other", "project_id_other"])
    for one in pairs.sort_values(["province_code", "project_id", "project_id_other"]).to_dict("records"):
        facts = {
            "province": one["province_code"], "project_id": one["project_id"], "name": one["name"],
            "other_province": one["province_code_other"], "other_project_id": one["project_id_other"],
            "other_name": one["name_other"], "reason_nl": one["reason_nl"], "reason_en": one["reason_en"],
        }  # fmt: skip
        key = ("province", "project_id", "other_province", "other_project_id")
        yield " ".join(facts[name] for name in key), facts


def phases_back(projects: pa.Table, before: pa.Table, bounds: Mapping[str, Any]) -> Found:
    """Projects that were realised in the last release and are a plan again."""
    key, columns = ["province_code", "project_id"], ["province_code", "project_id", "phase"]
    pairs = projects.to_pandas().merge(before.select(columns).to_pandas(), on=key, suffixes=("", "_before"))
    least = int(bounds["phaseBackFrom"])
    built = pairs["phase_before"].ge(least) & pairs["phase_before"].ne(CANCELLED) & pairs["phase"].lt(least)
    for one in pairs[built.fillna(False).to_numpy(dtype=bool)].sort_values(key).to_dict("records"):
        facts = {"province": one["province_code"], "project_id": one["project_id"], "name": one["name"]}
        phases = {"old_phase": int(one["phase_before"]), "new_phase": int(one["phase"])}
        yield f"{one['province_code']} {one['project_id']}", facts | phases


def _by_name(rows: pd.DataFrame) -> pd.DataFrame:
    named = rows[rows["stem"].fillna("").str.len() >= SHORTEST_NAME]
    pairs = _two_provinces(named.merge(named, on=["technology", "stem"], suffixes=("", "_other")))
    one, other = (pairs[name].to_numpy(dtype=np.float64) for name in ("capacity_mw", "capacity_mw_other"))
    same = np.abs(one - other) <= SAME_CAPACITY * np.maximum(np.abs(one), np.abs(other))
    same |= (pairs["project_id"] == pairs["project_id_other"]).to_numpy(dtype=bool)
    reasons = {"reason_nl": "dezelfde naam en hetzelfde vermogen", "reason_en": "same name and capacity"}
    return pd.DataFrame(pairs[same].assign(**reasons))


def _by_place(rows: pd.DataFrame, metres: float) -> pd.DataFrame:
    """Pairs nearer than that; looked for in the cell of a grid and the eight around it."""
    placed = rows[rows["lon"].notna() & rows["lat"].notna()].copy()
    lat, lon = (placed[name].to_numpy(dtype=np.float64) for name in ("lat", "lon"))
    width = np.cos(np.radians(52.2))  # a degree of longitude in the middle of the country
    placed["x"], placed["y"] = lon * METRES_PER_DEGREE * width, lat * METRES_PER_DEGREE
    found = []
    for right in (-1, 0, 1):
        for up in (-1, 0, 1):
            here = placed.assign(column=_cell(placed["x"], metres), row=_cell(placed["y"], metres))
            there = here.assign(column=here["column"] + right, row=here["row"] + up)
            found.append(_two_provinces(here.merge(there, on=["technology", "column", "row"], suffixes=("", "_other"))))
    pairs = pd.concat(found)
    x, x_other, y, y_other = (pairs[name].to_numpy(dtype=np.float64) for name in ("x", "x_other", "y", "y_other"))
    far: Floats = np.hypot(x - x_other, y - y_other)
    near = pairs[far <= metres]
    texts = [f"{one:.0f} m" for one in far[far <= metres]]
    reasons = {"reason_nl": [f"{one} uit elkaar" for one in texts], "reason_en": [f"{one} apart" for one in texts]}
    return pd.DataFrame(near.assign(**reasons))


def _two_provinces(pairs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(pairs[(pairs["province_code"] < pairs["province_code_other"]).to_numpy(dtype=bool)])


def _cell(values: "pd.Series[float]", size: float) -> Floats:
    found: Floats = np.floor(values.to_numpy(dtype=np.float64) / size)
    return found
