"""Which column of a sheet means what: mapped, holding observations, ignored, or unknown (and then reported)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow.compute as pc

from kerndata.errors import FileFault
from kerndata.harmonise.arrays import fold, letter
from kerndata.harmonise.layout import Grid
from kerndata.sources.schema import REQUIRED, DeliverySpec


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column of observations; ``told`` is what its header says (indicator, period, unit, category, region)."""

    index: int
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """``mapped``: our column to its index in the sheet."""

    mapped: Mapping[str, int]
    values: tuple[ValueColumn, ...]
    unmapped: tuple[str, ...]


def columns_of(grid: Grid, spec: DeliverySpec) -> Columns:
    """Resolve the headers; raises ``FileFault`` F-COLUMNS-MISSING or F-COLUMN-TWICE."""
    targets = {fold(header): column for header, column in spec.columns.items()}
    ignored = {fold(header) for header in spec.ignored_columns}
    mapped: dict[str, int] = {}
    values: list[ValueColumn] = []
    unmapped: list[str] = []
    for index, header in enumerate(grid.headers):
        target = targets.get(fold(header))
        match = re.search(spec.layout.values, header) if spec.layout.values and header else None
        if target is not None:
            if target in mapped:
                raise FileFault("F-COLUMN-TWICE", column=target, headers=f"{grid.headers[mapped[target]]}, {header}")
            mapped[target] = index
        elif match:
            values.append(ValueColumn(index, {key: text for key, text in match.groupdict().items() if text}))
        elif fold(header) not in ignored and (header or pc.sum(pc.is_valid(grid.body[index])).as_py()):
            unmapped.append(header or f"kolom {letter(index)} (zonder kop)")
    if "value" in mapped:
        values.append(ValueColumn(mapped.pop("value"), {}))
    _complete(grid, spec, mapped, values)
    return Columns(mapped, tuple(values), tuple(unmapped))


def _complete(grid: Grid, spec: DeliverySpec, mapped: Mapping[str, int], values: list[ValueColumn]) -> None:
    needed = REQUIRED[spec.dataset] | {"unit"}
    found = {*mapped, *(["value"] if values else [])}
    lacking = [
        "/".join(header for header, column in spec.columns.items() if column == target)
        for target in dict.fromkeys(spec.columns.values())
        if target in needed and target not in found
    ]
    if spec.layout.values and not values:
        lacking.append("een kolom met waarden")
    if lacking:
        headers = ", ".join(filter(None, grid.headers[:30])) or "geen koppen"
        raise FileFault("F-COLUMNS-MISSING", missing=", ".join(lacking), found=headers)
