"""Figures of all provinces side by side: two that changed places, and one that delivered those of another."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from kerndata.quality.columns import Floats

Found = Iterator[tuple[str, Mapping[str, Any]]]
EXAMPLES = 4


def swapped(figures: pa.Table, before: pa.Table, bounds: Mapping[str, Any]) -> Found:
    """Pairs of provinces whose figures of a year fit each other's earlier figures, and not their own."""
    table, old = _cube(figures), _cube(before)
    if table.empty:
        return
    near = np.log(1 + float(bounds["swapAgreementPct"]) / 100)
    far = np.log(1 + float(bounds["swapDistancePct"]) / 100)
    regions = list(table.columns)
    for year, logs in table.groupby(level="year"):
        value = logs.droplevel("year")
        expected = _expected(table, old, int(str(year))).reindex(value.index).to_numpy()
        own = value.to_numpy()
        for one, other in combinations(range(len(regions)), 2):
            swap = _fits(own, expected, one, other, near, far)
            apart = np.abs(expected[:, one] - expected[:, other]) > far
            if swap.sum() >= int(bounds["swapIndicators"]) and 2 * swap.sum() > np.count_nonzero(apart):
                codes = [str(code) for code in value.index[swap]]
                yield _pair(regions[one], regions[other], str(year), codes)


def same_figures(figures: pa.Table, bounds: Mapping[str, Any]) -> Found:
    """Pairs of provinces with several figures of one year that are exactly the same."""
    rows = figures.to_pandas()
    rows = rows[rows["value"] >= float(bounds["sameFigureFrom"])]
    pairs = rows.merge(rows, on=["indicator_code", "year", "value"], suffixes=("", "_other"))
    pairs = pairs[pairs["region_code"] < pairs["region_code_other"]]
    for (one, other, year), same in pairs.groupby(["region_code", "region_code_other", "year"], sort=True):
        if len(same) >= int(bounds["sameFigures"]):
            yield _pair(str(one), str(other), str(year), sorted(same["indicator_code"]))


def _pair(one: str, other: str, year: str, codes: list[str]) -> tuple[str, Mapping[str, Any]]:
    facts = {"province": one, "other_province": other, "period": year, "count": len(codes)}
    return f"{year} {one} {other}", facts | {"examples": ", ".join(codes[:EXAMPLES])}


def _cube(figures: pa.Table) -> pd.DataFrame:
    """Logarithms of the values: indicator × year down, provinces across; empty where there is no figure."""
    rows = figures.to_pandas()
    if rows.empty:
        return pd.DataFrame()
    rows = rows.assign(log=np.log(rows["value"].astype("float64")))
    return pd.DataFrame(rows.pivot(index=["indicator_code", "year"], columns="region_code", values="log"))


def _expected(table: pd.DataFrame, old: pd.DataFrame, year: int) -> pd.DataFrame:
    """What each figure of a year should be about.

    The figure of that year in the last release; else that of the years before and after, with the growth of the whole
    country (the median of the provinces) taken out.
    """
    now = pd.DataFrame(table.xs(year, level="year"))
    beside = [_moved(table, now, year + step) for step in (-1, 1)]
    known = [one.to_numpy() for one in beside if one is not None] or [np.full(now.shape, np.nan)]
    there = np.sum([~np.isnan(one) for one in known], axis=0)
    total = np.sum([np.nan_to_num(one) for one in known], axis=0)
    mean = np.divide(total, there, out=np.full(now.shape, np.nan), where=there > 0)
    around = pd.DataFrame(mean, index=now.index, columns=now.columns)
    if not old.empty and year in old.index.get_level_values("year"):
        last = pd.DataFrame(old.xs(year, level="year")).reindex(index=now.index, columns=now.columns)
        return pd.DataFrame(last.where(last.notna(), around))
    return around


def _moved(table: pd.DataFrame, now: pd.DataFrame, year: int) -> pd.DataFrame | None:
    if year not in table.index.get_level_values("year"):
        return None
    then = pd.DataFrame(table.xs(year, level="year")).reindex(index=now.index, columns=now.columns)
    growth = (now - then).median(axis=1)
    return pd.DataFrame(then.add(growth, axis=0))


def _fits(own: Floats, expected: Floats, one: int, other: int, near: float, far: float) -> Any:
    """Per indicator whether both provinces are near what the other should be, and far from what they should be."""
    with np.errstate(invalid="ignore"):
        crossed = np.maximum(np.abs(own[:, one] - expected[:, other]), np.abs(own[:, other] - expected[:, one]))
        kept = np.minimum(np.abs(own[:, one] - expected[:, one]), np.abs(own[:, other] - expected[:, other]))
        return (crossed < near) & (kept > far)
