"""Reading: every format gives the same text cells; every broken file gives a file fault, never a crash."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kerndata.errors import FileFault
from kerndata.model.sheet import Sheet
from kerndata.read import Limits, read
from kerndata.sources.formats import CsvFormat, FormatSpec, JsonFormat, ParquetFormat, XlsxFormat, ZipFormat

CSV = CsvFormat(delimiter=";")


def cells(sheet: Sheet) -> list[list[str | None]]:
    return [list(row.values()) for row in sheet.text.to_pylist()]


def native(sheet: Sheet) -> list[list[bool]]:
    assert sheet.native is not None
    return [list(row.values()) for row in sheet.native.to_pylist()]


def fault(path: Path, spec: FormatSpec, **limits: int) -> FileFault:
    with pytest.raises(FileFault) as error:
        read(path, spec, Limits(**limits))
    return error.value


def written(tmp_path: Path, data: bytes, name: str = "file") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_parquet_and_json_give_the_same_cells(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [{"Jaar": 2024, "Waarde": 0.1}, {"Jaar": 2023, "Waarde": None}]
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "a.parquet")
    (tmp_path / "a.json").write_text(json.dumps({"data": {"items": records}}), encoding="utf-8")
    expected = [["Jaar", "Waarde"], ["2024", "0.1"], ["2023", None]]
    for path, spec in (
        (tmp_path / "a.parquet", ParquetFormat()),
        (tmp_path / "a.json", JsonFormat(records="data.items")),
    ):
        sheet = read(path, spec).sheets[0]
        assert cells(sheet) == expected
        assert native(sheet) == [[False, False], [True, True], [True, False]]


def zipped(tmp_path: Path, **members: bytes) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("_", "."), body)
    return path


def test_a_zip_gives_its_agreed_members(tmp_path: Path) -> None:
    path = zipped(tmp_path, zon_csv=b"a;b\n1;2\n", wind_csv=b"a;b\n3;4\n", lees_txt=b"toelichting")
    sheets = read(path, ZipFormat(members="*.csv", inner=CSV)).sheets
    assert [(sheet.member, cells(sheet)[1]) for sheet in sheets] == [("wind.csv", ["3", "4"]), ("zon.csv", ["1", "2"])]


def test_a_zip_with_other_data_than_agreed_is_refused(tmp_path: Path) -> None:
    spec = ZipFormat(members="wind*.csv", inner=CSV)
    assert fault(zipped(tmp_path, zon_csv=b"a;b\n1;2\n"), spec).rule_id == "F-ZIP-MEMBERS"
    both = zipped(tmp_path, zon_csv=b"a;b\n1;2\n", wind_csv=b"a;b\n3;4\n")
    assert fault(both, spec).rule_id == "F-ZIP-UNEXPECTED"


def test_a_bomb_is_stopped_by_counting_what_comes_out(tmp_path: Path) -> None:
    spec = ZipFormat(members="*.csv", inner=CSV)
    path = zipped(tmp_path, bom_csv=b"0" * 30_000_000)
    assert fault(path, spec).facts["what"] == "zip ratio"
    assert fault(path, spec, unpacked_bytes=1000).facts["what"] == "unpacked bytes"


@pytest.mark.parametrize("spec", [XlsxFormat(), ParquetFormat(), ZipFormat(members="*", inner=CSV)])
def test_noise_is_unreadable(tmp_path: Path, spec: FormatSpec) -> None:
    assert fault(written(tmp_path, os.urandom(5000)), spec).rule_id == "F-UNREADABLE"


def test_a_reader_out_of_memory_is_stopped_and_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, b"[" + b'{"a":{}},' * 1_500_000 + b'{"a":{}}]')
    assert "memory" in str(fault(path, JsonFormat(), memory_bytes=600 * 1024**2).facts["reason"])
