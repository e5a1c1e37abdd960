"""Numbers as provinces write them: the agreed notation first; else the one possible reading, flagged; else refused.

``1.351`` is 1351 where the thousands mark is a point. Where none is agreed it has two readings (1351 and 1,351) and is
refused with both. Where the same file also writes ``1.5``, the point is no thousands mark after all, and ``1.351`` is
refused too. Values are rounded half to even to nine decimals. Notations seen in Dutch energy files: DESIGN section 5.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import DECIMAL, TEXT, fold, per_distinct, stripped
from kerndata.sources.layout import Marks, Numbers

ESTIMATE = re.compile(r"^(?:ca\b\.?|circa\b|ongeveer\b|±|≈|~)\s*", re.IGNORECASE)
SUFFIX = re.compile(r"^([+-]?\d[\d.,' ]*?)\s*([^\d\s.,'+\-].*)$")
QUANTUM = Decimal("1e-9")
NATIVE = r"^[+-]?[0-9]{1,18}(\.[0-9]{1,18})?$"
MARKS = {",": ",", ".": r"\.", " ": " ", "'": "'"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one number cell says; every field may be absent. ``mark``: the decimal mark a repaired number used."""

    value: Decimal | None = None
    unit: str | None = None
    status: str | None = None
    reason: str | None = None
    rule: str | None = None
    expected: str | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of number cells, field by field: decimal128(28, 9) and text; ``empty`` marks blank cells."""

    value: pa.Array
    unit: pa.Array
    status: pa.Array
    reason: pa.Array
    rule: pa.Array
    expected: pa.Array
    empty: pa.Array


def read_numbers(text: pa.Array, native: pa.Array, numbers: Numbers, marks: Marks) -> NumberColumn:
    """Read a column of cells; regular notations in one sweep, the others once per distinct cell."""
    cells = stripped(text)
    result, is_contradicted = _read(cells, native, numbers, marks, False)
    return _read(cells, native, numbers, marks, True)[0] if is_contradicted else result


def _read(
    cells: pa.Array, native: pa.Array, numbers: Numbers, marks: Marks, distrust: bool
) -> tuple[NumberColumn, bool]:
    regular = _regular(cells, native, numbers, distrust)
    odd = pc.and_(pc.is_null(regular), pc.is_valid(cells))
    tagged = pc.binary_join_element_wise(
        pc.if_else(native, "1", "0"), pc.if_else(odd, cells, pa.scalar(None, TEXT)), ""
    )
    answers, rows = per_distinct(
        tagged, lambda cell: Cell() if cell is None else read_cell(cell[1:], cell[0] == "1", numbers, marks, distrust)
    )
    fields = {
        name: pa.array([getattr(answer, name) for answer in answers], DECIMAL if name == "value" else TEXT).take(rows)
        for name in ("value", "unit", "status", "reason", "rule", "expected")
    }
    fields["value"] = pc.coalesce(regular, fields["value"])
    misused = any(answer.mark is not None and answer.mark == numbers.thousands for answer in answers)
    return NumberColumn(empty=pc.is_null(cells), **fields), misused and not distrust


def _regular(cells: pa.Array, native: pa.Array, numbers: Numbers, distrust: bool) -> pa.Array:
    """Return the values in the agreed (or the file's own) notation; null where a cell is not in it."""
    mark = MARKS[numbers.decimal]
    matches = pc.match_substring_regex(cells, rf"^[+-]?[0-9]{{1,18}}({mark}[0-9]{{1,18}})?$")
    written = cells
    if numbers.thousands is not None:
        group = MARKS[numbers.thousands]
        tail = (
            rf"(({group}[0-9]{{3}}){{2,5}}|{group}[0-9]{{3}}{mark}[0-9]+)"
            if distrust
            else rf"({group}[0-9]{{3}}){{1,5}}"
        )
        grouped = rf"^[+-]?[1-9][0-9]{{0,2}}{tail}({mark}[0-9]{{1,18}})?$"
        matches = pc.or_(matches, pc.match_substring_regex(cells, grouped))
        written = pc.replace_substring(written, numbers.thousands, "")
    written = pc.replace_substring(written, numbers.decimal, ".")
    typed = pc.and_(native, pc.match_substring_regex(cells, NATIVE))
    agreed = pc.and_(pc.invert(native), matches)
    canonical = pc.if_else(typed, cells, pc.if_else(agreed, written, pa.scalar(None, TEXT)))
    return pc.round(canonical.cast(pa.decimal128(38, 18)), 9, "half_to_even").cast(DECIMAL)


def read_cell(text: str, is_native: bool, numbers: Numbers, marks: Marks, distrust: bool = False) -> Cell:
    """Read one cell that is not simply a number in the agreed notation."""
    missing = {fold(mark): reason for mark, reason in marks.missing.items()}
    if fold(text) in missing:
        return Cell(reason=missing[fold(text)])
    if is_native:
        value = _reading(text, ".", None)
        return Cell(value=value) if value is not None else Cell(rule="H-NUMBER-INVALID")
    body, status = split_status(text, marks)
    if fold(body) in missing:
        return Cell(reason=missing[fold(body)], status=status)
    number, is_estimate = _without_estimate(body)
    suffix = SUFFIX.match(number) if numbers.unit_suffix else None
    number, unit = (suffix.group(1), suffix.group(2).strip()) if suffix else (number, None)
    cell = _readings(number, numbers, distrust)
    if is_estimate and cell.value is not None:
        return replace(cell, unit=unit, status="schatting", rule="H-ESTIMATE")
    return replace(cell, unit=unit, status=status)


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
    """Read by the agreed notation, else by every other: one reading is used, several are refused, none is no number."""
    agreed = _reading(text, numbers.decimal, numbers.thousands)
    lone_group = numbers.thousands is not None and text.count(numbers.thousands) == 1 and numbers.decimal not in text
    if agreed is not None and not (distrust and lone_group):
        return Cell(agreed)
    found = {
        value: decimal if decimal in text else None
        for decimal in (",", ".")
        for thousands in (None, *MARKS)
        if thousands != decimal and (value := _reading(text, decimal, thousands)) is not None
    }
    if len(found) == 1:
        value, mark = next(iter(found.items()))
        return Cell(value, rule="H-NUMBER-REPAIRED", mark=mark)
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
