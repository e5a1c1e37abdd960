"""What an ods cell shows beside its number: the unit or mark of its number format, or the number divided by thousands.

Read from the text a spreadsheet program stored in the cell, not from the styles: it is what the steward saw. Without
that text (some programs leave it out) the number is all there is.
"""

import re
from decimal import Decimal, localcontext

from kerndata.model.sheet import SHOWN_AS
from kerndata.read.cells import Cell, Typed, plain
from kerndata.read.number_formats import MONEY, NO_MEANING

NUMBER = re.compile(
    r"(?P<before>[^\d]*?)(?P<digits>[.,]?\d(?:[\d.,'’/ \u00a0\u202f]*\d)?(?:E[+-]?\d+)?)(?P<after>.*)", re.DOTALL
)
PLAIN = re.compile(r"[\d.,'’ \u00a0\u202f]+")
THOUSANDS = (1, 2, 3)


def beside(number: Decimal, shown: str) -> Cell:
    """Return the number with what is shown around it; the number itself where that is nothing that counts."""
    text = " ".join(shown.split())
    found = NUMBER.fullmatch(text)
    if found is None:  # no digit: a dash, signs of a column too narrow, or a text instead of the number
        return number if not text.strip(NO_MEANING + "#?") else text
    before, after = (found[part] if found[part].strip(NO_MEANING) else "" for part in ("before", "after"))
    if MONEY.fullmatch(before.strip(NO_MEANING)) and not after:
        before, after = "", f" {before.strip(NO_MEANING)}"
    written = plain(number)
    if PLAIN.fullmatch(found["digits"]) and _is_divided(number, found["digits"]):
        return Typed(f"{written}{SHOWN_AS}{before}{found['digits']}{after})")
    return Typed(f"{before}{written}{after}") if before or after else number


def _is_divided(number: Decimal, digits: str) -> bool:
    """Whether the digits are the number divided by thousand, in every notation, and the number itself in none."""
    readings = [_reading(digits, mark) for mark in ",."]
    if not number or any(_is_near(number, reading) for reading in readings):
        return False
    scaled = [abs(number).scaleb(-3 * times) for times in THOUSANDS]
    return any(_is_near(one, reading) for one in scaled for reading in readings)


def _reading(digits: str, mark: str) -> tuple[Decimal, int] | None:
    """Return the number with this decimal mark and its decimal places; None where it does not fit."""
    bare = re.sub(r"['’ \u00a0\u202f]", "", digits).replace("." if mark == "," else ",", "")
    if bare.count(mark) > 1:
        return None
    _, _, places = bare.partition(mark)
    return Decimal(bare.replace(mark, ".")), len(places)


def _is_near(number: Decimal, reading: tuple[Decimal, int] | None) -> bool:
    """Whether the reading is the number, rounded to its decimal places."""
    if reading is None:
        return False
    with localcontext(prec=60):
        return abs(abs(number) - reading[0]) <= Decimal("0.5000001").scaleb(-reading[1])
