"""One indicator as the page tells it: headline, chart, map, ranking, coverage; worded in the template."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kerndata.contracts.code_lists import provinces
from kerndata.publish.page.geometry import Chart, chart
from kerndata.publish.page.tilemap import TileMap, tile_map
from kerndata.publish.page.views import Cell, Series

CODES = tuple(one.code for one in provinces())
NAMES: Mapping[str, str] = {one.code: one.name for one in provinces()}
_GLANCE = ("E1.1", "V2.1", "H3.1", "H3.4", "H3.8", "H3.5", "H3.10", "H3.17", "V2.2", "P4.1")
_GLANCE_SIZE = 4


@dataclass(frozen=True, slots=True)
class Ranked:
    """A province's place; ``share`` of the total, ``change`` on the year before, ``length`` of its bar in per cent."""

    place: int | None
    province: str
    cell: Cell
    share: Decimal | None
    change: Decimal | None
    length: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A period in which provinces have no value, and why."""

    period: str
    with_value: int
    reasons: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Card:
    """An indicator, ready to be worded. ``period`` is the last with a value, ``change`` that of its national total."""

    series: Series
    anchor: str
    period: str | None
    before: str | None
    total: Decimal | None
    change: Decimal | None
    chart: Chart
    map: TileMap | None
    ranking: Sequence[Ranked]
    gaps: Sequence[Gap]
    complete: Sequence[str]  # runs of periods without a gap, as 2019–2024


def card(series: Series) -> Card:
    """Tell one indicator."""
    period = series.latest
    before = series.before(period) if period else None
    gaps = [Gap(one, series.with_value(one), series.gaps(one, CODES)) for one in series.periods]
    return Card(
        series=series,
        anchor=anchor(series.code),
        period=period,
        before=before,
        total=_total(series, period),
        change=_ratio(_total(series, period), _total(series, before)),
        chart=chart(series, len(CODES)),
        map=tile_map(series, period) if period else None,
        ranking=_ranking(series, period, before) if period else (),
        gaps=[one for one in gaps if one.reasons],
        complete=_runs(series.periods, [one.period for one in gaps if not one.reasons]),
    )


def anchor(code: str) -> str:
    """Where an indicator stands on the page: h3-4 for H3.4."""
    return re.sub(r"[^a-z0-9]+", "-", code.lower())


def glance(cards: Sequence[Card]) -> list[Card]:
    """The few national figures that open the page: those most asked for that are complete."""
    complete = {one.series.code: one for one in cards if one.total is not None}
    chosen = [code for code in _GLANCE if code in complete] + [code for code in complete if code not in _GLANCE]
    return [complete[code] for code in chosen[:_GLANCE_SIZE]]


def _runs(periods: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """Write what is chosen from ``periods`` as runs: 2019–2021, 2024."""
    runs: list[list[str]] = []
    for place, period in enumerate(periods):
        if period not in chosen:
            continue
        if place and runs and runs[-1][-1] == periods[place - 1]:
            runs[-1].append(period)
        else:
            runs.append([period])
    return [one[0] if len(one) == 1 else f"{one[0]}–{one[-1]}" for one in runs]


def _total(series: Series, period: str | None) -> Decimal | None:
    total = series.totals.get(period) if period else None
    return total.value if total else None


def _ratio(value: Decimal | None, earlier: Decimal | None) -> Decimal | None:
    if value is None or earlier is None or earlier <= 0:
        return None
    return value / earlier - 1


def _ranking(series: Series, period: str, before: str | None) -> list[Ranked]:
    """Provinces from high to low, equal values in one place; those without a value follow, with their reason."""
    values = series.values(period)
    highest = max(*values.values(), Decimal(0))
    total = _total(series, period)
    rows = []
    for code in sorted(CODES, key=lambda one: (one not in values, -values.get(one, Decimal(0)), one)):
        value = values.get(code)
        place = 1 + sum(other > value for other in values.values()) if value is not None else None
        share = value / total if value is not None and total else None
        change = _ratio(value, series.cell(before, code).value) if before else None
        length = round(max(value, Decimal(0)) * 100 / highest) if value is not None and highest else 0
        rows.append(Ranked(place, code, series.cell(period, code), share, change, length))
    return rows
