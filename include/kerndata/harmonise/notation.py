"""What one number cell says: the agreed notation first; else the one possible reading, flagged; else refused.

``1.351`` is 1351 where the thousands mark is a point. Where none is agreed it has two readings (1351 and 1,351) and is
refused with both. Values are rounded half to even to nine decimals. Notations seen in Dutch energy files: DESIGN
section 5.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import lru_cache

from kerndata.harmonise.arrays import fold
from kerndata.model.sheet import SHOWN_AS
from kerndata.sources.layout import Marks, Numbers

ESTIMATE = re.compile(r"^(?:ca\b\.?|circa\b|ongeveer\b|±|≈|~)\s*", re.IGNORECASE)
# A cell the file itself typed, with what its number format says behind the number; not a moment, a duration or 1E+999.
SHOWN = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)\s*(?!E[+-]?[0-9])([^\d\s.,:+\-][^:]*)?")
DIVIDED = re.compile(rf"([+-]?[0-9.]+){re.escape(SHOWN_AS)}(.+)\)")
SUFFIX = re.compile(r"^([+-]?\d[\d.,' ]*?)\s*([^\d\s.,'+\-].*)$")
QUANTUM = Decimal("1e-9")
MARKS = {",": ",", ".": r"\.", " ": " ", "'": "'"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one number cell says; every field may be absent.

    ``contradicts``: the number was repaired and holds a mark, so this file does not keep to the agreed notation.
    """

    value: Decimal | None = None
    unit: str | None = None
    status: str | None = None
    reason: str | None = None
    rule: str | None = None
    expected: str | None = None
    contradicts: bool = False


def read_cell(text: str, is_native: bool, numbers: Numbers, marks: Marks, distrust: bool = False) -> Cell:
    """Read one cell that is not simply a number in the agreed notation."""
    missing = {fold(mark): reason for mark, reason in marks.missing.items()}
    if fold(text) in missing:
        return Cell(reason=missing[fold(text)])
    body, status = split_status(text, marks)
    if is_native:
        return _typed(body, status)
    if fold(body) in missing:
        return Cell(reason=missing[fold(body)], status=status)
    number, is_estimate = _without_estimate(body)
    suffix = SUFFIX.match(number) if numbers.unit_suffix else None
    number, unit = (suffix.group(1), suffix.group(2).strip()) if suffix else (number, None)
    cell = _readings(number, numbers, distrust)
    if is_estimate and cell.value is not None:
        return replace(cell, unit=unit, status="schatting", rule="H-ESTIMATE")
    return replace(cell, unit=unit, status=status)


def _typed(text: str, status: str | None) -> Cell:
    """Read a cell typed by the file, in its canonical notation: ``12.5``, ``45%`` (45, never 0.45), ``ca. 12.5 MW``."""
    divided = DIVIDED.fullmatch(text)
    if divided:
        return Cell(rule="H-NUMBER-AMBIGUOUS", expected=f"{divided[1]} of {divided[2]}".replace(".", ","))
    number, is_estimate = _without_estimate(text)
    shown = SHOWN.fullmatch(number)
    value = _reading(shown[1], ".", None) if shown else None
    if shown is None or value is None:
        return Cell(rule="H-NUMBER-INVALID")
    unit = shown[2].strip() if shown[2] else None
    if is_estimate:
        return Cell(value, unit, status="schatting", rule="H-ESTIMATE")
    return Cell(value, unit, status=status)


def split_status(text: str, marks: Marks) -> tuple[str, str | None]:
    """Return text without its status mark, and the status; the longest mark wins (``**`` before ``*``)."""
    for mark in sorted(marks.status, key=len, reverse=True):
        if text.endswith(mark) and len(text) > len(mark):
            return text[: -len(mark)].strip(), marks.status[mark]
    return text, None


def _without_estimate(text: str) -> tuple[str, bool]:
    rest = ESTIMATE.sub("", text)
    return rest, rest != text


def _readings(text: str, numbers: Numbers, distrust: bool) -> Cell:
    """Read by the agreed notation, else by every other: one reading is used, several are refused, none is no number.

    With ``distrust`` the agreed notation has no precedence.
    """
    agreed = _reading(text, numbers.decimal, numbers.thousands)
    if agreed is not None and not distrust:
        return Cell(agreed)
    found = {
        value
        for decimal in (",", ".")
        for thousands in (None, *MARKS)
        if thousands != decimal and (value := _reading(text, decimal, thousands)) is not None
    }
    if len(found) == 1:
        contradicts = agreed is None and not set(MARKS).isdisjoint(text)
        return Cell(found.pop(), rule="H-NUMBER-REPAIRED" if agreed is None else None, contradicts=contradicts)
    if found:
        readings = " of ".join(_dutch(value) for value in sorted(found, reverse=True))
        return Cell(rule="H-NUMBER-AMBIGUOUS", expected=readings)
    return Cell(rule="H-NUMBER-INVALID")


def _reading(text: str, decimal: str, thousands: str | None) -> Decimal | None:
    """Return what text is under one notation, rounded to nine decimals, or None."""
    if not _notation(decimal, thousands).fullmatch(text):
        return None
    plain = text.replace(thousands, "") if thousands else text
    with localcontext(prec=60):
        value = Decimal(plain.replace(decimal, "."))
        return value.quantize(QUANTUM) if abs(value) < 10**18 else None


@lru_cache
def _notation(decimal: str, thousands: str | None) -> re.Pattern[str]:
    groups = rf"|[1-9][0-9]{{0,2}}(?:{MARKS[thousands]}[0-9]{{3}})+" if thousands else ""
    return re.compile(rf"[+-]?(?:[0-9]+{groups})(?:{MARKS[decimal]}[0-9]+)?")


def _dutch(value: Decimal) -> str:
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
