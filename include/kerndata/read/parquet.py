"""Parquet: column names are the header row; typed columns keep their type's canonical text."""

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read.cells import named, plain, within
from kerndata.read.limits import Limits, unreadable

if TYPE_CHECKING:
    from kerndata.sources.formats import ParquetFormat


def read(data: BytesIO, spec: "ParquetFormat", limits: Limits, member: str | None = None) -> Reading:
    """Return one sheet: row 1 the column names, row *i + 1* row *i* of the file.

    Raises ``FileFault`` F-EMPTY, F-HEADER-ONLY, F-TOO-LARGE, or F-UNREADABLE for a column of lists, records or bytes.
    """
    with pq.ParquetFile(pa.py_buffer(data.getvalue())) as file:
        within(file.metadata.num_rows + 1, file.metadata.num_columns, limits)
        for field in file.schema_arrow:
            _single(field)
        table = file.read()
    if not table.num_columns:
        raise FileFault("F-EMPTY", member=member or "")
    if not table.num_rows:
        raise FileFault("F-HEADER-ONLY")
    columns = list(zip(table.column_names, (_values(column) for column in table.columns), strict=True))
    text = [_with_header(name, _text(column)) for name, column in columns]
    return Reading((Sheet(named(text), named([_native(column) for _, column in columns]), member=member),))


def _single(field: pa.Field) -> None:
    kind = field.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or _is_bytes(kind):
        raise unreadable(
            f"column {field.name!r} is {kind}, not text, number or date",
            f"kolom {field.name!r} is van het soort {kind}, geen tekst, getal of datum",
        )


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_fixed_size_binary(kind) or pa.types.is_binary_view(kind))


def _values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without dictionary encoding, which says how values are stored and not what they are."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _with_header(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    filled = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    return pa.chunked_array([pa.array([name or None], pa.string()), *filled.chunks])


def _native(column: pa.ChunkedArray) -> pa.Array:
    typed = not (_is_text(column.type) or pa.types.is_null(column.type))
    body = pc.is_valid(column) if typed else pa.chunked_array([pa.repeat(False, len(column))])
    return pa.chunked_array([pa.array([False]), *body.chunks])


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_decimal(kind) or pa.types.is_float64(kind):
        return _each(column, plain)
    if pa.types.is_floating(kind):  # by its own shortest text: as a double, 0.1 would be 0.10000000149011612
        return _each(column.cast(pa.string()), lambda text: plain(Decimal(text)))
    if pa.types.is_timestamp(kind):
        moments = pc.replace_substring(column.cast(pa.string()), " ", "T")  # in the column's own time zone
        moments = pc.replace_substring_regex(moments, r"\.0+(Z|[+-]\d+|$)", r"\1")
        return pc.replace_substring_regex(moments, r"T00:00:00(Z|[+-]\d+)?$", "")
    return column.cast(pa.string())


def _each(column: pa.ChunkedArray, write: Callable[..., str | None]) -> pa.ChunkedArray:
    """Write each distinct value once; the numbers of one column repeat a lot."""
    coded = pc.dictionary_encode(column).combine_chunks()
    words = [None if value is None else write(value) for value in coded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(words, pa.string()).take(coded.indices)])


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
