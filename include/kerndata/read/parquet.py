"""Parquet: column names are the header row; typed columns keep their type's canonical text."""

import functools
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read.cells import named, plain, within
from kerndata.read.limits import Limits


def read(path: Path, limits: Limits) -> Reading:
    """Return one sheet: row 1 the column names, row *i + 1* row *i* of the file."""
    with pq.ParquetFile(path) as file:
        within(file.metadata.num_rows + 1, file.metadata.num_columns, limits)
        table = file.read()
    if not table.num_columns:
        raise FileFault("F-EMPTY", member="")
    if not table.num_rows:
        raise FileFault("F-HEADER-ONLY")
    text = [
        _with_header(name, _text(name, column)) for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    native = [_native(column) for column in table.columns]
    return Reading((Sheet(named(text), named(native)),))


def _with_header(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    filled = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    return pa.chunked_array([pa.array([name or None], pa.string()), *filled.chunks])


def _native(column: pa.ChunkedArray) -> pa.Array:
    typed = not (_is_text(column.type) or pa.types.is_null(column.type))
    body = pc.is_valid(column) if typed else pa.chunked_array([pa.repeat(False, len(column))])
    return pa.chunked_array([pa.array([False]), *body.chunks])


def _text(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise FileFault("F-UNREADABLE", reason=f"column {name!r} is {kind}, not text, number or date")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _each(column, plain)
    if pa.types.is_timestamp(kind):
        return _each(column, lambda moment: moment.isoformat().removesuffix("T00:00:00"))
    return column.cast(pa.string())


def _each(column: pa.ChunkedArray, write: functools.partial[str] | object) -> pa.ChunkedArray:
    """Write each distinct value once; the numbers of one column repeat a lot."""
    coded = pc.dictionary_encode(column).combine_chunks()
    words = [None if value is None else write(value) for value in coded.dictionary.to_pylist()]  # type: ignore[operator]
    return pa.chunked_array([pa.array(words, pa.string()).take(coded.indices)])


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
