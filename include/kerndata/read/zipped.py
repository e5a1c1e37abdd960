"""Zips: only the agreed members, unpacked in memory and counted while unpacking; nothing is ever written by name."""

import zipfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import BinaryIO

from kerndata.errors import FileFault
from kerndata.read.guard_entries import chunks, files, unpacked
from kerndata.read.limits import Limits
from kerndata.sources.formats import ZipFormat

DATA_SUFFIXES = (
    ".csv", ".tsv", ".json", ".geojson", ".jsonl", ".ndjson", ".ods", ".parquet",
    ".xls", ".xlsb", ".xlsm", ".xlsx", ".zip",
)  # fmt: skip


def members(data: BinaryIO, spec: ZipFormat, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the agreed members, by name; raises ``FileFault`` over an unexpected data file."""
    with zipfile.ZipFile(data) as archive:
        names = sorted(info.filename for info in files(archive, limits))
        agreed = [name for name in names if fnmatchcase(name, spec.members)]
        if not agreed:
            raise FileFault("F-ZIP-MEMBERS", expected=spec.members, found=", ".join(names[:10]))
        for name in names:
            if name not in agreed and name.lower().endswith(DATA_SUFFIXES) and not name.startswith("__MACOSX/"):
                raise FileFault("F-ZIP-UNEXPECTED", member=name, expected=spec.members)
        unpacked = 0
        for name in agreed:
            body = b"".join(chunks(archive, name, limits.unpacked_bytes - unpacked, limits))
            if not body:
                raise FileFault("F-EMPTY", member=name)
            unpacked += len(body)
            yield name, body


def check(data: BinaryIO, limits: Limits) -> None:
    """Raise ``FileFault`` when a workbook (a zip) holds too many entries or unpacks to too much."""
    for _, body in unpacked(data, limits):
        for _ in body:
            pass
