"""The sample tables in memory, and Dutch ways of writing a number."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
PROVISIONAL = "nader_voorlopig"


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of one indicator in the contract's unit; ``value`` is ``None`` when the province cannot say."""

    indicator: str
    province: str
    period: str
    value: Decimal | None
    status: str
    missing_reason: str | None

    @property
    def provisional(self) -> bool:
        """True when the figure will be revised once more."""
        return self.status == PROVISIONAL


@dataclass(frozen=True, slots=True)
class Farm:
    """One wind farm as the project contract names things; ``None`` where the list does not say."""

    project_id: str
    name: str
    province_code: str
    municipality_name: str
    capacity_mw: Decimal
    turbines: int | None
    expected_production_mwh_per_year: Decimal | None
    commissioned_on: str | None
    reference_date: str
    lon: Decimal | None
    lat: Decimal | None


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def figures(province: str) -> list[Figure]:
    """The figures of one province (CBS code), by indicator and period; absent ones are not in the list."""
    return [
        Figure(
            row["indicator_code"], province, row["period"], _decimal(row["value"]), row["status"],
            row["missing_reason"] or None,
        )
        for row in _rows("figures.csv")
        if row["province_code"] == province
    ]  # fmt: skip


def farms(province: str) -> list[Farm]:
    """The wind farms of one province (CBS code), by project id."""
    return [
        Farm(
            row["project_id"], row["name"], province, row["municipality_name"], Decimal(row["capacity_mw"]),
            int(row["turbines"]) if row["turbines"] else None, _decimal(row["expected_production_mwh_per_year"]),
            row["commissioned_on"] or None, row["reference_date"], _decimal(row["lon"]), _decimal(row["lat"]),
        )
        for row in _rows("wind_farms.csv")
        if row["province_code"] == province
    ]  # fmt: skip


def plain(value: Decimal | int | None) -> str:
    """``1234.5``; nothing when there is no value."""
    return "" if value is None else format(Decimal(value), "f")


def dutch(value: Decimal | int | None, *, thousands: Literal[".", ""] = "") -> str:
    """``1.234,5``, or ``1234,5`` without thousands marks; nothing when there is no value."""
    if value is None:
        return ""
    return f"{Decimal(value):,f}".translate({ord(","): thousands, ord("."): ","})


@dataclass(frozen=True, slots=True)
class Grid:
    """The figures of one province as a table to look values up in."""

    found: dict[tuple[str, str], Figure]

    @classmethod
    def of(cls, rows: Sequence[Figure]) -> "Grid":
        """Index the figures by indicator and period."""
        return cls({(row.indicator, row.period): row for row in rows})

    @property
    def periods(self) -> list[str]:
        """The years, oldest first."""
        return sorted({period for _, period in self.found})

    def get(self, indicator: str, period: str) -> Figure | None:
        """The figure, or ``None`` when there is none at all (not the same as a suppressed one)."""
        return self.found.get((indicator, period))
