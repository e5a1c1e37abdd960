"""Zips: only the agreed members, unpacked in memory and counted while unpacking; nothing is ever written by name."""

import zipfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from io import BytesIO

from kerndata.errors import FileFault
from kerndata.read.limits import Limits
from kerndata.sources.formats import ZipFormat

CHUNK_BYTES = 1024**2
DATA_SUFFIXES = (".csv", ".json", ".ods", ".parquet", ".txt.csv", ".xls", ".xlsm", ".xlsx", ".zip")


def members(data: BytesIO, spec: ZipFormat, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the agreed members, by name; raises ``FileFault`` over an unexpected data file."""
    with zipfile.ZipFile(data) as archive:
        infos = _files(archive, limits)
        names = sorted(info.filename for info in infos)
        agreed = [name for name in names if fnmatchcase(name, spec.members)]
        if not agreed:
            raise FileFault("F-ZIP-MEMBERS", expected=spec.members, found=", ".join(names[:10]))
        for name in names:
            if name not in agreed and name.lower().endswith(DATA_SUFFIXES) and not name.startswith("__MACOSX/"):
                raise FileFault("F-ZIP-UNEXPECTED", member=name, expected=spec.members)
        if len(set(names)) < len(names):
            raise FileFault("F-UNREADABLE", reason="the zip holds two files of the same name")
        unpacked = 0
        for name in agreed:
            body = _unpack(archive, name, limits.unpacked_bytes - unpacked, limits)
            unpacked += len(body)
            yield name, body


def check(data: BytesIO, limits: Limits) -> None:
    """Raise ``FileFault`` when a workbook (a zip) holds too many entries or unpacks to too much."""
    with zipfile.ZipFile(data) as archive:
        left = limits.unpacked_bytes
        for info in _files(archive, limits):
            left -= sum(len(chunk) for chunk in _chunks(archive, info.filename, left, limits))


def _files(archive: zipfile.ZipFile, limits: Limits) -> list[zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > limits.entries:
        raise FileFault("F-TOO-LARGE", what="zip entries", limit=limits.entries)
    return infos


def _unpack(archive: zipfile.ZipFile, name: str, left: int, limits: Limits) -> bytes:
    body = b"".join(_chunks(archive, name, left, limits))
    if not body:
        raise FileFault("F-EMPTY", member=name)
    return body


def _chunks(archive: zipfile.ZipFile, name: str, left: int, limits: Limits) -> Iterator[bytes]:
    packed = archive.getinfo(name).compress_size
    count = 0
    with archive.open(name) as file:
        while chunk := file.read(CHUNK_BYTES):
            count += len(chunk)
            if count > left:
                raise FileFault("F-TOO-LARGE", what="unpacked bytes", limit=limits.unpacked_bytes)
            # a few repeated rows pack well: the ratio says something from ten megabytes on
            if count > 10 * CHUNK_BYTES and count > limits.ratio * packed:
                raise FileFault("F-TOO-LARGE", what="zip ratio", limit=limits.ratio)
            yield chunk
