"""Columns derived from a delivery's rows, so that every rule of a contract judges one column.

Great Expectations iterates row by row over column pairs (3.5 s per 100,000 rows, measured); a derived column costs it a
few milliseconds. A derived column is null where its rule does not apply. Flags are 0 or 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import Indicator, indicators
from kerndata.contracts.contract import Contract
from kerndata.quality.copies import copies
from kerndata.quality.periods import first_day, last_day

OBSERVATION = "observation"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """``column`` = numerator × factor / denominator, of one region, full year and category, in the numerator's row."""

    column: str
    numerator: str
    denominator: str
    factor: float


RATIOS = (
    Ratio("wind_full_load_hours", "H3.5", "H3.4", 1e3),  # mln kWh = GWh; GWh x 1000 / MW = hours
    Ratio("solar_yield_kwh_per_kwp", "H3.10", "H3.8", 1e6),  # mln kWh x 10^6 / kWp
    Ratio("inverter_per_panel", "H3.9", "H3.8", 1.0),  # kW / kWp
)
SHARED = ("earlier_copies", "rival_values", "first_observation", "rival_observation", "days_in_future", "as_of")
DERIVED: Mapping[str, tuple[str, ...]] = {
    "indicators": (
        *SHARED, "value_or_reason", "value_and_reason", "other_unit", "beyond_hard_bounds", "beyond_advisory_bounds",
        *(ratio.column for ratio in RATIOS),
    ),
    "projects": (
        *SHARED, "beyond_capacity", "turbine_count", "production_mwh", "lon_degrees", "lat_degrees", "lone_coordinate",
    ),
}  # fmt: skip


def derive(contract: Contract, rows: pd.DataFrame, *, as_of: date | None = None) -> pd.DataFrame:
    """``rows`` with the derived columns of ``DERIVED`` added, indexed by ``observation``.

    ``as_of``: nothing may lie after this day; without it (and without a reference date in the row) that is not judged.
    """
    frame = rows.set_index(OBSERVATION)
    added = copies(frame, contract)
    added |= _indicators(frame, as_of) if contract.dataset == "indicators" else _projects(frame, contract, as_of)
    return frame.assign(**{name: _series(values, frame) for name, values in added.items()})


def arrow(frame: pd.DataFrame, column: str) -> pa.Array:
    """The column as one Arrow array, null where pandas has no value."""
    found = pa.array(frame[column], from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _indicators(frame: pd.DataFrame, as_of: date | None) -> dict[str, Any]:
    place = pc.index_in(arrow(frame, "indicator_code"), pa.array(list(indicators())))
    every = list(indicators().values())
    value, reason, unit = (arrow(frame, name) for name in ("value", "missing_reason", "unit"))
    has_value, nothing = pc.is_valid(value), pa.nulls(len(frame), pa.string())
    right_unit = pa.array([one.unit for one in every]).take(place)
    return {
        "value_or_reason": pc.coalesce(pc.if_else(has_value, "value", nothing), reason.cast(pa.string())),
        "value_and_reason": pc.if_else(has_value, reason.cast(pa.string()), nothing),
        "other_unit": pc.if_else(pc.fill_null(pc.not_equal(unit, right_unit), False), unit, nothing),
        "beyond_hard_bounds": _beyond(value, place, every, "hard"),
        "beyond_advisory_bounds": _beyond(value, place, every, "advisory"),
        "days_in_future": _days_after(arrow(frame, "period"), last_day, [as_of] * len(frame)),
        "as_of": [as_of.isoformat() if as_of else None] * len(frame),
    } | {ratio.column: _ratio(frame, ratio) for ratio in RATIOS}


def _beyond(value: pa.Array, place: pa.Array, every: list[Indicator], kind: str) -> Floats:
    """1 where the value passes the bounds of its indicator, 0 where not, null where another kind of bound holds."""
    minimum, maximum = (
        pa.array([getattr(one, end) if one.bound_kind == kind else None for one in every], value.type).take(place)
        for end in ("minimum", "maximum")
    )
    return _floats(pc.or_(pc.less(value, minimum), pc.greater(value, maximum)))


def _ratio(frame: pd.DataFrame, ratio: Ratio) -> Floats:
    """Null where either value is missing, stands more than once, or the period is not a full year."""
    found = np.full(len(frame), np.nan)
    code = frame["indicator_code"]
    at = np.flatnonzero((code == ratio.numerator).fillna(False).to_numpy(dtype=bool))
    if not len(at):
        return found
    key = ["region_level", "region_code", "period", "category"]
    below = frame.loc[(code == ratio.denominator).fillna(False).to_numpy(dtype=bool), [*key, "value"]]
    below = below.drop_duplicates(key, keep=False).rename(columns={"value": "below"})
    pair = frame.iloc[at][[*key, "value"]].merge(below, on=key, how="left")
    top, bottom = (_floats(arrow(pair, name)) for name in ("value", "below"))
    usable = (bottom > 0) & (pair["period"].str.len() == 4).fillna(False).to_numpy(dtype=bool)
    found[at] = np.divide(top * ratio.factor, bottom, out=np.full(len(at), np.nan), where=usable)
    return found


def _projects(frame: pd.DataFrame, contract: Contract, as_of: date | None) -> dict[str, Any]:
    highest = contract.settings["capacityMaximumMw"]
    place = pc.index_in(arrow(frame, "technology"), pa.array(list(highest)))
    capacity = _floats(arrow(frame, "capacity_mw"))
    limit = _floats(pa.array([float(one) for one in highest.values()]).take(place))
    lon, lat = (_floats(arrow(frame, name)) for name in ("lon", "lat"))
    limits = [last_day(text) or as_of for text in arrow(frame, "reference_date").to_pylist()]
    runs = pc.is_in(arrow(frame, "phase").cast(pa.int64()), pa.array([6, 8]))  # in operation, or was
    dates = pc.if_else(pc.fill_null(runs, False), arrow(frame, "commissioned_on"), None)
    return {
        "beyond_capacity": np.where(np.isnan(capacity), np.nan, (capacity <= 0) | (capacity > limit)),
        "turbine_count": _floats(arrow(frame, "turbines")),
        "production_mwh": _floats(arrow(frame, "expected_production_mwh_per_year")),
        "lon_degrees": lon,
        "lat_degrees": lat,
        "lone_coordinate": _lone(lon, lat),
        "days_in_future": _days_after(dates, first_day, limits),
        "as_of": [limit.isoformat() if limit else None for limit in limits],
    }


def _lone(lon: Floats, lat: Floats) -> pa.Array:
    only_lat, only_lon = np.isnan(lon) & ~np.isnan(lat), ~np.isnan(lon) & np.isnan(lat)
    return pc.if_else(pa.array(only_lon), "lengtegraad", pc.if_else(pa.array(only_lat), "breedtegraad", None))


def _days_after(texts: pa.Array, day_of: Any, limits: list[date | None]) -> Floats:
    days = {text: day_of(text) for text in pc.unique(texts).to_pylist()}
    pairs = ((days[text], limit) for text, limit in zip(texts.to_pylist(), limits, strict=True))
    return np.array([(day - limit).days if day and limit else np.nan for day, limit in pairs], dtype=np.float64)


def _floats(values: pa.Array) -> Floats:
    """As float64, NaN for null: the one numeric type Great Expectations compares without iterating."""
    found: Floats = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


def _series(values: Any, frame: pd.DataFrame) -> "pd.Series[Any]":
    if isinstance(values, np.ndarray):
        return pd.Series(values, index=frame.index)
    text = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return pd.Series(text.cast(pa.string()), index=frame.index, dtype=pd.ArrowDtype(pa.string()))
