"""Workbooks as xlsx, xls and ods: one meaning in all three, and nothing in them that silently becomes another value."""

import datetime as dt
import io
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read import Limits, read
from kerndata.read.formats import read_as
from kerndata.sources.formats import FormatSpec, OdsFormat, XlsFormat, XlsxFormat, ZipFormat

SPECS: dict[str, FormatSpec] = {"xlsx": XlsxFormat(), "xls": XlsFormat(), "ods": OdsFormat()}
KINDS = sorted(SPECS)
SHARE = {"percent": "0.0%"}
ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><office:body><office:spreadsheet>'
)
ODS_TAIL = "</office:spreadsheet></office:body></office:document-content>"


class Share(float):
    """A fraction that the workbook shows as a percentage."""


class Down(str):
    """A text that stands merged over two rows."""


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def as_xlsx(sheets: dict[str, list[list[Any]]], hidden: str = "") -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name == hidden else "visible"
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                if value is not None:
                    cell = sheet.cell(number, column, float(value) if isinstance(value, Share) else value)
                    cell.number_format = SHARE["percent"] if isinstance(value, Share) else cell.number_format
                if isinstance(value, Down):
                    sheet.merge_cells(start_row=number, end_row=number + 1, start_column=column, end_column=column)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_xls(sheets: dict[str, list[list[Any]]], hidden: str = "") -> bytes:
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = int(name == hidden)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, Down):
                    sheet.write_merge(number, number + 1, column, column, str(value))
                elif isinstance(value, str) and value.startswith("#"):
                    sheet.row(number).set_cell_error(column, {"#DIV/0!": 0x07, "#N/A": 0x2A}[value])
                elif value is not None:
                    sheet.write(number, column, value, xlwt.easyxf(num_format_str=_xls_format(value)))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _xls_format(value: object) -> str:
    return SHARE["percent"] if isinstance(value, Share) else "YYYY-MM-DD" if isinstance(value, dt.date) else "General"


def as_ods(sheets: dict[str, list[list[Any]]], hidden: str = "") -> bytes:
    book = OpenDocumentSpreadsheet()
    style = Style(name="verborgen", family="table")
    style.addElement(TableProperties(display="false"))
    book.automaticstyles.addElement(style)
    for name, rows in sheets.items():
        table = Table(name=name, **({"stylename": style} if name == hidden else {}))
        for number, row in enumerate(rows):
            line = TableRow()
            for column, value in enumerate(row):
                is_covered = number and len(rows[number - 1]) > column and isinstance(rows[number - 1][column], Down)
                line.addElement(CoveredTableCell() if is_covered else _ods_cell(value))
            table.addElement(line)
        book.spreadsheet.addElement(table)
    target = io.BytesIO()
    book.write(target)
    return target.getvalue()


def _ods_cell(value: object) -> TableCell:
    given: dict[str, object] = {}
    if isinstance(value, bool):
        given = {"valuetype": "boolean", "booleanvalue": str(value).lower()}
    elif isinstance(value, Share):
        given = {"valuetype": "percentage", "value": repr(float(value))}
    elif isinstance(value, int | float):
        given = {"valuetype": "float", "value": repr(value)}
    elif isinstance(value, dt.date):
        given = {"valuetype": "date", "datevalue": value.isoformat()}
    elif value is not None:
        given = {"valuetype": "string"}
        if isinstance(value, Down):
            given["numberrowsspanned"] = 2
    cell = TableCell(**given)
    if value is not None:
        cell.addElement(P(text=str(value)))
    return cell


def rendered(kind: str, sheets: dict[str, list[list[Any]]], hidden: str = "") -> bytes:
    return {"xlsx": as_xlsx, "xls": as_xls, "ods": as_ods}[kind](sheets, hidden)


def reading(path: Path, spec: FormatSpec) -> Reading:
    return read_as(path, spec, Limits())


def sheet_of(tmp_path: Path, kind: str, rows: list[list[Any]]) -> Sheet:
    return reading(written(tmp_path / "bestand", rendered(kind, {"Wind": rows})), SPECS[kind]).sheets[0]


def cells(sheet: Sheet) -> list[list[str | None]]:
    return [list(row.values()) for row in sheet.text.to_pylist()]


