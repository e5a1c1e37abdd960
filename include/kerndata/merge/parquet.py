"""The one Parquet writer: fixed row groups, compression, dictionary and statistics, so that equal rows are equal bytes.

Row groups are re-cut here, and each is one contiguous chunk: page boundaries follow chunk boundaries, and those of an
incoming stream depend on how many threads made it. The file names its writer (``created_by``, pinned in
``requirements.txt``) and no moment.
"""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 65_536
_BLOCK_BYTES = 1 << 20


def write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema, target: Path) -> int:
    """Write all rows in the order given; gives the number of rows. No rows still give a file with its columns.

    A row group is written while the next one is made.
    """
    rows, written = 0, Future[None]()
    written.set_result(None)
    with (
        ThreadPoolExecutor(1) as beside,
        pq.ParquetWriter(
            target,
            schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=3,
            use_dictionary=True,
            write_statistics=True,
        ) as writer,
    ):
        for group in _recut(batches, schema):
            written.result()
            written = beside.submit(writer.write_table, group, row_group_size=ROW_GROUP)
            rows += group.num_rows
        written.result()
    return rows


def sha256_of(path: Path) -> str:
    """Hash a file, a block at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _recut(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= ROW_GROUP:
            whole = pa.Table.from_batches(held)
            yield whole.slice(0, ROW_GROUP).combine_chunks().cast(schema)
            held = whole.slice(ROW_GROUP).to_batches()
            count -= ROW_GROUP
    if count:
        yield pa.Table.from_batches(held).combine_chunks().cast(schema)
