"""The real figures that mistakes are planted in: our own copy of CBS, and the whole tables where they are beside us."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kerndata.contracts.code_lists import provinces
from kerndata.local.samples import tables
from kerndata.local.samples.extract import SOLAR, SOLAR_TABLE, WIND, WIND_TABLE

CBS = Path(__file__).resolve().parents[3] / "shared" / "data" / "cbs"
# Categories of CBS table 85005NED by our names, as the contract's partitions use them.
CATEGORIES = {
    "E007161": "totaal", "A050176": "kleinschalig", "A050177": "grootschalig", "A050178": "grootschalig_dak",
    "A050179": "grootschalig_veld", "E007037": "woningen", "T001081": "bedrijven",
}  # fmt: skip
CODES = {one.code for one in provinces()}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one delivery. ``region``: a province's code, or one of a planted copy of it."""

    code: str
    region: str
    period: str
    value: float
    category: str = "totaal"

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.code, self.region, self.period, self.category)

    def times(self, factor: float) -> "Cell":
        return self.to(self.value * factor)

    def to(self, value: float) -> "Cell":
        return replace(self, value=value)


def figures() -> list[Cell]:
    """Wind and solar of twelve provinces, 2019-2024: CBS 70960ned and 85005NED, our own copy."""
    found = (one for province in sorted(CODES) for one in tables.figures(province))
    return [Cell(one.indicator, one.province, one.period, float(one.value)) for one in found if one.value is not None]


def all_figures() -> list[Cell]:
    """The same of all years CBS has (wind from 1990), with every part of solar; empty without the CBS tables."""
    if not CBS.is_dir():
        return []
    return [*_cells(WIND_TABLE, WIND), *_cells(SOLAR_TABLE, SOLAR)]


def _cells(table: str, measures: dict[str, str]) -> Iterator[Cell]:
    with (CBS / table).open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            yield from _of(row, measures)


def _of(row: dict[str, Any], measures: dict[str, str]) -> Iterator[Cell]:
    region, period = row["RegioS"].strip(), row["Perioden"]
    category = CATEGORIES.get(row.get("SectorEnVermogensklasse", "E007161").strip())
    if region not in CODES or not period.endswith("JJ00") or category is None:
        return
    if "SectorEnVermogensklasse" in row and period.startswith("2025"):  # half a year, under the code of a year
        return
    for column, code in measures.items():
        if row[column]:
            yield Cell(code, region, period[:4], float(row[column]), category)
