"""Chooses the module that reads a format. Each is imported when it is needed: the child starts for every file."""

import mmap
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading
from kerndata.read import guard
from kerndata.read.limits import Limits, too_large
from kerndata.read.recognise import check

if TYPE_CHECKING:
    from kerndata.sources.formats import FormatSpec, PlainFormat, ZipFormat

PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zip and OLE, which are looked into to say what they are
RECORDS = {"json": "json_records", "geojson": "geojson"}


def read_as(path: Path, spec: "FormatSpec", limits: Limits) -> Reading:
    """Read a file in this process; raises ``FileFault``, or whatever its library raises over a broken file."""
    size = path.stat().st_size
    if size == 0:
        raise FileFault("F-EMPTY", member="")
    if size > limits.input_bytes:
        raise too_large("bytes", limits.input_bytes)
    data = _bytes_of(path, spec.kind)
    check(data, spec.kind)
    return _zip(data, spec, limits) if spec.kind == "zip" else _plain([(None, data)], spec, limits)


def _bytes_of(path: Path, kind: str) -> bytes:
    """Return what the file holds; of plain text as a view of the file, so that its bytes are in memory once."""
    with path.open("rb") as file:
        if kind != "csv" or file.read(4) in PACKED:
            file.seek(0)
            return file.read()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # type: ignore[return-value]  # csv.read takes it


def _zip(data: bytes, spec: "ZipFormat", limits: Limits) -> Reading:
    from kerndata.read import zipped

    links: set[str] = set()
    members: list[tuple[str | None, bytes]] = []
    for name, body in zipped.members(BytesIO(data), spec, limits):
        links |= guard.inspect(BytesIO(body), spec.inner.kind, limits)
        members.append((name, body))
    for member, body in members:
        check(body, spec.inner.kind, member)
    return replace(_plain(members, spec.inner, limits), links=tuple(sorted(links)))


def _plain(files: Sequence[tuple[str | None, bytes]], spec: "PlainFormat", limits: Limits) -> Reading:
    """Read files of one format; records of several pages share one header."""
    module = import_module(f"kerndata.read.{RECORDS.get(spec.kind, spec.kind)}")
    if spec.kind in RECORDS:
        from kerndata.read.records import reading_of

        return reading_of([module.page(body, spec, name) for name, body in files], limits)
    readings = [module.read(body if spec.kind == "csv" else BytesIO(body), spec, limits, name) for name, body in files]
    encodings = sorted({one.encoding for one in readings if one.encoding})
    return Reading(tuple(sheet for one in readings for sheet in one.sheets), ", ".join(encodings) or None)
