"""From grids to one long table of raw cells: one row per observation (indicators), each with its source cell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import TEXT, coded, letter, one_array, same, stripped
from kerndata.harmonise.columns import Columns, ValueColumn
from kerndata.harmonise.layout import Grid
from kerndata.sources.schema import DeliverySpec

CELL = ("source_row", "source_column", "source_sheet", "source_member", "text", "native")


@dataclass(frozen=True, slots=True)
class Part:
    """One sheet with its resolved columns."""

    grid: Grid
    columns: Columns


def observations(parts: Sequence[Part], spec: DeliverySpec, fields: Sequence[str], file_name: str) -> pa.Table:
    """Return ``CELL`` and ``fields`` for every value cell, in reading order; raw text, all but the value cell coded."""
    return pa.concat_tables([_in_reading_order(part, spec, fields, file_name) for part in parts]).combine_chunks()


def records(parts: Sequence[Part], spec: DeliverySpec, fields: Sequence[str], file_name: str) -> pa.Table:
    """Return ``CELL`` and ``fields`` for every data row (projects: the row is the observation, its column null)."""
    tables = [_cells(part, None, spec, fields, file_name) for part in parts]
    table = pa.concat_tables(tables).combine_chunks()
    return table.cast(pa.schema([(name, TEXT if name in fields else table[name].type) for name in table.column_names]))


def native_cells(parts: Sequence[Part], field: str) -> pa.Array:
    """Return, for every row of ``records``, whether the file itself typed that column's cell."""
    return pa.concat_arrays([_native(part, part.columns.mapped.get(field)) for part in parts])


def _native(part: Part, index: int | None) -> pa.Array:
    if index is None:
        return one_array(pa.chunked_array([pa.repeat(False, len(part.grid.rows))]))
    return part.grid.is_native(index)


def _in_reading_order(part: Part, spec: DeliverySpec, fields: Sequence[str], file_name: str) -> pa.Table:
    tables = [_cells(part, column, spec, fields, file_name) for column in part.columns.values]
    if len(tables) == 1:
        return tables[0]
    count, width = len(part.grid.rows), len(tables)
    order = np.arange(count * width).reshape(width, count).T.ravel()
    return pa.concat_tables(tables).combine_chunks().take(pa.array(order))


def _cells(
    part: Part, column: ValueColumn | None, spec: DeliverySpec, fields: Sequence[str], file_name: str
) -> pa.Table:
    grid, count = part.grid, len(part.grid.rows)
    told = dict(spec.constants) | dict(_told(spec, grid, file_name)) | dict(column.told if column else {})
    index = column.index if column else None
    arrays = {
        "source_row": grid.rows,
        "source_column": same(letter(index) if index is not None else None, count),
        "source_sheet": same(grid.sheet, count),
        "source_member": same(grid.member, count),
        "text": pa.nulls(count, TEXT) if index is None else grid.body[index].cast(TEXT),
        "native": _native(part, index),
    }
    return pa.table(arrays | {field: _field(part, field, told) for field in fields})


def _field(part: Part, field: str, told: Mapping[str, str]) -> pa.Array:
    if field in part.columns.mapped:
        return coded(part.grid.body[part.columns.mapped[field]])
    return same(told.get(field), len(part.grid.rows))


def _told(spec: DeliverySpec, grid: Grid, file_name: str) -> Iterator[tuple[str, str]]:
    """Yield what the notes around the table, the sheet name and the file name say."""
    yield from grid.notes.items()
    for pattern, name in ((spec.layout.sheet_name, grid.sheet), (spec.layout.file_name, grid.member or file_name)):
        match = re.search(pattern, name) if pattern and name else None
        if match:
            yield from ((key, text) for key, text in match.groupdict().items() if text)


def without_absent(raw: pa.Table, spec: DeliverySpec) -> tuple[pa.Table, int]:
    """Drop the empty value cells that the source declares to be no observation; return how many there were.

    Only where the row says what it is about: an empty cell in a row cut off half-way stays, and is refused.
    """
    if spec.marks.empty != "absent":
        return raw, 0
    empty = pc.is_null(stripped(one_array(raw["text"])))
    if not pc.any(empty, min_count=0).as_py():
        return raw, 0
    keys = [pc.is_valid(raw[name]) for name in ("indicator", "region", "period")]
    gone = pc.and_(empty, pc.and_(keys[0], pc.and_(keys[1], keys[2])))
    return raw.filter(pc.invert(gone)), pc.sum(gone, min_count=0).as_py()
