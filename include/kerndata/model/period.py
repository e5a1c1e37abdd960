"""First and last day of what a period or date text means: a year, half year, quarter, month or day."""

import re
from calendar import monthrange
from datetime import date

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


def period_of(day: date, cadence: str) -> str:
    """Return the period a day lies in: ``2024``, ``2024-H1``, ``2024-Q3`` or ``2024-07``; KeyError for another."""
    part = {
        "yearly": "",
        "half_yearly": f"-H{(day.month + 5) // 6}",
        "quarterly": f"-Q{(day.month + 2) // 3}",
        "monthly": f"-{day.month:02}",
    }
    return f"{day.year}{part[cadence]}"
