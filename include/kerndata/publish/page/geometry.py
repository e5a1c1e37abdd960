"""Scales and coordinates of the pictures on the page, in whole units of their own view box; no fonts are measured.

The pictures are SVG in the page itself: they need no JavaScript, print sharp, follow light and dark, and are the same
bytes on every machine (ADR 0024).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kerndata.publish.page.views import Series

WIDTH, HEIGHT = 460, 230
LEFT, RIGHT, TOP, BOTTOM = 66, 454, 18, 202
_TICKS = 4
_WIDEST_BAR = 46

Kind = Literal["final", "provisional", "partial", "none"]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the vertical scale."""

    y: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Mark:
    """One period: a bar of the national value, or a range with a dot per province; ``top`` is its highest point.

    A partial period has no bar: ``coverage`` stands in its place.
    """

    period: str
    kind: Kind
    x: int
    width: int
    top: int
    bottom: int
    value: Decimal | None
    coverage: str
    dots: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """One indicator over time."""

    ticks: Sequence[Tick]
    zero: int
    marks: Sequence[Mark]


def chart(series: Series, provinces: int) -> Chart:
    """Lay out an indicator: bars of totals when it may be summed, else the spread of the provinces."""
    scale = _Scale.over(_drawn(series))
    step = (RIGHT - LEFT) // max(len(series.periods), 1)
    width = min(step * 7 // 10, _WIDEST_BAR)
    marks = []
    for place, period in enumerate(series.periods):
        middle = LEFT + step * place + step // 2
        kind, values = _of(series, period)
        heights = sorted(scale.y(value) for value in values)
        zero = scale.y(Decimal(0))
        ends = (*heights, zero) if series.is_summed else heights or (zero,)
        value = values[0] if series.is_summed and values else None
        coverage = f"{series.with_value(period)}/{provinces}"
        dots = () if series.is_summed else heights
        marks.append(Mark(period, kind, middle - width // 2, width, min(ends), max(ends), value, coverage, dots))
    return Chart([Tick(scale.y(one), one) for one in scale.steps], scale.y(Decimal(0)), marks)


def _of(series: Series, period: str) -> tuple[Kind, Sequence[Decimal]]:
    """What a period shows; nothing that could be taken for a total when a province is missing."""
    values = series.values(period)
    is_provisional = series.is_provisional(period)
    if not values:
        return "none", ()
    if not series.is_summed:
        return ("provisional" if is_provisional else "final"), list(values.values())
    total = series.totals.get(period)
    if total is None or total.value is None:
        return "partial", ()
    return ("provisional" if is_provisional else "final"), [total.value]


def _drawn(series: Series) -> Iterable[Decimal]:
    for period in series.periods:
        yield from _of(series, period)[1]


@dataclass(frozen=True, slots=True)
class _Scale:
    """A vertical scale from zero (or below, with negative values) in steps of 1, 2 or 5 times a power of ten."""

    steps: Sequence[Decimal]

    @classmethod
    def over(cls, values: Iterable[Decimal]) -> "_Scale":
        known = [Decimal(0), *values]
        low, high = min(known), max(known)
        step = _nice((high - low) / _TICKS) if high > low else Decimal(1)
        first, last = (low / step).to_integral_value("ROUND_FLOOR"), (high / step).to_integral_value("ROUND_CEILING")
        return cls([step * place for place in range(int(first), max(int(last), int(first) + 1) + 1)])

    def y(self, value: Decimal) -> int:
        low, high = self.steps[0], self.steps[-1]
        return round(BOTTOM - (value - low) * (BOTTOM - TOP) / (high - low))


def _nice(step: Decimal) -> Decimal:
    power = Decimal(1).scaleb(step.adjusted())
    return next(power * times for times in (1, 2, 5, 10) if power * times >= step)


CLASSES = 5


def classes(values: Mapping[str, Decimal]) -> tuple[Mapping[str, int], Sequence[tuple[Decimal, Decimal]]]:
    """Divide values over ``CLASSES`` equal steps from lowest to highest: class per province, and the steps' bounds."""
    if not values:
        return {}, ()
    low, high = min(values.values()), max(values.values())
    if low == high:
        return dict.fromkeys(values, CLASSES // 2), ((low, high),)
    step = (high - low) / CLASSES
    bounds = [(low + step * place, low + step * (place + 1)) for place in range(CLASSES)]
    found = {code: min(int((value - low) / step), CLASSES - 1) for code, value in values.items()}
    return found, bounds
