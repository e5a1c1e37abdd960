"""Chooses the module that reads a format."""

from io import BytesIO
from pathlib import Path

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading
from kerndata.read import csv, json_records, parquet, xlsx, zipped
from kerndata.read.limits import Limits
from kerndata.sources.formats import CsvFormat, FormatSpec, JsonFormat, ParquetFormat, XlsxFormat, ZipFormat


def read_as(path: Path, spec: FormatSpec, limits: Limits) -> Reading:
    """Read a file in this process; raises ``FileFault``, or whatever its library raises over a broken file."""
    size = path.stat().st_size
    if size == 0:
        raise FileFault("F-EMPTY", member="")
    if size > limits.input_bytes:
        raise FileFault("F-TOO-LARGE", what="bytes", limit=limits.input_bytes)
    if isinstance(spec, ParquetFormat):
        return parquet.read(path, limits)
    data = path.read_bytes()
    if isinstance(spec, ZipFormat):
        return _zip(data, spec, limits)
    return _plain(data, spec, limits)


def _plain(
    data: bytes, spec: CsvFormat | XlsxFormat | JsonFormat, limits: Limits, member: str | None = None
) -> Reading:
    if isinstance(spec, CsvFormat):
        return csv.read(data, spec, limits, member)
    if isinstance(spec, XlsxFormat):
        return xlsx.read(BytesIO(data), spec, limits, member)
    return json_records.read(data, spec, limits)


def _zip(data: bytes, spec: ZipFormat, limits: Limits) -> Reading:
    readings = [_plain(body, spec.inner, limits, name) for name, body in zipped.members(BytesIO(data), spec, limits)]
    encodings = sorted({one.encoding for one in readings if one.encoding})
    return Reading(tuple(sheet for one in readings for sheet in one.sheets), ", ".join(encodings) or None)
