"""Records: JSON, JSON Lines, GeoJSON and Parquet, each value exactly as it is written."""

import datetime as dt
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read import Limits, read
from kerndata.read.formats import read_as
from kerndata.sources.formats import FormatSpec, GeojsonFormat, JsonFormat, ParquetFormat, ZipFormat

JSON, GEOJSON = JsonFormat(), GeojsonFormat()
PAGES = ZipFormat(members="page-*.json", inner=JsonFormat(records="value"))


def written(tmp_path: Path, data: bytes | str) -> Path:
    path = tmp_path / "bestand"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def reading(path: Path, spec: FormatSpec) -> Reading:
    return read_as(path, spec, Limits())


def cells(sheet: Sheet) -> list[list[str | None]]:
    return [list(row.values()) for row in sheet.text.to_pylist()]


def native(sheet: Sheet) -> list[list[bool]]:
    assert sheet.native is not None
    return [list(row.values()) for row in sheet.native.to_pylist()]


def fault(path: Path, spec: FormatSpec) -> FileFault:
    with pytest.raises(FileFault) as error:
        reading(path, spec)
    return error.value


def test_numbers_of_json_are_exact_and_text_stays_text(tmp_path: Path) -> None:
    text = '[{"a": 0.10, "b": "1.351,5", "c": 1e3}, {"a": 9007199254740993, "c": true, "d": null}]'
    found = read(written(tmp_path, text), JSON).sheets[0]
    assert cells(found) == [
        ["a", "b", "c", "d"],
        ["0.1", "1.351,5", "1000", None],
        ["9007199254740993", None, "true", None],
    ]
    assert native(found)[1:] == [[True, False, True, False], [True, False, True, False]]


def test_nested_objects_become_columns_and_arrays_stay_json(tmp_path: Path) -> None:
    text = '[{"attributes": {"naam": "Zon", "plek": {"x": 1.5}}, "bronnen": ["CBS", 2.50]}]'
    assert cells(reading(written(tmp_path, text), JSON).sheets[0]) == [
        ["attributes.naam", "attributes.plek.x", "bronnen"],
        ["Zon", "1.5", '["CBS", "2.5"]'],
    ]
    assert "dubbel" in str(fault(written(tmp_path, '[{"a.b": 1, "a": {"b": 2}}]'), JSON).facts["reden"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_in_each_encoding_it_may_have(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, '[{"provincie": "Fryslân"}]'.encode(encoding))
    assert cells(reading(path, JSON).sheets[0]) == [["provincie"], ["Fryslân"]]


def test_json_lines_are_records(tmp_path: Path) -> None:
    spec = JsonFormat(lines=True)
    assert cells(reading(written(tmp_path, '{"a": 1}\n\n{"b": 2}\n'), spec).sheets[0]) == [
        ["a", "b"],
        ["1", None],
        [None, "2"],
    ]
    assert "regel 2" in str(fault(written(tmp_path, '{"a": 1}\n{"b": \n'), spec).facts["reden"])
    with pytest.raises(ValidationError, match="exclude each other"):
        JsonFormat(lines=True, records="data")


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '[{"a": NaN}]', '[{"a": 1, "a": 2}]', '[{"a": 1}', "[1, 2]", '[{"a": 1}] x', "[{'a': 1}]"]
)
def test_broken_json_is_unreadable(tmp_path: Path, text: str) -> None:
    assert fault(written(tmp_path, text), JSON).rule_id == "F-UNREADABLE"


def test_json_as_deep_as_a_well_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(FileFault):
        read(written(tmp_path, "[" * 100_000), JSON)
    with pytest.raises(FileFault):
        read(written(tmp_path, '[{"a":' * 100_000), GEOJSON)


def test_a_number_too_long_to_write_out_does_not_fill_the_memory(tmp_path: Path) -> None:
    found = reading(written(tmp_path, '[{"a": 1e999999999, "b": -1e-999999999}]'), JSON).sheets[0]
    assert cells(found)[1] == ["1E+999999999", "-1E-999999999"]


def zipped(tmp_path: Path, **pages: object) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in pages.items():
            archive.writestr(f"{name.replace('_', '-')}.json", json.dumps(page))
    return path


def test_pages_share_one_header_and_keep_their_own_rows(tmp_path: Path) -> None:
    path = zipped(tmp_path, page_1={"value": [{"a": 1}, {"a": 2}]}, page_2={"value": [{"b": 3}]}, page_3={"value": []})
    first, second = reading(path, PAGES).sheets
    assert (first.member, cells(first)) == ("page-1.json", [["a", "b"], ["1", None], ["2", None]])
    assert (second.member, cells(second)) == ("page-2.json", [["a", "b"], [None, "3"]])
    assert fault(zipped(tmp_path, page_1={"value": []}), PAGES).rule_id == "F-HEADER-ONLY"


def features(*found: dict[str, Any], **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(found), **members})


def feature(geometry: Any, properties: Any = None, **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties, **members}


def point(*place: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(place)}


