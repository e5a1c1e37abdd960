"""The good files that are mutated: the same twelve rows in every format, and every sample delivery of the provinces."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from kerndata.local.samples.tables import HERE
from kerndata.sources.registry import Source, load_source
from kerndata.sources.schema import DeliverySpec
from kerndata.sources.via import BucketVia

COLUMNS = {
    "id": "project_id", "naam": "name", "techniek": "technology", "provincie": "region", "fase": "phase",
    "mw": "capacity_mw", "gemeente": "municipality_name", "initiatiefnemer": "initiator", "lon": "lon", "lat": "lat",
}  # fmt: skip
ROWS = [
    [f"P{number}", f"Windpark Fryslân {number}", "wind_op_land", "Drenthe", 6, number + 0.5, "Assen", "Wind B.V.",
     6.5 + number / 100, 52.9]
    for number in range(1, 13)
]  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """One good file; ``kind`` names its format in the table."""

    kind: str
    data: bytes
    source: Source
    spec: DeliverySpec
    file_name: str


def seeds() -> list[Seed]:
    """Every seed, in a fixed order."""
    return [*_made(), *_samples()]


def _made() -> Iterator[Seed]:
    makers: dict[str, Callable[[], bytes]] = {
        "csv": lambda: _csv().encode(), "xlsx": _xlsx, "xls": _xls, "ods": _ods, "json": _json, "geojson": _geojson,
        "parquet": _parquet, "zip": lambda: _zip(**{"a.csv": _csv().encode()}),
    }  # fmt: skip
    for kind, make in makers.items():
        inner = {"kind": "csv", "delimiter": ";"}
        given: dict[str, Any] = {"kind": kind} | ({"members": "*.csv", "inner": inner} if kind == "zip" else {})
        spec = DeliverySpec.model_validate(
            {
                "dataset": "projects",
                "via": {"bucket": f"projects/*.{kind}"},
                "format": given,
                "columns": COLUMNS,
                "numbers": {"decimal": "."},
            }
        )
        yield Seed(kind, make(), load_source("drenthe"), spec, f"projects/projecten.{kind}")


def _samples() -> Iterator[Seed]:
    for path in sorted((HERE / "deliveries").glob("*/drop/**/*")):
        if path.is_file():
            slug, key = path.relative_to(HERE / "deliveries").as_posix().split("/", 1)
            source = load_source(slug)
            spec = source.match(key)
            if spec and isinstance(spec.via, BucketVia):
                yield Seed(spec.format.kind, path.read_bytes(), source, spec, key.removeprefix("drop/"))


def _csv() -> str:
    return "\r\n".join(";".join(str(cell) for cell in row) for row in [list(COLUMNS), *ROWS]) + "\r\n"


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in [list(COLUMNS), *ROWS]:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Blad1")
    for number, row in enumerate([list(COLUMNS), *ROWS]):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _ods() -> bytes:
    book = OpenDocumentSpreadsheet()
    table = Table(name="Blad1")
    for row in [list(COLUMNS), *ROWS]:
        line = TableRow()
        for cell in row:
            typed = {"valuetype": "string"} if isinstance(cell, str) else {"valuetype": "float", "value": str(cell)}
            one = TableCell(**typed)
            one.addElement(P(text=str(cell)))
            line.addElement(one)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _records() -> list[dict[str, Any]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]


def _json() -> bytes:
    return json.dumps(_records(), indent=1).encode()


def _geojson() -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [one["lon"], one["lat"]]},
            "properties": {name: cell for name, cell in one.items() if name not in ("lon", "lat")},
        }
        for one in _records()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(_records()), sink)
    return bytes(sink.getvalue())


def _zip(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return stream.getvalue()
