"""Periods and dates as provinces write them, to ``2024``, ``2024-H1``, ``2024-Q3`` and ISO dates.

``3-4-2024`` is 3 April, as agreed. What has two readings is refused with both: years of two digits, day numbers of a
spreadsheet (counted from 1900 or, on older Macs, from 1904), moments in UTC that are the next day here.
"""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from kerndata.harmonise.vocabulary import Refused

_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_SHORT = r"['’]?(?P<short>[0-9]{2})"
_QUARTER, _HALF = r"(?:Q|K|KW|kw\.?|kwartaal)", r"(?:H|halfjaar)"
_NTH = r"(?P<part>[{}])"


def _forms(word: str, code: str, parts: str) -> tuple[str, ...]:
    """The ways to write a part of a year: 2027 Q3, 2027KW03, Q3-2027, 3e kw. 2027, kwartaal 3 2027."""
    nth = _NTH.format(parts)
    return (
        rf"{_YEAR}[ /-]?{word} ?{nth}", rf"{_YEAR}{code}0{nth}", rf"{word} ?{nth}[ /-]?{_YEAR}",
        rf"{nth}e ?{word},? {_YEAR}", rf"{_YEAR}[ /-]{nth}e ?{word}",
    )  # fmt: skip


PERIODS = (
    (re.compile(rf"{_YEAR}(?:\.0+|JJ00)?"), "{year}"),  # a year; as an Excel number; as CBS codes it
    *((re.compile(form, re.IGNORECASE), "{year}-Q{part}") for form in _forms(_QUARTER, "KW", "1-4")),
    *((re.compile(form, re.IGNORECASE), "{year}-H{part}") for form in _forms(_HALF, "HJ", "12")),
)
_TIME = r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})" + _TIME)
COMPACT = re.compile(rf"{_YEAR}(?P<month>0[1-9]|1[0-2])(?P<day>[0-9]{{2}})")
DUTCH = re.compile(r"(?P<day>[0-9]{1,2})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})" + _TIME)
NAMED = re.compile(rf"(?P<day>[0-9]{{1,2}})[ -](?P<name>[a-z]+)\.?[ -]{_YEAR}", re.IGNORECASE)
NAMED_MONTH = re.compile(rf"(?P<name>[a-z]+)\.?[ -]{_YEAR}", re.IGNORECASE)
MONTH = re.compile(rf"{_YEAR}-(?:0[1-9]|1[0-2])")
_DAY_MONTH = r"(?P<day>[0-9]{1,2})(?P<mark>[-/. ])(?P<month>[0-9]{1,2}|[a-z]+\.?)(?P=mark)"
SHORT = re.compile(_DAY_MONTH + _SHORT, re.IGNORECASE)
SHORT_YEAR = re.compile(rf"(?P<lead>(?:{_QUARTER}|{_HALF}) ?[1-4][ /-]|[1-4]e ?{_QUARTER} )?{_SHORT}", re.IGNORECASE)
SERIAL = re.compile(r"(?P<days>[2-7][0-9]{4})(?:\.0+)?")  # 1954 to 2119
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
NAMES = (
    ("jan", "januari", "january"), ("feb", "februari", "february"), ("mrt", "maart", "mar", "march"),
    ("apr", "april"), ("mei", "may"), ("jun", "juni", "june"), ("jul", "juli", "july"),
    ("aug", "augustus", "august"), ("sep", "sept", "september"), ("okt", "oktober", "oct", "october"),
    ("nov", "november"), ("dec", "december"),
)  # fmt: skip
MONTHS = {name: number for number, names in enumerate(NAMES, 1) for name in names}
EPOCHS = (date(1899, 12, 30), date(1904, 1, 1))
HERE = ZoneInfo("Europe/Amsterdam")


def period(text: str) -> str | Refused | None:
    """Return the period in the contract's form, both readings of a year of two digits, or None."""
    for pattern, form in PERIODS:
        match = pattern.fullmatch(text)
        if match:
            return form.format(**match.groupdict())
    short = SHORT_YEAR.fullmatch(text)
    return _either(*(f"{short['lead'] or ''}{century}{short['short']}" for century in (19, 20))) if short else None


def date_or_period(text: str) -> str | Refused | None:
    """Return an ISO date, a year, a month, a quarter or a half year; the readings where there are two; or None."""
    for pattern in (ISO, COMPACT, DUTCH, NAMED):
        match = pattern.fullmatch(text)
        if match:
            return _iso(match["year"], _month(match), match["day"])
    if MONTH.fullmatch(text):
        return text
    named = NAMED_MONTH.fullmatch(text)
    if named:
        return f"{named['year']}-{_month(named):02d}" if _month(named) else period(text)
    return _two_readings(text) or period(text)


def _two_readings(text: str) -> str | Refused | None:
    """Return the readings of a date that has more than one, a moment of one day only, or None."""
    if MOMENT.fullmatch(text):
        return _moment(text)
    serial = SERIAL.fullmatch(text)
    if serial:
        return _either(*(_dutch(epoch + timedelta(days=int(serial["days"]))) for epoch in EPOCHS))
    short = SHORT.fullmatch(text)
    if short:
        return _either(*(f"{short['day']}-{short['month']}-{century}{short['short']}" for century in (19, 20)))
    return None


def _moment(text: str) -> str | Refused | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    written, here = moment.date(), moment.astimezone(HERE).date()
    return here.isoformat() if written == here else _either(_dutch(written), _dutch(here))


def _month(match: re.Match[str]) -> int:
    groups = match.groupdict()
    return int(groups["month"]) if "month" in groups else MONTHS.get(groups["name"].casefold(), 0)


def _iso(year: str, month: int, day: str) -> str | None:
    try:
        return date(int(year), month, int(day)).isoformat()
    except ValueError:
        return None


def _either(first: str, second: str) -> Refused:
    return Refused("H-DATE-AMBIGUOUS", f"{first} of {second}")


def _dutch(day: date) -> str:
    return f"{day.day}-{day.month}-{day.year}"