def native(sheet: Sheet) -> list[list[bool]]:
    assert sheet.native is not None
    return [list(row.values()) for row in sheet.native.to_pylist()]


@pytest.mark.parametrize("kind", KINDS)
def test_typed_cells_are_canonical_and_rows_keep_their_numbers(tmp_path: Path, kind: str) -> None:
    rows = [
        [],
        [],
        [None, "Provincie", "Waarde"],
        [None, "Drenthe", 1351.5, "1.351", True],
        [None, "00123", 2024, dt.date(2024, 12, 31), 0.1],
    ]
    found = read(written(tmp_path / "b", rendered(kind, {"Wind": rows})), SPECS[kind]).sheets[0]
    assert cells(found) == [
        [None] * 5,
        [None] * 5,
        [None, "Provincie", "Waarde", None, None],
        [None, "Drenthe", "1351.5", "1.351", "true"],
        [None, "00123", "2024", "2024-12-31", "0.1"],
    ]
    assert native(found)[3:] == [[False, False, True, False, True], [False, False, True, True, True]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_percentage_is_what_the_workbook_shows(tmp_path: Path, kind: str) -> None:
    found = sheet_of(tmp_path, kind, [["Aandeel"], [Share(0.455)], [Share(0.07)], [0.07]])
    assert [row[0] for row in cells(found)] == ["Aandeel", "45.5%", "7%", "0.07"]
    assert [row[0] for row in native(found)] == [False, True, True, True]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_an_error_of_the_spreadsheet_is_not_an_empty_cell(tmp_path: Path, kind: str) -> None:
    found = sheet_of(tmp_path, kind, [["a", "b"], [1, "#DIV/0!"], ["#N/A"]])
    assert cells(found) == [["a", "b"], ["1", "#DIV/0!"], ["#N/A", None]]
    assert native(found)[1:] == [[True, False], [False, False]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_merged_text_holds_for_its_own_rows_only(tmp_path: Path, kind: str) -> None:
    rows = [["Provincie", "Jaar"], [Down("Drenthe"), 2023], [None, 2024], [None, 2025], ["Zeeland", 2023]]
    found = sheet_of(tmp_path, kind, rows)
    assert [row[0] for row in cells(found)] == ["Provincie", "Drenthe", "Drenthe", None, "Zeeland"]


CELLS = st.one_of(
    st.none(),
    st.text(alphabet="aé1,.;%-", min_size=1, max_size=6),
    st.integers(-(10**12), 10**12),
    st.integers(-(10**12), 10**12).map(lambda number: number / 1000),  # openpyxl writes sixteen digits
    st.integers(-(10**5), 10**5).map(lambda number: Share(number / 10**4)),
    st.booleans(),
    st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)),
)


@settings(max_examples=60, deadline=None)  # the machine may be busy
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_the_three_kinds_of_workbook_give_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    table = [["kop"] * 4, *rows]
    folder = tmp_path_factory.getbasetemp()
    found = [reading(written(folder / kind, rendered(kind, {"A": table})), SPECS[kind]).sheets[0] for kind in KINDS]
    assert cells(found[0]) == cells(found[1]) == cells(found[2])
    assert native(found[0]) == native(found[1]) == native(found[2])


def merged(path: Path, rows: list[list[Any]], *ranges: str) -> Sheet:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    for one in ranges:
        sheet.merge_cells(one)
    book.save(path)
    return reading(path, XlsxFormat()).sheets[0]


def test_a_merged_number_is_never_multiplied_nor_taken_for_one_row(tmp_path: Path) -> None:
    rows = [["Provincie", 2023, 2024], ["Drenthe", 12, 13], ["Zeeland", None, 14], ["Utrecht", 15, None]]
    found = merged(tmp_path / "a.xlsx", rows, "B2:B3", "B4:C4")
    assert cells(found)[1:] == [
        ["Drenthe", "12 (samengevoegde cel)", "13"],
        ["Zeeland", "12 (samengevoegde cel)", "14"],
        ["Utrecht", "15 (samengevoegde cel)", None],
    ]
    assert native(found)[1] == [False, False, True]


