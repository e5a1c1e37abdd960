"""Code lists behind what a release derives: sums over indicators, and inhabitants. README.md here tells the sources."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One sum over indicators of one theme that share a unit and do not overlap.

    ``whole`` is the indicator of which they are parts, if the core dataset has it: what it holds beyond them is shown
    as a rest. ``why`` says why these may be added, and what was left out.
    """

    code: str
    theme: str
    name_nl: str
    name_en: str
    unit: str
    parts: tuple[str, ...]
    whole: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Inhabitants:
    """How many people live in a province (or in NL01) on 1 January of a year; ``status`` as of a value."""

    region_code: str
    year: int
    inhabitants: int
    status: str


@cache
def aggregates() -> tuple[Aggregate, ...]:
    """All sums over indicators, in the order of the list."""
    return tuple(
        Aggregate(**{**row, "parts": tuple(row["parts"].split("|")), "whole": row["whole"] or None})  # type: ignore[arg-type]
        for row in _rows("aggregates.csv")
    )


@cache
def population() -> tuple[Inhabitants, ...]:
    """Inhabitants per region and year, by year."""
    return tuple(
        Inhabitants(row["region_code"], int(row["year"]), int(row["inhabitants"]), row["status"])
        for row in _rows("population.csv")
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    with files("kerndata.contracts.code_lists").joinpath(name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)
