"""Numbers as people read them, in Dutch and in English. Rounded for reading; the data files hold the exact values."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Language = Literal["nl", "en"]

MINUS = "−"
_SWAPPED = str.maketrans(",.", ".,")
_MILLION = {"nl": "mln", "en": "million"}
_BILLION = {"nl": "mld", "en": "billion"}
_KILO = 1000


def number(value: Decimal | int, language: Language) -> str:
    """A value at the precision that its size deserves: 27.979.732 but 6,25 and 0,031."""
    exact = Decimal(value)
    return _written(_rounded(exact), language)


def compact(value: Decimal | int, language: Language) -> str:
    """A value for a small place: 28,0 mln for 27.979.732."""
    exact = Decimal(value)
    for size, words in ((Decimal(10**9), _BILLION), (Decimal(10**6), _MILLION)):
        if abs(exact) >= size:
            return f"{_written(_to_places(exact / size, 1), language)}\u00a0{words[language]}"
    return number(exact if abs(exact) < _KILO else _to_places(exact, 0), language)


def percent(ratio: Decimal, language: Language, *, signed: bool = False) -> str:
    """A ratio as a percentage with one decimal; 0.042 gives 4,2%, signed +4,2%."""
    hundredfold = _to_places(ratio * 100, 1)
    plus = "+" if signed and hundredfold > 0 else ""
    return f"{plus}{_written(hundredfold, language)}%"


def size(count: int, language: Language) -> str:
    """A number of bytes: 12,8 kB."""
    for step, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= step:
            return f"{_written(_to_places(Decimal(count) / step, 1), language)}\u00a0{name}"
    return f"{count}\u00a0B"


def _rounded(value: Decimal) -> Decimal:
    if value == value.to_integral_value():
        return _to_places(value, 0)
    places = next((places for limit, places in ((100, 1), (1, 2)) if abs(value) >= limit), 3)
    return _to_places(value, places).normalize()


def _to_places(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _written(value: Decimal, language: Language) -> str:
    text = f"{abs(value):,f}"
    sign = MINUS if value < 0 else ""
    return sign + (text.translate(_SWAPPED) if language == "nl" else text)