def test_a_number_merged_with_columns_nobody_uses_is_a_number(tmp_path: Path) -> None:
    found = merged(tmp_path / "a.xlsx", [["Provincie", "Waarde"], ["Drenthe", 12]], "B2:D2")
    assert (cells(found)[1], native(found)[1]) == (["Drenthe", "12"], [False, True])


def test_merged_headers_and_dates_are_repeated_down(tmp_path: Path) -> None:
    day = dt.date(2024, 12, 31)
    rows = [["Provincie", "Wind"], [None, "2023", "2024"], ["Drenthe", day], ["Zeeland"]]
    found = merged(tmp_path / "a.xlsx", rows, "A1:A2", "B1:C1", "B3:B4")
    assert cells(found) == [
        ["Provincie", "Wind", None],
        ["Provincie", "2023", "2024"],
        ["Drenthe", "2024-12-31", None],
        ["Zeeland", "2024-12-31", None],
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_sheets_and_the_findings_of_the_exchange_are_read_on_request_only(tmp_path: Path, kind: str) -> None:
    sheets = {"Wind": [["a"], [1]], "Geheim": [["b"], [2]], "Leeg": [], "Bevindingen": [["c"], [3]]}
    path = written(tmp_path / "b", rendered(kind, sheets, hidden="Geheim"))
    assert [one.name for one in reading(path, SPECS[kind]).sheets] == ["Wind"]
    agreed = type(SPECS[kind]).model_validate({"sheets": ["Geheim"]})
    assert [one.name for one in reading(path, agreed).sheets] == ["Geheim"]
    with pytest.raises(FileFault) as error:
        reading(path, type(SPECS[kind]).model_validate({"sheets": ["Zon"]}))
    assert error.value.facts == {"expected": "Zon", "found": "Wind, Geheim, Leeg, Bevindingen"}


def test_dates_follow_the_epoch_of_the_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].append(["Datum", dt.date(2024, 1, 2)])
    book.save(tmp_path / "a.xlsx")
    assert cells(reading(tmp_path / "a.xlsx", XlsxFormat()).sheets[0]) == [["Datum", "2024-01-02"]]
    old = xlwt.Workbook()
    old.dates_1904 = True
    old.add_sheet("A").write(0, 0, dt.date(2024, 1, 2), xlwt.easyxf(num_format_str="D-M-YYYY"))
    old.save(str(tmp_path / "a.xls"))
    assert cells(reading(tmp_path / "a.xls", XlsFormat()).sheets[0]) == [["2024-01-02"]]


def test_a_formula_that_was_never_calculated_is_not_an_empty_cell(tmp_path: Path) -> None:
    found = sheet_of(tmp_path, "xlsx", [["a", "b"], [1, "=A2*2"]])
    assert cells(found)[1] == ["1", "#NIET-BEREKEND"]


