"""Rows to Parquet bytes that depend on the rows alone."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def as_parquet(rows: pd.DataFrame) -> bytes:
    """Return the rows as one Parquet file; the same rows give the same bytes with the same pyarrow."""
    table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())
