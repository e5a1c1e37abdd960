"""The order of rows in a file of accepted rows: that of the release, so that merging one file is reading it once.

The file says so itself (Parquet's own ``sorting_columns``), and who relies on it checks every row. Text is ordered by
its bytes in UTF-8, as DuckDB and Arrow order it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kerndata.merge.tables import Table
from kerndata.quality.ranks import ranks


def columns_of(table: Table) -> tuple[str, ...]:
    """The columns that order the rows of a dataset."""
    return tuple(dict.fromkeys(("province_code", *table.key)))


def in_order(rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The rows by these columns of text (none of them null); those that are in order already are given as they are."""
    places = ranks([rows[name] for name in columns])
    if (places[1:] >= places[:-1]).all():
        return rows
    order = pa.array(np.argsort(places, kind="stable"))
    # Column by column: Table.take took four times as long (pyarrow 26, 2026-11).
    return pa.Table.from_arrays([column.take(order) for column in rows.columns], schema=rows.schema)


def sorting(schema: pa.Schema, columns: Sequence[str]) -> list[pq.SortingColumn]:
    """What a file of ordered rows says of itself."""
    return [pq.SortingColumn(schema.get_field_index(name)) for name in columns]


def says_it_is_ordered(file: pq.ParquetFile, columns: Sequence[str]) -> bool:
    """Whether every row group of the file says that its rows are ordered by these columns."""
    wanted = tuple(sorting(file.schema_arrow, columns))
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    return all(tuple(one.sorting_columns) == wanted for one in groups)


def rises(batches: Iterator[pa.RecordBatch], columns: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Yield each batch with whether each of its rows comes after the one before it: none twice, none without a key."""
    last: list[pa.Array] = [pa.array([], pa.string()) for _ in columns]
    for batch in batches:
        cells = [pa.concat_arrays([end, batch[name]]) for end, name in zip(last, columns, strict=True)]
        yield batch, _rise(cells)
        last = [one.slice(max(len(one) - 1, 0)) for one in cells]


def _rise(columns: Sequence[pa.Array]) -> bool:
    size = max(len(columns[0]) - 1, 0)
    after, same = pa.repeat(False, size), pa.repeat(True, size)
    for column in columns:
        before, next_ = column.slice(0, size), column.slice(1)
        after = pc.or_(after, pc.and_(same, pc.greater(next_, before)))
        same = pc.and_(same, pc.equal(next_, before))
    return after.null_count == 0 and bool(pc.all(after, min_count=0).as_py()) and not any(c.null_count for c in columns)
