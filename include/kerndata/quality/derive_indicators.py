"""The derived columns of indicators; see ``kerndata.quality.derive``."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import Indicator, indicators
from kerndata.contracts.contract import Contract
from kerndata.model.period import last_day
from kerndata.quality.columns import Floats, Integers, arrow, floats
from kerndata.quality.parts import wholes
from kerndata.quality.periods import days_after
from kerndata.quality.ratios import RATIOS, ratios
from kerndata.quality.series import DIGIT, HALF, JUMP, UNIT, copied, nearest_factor, odd_years, years_of

KINDS: Mapping[str, str] = {UNIT: "unit_factor", HALF: "half_times", DIGIT: "digit_times", JUMP: "jump_times"}
# Null but for the rows that stand out, or that have a partner: Great Expectations sees only those rows.
SPARSE = (
    *KINDS.values(), "own_value", "near_value", "near_period", "copied_pct", "parts_off", "parts_sum", "parts_named",
    "turbines_beside", *(ratio.column for ratio in RATIOS),
)  # fmt: skip
COLUMNS = (
    "days_in_future", "as_of", "value_or_reason", "value_and_reason", "other_unit", "beyond_hard_bounds",
    "beyond_advisory_bounds", *SPARSE,
)  # fmt: skip


def derived(frame: pd.DataFrame, contract: Contract, as_of: date | None) -> dict[str, Any]:
    """``COLUMNS`` for rows indexed by observation."""
    every = list(indicators().values())
    listed = pc.index_in(arrow(frame, "indicator_code"), pa.array(list(indicators())))
    place = listed.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    value, reason, unit = (arrow(frame, name) for name in ("value", "missing_reason", "unit"))
    has_value, nothing = pc.is_valid(value), pa.nulls(len(frame), pa.string())
    right_unit = pa.array([one.unit for one in every]).take(listed)
    found = {
        "value_or_reason": pc.coalesce(pc.if_else(has_value, "value", nothing), reason.cast(pa.string())),
        "value_and_reason": pc.if_else(has_value, reason.cast(pa.string()), nothing),
        "other_unit": pc.if_else(pc.fill_null(pc.not_equal(unit, right_unit), False), unit, nothing),
        "beyond_hard_bounds": _beyond(value, listed, every, "hard"),
        "beyond_advisory_bounds": _beyond(value, listed, every, "advisory"),
        "days_in_future": days_after(arrow(frame, "period"), last_day, as_of),
        "as_of": pa.repeat(pa.scalar(as_of.isoformat() if as_of else None, pa.string()), len(frame)),
    }
    empty = np.full(len(frame), np.nan)  # one array for all columns that stay empty: in most deliveries most of them
    found |= ratios(frame, place, empty)
    return found | _of_series(frame, place, contract.settings, empty) | _of_parts(frame, contract.settings, empty)


def _beyond(value: pa.Array, place: pa.Array, every: list[Indicator], kind: str) -> Floats:
    """1 where the value passes the bounds of its indicator, 0 where not, null where another kind of bound holds."""
    minimum, maximum = (
        pa.array([getattr(one, end) if one.bound_kind == kind else None for one in every], value.type).take(place)
        for end in ("minimum", "maximum")
    )
    return floats(pc.or_(pc.less(value, minimum), pc.greater(value, maximum)))


def _of_series(frame: pd.DataFrame, place: Integers, settings: Mapping[str, Any], nothing: Floats) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys((*KINDS.values(), "own_value", "near_value", "copied_pct"), nothing)
    found["near_period"] = pa.nulls(len(frame), pa.string())
    years = years_of(frame, place)
    odd = odd_years(years, settings)
    if len(odd.at):
        own = floats(arrow(frame, "value").take(pa.array(odd.at)))
        found |= {"own_value": _put(nothing, odd.at, own), "near_value": _put(nothing, odd.at, odd.near)}
        periods = np.full(len(frame), None, dtype=object)
        periods[odd.at] = odd.near_period
        found["near_period"] = pa.array(periods, pa.string())
        for kind, column in KINDS.items():
            chosen = odd.kind == kind
            times = nearest_factor(odd.times, settings) if kind == UNIT else odd.times
            found[column] = _put(nothing, odd.at[chosen], times[chosen])
    at, share = copied(years, settings)
    return found | ({"copied_pct": _put(nothing, at, share)} if len(at) else {})


def _of_parts(frame: pd.DataFrame, settings: Mapping[str, Any], nothing: Floats) -> dict[str, Any]:
    """A whole that is divided in more ways than one is told about the first that does not add up."""
    found = list(wholes(frame, settings))
    if not found:
        return {"parts_off": nothing, "parts_sum": nothing, "parts_named": pa.nulls(len(frame), pa.string())}
    off, total, named = nothing.copy(), nothing.copy(), np.full(len(frame), None, dtype=object)
    for one in found:
        new = np.isnan(off[one.at]) | ((off[one.at] == 0) & one.off)
        at = one.at[new]
        off[at], total[at], named[at] = one.off[new], one.sum[new], one.parts
    return {"parts_off": off, "parts_sum": total, "parts_named": pa.array(named, pa.string())}


def _put(nothing: Floats, at: Integers, values: Floats) -> Floats:
    found = nothing.copy()
    found[at] = values
    return found
