"""Data files of a release: the same rows give the same bytes.

CSV: UTF-8 without BOM, comma, LF, header, decimals with a point and without trailing zeros, empty = missing.
Parquet: see ``kerndata.merge.parquet``. No file holds a clock, a locale or the name of a machine.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kerndata.merge.engine import Relation
from kerndata.merge.parquet import ROW_GROUP, sha256_of, write_parquet
from kerndata.merge.tables import DECIMAL
from kerndata.model.release import ReleaseFile
from kerndata.publish.sums import media_type

_TEXT, _INTEGER = pa.string(), pa.int64()
PROVENANCE_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("dataset", "indicator_code", "region_level", "region_code", "period", "category")),
        *((name, _TEXT) for name in ("project_id", "province_code")),
        ("value", DECIMAL),
        *((name, _TEXT) for name in ("unit", "original_value", "original_unit", "submission_id", "sha256")),
        *((name, _TEXT) for name in ("source_file", "source_member", "source_sheet")),
        ("source_row", _INTEGER),
        ("source_column", _TEXT),
    ]
)


def describe(path: Path, rows: int | None = None) -> ReleaseFile:
    """State the facts of a written file."""
    return ReleaseFile(path.name, sha256_of(path), path.stat().st_size, media_type(path.name), rows)


def write_csv(relation: Relation, target: Path) -> ReleaseFile:
    """Write a relation as CSV, in its own order of rows and columns."""
    columns = zip(relation.columns, relation.types, strict=True)
    text = relation.project(", ".join(_as_text(f'"{name}"', str(kind)) for name, kind in columns))
    text.write_csv(str(target), sep=",", header=True, quotechar='"', escapechar='"', encoding="UTF-8")
    rows: int = relation.count("*").fetchall()[0][0]
    return describe(target, rows)


def write_provenance(datasets: Mapping[str, Path], sha256: Mapping[str, str], target: Path) -> ReleaseFile:
    """Write where every published row comes from: ``datasets`` are the released Parquet files, in the order to write.

    ``sha256`` gives the hash of the delivered file per submission id.
    """
    ids, hashes = pa.array(list(sha256), _TEXT), pa.array(list(sha256.values()), _TEXT)

    def batches() -> Iterator[pa.RecordBatch]:
        for dataset, path in datasets.items():
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(ROW_GROUP):
                    yield _provenance(dataset, batch, hashes.take(pc.index_in(batch["submission_id"], ids)))

    return describe(target, write_parquet(batches(), PROVENANCE_SCHEMA, target))


def _provenance(dataset: str, batch: pa.RecordBatch, sha256: pa.Array) -> pa.RecordBatch:
    known = {"dataset": pa.repeat(pa.scalar(dataset, _TEXT), batch.num_rows), "sha256": sha256}
    known |= {name: batch[name] for name in batch.schema.names if name in PROVENANCE_SCHEMA.names}
    columns = [
        known[one.name] if one.name in known else pa.nulls(batch.num_rows, one.type) for one in PROVENANCE_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PROVENANCE_SCHEMA)


def _as_text(name: str, kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return f"rtrim(rtrim(CAST({name} AS VARCHAR), '0'), '.') AS {name}"
    if kind == "DOUBLE":
        return f"regexp_replace(CAST({name} AS VARCHAR), '[.]0$', '') AS {name}"
    if kind == "VARCHAR":
        return f"nullif({name}, '') AS {name}"
    return name
