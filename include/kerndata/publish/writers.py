"""Data files of a release: the same rows give the same bytes.

CSV: UTF-8 without BOM, comma, LF, header, decimals with a point and without trailing zeros, empty = missing.
Parquet: see ``kerndata.merge.parquet``. No file holds a clock, a locale or the name of a machine.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
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

# Text stays as the file it comes from has it, coded: decoding and coding it again took more than everything else.
_CODED = pa.dictionary(pa.int32(), _TEXT)
_CODED_SCHEMA = pa.schema([(one.name, _CODED if one.type == _TEXT else one.type) for one in PROVENANCE_SCHEMA])


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

    def batches() -> Iterator[pa.RecordBatch]:
        for dataset, path in datasets.items():
            names = [one for one in pq.read_schema(path) if one.name in PROVENANCE_SCHEMA.names]
            coded = [one.name for one in names if one.type == _TEXT]
            with pq.ParquetFile(path, read_dictionary=coded) as file:
                for batch in file.iter_batches(ROW_GROUP, columns=[one.name for one in names]):
                    yield _provenance(dataset, batch, sha256)

    return describe(target, write_parquet(batches(), _CODED_SCHEMA, target))


def _provenance(dataset: str, batch: pa.RecordBatch, sha256: Mapping[str, str]) -> pa.RecordBatch:
    size, given = batch.num_rows, batch["submission_id"]
    hashes = pa.array([sha256.get(id_) for id_ in given.dictionary.to_pylist()], _TEXT)
    known = {name: batch[name] for name in batch.schema.names}
    known["sha256"] = pa.DictionaryArray.from_arrays(given.indices, hashes)
    known["dataset"] = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), size), pa.array([dataset]))
    columns = [known[one.name] if one.name in known else pa.nulls(size, one.type) for one in _CODED_SCHEMA]
    return pa.RecordBatch.from_arrays(columns, schema=_CODED_SCHEMA)


def _as_text(name: str, kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return f"rtrim(rtrim(CAST({name} AS VARCHAR), '0'), '.') AS {name}"
    if kind == "DOUBLE":
        return f"regexp_replace(CAST({name} AS VARCHAR), '[.]0$', '') AS {name}"
    if kind == "VARCHAR":
        return f"nullif({name}, '') AS {name}"
    return name
