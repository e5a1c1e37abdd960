"""Finds the table in a sheet and what its columns mean, also where the header moved a few rows."""

from collections.abc import Sequence

from kerndata.errors import FileFault
from kerndata.harmonise.columns import Columns, are_agreed, columns_of
from kerndata.harmonise.layout import Grid, grid_of, headers_at
from kerndata.harmonise.result import Remark
from kerndata.model.sheet import Sheet
from kerndata.sources.schema import DeliverySpec

HIGHEST = 60  # rows from the top in which a moved header is looked for


def table_of(sheet: Sheet, spec: DeliverySpec) -> tuple[Grid, Columns, tuple[Remark, ...]]:
    """Return a sheet's table, its columns, and what was repaired to find them.

    Where the agreed row does not hold the agreed headers and exactly one other does, that is the header, with a remark.
    Raises ``FileFault`` F-HEADER-ONLY, F-NOTES-DISAGREE, F-COLUMNS-MISSING or F-COLUMN-TWICE, naming sheet and member.
    """
    try:
        return _found(sheet, spec)
    except FileFault as fault:
        names = {"member": sheet.member or "", "sheet": sheet.name or ""}
        raise FileFault(fault.rule_id, observed=fault.observed, **{**names, **fault.facts}) from fault


def _found(sheet: Sheet, spec: DeliverySpec) -> tuple[Grid, Columns, tuple[Remark, ...]]:
    agreed = spec.layout.title_rows
    try:
        return _cut(sheet, spec, agreed)
    except FileFault as fault:
        elsewhere = _elsewhere(sheet, spec) if fault.rule_id in ("F-COLUMNS-MISSING", "F-HEADER-ONLY") else []
        if not elsewhere:
            raise
        if len(elsewhere) > 1:
            places = " en op ".join(f"rij {row + 1}" for row in elsewhere)
            raise FileFault("F-HEADER-UNCLEAR", found=places, expected=agreed + 1) from fault
    grid, columns, remarks = _cut(sheet, spec, elsewhere[0])
    return grid, columns, (Remark("F-HEADER-MOVED", {"row": elsewhere[0] + 1, "expected": agreed + 1}), *remarks)


def _cut(sheet: Sheet, spec: DeliverySpec, title_rows: int) -> tuple[Grid, Columns, tuple[Remark, ...]]:
    layout = spec.layout.model_copy(update={"title_rows": title_rows})
    grid = grid_of(sheet, layout)
    columns = columns_of(grid, spec)
    return grid, columns, columns.remarks


def _elsewhere(sheet: Sheet, spec: DeliverySpec) -> Sequence[int]:
    """Return after how many rows the agreed headers stand, other than as agreed; a pattern alone fits data rows too."""
    if not spec.columns:
        return []
    rows = range(min(sheet.text.num_rows - spec.layout.header_rows, HIGHEST))
    others = (row for row in rows if row != spec.layout.title_rows)
    return [row for row in others if are_agreed(headers_at(sheet, row, spec.layout.header_rows), spec)]
