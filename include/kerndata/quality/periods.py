"""First and last day of what a period or date text means: a year, half year, quarter, month or day; days between."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.quality.columns import Floats, Integers, codes

Day = Callable[[str | None], date | None]

_FORM = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<month>\d\d)(?:-(?P<day>\d\d))?))?")


def first_day(text: str | None) -> date | None:
    """First day of the period; None when the text is not one."""
    span = _span(text)
    return span[0] if span else None


def last_day(text: str | None) -> date | None:
    """Last day of the period; None when the text is not one."""
    span = _span(text)
    return span[1] if span else None


def _span(text: str | None) -> tuple[date, date] | None:
    found = _FORM.fullmatch(text or "")
    if not found:
        return None
    part = {name: int(digits) for name, digits in found.groupdict().items() if digits}
    year = part["year"]
    try:
        if "day" in part:
            day = date(year, part["month"], part["day"])
            return day, day
        first, last = _months(part)
        return date(year, first, 1), date(year, last, monthrange(year, last)[1])
    except ValueError:  # month 13, 30 February, year 0: matches the form, is no date
        return None


def _months(part: dict[str, int]) -> tuple[int, int]:
    for name, length in (("quarter", 3), ("half", 6), ("month", 1)):
        if name in part:
            last = part[name] * length
            return last - length + 1, last
    return 1, 12


def days_after(
    texts: pa.Array, day_of: Day, limit: date | Mapping[str | None, date | None] | None, by: pa.Array | None = None
) -> Floats:
    """Days that each period or date lies after the limit, null when either is not known.

    ``limit``: one day for all rows, or the day of each text of ``by``.
    """
    found, told = codes(texts), pc.unique(texts).to_pylist()
    days = np.array([_number(day_of(text)) for text in told if text is not None])
    limits = np.full(len(texts), _number(limit if isinstance(limit, date) else None))
    if isinstance(limit, Mapping) and by is not None:
        known = [text for text in pc.unique(by).to_pylist() if text is not None]
        limits = _taken(np.array([_number(limit[text]) for text in known]), codes(by), _number(limit.get(None)))
    after: Floats = _taken(days, found, np.nan) - limits
    return after


def _taken(values: Floats, at: Integers, absent: float) -> Floats:
    found: Floats = np.append(values, absent)[at]  # -1, for null, is the last
    return found


def _number(day: date | None) -> float:
    return float(day.toordinal()) if day else np.nan
