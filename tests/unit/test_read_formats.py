"""Reading: every format gives the same text cells; every broken file gives a file fault, never a crash."""

import csv
import datetime as dt
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerndata.errors import FileFault, NotChecked
from kerndata.model.sheet import Sheet
from kerndata.read import Limits, read
from kerndata.read.csv import careful, quick
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


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_csv_in_each_agreed_encoding(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "Provincie;Waarde\r\nFryslân;1.351\r\n".encode(encoding))
    reading = read(path, CsvFormat(encoding="windows-1252"))
    assert cells(reading.sheets[0]) == [["Provincie", "Waarde"], ["Fryslân", "1.351"]]
    assert reading.sheets[0].native is None


def test_an_encoding_is_never_guessed(tmp_path: Path) -> None:
    path = written(tmp_path, "Provincie;Waarde\nFryslân;1\n".encode("windows-1252"))
    assert fault(path, CSV).rule_id == "F-ENCODING"


def test_rows_keep_the_numbers_a_spreadsheet_shows(tmp_path: Path) -> None:
    text = 'Titel\n\nProvincie;Opmerking\n"Drenthe";"twee\nregels"\nZeeland;\n\nBron: CBS\n'
    sheet = read(written(tmp_path, text.encode()), CSV).sheets[0]
    assert cells(sheet) == [
        ["Titel", None],
        [None, None],
        ["Provincie", "Opmerking"],
        ["Drenthe", "twee\nregels"],
        ["Zeeland", None],
        [None, None],
        ["Bron: CBS", None],
    ]


@pytest.mark.parametrize(
    ("text", "row"),
    [("a;b;c\n1;2;3\n1;2\n1;2;3\n", 3), ("a;b\n1;2\n1;2;3\n1;2\n", 3), ("a;b\n1;2\nalleen\n1;2\n", 3)],
)
def test_a_ragged_row_is_named(tmp_path: Path, text: str, row: int) -> None:
    error = fault(written(tmp_path, text.encode()), CSV)
    assert (error.rule_id, error.facts["row"]) == ("F-RAGGED", row)


def test_empty_trailing_columns_are_no_fault(tmp_path: Path) -> None:
    sheet = read(written(tmp_path, b"a;b\n1;2;;\n3;4\n5;6\n"), CSV).sheets[0]
    assert cells(sheet)[1] == ["1", "2"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "F-EMPTY"),
        (b"\xef\xbb\xbf\r\n \r\n", "F-EMPTY"),
        (b"a;b\n", "F-HEADER-ONLY"),
        (b"a;b\n1;\x002\n", "F-NUL"),
        (b'a;b\n"1;2\n', "F-UNREADABLE"),
        (b'a;b\n"1"x;2\n', "F-UNREADABLE"),
    ],
)
def test_a_broken_csv_is_a_fault_with_its_own_rule(tmp_path: Path, data: bytes, rule: str) -> None:
    assert fault(written(tmp_path, data), CSV).rule_id == rule


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet='ab1,.;" \n\r\té', max_size=60))
def test_the_quick_and_the_careful_parser_have_one_meaning(text: str) -> None:
    swift = quick(text, CSV) if text.strip() else None
    if swift is not None:
        assert swift.to_pylist() == careful(text, CSV, Limits()).to_pylist()


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.lists(st.text(alphabet='ab1,.;" \n', max_size=4), min_size=3, max_size=3), min_size=2, max_size=6))
def test_what_a_spreadsheet_writes_is_read_back(rows: list[list[str]]) -> None:
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows(rows)
    text = target.getvalue()
    table = quick(text, CSV)
    table = careful(text, CSV, Limits()) if table is None else table
    if any(row[2].strip() for row in rows):
        assert [list(row.values()) for row in table.to_pylist()] == [[cell or None for cell in row] for row in rows]


def test_a_workbook_keeps_typed_cells_typed(tmp_path: Path) -> None:
    rows = [["Provincie", "Waarde"], ["Drenthe", 1351.5], ["Zeeland", "1.351"], ["Utrecht", dt.date(2024, 12, 31)]]
    sheet = read(workbook(tmp_path / "a.xlsx", Wind=[[], *rows]), XlsxFormat()).sheets[0]
    assert cells(sheet)[1:] == [
        ["Provincie", "Waarde"],
        ["Drenthe", "1351.5"],
        ["Zeeland", "1.351"],
        ["Utrecht", "2024-12-31"],
    ]
    assert [row[1] for row in native(sheet)] == [False, False, True, False, True]
    assert sheet.name == "Wind"


def test_a_workbook_gives_the_agreed_sheets_only(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Wind=[["a"], [1]], Zon=[["b"], [2]], Leeg=[])
    assert [sheet.name for sheet in read(path, XlsxFormat()).sheets] == ["Wind", "Zon"]
    assert [sheet.name for sheet in read(path, XlsxFormat(sheets=("Zon",))).sheets] == ["Zon"]
    assert fault(path, XlsxFormat(sheets=("Warmte",))).facts == {"expected": "Warmte", "found": "Wind, Zon, Leeg"}


def test_an_error_of_the_spreadsheet_is_not_an_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Eerst=[["a"], [1]], Wind=[["Provincie", "Waarde"], ["Drenthe", "#DIV/0!"]])
    sheet = read(path, XlsxFormat(sheets=("Wind",))).sheets[0]
    assert cells(sheet)[1] == ["Drenthe", "#DIV/0!"]
    assert native(sheet)[1] == [False, False]


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


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '[{"a": [1]}]', '[{"a": NaN}]', '[{"a": 1, "a": 2}]', "[" * 100_000, '[{"a": 1}', "[1, 2]"]
)
def test_broken_json_is_unreadable(tmp_path: Path, text: str) -> None:
    assert fault(written(tmp_path, text.encode()), JsonFormat()).rule_id == "F-UNREADABLE"


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


def test_a_reader_out_of_time_or_memory_is_stopped(tmp_path: Path) -> None:
    path = written(tmp_path, b"a;b\n" + b'1;"2\n3"\n\n' * 2_000_000)
    assert "more than 3 s" in str(fault(path, CSV, cpu_seconds=3).facts["reason"])
    assert "memory" in str(fault(path, CSV, memory_bytes=600 * 1024**2).facts["reason"])


def test_a_reader_that_hangs_is_stopped_with_its_group(tmp_path: Path) -> None:
    path = written(tmp_path, b"a;b\n" + b'1;"2\n3"\n\n' * 2_000_000)
    with pytest.raises((FileFault, NotChecked)):  # on a busy machine the second may pass before it has even started
        read(path, CSV, Limits(wall_seconds=1))
