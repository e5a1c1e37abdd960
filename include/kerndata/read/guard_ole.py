"""Compound files (xls, and every workbook with a password): refuses passwords, macros, DDE links and web queries.

Only what is needed of [MS-CFB] and [MS-XLS]: the directory, and the records before the first sheet.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kerndata.errors import FileFault
from kerndata.read.limits import unreadable

LAST_SECTOR = 0xFFFFFFFA  # [MS-CFB] 2.1: higher numbers are marks (free, end of chain)
STORAGE, STREAM, ROOT = 1, 2, 5
WORKBOOKS = frozenset({"workbook", "book"})
PASSWORDS = frozenset({"encryptedpackage", "encryptioninfo"})
MACROS = frozenset({"_vba_project_cur", "_vba_project", "vba", "macros"})
# [MS-XLS] 2.3: record numbers
END, FILEPASS, BOUNDSHEET, NAME, EXTERNNAME, EXTERNSHEET, SUPBOOK = 0x0A, 0x2F, 0x85, 0x18, 0x23, 0x17, 0x1AE
CONNECTION, WEB_QUERY = 0x876, 4  # 2.4.86 DConn, 2.5.72 DataSourceType
OWN_SHEETS = (b"\x01\x04", b"\x01\x3a")  # 2.4.271 SupBook: of the workbook itself, or of an add-in
SHEET_IS_MACRO = frozenset({1, 6})
DDE_MARK = 3  # [MS-XLS] 2.5.277 VirtualPath: program, this character, topic


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the directory."""

    name: str
    kind: int
    start: int
    size: int


def inspect(data: bytes) -> frozenset[str]:
    """Return the kinds of links (``model.sheet.LINKS``) in a workbook.

    Raises ``FileFault`` F-PASSWORD, F-MACRO, F-DDE, or F-UNREADABLE when the file is damaged.
    """
    links: set[str] = set()
    try:
        compound = Compound(data)
        for entry in compound.entries:
            if entry.name.casefold() in PASSWORDS:
                raise FileFault("F-PASSWORD", member="")
            if entry.name.casefold() in MACROS:
                raise FileFault("F-MACRO", part=entry.name)
        for entry in compound.entries:
            if entry.kind == STREAM and entry.name.casefold() in WORKBOOKS:
                links |= _workbook(compound.stream(entry), is_old=entry.name.casefold() == "book")
    except (struct.error, IndexError, ValueError) as error:
        raise unreadable("the workbook is damaged or cut off", "het werkboek is beschadigd of afgekapt") from error
    return frozenset(links)


class Compound:
    """A compound file: a small file system of sectors, each chain of them a stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._sector = 1 << _within(struct.unpack_from("<H", data, 30)[0], 7, 16)
        self._small = 1 << _within(struct.unpack_from("<H", data, 32)[0], 4, 12)
        first, _, self._least = struct.unpack_from("<III", data, 48)
        self._fat = self._numbers(self._table_sectors())
        self.entries = list(self._entries(first))
        root = next(one for one in self.entries if one.kind == ROOT) if self.entries else Entry("", ROOT, 0, 0)
        self._small_data = b"".join(map(self._bytes, self._chain(root.start, self._fat)))
        self._small_fat = self._numbers(self._chain(struct.unpack_from("<I", data, 60)[0], self._fat))

    def stream(self, entry: Entry) -> bytes:
        """Return a stream's bytes."""
        if entry.size >= self._least:
            return b"".join(map(self._bytes, self._chain(entry.start, self._fat)))[: entry.size]
        places = (number * self._small for number in self._chain(entry.start, self._small_fat))
        return b"".join(self._small_data[at : at + self._small] for at in places)[: entry.size]

    def _table_sectors(self) -> list[int]:
        """Return where the table of sectors stands: 109 places in the header, the others in sectors of their own."""
        found = list(struct.unpack_from("<109I", self._data, 76))
        number, seen = struct.unpack_from("<I", self._data, 68)[0], 0
        while number <= LAST_SECTOR:
            *more, number = struct.unpack(f"<{self._sector // 4}I", self._bytes(number))
            found += more
            seen += 1
            if seen * self._sector > len(self._data):
                raise ValueError("a chain without end")
        return [one for one in found if one <= LAST_SECTOR]

    def _entries(self, first: int) -> Iterator[Entry]:
        for number in self._chain(first, self._fat):
            sector = self._bytes(number)
            for at in range(0, len(sector), 128):
                length, kind = struct.unpack_from("<HB", sector, at + 64)
                start, size = struct.unpack_from("<II", sector, at + 116)
                if kind in (STORAGE, STREAM, ROOT):
                    name = sector[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                    yield Entry(name, kind, start, size)

    def _chain(self, number: int, table: npt.NDArray[np.uint32]) -> Iterator[int]:
        for _ in range(len(table) + 1):
            if number > LAST_SECTOR:
                return
            yield number
            number = int(table[number])
        raise ValueError("a chain without end")

    def _numbers(self, sectors: "list[int] | Iterator[int]") -> npt.NDArray[np.uint32]:
        return np.frombuffer(b"".join(map(self._bytes, sectors)), "<u4")

    def _bytes(self, number: int) -> bytes:
        at = (number + 1) * self._sector
        if at >= len(self._data):
            raise ValueError("a sector behind the end")
        return self._data[at : at + self._sector].ljust(self._sector, b"\0")


def _within(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError(f"a sector size of 2**{value}")
    return value


def _workbook(stream: bytes, *, is_old: bool) -> set[str]:
    links: set[str] = set()
    for kind, body in _records(stream):
        if kind == FILEPASS:
            raise FileFault("F-PASSWORD", member="")
        if kind == BOUNDSHEET and body[5:6] and body[5] & 0x0F in SHEET_IS_MACRO:
            raise FileFault("F-MACRO", part="Excel 4.0")
        if _is_dde(kind, body, is_old=is_old) or (kind in (NAME, EXTERNNAME) and b"WEBSERVICE" in body):
            raise FileFault("F-DDE", part="Workbook")
        links |= _links(kind, body)
    return links


def _links(kind: int, body: bytes) -> set[str]:
    """Return the link a record holds; raises ``FileFault`` F-DDE over a query of the web."""
    if kind == CONNECTION and len(body) >= 6:
        if struct.unpack_from("<H", body, 4)[0] == WEB_QUERY:
            raise FileFault("F-DDE", part="Workbook")
        return {"connection"}
    return {"workbook"} if kind == SUPBOOK and len(body) > 4 and body[2:4] not in OWN_SHEETS else set()


def _is_dde(kind: int, body: bytes, *, is_old: bool) -> bool:
    """Whether a record links to a program: in Excel 97 and later a SUPBOOK, before that an EXTERNSHEET."""
    if kind == EXTERNSHEET and is_old:
        return DDE_MARK in body[1:]
    if kind != SUPBOOK or len(body) < 5:
        return False
    wide = body[4] & 1
    return DDE_MARK in (np.frombuffer(body[5 : 5 + (len(body) - 5) // 2 * 2], "<u2") if wide else body[5:])


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the records of the workbook itself, which stand before those of its sheets."""
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        if kind == END:
            return
        at += 4 + size
