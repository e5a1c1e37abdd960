"""Yearly figures beside those of the years around them: a unit off, a digit lost, half a year, a jump, last year again.

Only full years of the category ``totaal`` are judged: parts are smaller and jump more, and parts that do not add up to
their whole are found by themselves (``kerndata.quality.parts``). Bounds are those of the contract; what was measured
stands there. Everything is an array over the judged values, sorted by series (indicator × region) and year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import indicators
from kerndata.quality.columns import Flags, Floats, Integers, arrow, codes, flags, floats
from kerndata.quality.digits import one_digit_off

WHOLE = "totaal"
MOST_YEARS = 2  # a neighbour further away than this says too little
UNIT, HALF, DIGIT, JUMP = "unit", "half", "digit", "jump"


@dataclass(frozen=True, slots=True)
class Years:
    """Values that can be compared. ``at``: position in the frame; ``series``: a number per indicator and region.

    ``place``: position of the indicator in the code list; ``group``: a number per region and year.
    """

    at: Integers
    series: Integers
    place: Integers
    group: Integers
    year: Integers
    value: Floats

    def of(self, chosen: Any) -> "Years":
        """The chosen values (a mask or positions)."""
        return Years(*(getattr(self, name)[chosen] for name in Years.__slots__))


@dataclass(frozen=True, slots=True)
class Odd:
    """Values that do not fit their neighbours. ``at``: position in the frame, ascending.

    ``kind``: ``unit``, ``half``, ``digit`` or ``jump``. ``near``: what the years around it come to; ``near_period``:
    those years. ``times``: value / near.
    """

    at: Integers
    kind: npt.NDArray[np.str_]
    near: Floats
    near_period: npt.NDArray[np.str_]
    times: Floats


def years_of(frame: pd.DataFrame, place: Integers) -> Years:
    """The full-year totals in ``frame``; ``place`` is the row's position in the list of indicators, -1 for none.

    Keys that stand twice are left out: they are refused for that.
    """
    whole = np.flatnonzero(flags(pc.equal(arrow(frame, "category"), WHOLE)) & (place >= 0))
    period, value, region = (arrow(frame, name).take(pa.array(whole)) for name in ("period", "value", "region_code"))
    known = flags(pc.and_(pc.match_substring_regex(period, "^[0-9]{4}$"), pc.is_valid(value)))
    at, chosen = whole[known], pa.array(known)
    year = period.filter(chosen).cast(pa.int64()).to_numpy(zero_copy_only=False)
    region, numbers = codes(region.filter(chosen)), floats(value.filter(chosen))
    found = Years(at, place[at] * 10_000 + region, place[at], region * 10_000 + year, year, numbers)
    found = found.of(np.lexsort((found.year, found.series)))
    twin = (np.diff(found.series) == 0) & (np.diff(found.year) == 0)
    twice = np.concatenate(([False], twin)) | np.concatenate((twin, [False])) if len(found.at) else np.zeros(0, bool)
    return found.of(~twice & (found.value >= 0))


def odd_years(years: Years, settings: Mapping[str, Any], trusted: Flags | None = None) -> Odd:
    """The values that stand out from the years around them; ``settings`` are those of the indicators contract.

    ``trusted``: rows of the frame that were accepted before, and so are never the odd one themselves.
    """
    known = np.zeros(len(years.at), dtype=bool) if trusted is None else trusted[years.at]
    spikes = _spikes(years, settings) & ~known
    kept = np.flatnonzero(~spikes)
    late, beside = _jumps(years.of(kept), known[kept], settings)
    before, after = _around(years, np.flatnonzero(spikes), ~spikes)
    at = np.concatenate((np.flatnonzero(spikes), kept[late]))
    one, other = np.concatenate((before, kept[beside])), np.concatenate((after, kept[beside]))
    near = np.sqrt(years.value[one] * years.value[other])
    periods = [str(a) if a == b else f"{a}, {b}" for a, b in zip(years.year[one], years.year[other], strict=True)]
    found = years.of(at)
    times = np.divide(found.value, near, out=np.full(len(at), np.inf), where=near > 0)
    kind = classify(found.value, near, found.place, settings)
    order = np.argsort(found.at, kind="stable")
    return Odd(found.at[order], kind[order], near[order], np.array(periods, dtype=str)[order], times[order])


def classify(value: Floats, near: Floats, place: Integers, settings: Mapping[str, Any]) -> npt.NDArray[np.str_]:
    """What is the likely mistake in values that should be about ``near``: the most particular explanation that fits."""
    every = list(indicators().values())
    units = np.array([one.unit for one in every])[place] if len(place) else np.zeros(0, dtype=str)
    flows = np.isin(np.array(list(indicators()))[place], settings["flowIndicators"]) if len(place) else units == ""
    times = np.divide(value, near, out=np.full(len(value), np.nan), where=near > 0)
    low, high = settings["halfYearShare"]
    kind = np.full(len(value), JUMP, dtype="U5")
    kind[one_digit_off(value, near, float(settings["digitFactor"]))] = DIGIT
    kind[flows & (times >= low) & (times <= high)] = HALF
    kind[_by_a_factor(times, units, settings["unitFactors"])] = UNIT
    return kind


def _by_a_factor(times: Floats, units: Any, factors: list[Mapping[str, Any]]) -> Flags:
    """Whether a value is off by a factor between two units; some only happen between units of energy."""
    found = np.zeros(len(times), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.abs(np.log(times))
    for one in factors:
        near = np.abs(size - np.log(float(one["factor"]))) <= np.log(float(one["tolerance"]))
        found |= near & (np.isin(units, one["units"]) if "units" in one else True)
    return found


def nearest_factor(times: Floats, settings: Mapping[str, Any]) -> Floats:
    """The agreed factor nearest to each ratio: 1000 for 0.00097 as well as for 1031."""
    factors = np.array([float(one["factor"]) for one in settings["unitFactors"]])
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.abs(np.log(times))
    found: Floats = factors[np.argmin(np.abs(size[:, None] - np.log(factors)[None, :]), axis=1)]
    return found


def copied(years: Years, settings: Mapping[str, Any]) -> tuple[Integers, Floats]:
    """Positions of values that seem to be last year's, with the share (percent) of that year's values that are.

    So are all equal ones where most of three or more are, and a large flow (production, use) by itself: stocks such
    as a number of turbines do stand still, flows never do.
    """
    before, _ = _neighbours(years, np.arange(len(years.at)), np.ones(len(years.at), dtype=bool))
    fits = (before >= 0) & (years.value > 0)
    fits[fits] &= years.year[fits] - years.year[before[fits]] == 1
    here = years.of(fits)
    equal = here.value == years.value[before[fits]]
    _, group = np.unique(here.group, return_inverse=True)
    every = np.bincount(group, minlength=1)
    share = 100 * np.bincount(group, weights=equal, minlength=1) / np.maximum(every, 1)
    most = (every >= int(settings["copiedFigures"])) & (share >= float(settings["copiedSharePct"]))
    flow = np.isin(np.array(list(indicators()))[here.place], settings["flowIndicators"])
    told = equal & (most[group] | (flow & (here.value >= float(settings["copiedFlowFrom"]))))
    return here.at[told], share[group][told]


def _spikes(years: Years, settings: Mapping[str, Any]) -> Flags:
    """Values off from the year before and from the year after, in the same direction, by more than the factor."""
    every = np.arange(len(years.at))
    before, after = _neighbours(years, every, np.ones(len(every), dtype=bool))
    inside = (before >= 0) & (after >= 0)
    value, one, other = years.value[inside], years.value[before[inside]], years.value[after[inside]]
    factor = float(settings["spikeFactor"])
    high = (value > factor * one) & (value > factor * other)
    low = (value * factor < one) & (value * factor < other)
    found = np.zeros(len(every), dtype=bool)
    # a zero before or after is a beginning or an end, not a level to fall back to
    found[inside] = (high & (one > 0) & (other > 0)) | low
    found[inside] &= np.maximum(value, np.maximum(one, other)) >= smallest(years.place[inside], settings)
    return found


def _jumps(years: Years, known: Flags, settings: Mapping[str, Any]) -> tuple[Integers, Integers]:
    """Values whose change from the year before is outside the band of the indicator, and the value beside it.

    When the second value of a series differs from the first and the third agrees with it, the first is the odd one.
    """
    every = np.arange(len(years.at))
    before, after = _neighbours(years, every, np.ones(len(every), dtype=bool))
    low, high = _bands(settings)
    fits = (before >= 0) & (years.value > 0)
    fits[fits] &= years.value[before[fits]] > 0
    change = np.zeros(len(every))
    change[fits] = 100 * (years.value[fits] / years.value[before[fits]] - 1)
    out = fits & ((change < low[years.place]) | (change > high[years.place]))
    out[fits] &= np.maximum(years.value[fits], years.value[before[fits]]) >= smallest(years.place[fits], settings)
    late = np.flatnonzero(out)
    beside = before[late]
    first = (before[beside] < 0) & (after[late] >= 0) & ~known[beside]
    first[first] &= ~out[after[late[first]]]
    return np.where(first, beside, late), np.where(first, late, beside)


def _bands(settings: Mapping[str, Any]) -> tuple[Floats, Floats]:
    """Lowest and highest change in percent per indicator: its own, else that of all without one."""
    low, high = settings["yearOnYearPct"]
    every = indicators().values()
    lows = [float(low if one.yoy_minimum_pct is None else one.yoy_minimum_pct) for one in every]
    highs = [float(high if one.yoy_maximum_pct is None else one.yoy_maximum_pct) for one in every]
    return np.array(lows), np.array(highs)


def smallest(place: Integers, settings: Mapping[str, Any]) -> Floats:
    """Per value the size from which a change of its indicator says anything."""
    sizes = settings["smallestByUnit"]
    found: Floats = np.array([float(sizes.get(one.unit, 0)) for one in indicators().values()])[place]
    return found


def _neighbours(years: Years, wanted: Integers, usable: Flags) -> tuple[Integers, Integers]:
    """Positions of the nearest usable value before and after each wanted one, of the same series; -1 without one."""
    at = np.flatnonzero(usable)
    found = []
    for step, place in ((-1, np.searchsorted(at, wanted, "left") - 1), (1, np.searchsorted(at, wanted, "right"))):
        inside = (place >= 0) & (place < len(at))
        near = np.full(len(wanted), -1)
        near[inside] = at[place[inside]]
        ours = near >= 0
        ours[ours] &= years.series[near[ours]] == years.series[wanted[ours]]
        ours[ours] &= step * (years.year[near[ours]] - years.year[wanted[ours]]) <= MOST_YEARS
        found.append(np.where(ours, near, -1))
    return found[0], found[1]


def _around(years: Years, wanted: Integers, usable: Flags) -> tuple[Integers, Integers]:
    """As ``_neighbours`` for values that have both: the one there is for both, or two spikes beside each other."""
    before, after = _neighbours(years, wanted, usable)
    before, after = np.where(before < 0, after, before), np.where(after < 0, before, after)
    any_before, any_after = _neighbours(years, wanted, np.ones(len(usable), dtype=bool))
    return np.where(before < 0, any_before, before), np.where(after < 0, any_after, after)
