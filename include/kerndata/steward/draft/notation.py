"""How numbers are written and which signs stand beside or instead of them, from the cells themselves."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kerndata.steward.draft.guess import Guesses
from kerndata.steward.draft.headers import FOLDED_UNITS
from kerndata.steward.draft.lexicon import STATUSES, USUAL_MISSING, USUAL_STATUS

NUMBER = re.compile(r"^[+-]?(?P<number>\d[\d.,' ]*?)\s*(?P<unit>[^\d\s.,'*+\-].*?)?\s*(?P<mark>\*{1,2})?$")
GROUPED = re.compile(r"^\d{1,3}(?P<mark>[., '])\d{3}$")
ESTIMATE = re.compile(r"^(?:ca\.?|circa|ongeveer|±|≈|~)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the cells prove: counts per mark, and examples of cells with two readings."""

    decimal: Counter[str]
    thousands: Counter[str]
    ambiguous: Mapping[str, list[str]]


def guess_numbers(cells: Iterable[str], typed: Iterable[str], guesses: Guesses, columns: Sequence[str]) -> None:
    """Add the guesses about ``numbers``; of the cells that the file typed itself only the unit tells something."""
    parsed = _parsed(cells)
    found = _evidence([match["number"] for match in parsed])
    decimal = _decimal(found, guesses, columns)
    _thousands(found, decimal, guesses, columns)
    units = [match["unit"].strip() for match in [*parsed, *_parsed(typed)] if match["unit"]]
    known = [unit for unit in units if unit.casefold() in FOLDED_UNITS]
    if known:
        guesses.sure("numbers.unit_suffix", True, f"eenheid in de cel: {', '.join(dict.fromkeys(known))}")


def _parsed(cells: Iterable[str]) -> list[re.Match[str]]:
    return [match for cell in cells if (match := NUMBER.match(ESTIMATE.sub("", cell)))]


def _evidence(numbers: Sequence[str]) -> Evidence:
    decimal: Counter[str] = Counter()
    thousands: Counter[str] = Counter()
    ambiguous: dict[str, list[str]] = {}
    for text in numbers:
        marks = [sign for sign in text if sign in "., '"]
        lone = GROUPED.match(text)
        if lone and lone["mark"] in ".,":
            ambiguous.setdefault(lone["mark"], []).append(text)
        elif (len(marks) > 1 and len(set(marks)) == 1) or lone:
            thousands[marks[0]] += 1
        elif len(set(marks)) == 2:
            thousands[marks[0]] += 1
            decimal[marks[-1]] += 1
        elif len(marks) == 1:
            decimal[marks[0]] += 1
    return Evidence(decimal, thousands, ambiguous)


def _decimal(found: Evidence, guesses: Guesses, columns: Sequence[str]) -> str:
    other = {".": ",", ",": "."}
    signs = [sign for sign, _ in found.decimal.most_common() if sign in other]
    if len(signs) > 1:
        told = f"zowel {signs[0]} ({found.decimal[signs[0]]}×) als {signs[1]} ({found.decimal[signs[1]]}×)"
        guesses.doubt("numbers.decimal", signs[0], told, columns)
        return signs[0]
    if signs:
        guesses.sure("numbers.decimal", signs[0], f"{found.decimal[signs[0]]} getallen met dit teken")
        return signs[0]
    implied = [other[sign] for sign in found.thousands if sign in other]
    if implied:
        guesses.sure("numbers.decimal", implied[0], "het andere teken scheidt duizendtallen")
    elif found.ambiguous:
        sign = other[max(found.ambiguous, key=lambda one: len(found.ambiguous[one]))]
        guesses.doubt("numbers.decimal", sign, f"geen bewijs; {_two(found.ambiguous[other[sign]][0])}", columns)
        return sign
    else:
        guesses.sure("numbers.decimal", ",", "geen getal met een komma of punt; Nederlandse notatie")
    return implied[0] if implied else ","


def _thousands(found: Evidence, decimal: str, guesses: Guesses, columns: Sequence[str]) -> None:
    signs = [sign for sign, _ in found.thousands.most_common() if sign != decimal]
    doubtful = found.ambiguous.get(decimal, [])
    if signs:
        guesses.sure("numbers.thousands", signs[0], f"{found.thousands[signs[0]]} getallen met dit teken")
    for sign, cells in found.ambiguous.items():
        if sign != decimal and not signs:
            guesses.doubt("numbers.thousands", sign, f"{len(cells)} keer twee lezingen: {_two(cells[0])}", columns)
        elif sign == decimal and not (doubtful and found.decimal[decimal] > len(cells)):
            guesses.note("numbers.decimal", f"{len(cells)} keer twee lezingen: {_two(cells[0])}", columns)


def _two(text: str) -> str:
    whole = re.sub(r"\D", "", text)
    return f"{text} is {whole} of {text.replace('.', ',')}"


def guess_marks(
    cells: Sequence[str | None], periods: Iterable[str], legend: Mapping[str, str], guesses: Guesses
) -> None:
    """Add the guesses about ``marks``: what stands behind a value or a period, and what stands instead of a value."""
    filled = [cell for cell in cells if cell]
    behind = {match["mark"] for cell in [*filled, *periods] if (match := NUMBER.match(cell)) and match["mark"]}
    for sign in sorted(behind):
        _status(sign, legend, guesses)
    for sign in dict.fromkeys(cell for cell in filled if not NUMBER.match(ESTIMATE.sub("", cell))):
        _missing(sign, legend, guesses)
    empty = len(cells) - len(filled)
    if empty:
        told = f"{empty} lege cellen gelden als: geen waarneming; of is de reden geheim, onbekend, niet_van_toepassing?"
        guesses.doubt("marks.empty", "absent", told, ("value", "missing_reason"))


def _status(sign: str, legend: Mapping[str, str], guesses: Guesses) -> None:
    meant = legend.get(sign)
    if meant in STATUSES:
        guesses.entry("marks.status", sign, meant, "volgens de legenda", None)
    else:
        told = "geen legenda; zo schrijft het CBS het"
        guesses.entry("marks.status", sign, USUAL_STATUS[sign], told, ("value_status",))


def _missing(sign: str, legend: Mapping[str, str], guesses: Guesses) -> None:
    meant, usual = legend.get(sign), USUAL_MISSING.get(sign.casefold())
    if meant and meant not in STATUSES:
        guesses.entry("marks.missing", sign, meant, "volgens de legenda", None)
    elif usual:
        guesses.entry("marks.missing", sign, usual, "geen legenda; meestal bedoelt men dit", ("missing_reason",))
    else:
        guesses.note("marks.missing", f"„{sign}” staat op de plaats van een getal; wat betekent het?", ("value",))
