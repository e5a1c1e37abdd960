"""The entries of a zip: an index that no honest program writes is refused, and bytes are counted while unpacking."""

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from kerndata.errors import FileFault
from kerndata.read.limits import Limits, too_large, unreadable

CHUNK_BYTES = 1024**2
RATIO_FROM_BYTES = 10 * CHUNK_BYTES  # a few repeated rows pack well: the ratio says something from ten megabytes on
LOCAL_HEADER_BYTES = 30  # APPNOTE.TXT 4.3.7: the fixed part, before name, extra field and data
ENCRYPTED = 0x1  # APPNOTE.TXT 4.4.4, bit 0
OUTSIDE = re.compile(r"^(?:[/\\]|[A-Za-z]:)|(?:^|[/\\])\.\.(?:[/\\]|$)")  # absolute, of a drive, or upwards


def unpacked(data: BinaryIO, limits: Limits) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield every member's name and chunks, all of them counted together; the caller reads each to its end."""
    with zipfile.ZipFile(data) as archive:
        left = limits.unpacked_bytes

        def counted(name: str) -> Iterator[bytes]:
            nonlocal left
            for chunk in chunks(archive, name, left, limits):
                left -= len(chunk)
                yield chunk

        for info in files(archive, limits):
            yield info.filename, counted(info.filename)


def files(archive: zipfile.ZipFile, limits: Limits) -> list[zipfile.ZipInfo]:
    """Return the members that are files; raises ``FileFault`` when the zip's index is one no honest program writes."""
    infos = archive.infolist()
    if len(infos) > limits.entries:
        raise too_large("zip entries", limits.entries)
    for info in infos:
        if OUTSIDE.search(info.orig_filename) or any(sign < " " or sign == "\x7f" for sign in info.orig_filename):
            raise FileFault("F-ZIP-NAME", member=_printable(info.orig_filename))
        if info.flag_bits & ENCRYPTED:
            raise FileFault("F-PASSWORD", member=info.filename)
    times = Counter(info.filename.casefold() for info in infos)
    if times and max(times.values()) > 1:  # readers disagree on which of the two counts
        raise unreadable("the zip holds two files of the same name", "de zip bevat twee bestanden met dezelfde naam")
    _apart(infos)
    return [info for info in infos if not info.is_dir()]


def _apart(infos: list[zipfile.ZipInfo]) -> None:
    """Raise ``FileFault`` when members share bytes: that is how 10 MB becomes 281 TB (a bomb without nesting)."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise unreadable("files in the zip overlap", "bestanden in de zip overlappen elkaar")
        end = info.header_offset + LOCAL_HEADER_BYTES + len(info.orig_filename) + info.compress_size


def chunks(archive: zipfile.ZipFile, name: str, left: int, limits: Limits) -> Iterator[bytes]:
    """Yield a member's bytes; raises ``FileFault`` at the first byte over ``left`` or over the ratio."""
    packed = archive.getinfo(name).compress_size
    count = 0
    with archive.open(name) as file:
        while chunk := file.read(CHUNK_BYTES):
            count += len(chunk)
            if count > left:
                raise too_large("unpacked bytes", limits.unpacked_bytes)
            if count > RATIO_FROM_BYTES and count > limits.ratio * packed:
                raise too_large("zip ratio", limits.ratio)
            yield chunk


def _printable(name: str) -> str:
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)[:200]