def test_a_point_is_two_columns(tmp_path: Path) -> None:
    text = features(
        feature(point(5.2913, 52.1326), {"naam": "Zon", "mw": 1.50}), feature(point(6, 53, 12), {"fase": 6})
    )
    found = read(written(tmp_path, text), GEOJSON).sheets[0]
    assert cells(found) == [
        ["naam", "mw", "lon", "lat", "fase"],
        ["Zon", "1.5", "5.2913", "52.1326", None],
        [None, None, "6", "53", "6"],
    ]
    assert native(found)[1] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", ["lon", "lat"]),
        ("EPSG:4326", ["lon", "lat"]),
        ("urn:ogc:def:crs:EPSG::28992", ["x", "y"]),
        ("http://www.opengis.net/def/crs/EPSG/0/28992", ["x", "y"]),
    ],
)
def test_the_coordinate_system_a_file_declares_is_obeyed(tmp_path: Path, name: str, header: list[str]) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    text = features(feature(point(121000.5, 487000)), crs=crs)
    assert cells(reading(written(tmp_path, text), GEOJSON).sheets[0]) == [header, ["121000.5", "487000"]]


@pytest.mark.parametrize("crs", [{"type": "name", "properties": {"name": "EPSG:3857"}}, {"type": "link"}, "RD"])
def test_any_other_coordinate_system_is_refused(tmp_path: Path, crs: Any) -> None:
    path = written(tmp_path, features(feature(point(1, 2)), crs=crs))
    assert "coördinatenstelsel" in str(fault(path, GEOJSON).facts["reden"])


def test_a_source_may_say_what_its_file_does_not(tmp_path: Path) -> None:
    path = written(tmp_path, features(feature(point(121000, 487000))))
    assert cells(reading(path, GeojsonFormat(crs="EPSG:28992")).sheets[0])[0] == ["x", "y"]


def test_an_area_has_no_point_and_says_so(tmp_path: Path) -> None:
    area = {"type": "Polygon", "coordinates": [[[5, 52], [6, 52], [6, 53], [5, 52]]]}
    text = features(feature(area, {"naam": "A"}), feature(point(5, 52), {"naam": "B"}), feature(None, {"naam": "C"}))
    assert cells(reading(written(tmp_path, text), GEOJSON).sheets[0]) == [
        ["naam", "lon", "lat", "geometry_type"],
        ["A", None, None, "Polygon"],
        ["B", "5", "52", "Point"],
        ["C", None, None, None],
    ]


def test_a_property_never_hides_the_geometry(tmp_path: Path) -> None:
    text = features(feature(point(5, 52), {"lon": 4.9, "eigenaar": {"soort": "gemeente"}}, id="w1"))
    assert cells(reading(written(tmp_path, text), GEOJSON).sheets[0]) == [
        ["properties.lon", "eigenaar.soort", "lon", "lat", "feature_id"],
        ["4.9", "gemeente", "5", "52", "w1"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "Feature"}',
        '{"type": "FeatureCollection"}',
        features(feature(point("5", "52"))),
        features(feature(point(5))),
        features(feature([5, 52])),
        features(feature(None, ["a"])),
    ],
)
def test_broken_geojson_is_unreadable(tmp_path: Path, text: str) -> None:
    assert fault(written(tmp_path, text), GEOJSON).rule_id == "F-UNREADABLE"


def test_geojson_without_features_is_a_header_only(tmp_path: Path) -> None:
    assert fault(written(tmp_path, features()), GEOJSON).rule_id == "F-HEADER-ONLY"


def test_columns_of_parquet_keep_their_types_text(tmp_path: Path) -> None:
    moment = dt.datetime.fromisoformat("2024-01-02T03:04:05")
    table = pa.table(
        {
            "tekst": pa.array(["Drenthe", ""]).dictionary_encode(),
            "half": pa.array([0.1, None], pa.float32()),
            "dubbel": pa.array([1351.5, 1e15]),
            "tiende": pa.array([Decimal("1.50"), None], pa.decimal128(5, 2)),
            "codes": pa.array([6, 7], pa.int8()).dictionary_encode(),
            "dag": pa.array([dt.date(2024, 12, 31), None]),
            "moment": pa.array([moment, dt.datetime.fromisoformat("2024-01-02")], pa.timestamp("ns")),
            "zone": pa.array([moment, moment], pa.timestamp("ms", tz="Europe/Amsterdam")),
            "ja": pa.array([True, None]),
            "niets": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = reading(tmp_path / "a.parquet", ParquetFormat()).sheets[0]
    assert cells(found) == [
        list(table.column_names),
        [
            "Drenthe",
            "0.1",
            "1351.5",
            "1.5",
            "6",
            "2024-12-31",
            "2024-01-02T03:04:05",
            "2024-01-02T04:04:05+0100",
            "true",
            None,
        ],
        [None, None, "1000000000000000", None, "7", None, "2024-01-02", "2024-01-02T04:04:05+0100", None, None],
    ]
    assert native(found)[1] == [False, True, True, True, True, True, True, True, True, False]


@pytest.mark.parametrize("column", [[[1]], [{"a": 1}], [b"x"]])
def test_lists_records_and_bytes_are_refused_by_the_name_of_their_column(tmp_path: Path, column: list[Any]) -> None:
    pq.write_table(pa.table({"geometrie": column, "a": [1]}), tmp_path / "a.parquet")
    assert "kolom 'geometrie'" in str(fault(tmp_path / "a.parquet", ParquetFormat()).facts["reden"])


def test_infinity_is_not_an_empty_cell(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [float("inf"), float("nan")]}), tmp_path / "a.parquet")
    assert cells(reading(tmp_path / "a.parquet", ParquetFormat()).sheets[0]) == [["a"], ["Infinity"], [None]]


def test_a_zip_may_hold_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.parquet", "a.parquet")
    found = reading(tmp_path / "a.zip", ZipFormat(members="*.parquet", inner=ParquetFormat())).sheets[0]
    assert (found.member, cells(found)) == ("a.parquet", [["a"], ["1"]])