def test_formatting_without_cells_costs_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["a"])
    sheet.append([1])
    sheet["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    book.save(tmp_path / "a.xlsx")
    begin = time.process_time()
    assert cells(reading(tmp_path / "a.xlsx", XlsxFormat()).sheets[0]) == [["a"], ["1"]]
    assert cells(
        reading(ods(tmp_path, row(text("a")) + row(number(1)) + EMPTY % 1_048_574), OdsFormat()).sheets[0]
    ) == [
        ["a"],
        ["1"],
    ]
    assert time.process_time() - begin < 2


EMPTY = (
    '<table:table-row table:number-rows-repeated="%d"><table:table-cell table:style-name="ce1" '
    'table:number-columns-repeated="16384"/></table:table-row>'
)


def row(body: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{body}</table:table-row>'


def cell(attributes: str, body: str = "") -> str:
    return f"<table:table-cell {attributes}>{body}</table:table-cell>"


def text(body: str) -> str:
    return cell('office:value-type="string"', f"<text:p>{body}</text:p>")


def number(value: float, repeated: int = 1) -> str:
    return cell(f'office:value-type="float" office:value="{value}" table:number-columns-repeated="{repeated}"')


def ods(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", f'{ODS_HEAD}<table:table table:name="A">{body}</table:table>{ODS_TAIL}')
    return path


def ods_cells(tmp_path: Path, body: str) -> list[list[str | None]]:
    return cells(reading(ods(tmp_path, body), OdsFormat()).sheets[0])


def test_repeated_rows_and_cells_of_an_ods_keep_their_places(tmp_path: Path) -> None:
    body = EMPTY % 2 + row(cell('table:number-columns-repeated="2"') + number(5, 2), 2) + EMPTY % 1 + row(text("x"))
    assert ods_cells(tmp_path, body) == [
        [None] * 4,
        [None] * 4,
        [None, None, "5", "5"],
        [None, None, "5", "5"],
        [None] * 4,
        ["x", None, None, None],
    ]


@pytest.mark.parametrize(
    ("attributes", "shown", "expected"),
    [
        ('office:value-type="string" office:string-value="" calcext:value-type="error"', "#DIV/0!", "#DIV/0!"),
        ('office:value-type="float" office:value="0" calcext:value-type="error"', "#N/A", "#N/A"),
        ('office:value-type="float" office:value="0"', "#N/B", "#N/B"),
        ('office:value-type="string" calcext:value-type="error"', "Err:502", "Err:502"),
        ('table:formula="of:=[.A1]*2"', "", "#NIET-BEREKEND"),
        ('office:value-type="float" office:value="9007199254740993"', "9,0E15", "9007199254740993"),
        ('office:value-type="currency" office:value="12.5"', "€ 12,50", "12.5 €"),
        ('office:value-type="date" office:date-value="2024-01-02T00:00:00"', "2 jan", "2024-01-02"),
        ('office:value-type="date" office:date-value="2024-01-02T03:04:05"', "2 jan", "2024-01-02T03:04:05"),
    ],
)
def test_a_cell_of_an_ods_holds_its_value_not_what_is_shown(
    tmp_path: Path, attributes: str, shown: str, expected: str
) -> None:
    body = row(text("kop")) + row(cell(attributes, f"<text:p>{shown}</text:p>" if shown else ""))
    assert ods_cells(tmp_path, body) == [["kop"], [expected]]


def test_the_text_of_an_ods_cell_is_its_own(tmp_path: Path) -> None:
    note = "<office:annotation><dc:date>2024</dc:date><text:p>notitie</text:p></office:annotation>"
    body = row(
        text('een<text:s text:c="2"/>twee<text:tab/>drie<text:line-break/>vier</text:p><text:p>vijf')
        + cell('office:value-type="string"', f"{note}<text:p>met <text:span>stijl</text:span></text:p>")
    )
    assert ods_cells(tmp_path, body) == [["een  twee\tdrie\nvier\nvijf", "met stijl"]]


def test_links_to_programs_and_tables_in_cells_are_no_sheets(tmp_path: Path) -> None:
    inner = cell("", f'<table:table table:name="binnen">{row(text("diep"))}</table:table>')
    assert ods_cells(tmp_path, row(text("a") + inner + text("b"))) == [["a", None, "b"]]


def test_more_rows_or_columns_than_a_spreadsheet_has_are_refused(tmp_path: Path) -> None:
    for body in (EMPTY % 1_048_576 + row(text("x")), row(number(1, 20_000)), row(number(1, 16_384), 20_000)):
        with pytest.raises(FileFault, match="F-TOO-LARGE"):
            reading(ods(tmp_path, body), OdsFormat())


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_a_zip_may_hold_workbooks_of_every_kind(tmp_path: Path, kind: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"wind.{kind}", rendered(kind, {"Wind": [["a"], [1]]}))
    spec = ZipFormat.model_validate({"members": f"*.{kind}", "inner": {"kind": kind}})
    found = reading(tmp_path / "a.zip", spec).sheets[0]
    assert (found.member, found.name, cells(found)) == (f"wind.{kind}", "Wind", [["a"], ["1"]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_workbook_cut_off_is_a_fault_of_the_file(tmp_path: Path, kind: str) -> None:
    data = rendered(kind, {"Wind": [["a"], *([number] for number in range(500))]})
    assert b"Wind" in data or kind != "xls"
    with pytest.raises(FileFault, match="F-UNREADABLE"):
        read(written(tmp_path / "b", data[: len(data) // 2]), SPECS[kind])
