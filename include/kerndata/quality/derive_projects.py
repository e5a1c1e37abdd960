"""The derived columns of projects; see ``kerndata.quality.derive``."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.contract import Contract
from kerndata.model.period import first_day, last_day
from kerndata.quality.columns import Floats, arrow, floats
from kerndata.quality.parks import park_rows
from kerndata.quality.periods import days_after

FACTS = {
    "phase_days_in_future": "phase_date", "granted_days_in_future": "granted_on",
    "permitted_days_in_future": "permitted_on",
}  # fmt: skip
SPARSE = ("park_rows", "stored_mwh", "owned_pct", *FACTS)
COLUMNS = (
    "days_in_future", "as_of", "beyond_capacity", "turbine_count", "production_mwh", "lon_degrees", "lat_degrees",
    "lone_coordinate", "project_mw_per_turbine", "project_hours", "beyond_hours", *SPARSE,
)  # fmt: skip
NUMBERS = (
    "capacity_mw", "turbines", "expected_production_mwh_per_year", "storage_mwh", "local_ownership_pct", "lon", "lat",
)  # fmt: skip
RUNS = (6, 8)  # phases: in operation, or was


def derived(frame: pd.DataFrame, contract: Contract, as_of: date | None) -> dict[str, Any]:
    """``COLUMNS`` for rows indexed by observation."""
    capacity, turbines, production, storage, owned, lon, lat = (floats(arrow(frame, name)) for name in NUMBERS)
    technology, reference = arrow(frame, "technology"), arrow(frame, "reference_date")
    highest = {name: (0.0, float(most)) for name, most in contract.settings["capacityMaximumMw"].items()}
    runs = pc.is_in(arrow(frame, "phase").cast(pa.int64()), pa.array(RUNS))
    dates = pc.if_else(pc.fill_null(runs, False), arrow(frame, "commissioned_on"), None)
    hours = _divided(production, capacity)
    limits = {text: last_day(text) or as_of for text in pc.unique(reference).to_pylist()}
    told = {text: day.isoformat() if day else None for text, day in limits.items()}
    return {
        "beyond_capacity": np.where(capacity <= 0, 1.0, _beyond(capacity, technology, highest)),
        "turbine_count": turbines,
        "production_mwh": production,
        "stored_mwh": storage,
        "owned_pct": owned,
        "lon_degrees": lon,
        "lat_degrees": lat,
        "lone_coordinate": _lone(lon, lat),
        "days_in_future": days_after(dates, first_day, limits, reference),
        **{name: days_after(arrow(frame, column), first_day, limits, reference) for name, column in FACTS.items()},
        "as_of": pa.array([told[text] for text in reference.to_pylist()], pa.string()),
        "project_mw_per_turbine": _divided(capacity, turbines),
        "project_hours": hours,
        "beyond_hours": _beyond(hours, technology, contract.settings["hoursByTechnology"]),
        "park_rows": park_rows(frame, contract.settings),
    }


def _beyond(values: Floats, technology: pa.Array, bands: Mapping[str, Any]) -> Floats:
    """1 where a value is outside the band of its technology, 0 where not, null without a value or a band."""
    place = pc.index_in(technology, pa.array(list(bands)))
    lowest, highest = (floats(pa.array([float(one[end]) for one in bands.values()]).take(place)) for end in (0, 1))
    known = ~np.isnan(values) & ~np.isnan(lowest)
    found: Floats = np.where(known, (values < lowest) | (values > highest), np.nan)
    return found


def _divided(top: Floats, bottom: Floats) -> Floats:
    """Null unless both are above zero: what is not, is told by a rule of its own."""
    found: Floats = np.divide(top, bottom, out=np.full(len(top), np.nan), where=(top > 0) & (bottom > 0))
    return found


def _lone(lon: Floats, lat: Floats) -> pa.Array:
    only_lat, only_lon = np.isnan(lon) & ~np.isnan(lat), ~np.isnan(lon) & np.isnan(lat)
    return pc.if_else(pa.array(only_lon), "lengtegraad", pc.if_else(pa.array(only_lat), "breedtegraad", None))
