"""Rows to Parquet bytes that depend on the rows alone."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kerndata.merge.order import columns_of, in_order, sorting
from kerndata.merge.parquet import encodings
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
    options = encodings(table.schema)
    pq.write_table(table, sink, compression="zstd", write_statistics=False, sorting_columns=order, **options)
    return bytes(sink.getvalue())
