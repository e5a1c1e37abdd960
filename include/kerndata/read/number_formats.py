"""What a number format says beside the number: a unit (``0 "MW"``), a mark (``0"*"``), a currency, thousands (``0,``).

The number in the cell does not hold it, so a reader that gives numbers only would lose it: 12 MW becomes 12 of whatever
the column's header says. What a format rounds, groups, colours or puts in brackets changes no meaning and is left out.
Codes are those of ECMA-376 part 1, 18.8.31: sections for positive, negative and zero, or by condition.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from kerndata.model.sheet import SHOWN_AS
from kerndata.read.cells import Cell, Typed, plain

# ECMA-376 part 1, 18.8.30: the built-in codes that say more than a number; what currency depends on the reader.
BUILT_IN = {9: "0%", 10: "0.00%", **dict.fromkeys((5, 6, 7, 8, 42, 44), '0 "valuta"')}
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.?)|_(?P<room>.?)|\*(?P<fill>.?)|\[(?P<block>[^\]]*)\]|(?P<general>general)'
    r"|(?P<exponent>e[+-][0#?]+)|(?P<digits>[0#?]+)|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<end>;)"
    r"|(?P<moment>am/pm|a/p|[ymdhs])|(?P<text>@)|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
ELAPSED = re.compile(r"(?:h+|m+|s+)", re.IGNORECASE)
MONEY = re.compile(r"[€$£¥]|EUR|USD|GBP", re.IGNORECASE)
WITHIN_NUMBERS = re.compile(r"[\s./'’,-]*")  # between digits: groups, fractions, project numbers
NO_MEANING = " +-–—()"
COMPARE = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "=": lambda a, b: a == b, "<>": lambda a, b: a != b,
}  # fmt: skip


@dataclass(slots=True)
class Section:
    """One section of a format code. ``before``, ``within`` and ``after`` are its texts around the digits."""

    before: str = ""
    within: str = ""
    after: str = ""
    core: str = ""  # the signs of the number itself: digits as 0, points and commas
    percents: int = 0
    is_moment: bool = False
    condition: tuple[str, Decimal] | None = None
    code: str = ""

    @property
    def thousands(self) -> int:
        """How often a number is divided by thousand: commas behind the last digit before the point, or of all."""
        return sum(len(found) for found in re.findall(r"(?<=[0.]),+(?=\.|$)", self.core))

    def is_plain(self) -> bool:
        """Whether it shows a number, a moment, a dash or nothing, without anything that counts."""
        texts = self.before.strip(NO_MEANING) or self.after.strip(NO_MEANING)
        odd = not WITHIN_NUMBERS.fullmatch(self.within)
        return self.is_moment or not (texts or odd or (self.core and (self.percents or self.thousands)))

    def shown(self, number: Decimal) -> Cell:
        """Return what a cell with this section says, or None where that is the number and nothing else."""
        if self.is_plain():
            return None
        if not self.core:
            return f"{self.before}{self.after}".strip()  # shows a text instead of the number
        if not WITHIN_NUMBERS.fullmatch(self.within):
            return Typed(f"{plain(number)} (opmaak {self.code})")
        written = number.scaleb(2 * self.percents)
        if not self.thousands or not number:
            return Typed(self._around(written))
        return Typed(f"{plain(number)}{SHOWN_AS}{self._around(written.scaleb(-3 * self.thousands))})")

    def _around(self, number: Decimal) -> str:
        digits, before, after = plain(number) or "", self.before.lstrip(), self.after.rstrip()
        if before.strip(NO_MEANING) and digits.isdecimal():
            digits = digits.zfill(self.core.partition(".")[0].count("0"))  # WP-0012
        if MONEY.fullmatch(before.strip(NO_MEANING)) and not after.strip(NO_MEANING):
            before, after = "", f" {before.strip(NO_MEANING)}"  # the unit of the number, wherever it stands
        kept = [text if text.strip(NO_MEANING) else "" for text in (before, after)]
        return f"{kept[0]}{digits}{'%' * self.percents}{kept[1]}"


@dataclass(frozen=True, slots=True)
class Look:
    """A whole format code: how cells of one style show a number."""

    sections: tuple[Section, ...]

    def shown(self, number: float | Decimal) -> Cell:
        """Return what the cell says, or None where that is the number and nothing else."""
        exact = number if isinstance(number, Decimal) else Decimal(repr(float(number)))
        if not exact.is_finite():
            return None
        chosen = self._of(exact)
        return chosen.shown(exact) if chosen else None

    def _of(self, number: Decimal) -> Section | None:
        if any(one.condition for one in self.sections):
            fitting = (one for one in self.sections[:3] if _holds(one, number))
            return next(fitting, None)
        count = len(self.sections)
        return self.sections[1 if number < 0 and count > 1 else 2 if not number and count > 2 else 0]


def _holds(section: Section, number: Decimal) -> bool:
    return section.condition is None or COMPARE[section.condition[0]](number, section.condition[1])


@lru_cache(maxsize=4096)
def look_of(code: str) -> Look | None:
    """Return how a format code shows numbers; None where every number is shown as it is."""
    sections = tuple(_sections(code))
    return None if all(one.is_plain() for one in sections[:3]) else Look(sections)


def _sections(code: str) -> Iterator[Section]:
    section, start = Section(), 0
    for token in TOKEN.finditer(code):
        kind, text = token.lastgroup or "", token[token.lastgroup or 0]
        if kind == "end":
            section.code = code[start : token.start()]
            yield section
            section, start = Section(), token.end()
        elif kind in ("digits", "general", "exponent", "point", "comma"):
            _number(section, kind, text)
        elif kind == "block":
            _block(section, text)
        elif kind == "percent":
            section.percents += 1
        elif kind in ("moment", "text"):
            section.is_moment = True
        elif kind in ("quoted", "escaped", "room") or (kind == "sign" and text not in "()"):
            _text(section, " " if kind == "room" else text)
    section.code = code[start:]
    yield section


def _number(section: Section, kind: str, text: str) -> None:
    """Add to the number; a text behind the digits so far turns out to stand within them."""
    signs = {"digits": text, "general": "0", "exponent": "", "point": ".", "comma": ","}[kind]
    if kind in ("digits", "general") and section.core:
        section.within, section.after = section.within + section.after, ""
    if kind != "comma" or section.core:
        section.core += signs


def _text(section: Section, text: str) -> None:
    if section.core:
        section.after += text
    else:
        section.before += text


def _block(section: Section, text: str) -> None:
    """Brackets hold a currency with its locale, a condition, elapsed time, or a colour."""
    condition = CONDITION.fullmatch(text.strip())
    if text.startswith("$"):
        _text(section, text[1:].partition("-")[0])
    elif condition:
        section.condition = condition[1], Decimal(condition[2])
    elif ELAPSED.fullmatch(text):
        section.is_moment = True
