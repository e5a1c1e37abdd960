"""Which periods each province owes, and by when: from ``expected_periods``, ``cadence`` and ``due_days`` of its source.

A period is due ``due_days`` after its last day, moved on to the first Dutch working day: no Saturday, Sunday or public
holiday (Algemene termijnenwet, articles 1 and 3: also Good Friday, and 5 May in every year).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

from kerndata.model.period import last_day
from kerndata.sources.registry import Source

# Days from the end of a period to the day its figures are due, when a source does not say: our own choice (2026-11).
DUE_DAYS = {"yearly": 180, "half_yearly": 90, "quarterly": 60, "monthly": 30}


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """One period of one delivery that a province owes; ``province`` is its slug, ``due_on`` the last day in time."""

    province: str
    dataset: str
    delivery: str
    period: str
    due_on: date


def expected(sources: Iterable[Source]) -> list[Expected]:
    """Give every period that the sources expect, in order of province, dataset, delivery and period.

    Template deliveries are left out: they are another way to deliver what a province's own deliveries owe.
    """
    return sorted(one for source in sources for one in _of(source))


def _of(source: Source) -> Iterable[Expected]:
    for name, spec in source.own().items():
        days = DUE_DAYS[spec.cadence] if spec.due_days is None else spec.due_days
        for period in spec.expected_periods:
            yield Expected(source.province.slug, spec.dataset, name, period, due_on(period, days))


def due_on(period: str, days: int) -> date:
    """Return the first working day on or after ``days`` days from the period's end; ValueError for no period."""
    end = last_day(period)
    if end is None:
        raise ValueError(f"{period!r} is no period")
    return next_working_day(end + timedelta(days))


def next_working_day(day: date) -> date:
    """Return the day itself when it is a Dutch working day, else the first one after it."""
    while day.weekday() > 4 or day in _holidays():
        day += timedelta(1)
    return day


@cache
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("NL", categories=("public", "optional"))
