"""Rows to Parquet bytes that depend on the rows alone."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kerndata.merge.order import columns_of, in_order, sorting
from kerndata.merge.tables import table_of


def as_parquet(rows: pd.DataFrame, dataset: str | None = None) -> bytes:
    """Return the rows as one Parquet file; the same rows give the same bytes with the same pyarrow.

    ``dataset``: of accepted rows, which are put in the order of its release; the file then says that they are.
    """
    table, order = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None), None
    if dataset and len(rows):
        columns = columns_of(table_of(dataset))
        table, order = in_order(table, columns), sorting(table.schema, columns)
    sink = pa.BufferOutputStream()
    whole = [one.name for one in table.schema if pa.types.is_integer(one.type)]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        use_dictionary=[name for name in table.schema.names if name not in whole],
        column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        write_statistics=False,
        sorting_columns=order,
    )
    return bytes(sink.getvalue())
