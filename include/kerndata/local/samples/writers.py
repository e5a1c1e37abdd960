"""Tables to file bytes, the same bytes every time: nothing is compressed and every time stamp is fixed.

Uncompressed on purpose: the output of zlib differs between Python builds, the stored bytes do not.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from xml.etree import ElementTree

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

Cell = str | int | float | date | None
Rows = Sequence[Sequence[Cell]]
MOMENT = datetime(2025, 11, 18, 9, 0, 0)  # noqa: DTZ001 - a workbook's own time stamp has no zone
ZIP_MOMENT = (2025, 11, 18, 9, 0, 0)
MODIFIED = "{http://purl.org/dc/terms/}modified"


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One sheet of a workbook; ``merged`` are ranges such as ``C2:F2``."""

    name: str
    rows: Rows
    merged: Sequence[str] = field(default=())


def csv_bytes(rows: Rows, *, delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    """Delimited text with CR LF, as a spreadsheet saves it; ``utf-8-sig`` writes a byte order mark."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return stream.getvalue().encode(encoding)


def json_bytes(document: object) -> bytes:
    """Readable JSON in UTF-8, keys in the order given."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """A zip with stored members in the order given."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, body in members.items():
            member = zipfile.ZipInfo(name, ZIP_MOMENT)
            member.create_system = 3  # the same on every platform
            archive.writestr(member, body)
    return stream.getvalue()


def xlsx_bytes(*sheets: Worksheet) -> bytes:
    """A workbook whose numbers and dates are typed cells."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for row in sheet.rows:
            page.append(list(row))
        for cells in sheet.merged:
            page.merge_cells(cells)
    book.properties.creator = "Datateam Energie"
    book.properties.created = MOMENT
    stream = io.BytesIO()
    book.save(stream)
    return _fixed(stream.getvalue())


def _fixed(workbook: bytes) -> bytes:
    """The same workbook without the moment of writing, which openpyxl sets itself."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    core = ElementTree.fromstring(members["docProps/core.xml"])  # noqa: S314 - written a moment ago by ourselves
    for element in core.iter(MODIFIED):
        element.text = MOMENT.isoformat() + "Z"
    members["docProps/core.xml"] = ElementTree.tostring(core)
    return zip_bytes(members)


def parquet_bytes(table: pa.Table) -> bytes:
    """One uncompressed Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="none", version="2.6")
    return bytes(sink.getvalue())
