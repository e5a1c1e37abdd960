"""The only submission of a province, its file in the order of the release: read once, checked, no row is held."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kerndata.errors import NotChecked
from kerndata.merge.order import columns_of, rises, says_it_is_ordered
from kerndata.merge.parquet import ROW_GROUP
from kerndata.merge.tables import Table


def is_ready(path: Path, table: Table) -> bool:
    """Whether the file has every column, and says that it is in order (older ones do not)."""
    with pq.ParquetFile(path) as file:
        has_all = set(table.schema.names) <= set(file.schema_arrow.names)
        return has_all and says_it_is_ordered(file, columns_of(table))


def batches(path: Path, table: Table, submission_id: str, province: str) -> Iterator[pa.RecordBatch]:
    """Yield the rows of such a file; raises NotChecked for a stranger's row, a key twice or without a part."""
    with pq.ParquetFile(path) as file:
        rows = file.iter_batches(ROW_GROUP, columns=table.schema.names)
        for batch, is_rising in rises(rows, columns_of(table)):
            refuse_strangers(batch, submission_id, province)
            if not is_rising:
                raise NotChecked(
                    f"{submission_id}, {table.name}: it holds one key twice, a key with an empty part, or rows out of "
                    "the order its file promises; process it again. Nothing was published."
                )
            yield from pa.Table.from_batches([batch]).select(table.schema.names).cast(table.schema).to_batches()


def refuse_strangers(batch: pa.RecordBatch, submission_id: str, province: str) -> None:
    """Raise NotChecked when a row is of another province or of another submission."""
    names = ["submission_id", "province_code"]
    for found in pa.Table.from_batches([batch]).group_by(names).aggregate([]).to_pylist():
        if found != {"submission_id": submission_id, "province_code": province}:
            raise NotChecked(
                f"{found['submission_id']}: rows of {found['province_code']} in a submission of {province}. Nothing "
                "was published."
            )
