"""Periods and dates as provinces write them, to ``2024``, ``2024-H1``, ``2024-Q3`` and ISO dates."""

import re
from datetime import date

_YEAR = r"(?P<year>(?:19|20)\d\d)"
PERIODS = (
    (re.compile(rf"{_YEAR}(?:\.0+|JJ00)?"), "{year}"),  # a year; as an Excel number; as CBS codes it
    (re.compile(rf"{_YEAR}[ -]?(?:Q|K|KW0)(?P<part>[1-4])", re.IGNORECASE), "{year}-Q{part}"),
    (re.compile(rf"(?:Q|K)(?P<part>[1-4])[ -]{_YEAR}", re.IGNORECASE), "{year}-Q{part}"),
    (re.compile(rf"(?P<part>[1-4])e kwartaal {_YEAR}", re.IGNORECASE), "{year}-Q{part}"),
    (re.compile(rf"{_YEAR}[ -]?H(?P<part>[12])", re.IGNORECASE), "{year}-H{part}"),
    (re.compile(rf"H(?P<part>[12])[ -]{_YEAR}", re.IGNORECASE), "{year}-H{part}"),
    (re.compile(rf"(?P<part>[12])e halfjaar {_YEAR}", re.IGNORECASE), "{year}-H{part}"),
)
ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")
DUTCH = re.compile(r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})")
MONTH = re.compile(rf"{_YEAR}-(?:0[1-9]|1[0-2])")


def period(text: str) -> str | None:
    """Return the period in the contract's form, or None when it is not one."""
    for pattern, form in PERIODS:
        match = pattern.fullmatch(text)
        if match:
            return form.format(**match.groupdict())
    return None


def date_or_period(text: str) -> str | None:
    """Return an ISO date, a year, a month, a quarter or a half year, or None; ``3-4-2024`` is 3 April, as agreed."""
    match = ISO.fullmatch(text) or DUTCH.fullmatch(text)
    if match:
        try:
            return date(int(match["year"]), int(match["month"]), int(match["day"])).isoformat()
        except ValueError:
            return None
    return text if MONTH.fullmatch(text) else period(text)
