"""Two figures of one region and year that belong together: production and capacity, inverters and panels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import indicators
from kerndata.quality.columns import Floats, Integers, arrow, flags, floats

KEY = ("region_level", "region_code", "period", "category")


@dataclass(frozen=True, slots=True)
class Ratio:
    """``column`` = numerator × factor / denominator, of one region and full year, in the numerator's row.

    Only of the category ``totaal``: solar fields and roofs by themselves are outside the bands of the whole.

    ``least``: below it the denominator is too small to say anything.
    """

    column: str
    numerator: str
    denominator: str
    factor: float
    least: float = 0.0


RATIOS = (
    Ratio("wind_full_load_hours", "H3.5", "H3.4", 1e3),  # mln kWh = GWh; GWh x 1000 / MW = hours
    Ratio("wind_windiness", "H3.5", "H3.6", 1.0, least=10),  # CBS rounds to whole mln kWh
    Ratio("mw_per_turbine", "H3.4", "H3.3", 1.0, least=10),  # a few old turbines are rounded to 0 MW
    Ratio("solar_yield_kwh_per_kwp", "H3.10", "H3.8", 1e6),  # mln kWh x 10^6 / kWp
    Ratio("inverter_per_panel", "H3.9", "H3.8", 1.0),  # kW / kWp
    Ratio("kwp_per_installation", "H3.8", "H3.7", 1.0),
)
WIND, TURBINES = ("H3.4", "H3.5", "H3.6"), "H3.3"


def ratios(frame: pd.DataFrame, place: Integers, nothing: Floats) -> dict[str, Floats]:
    """Every ratio, and ``turbines_beside``; ``nothing``, an array of NaN, stands for one that no row has.

    A ratio is null where either value is missing, stands more than once, is a part, or the period is no full year.
    """
    order = np.bincount(place[place >= 0], minlength=len(indicators()))
    present = {code for code, rows in zip(indicators(), order.tolist(), strict=True) if rows}
    found = dict.fromkeys((*(one.column for one in RATIOS), "turbines_beside"), nothing)
    for one in RATIOS:
        if {one.numerator, one.denominator} <= present:
            found[one.column] = _ratio(frame, place, one, nothing.copy())
    if TURBINES in present and present.intersection(WIND):
        found["turbines_beside"] = _turbines_beside(frame, place, nothing.copy())
    return found


def _ratio(frame: pd.DataFrame, place: Integers, ratio: Ratio, found: Floats) -> Floats:
    at, top, below = _beside(frame, place, (ratio.numerator,), ratio.denominator)
    period, category = (arrow(frame, name).take(pa.array(at)) for name in ("period", "category"))
    judged = flags(pc.and_(pc.equal(pc.utf8_length(period), 4), pc.equal(category, "totaal")))
    usable = judged & (below > 0) & (below >= ratio.least)
    found[at] = np.divide(top * ratio.factor, below, out=np.full(len(at), np.nan), where=usable)
    return found


def _turbines_beside(frame: pd.DataFrame, place: Integers, found: Floats) -> Floats:
    """In rows of wind capacity and production above zero: how many turbines the same delivery states."""
    at, value, turbines = _beside(frame, place, WIND, TURBINES)
    found[at] = np.where(value > 0, turbines, np.nan)
    return found


def _beside(
    frame: pd.DataFrame, place: Integers, above: tuple[str, ...], below: str
) -> tuple[Integers, Floats, Floats]:
    """Positions of rows of some indicators, their value, and that of another indicator about the same."""
    order = list(indicators())
    at = np.flatnonzero(np.isin(place, [order.index(code) for code in above]))
    under = np.flatnonzero(place == order.index(below))
    columns = [*KEY, "value"]
    others = frame.iloc[under][columns].drop_duplicates(list(KEY), keep=False).rename(columns={"value": "below"})
    pairs = frame.iloc[at][columns].merge(others, on=list(KEY), how="left")
    return at, floats(arrow(pairs, "value")), floats(arrow(pairs, "below"))
