"""The closed vocabularies every room shares: provinces and indicators. See README.md beside this file to change one."""

import csv
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from kerndata.model.province import Province


class UnknownCodeError(KeyError):
    """A value that a closed list does not know; ``value`` is what was asked for. Never guessed, always raised."""

    def __init__(self, value: str, message: str) -> None:
        super().__init__(message)
        self.value = value

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of the core dataset; bounds are for one province and one year, in ``unit``.

    ``aggregation`` is ``sum`` or ``none``. ``bound_kind`` ``hard`` refuses a value outside the bounds, ``advisory``
    flags it. ``yoy_minimum_pct`` and ``yoy_maximum_pct`` are the band of plausible change from one year to the next.
    """

    code: str
    theme: str
    name_nl: str
    name_en: str
    unit: str
    aggregation: str
    minimum: Decimal
    maximum: Decimal
    bound_kind: str
    yoy_minimum_pct: Decimal | None
    yoy_maximum_pct: Decimal | None
    source: str


@cache
def provinces() -> tuple[Province, ...]:
    """The twelve provinces, by CBS code."""
    return tuple(
        Province(row["code"], row["slug"], row["name"], tuple(filter(None, row["aliases"].split("|"))))
        for row in _rows("provinces.csv")
    )


def province_of(text: str) -> Province:
    """The province meant by a CBS code (also padded), slug, name or alias, whatever the case.

    Raises UnknownCodeError with the value, and the nearest name if there is one.
    """
    found = _province_names().get(_folded(text))
    if found is not None:
        return found
    near = get_close_matches(_folded(text), _province_names(), n=1)
    hint = f"; did you mean {_province_names()[near[0]].name}?" if near else ""
    raise UnknownCodeError(
        text, f"{text!r} is not one of the twelve provinces (contracts/code_lists/provinces.csv){hint}"
    )


@cache
def indicators() -> MappingProxyType[str, Indicator]:
    """All indicators by code, in the order of the list."""
    return MappingProxyType({row["code"]: _indicator(row) for row in _rows("indicators.csv")})


def _indicator(row: dict[str, str]) -> Indicator:
    return Indicator(
        code=row["code"],
        theme=row["theme"],
        name_nl=row["name_nl"],
        name_en=row["name_en"],
        unit=row["unit"],
        aggregation=row["aggregation"],
        minimum=Decimal(row["minimum"]),
        maximum=Decimal(row["maximum"]),
        bound_kind=row["bound_kind"],
        yoy_minimum_pct=Decimal(row["yoy_minimum_pct"]) if row["yoy_minimum_pct"] else None,
        yoy_maximum_pct=Decimal(row["yoy_maximum_pct"]) if row["yoy_maximum_pct"] else None,
        source=row["source"],
    )


@cache
def _province_names() -> dict[str, Province]:
    return {_folded(name): one for one in provinces() for name in (one.code, one.slug, one.name, *one.aliases)}


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _rows(name: str) -> Iterator[dict[str, str]]:
    with files(__name__).joinpath(name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)
