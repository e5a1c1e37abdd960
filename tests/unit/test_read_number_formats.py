"""What only a number format says is part of the cell: a unit, a mark, a currency, a division by thousands."""

import io
import math
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.harmonise_files import LONG, found, run

from kerndata.model.sheet import Sheet
from kerndata.read import Limits
from kerndata.read.cells import plain
from kerndata.read.formats import read_as
from kerndata.read.number_formats import look_of
from kerndata.read.shown import beside
from kerndata.sources import DeliverySpec
from kerndata.sources.formats import XlsFormat, XlsxFormat


def said(code: str, number: float) -> str | None:
    look = look_of(code)
    cell = look.shown(number) if look else None
    return None if cell is None else str(cell)


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ('0 "MW"', 12, "12 MW"),
        ('#,##0.0" GWh"', 1234.56, "1234.56 GWh"),
        ('0,0" MW"', 12.5, "12.5 MW"),
        ("0\\ \\k\\W", 7, "7 kW"),
        ('General" MW"', 0.5, "0.5 MW"),
        ('#,##0\\ "MW";[Red]\\-#,##0\\ "MW"', -3, "-3 MW"),
        ('0" MW";(0" MW")', -3, "-3 MW"),
        ("0.0%", 0.455, "45.5%"),
        ('0"%"', 45, "45%"),
        ('0"*"', 2024, "2024*"),
        ('"ca. "0', 12, "ca. 12"),
        ('"WP-"0000', 12, "WP-0012"),
        ('0"e kwartaal"', 3, "3e kwartaal"),
        ('"€" #,##0.00', 12.5, "12.5 €"),
        ("#,##0.00\\ [$€-413]", 12.5, "12.5 €"),
        ('_ [$€-413]\\ * #,##0.00_ ;_ [$€-413]\\ * -#,##0.00_ ;_ [$€-413]\\ * "-"??_ ;_ @_ ', -5, "-5 €"),
        ("0,", 1351000, "1351000 (getoond als 1351)"),
        ('0.0,,"M"', 1351000, "1351000 (getoond als 1.351M)"),
        ('[>=1000000]0.0,," GW";[>=1000]0.0," MW";0" kW"', 2500, "2500 (getoond als 2.5 MW)"),
        ('[>=1000000]0.0,," GW";[>=1000]0.0," MW";0" kW"', 250, "250 kW"),
        ('0;-0;"geheim"', 0, "geheim"),
        ('0"u"00', 1230, '1230 (opmaak 0"u"00)'),
        ("0.00E+00\\ \\M\\W", 1500, "1500 MW"),
    ],
)
def test_what_counts_is_said(code: str, number: float, text: str) -> None:
    assert said(code, number) == text


@pytest.mark.parametrize(
    "code",
    [
        "General", "0", "0.00", "#,##0", "#,##0.00_);[Red](#,##0.00)", "0;-0;;@", "[$-413]#,##0", "[Blue]0",
        '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', "0.00E+00", "# ?/?", "@", "d-m-yyyy", 'd mmm "van" yyyy',
        "[h]:mm:ss", "[$-F800]dddd, mmmm dd, yyyy", "h:mm AM/PM", "000-000", "0000 00", "+0;-0;0", "\\(0\\)", "0,0", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [12.5, -3.0, 0.0, 1351000.0])
def test_what_changes_no_meaning_is_left_out(code: str, number: float) -> None:
    assert said(code, number) is None


@settings(deadline=None)  # the machine may be busy
@given(
    st.sampled_from(["", '"ca. "', "\\x", "[Red]", "_-"]),
    st.sampled_from(["0", "#,##0.0", "General", "0000", "0.0E+00"]),
    st.text(alphabet="aMWh €*.,;%[(", min_size=1, max_size=6).filter(lambda text: text.strip(" (")),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_the_number_itself_is_never_changed(before: str, digits: str, after: str, number: float) -> None:
    text = said(f'{before}{digits}"{after}"', number)
    assert text is not None
    assert f"{plain(number)}{after}".rstrip() in text


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet='0#?.,%;"\\_*[]$€-@ MWhyd<>=E+1', max_size=14), st.floats())
def test_no_format_code_stops_reading(code: str, number: float) -> None:
    assert said(code, number) is None or math.isfinite(number)


@pytest.mark.parametrize(
    ("number", "shown", "text"),
    [
        ("1234.5", "1.234,5 MW", "1234.5 MW"), ("12", "12*", "12*"), ("12", "ca. 12", "ca. 12"),
        ("12.5", "€ 12,50", "12.5 €"), ("1351000", "1.351", "1351000 (getoond als 1.351)"),
        ("1351000", "1,4 GW", "1351000 (getoond als 1,4 GW)"), ("0", "n.v.t.", "n.v.t."),
    ],
)  # fmt: skip
def test_an_ods_cell_says_what_it_shows(number: str, shown: str, text: str) -> None:
    assert str(beside(Decimal(number), shown)) == text


@pytest.mark.parametrize(
    ("number", "shown"),
    [("1351", "1.351"), ("1.351", "1,351"), ("1.351", "1.4"), ("1234567.8", "1.234.567,8"), ("12", ""), ("0", "-"),
     ("12", "###"), ("-12", "(12)"), ("9007199254740993", "9,0E15"), ("0.5", ",5"), ("0.4", "0"), ("1.5", "1 1/2")],
)  # fmt: skip
def test_an_ods_number_shown_otherwise_is_that_number(number: str, shown: str) -> None:
    assert beside(Decimal(number), shown) == Decimal(number)


ROWS = [
    ["Indicator", "Provincie", "Jaar", "Waarde", "Eenheid"],
    ["Vermogen wind", "Drenthe", 2021, (12, '0 "MW"'), None],
    ["Vermogen wind", "Drenthe", 2022, (12000, '#,##0" kW"'), None],
    ["Vermogen wind", "Drenthe", 2023, (12, '0 "MW"'), "MW"],
    ["Vermogen wind", "Drenthe", 2024, (12, '0 "MW"'), "GW"],
    ["Vermogen wind", "Drenthe", 2025, (1351000, '0,'), "MW"],
    ["Vermogen wind", "Drenthe", 2020, (12, '"ca. "0'), "MW"],
    ["Vermogen wind", "Drenthe", 2019, (12, '"€" 0'), None],
    ["Vermogen wind", "Drenthe", 2018, (12, '0"*"'), "MW"],
    ["Vermogen wind", "Drenthe", (2017, '0"*"'), 12, "MW"],
]  # fmt: skip


def workbook(kind: str) -> bytes:
    target = io.BytesIO()
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for number, row in enumerate(ROWS, 1):
            for column, value in enumerate(row, 1):
                cell = book.worksheets[0].cell(number, column, value[0] if isinstance(value, tuple) else value)
                cell.number_format = value[1] if isinstance(value, tuple) else cell.number_format
        book.save(target)
        return target.getvalue()
    old = xlwt.Workbook()
    sheet = old.add_sheet("Blad")
    for number, row in enumerate(ROWS):
        for column, value in enumerate(row):
            given = value if isinstance(value, tuple) else (value, "General")
            if given[0] is not None:
                sheet.write(number, column, given[0], xlwt.easyxf(num_format_str=given[1]))
    old.save(target)
    return target.getvalue()


def sheet_of(path: Path, kind: str) -> Sheet:
    path.write_bytes(workbook(kind))
    return read_as(path, XlsxFormat() if kind == "xlsx" else XlsFormat(), Limits()).sheets[0]


def test_xls_and_xlsx_give_the_same_cells(tmp_path: Path) -> None:
    new, old = sheet_of(tmp_path / "a.xlsx", "xlsx"), sheet_of(tmp_path / "a.xls", "xls")
    assert new.text.column("c4").to_pylist()[1:4] == ["12 MW", "12000 kW", "12 MW"]
    assert (new.text, new.native) == (old.text, old.native)


def test_a_unit_in_a_number_format_is_read_converted_and_compared_with_the_column(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook("xlsx"))
    result = run(path, DeliverySpec.model_validate(LONG | {"format": {"kind": "xlsx"}}))
    values, statuses = (
        dict(zip(result.rows["period"], pa.array(result.rows[name]).to_pylist(), strict=True))
        for name in ("value", "value_status")
    )
    assert values == {
        "2021": 12, "2022": 12, "2023": 12, "2024": None, "2025": None, "2020": 12, "2019": None, "2018": 12,
        "2017": 12,
    }  # fmt: skip
    assert {one[1]: one[3] for one in found(result)} == {
        "H-UNIT-CONFLICT": "MW", "H-NUMBER-AMBIGUOUS": "1351000 (getoond als 1351)", "H-ESTIMATE": "ca. 12",
        "H-UNIT-UNKNOWN": "€",
    }  # fmt: skip
    told = result.cell_findings.set_index("rule_id")["expected"]
    assert told["H-NUMBER-AMBIGUOUS"] == "1351000 of 1351"
    assert [statuses[year] for year in ("2017", "2018", "2020")] == ["voorlopig"] * 2 + ["schatting"]


PROJECTS = {
    "dataset": "projects",
    "via": {"bucket": "projects/*.xlsx"},
    "format": {"kind": "xlsx"},
    "columns": {"id": "project_id", "naam": "name", "provincie": "region", "techniek": "technology", "fase": "phase",
                "vermogen": "capacity_mw", "turbines": "turbines"},
    "units": {"capacity_mw": "kW"},
}  # fmt: skip


def test_a_project_with_another_unit_than_its_column_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["id", "naam", "provincie", "techniek", "fase", "vermogen", "turbines"])
    formats = [('0 "kW"', "General"), ('0 "MW"', "General"), ("0", '0 "MW"'), ("0", '0 "stuks"')]
    for number, shown in enumerate(formats, 2):
        book.worksheets[0].append([f"P{number}", "Park", "Drenthe", "wind_op_land", 6, 3000, 3])
        for column, code in zip("FG", shown, strict=True):
            book.worksheets[0][f"{column}{number}"].number_format = code
    book.save(tmp_path / "a.xlsx")
    result = run(tmp_path / "a.xlsx", DeliverySpec.model_validate(PROJECTS))
    assert found(result) == [
        (1, "H-UNIT-CONFLICT", "capacity_mw", "MW"),
        (2, "H-COUNT-INVALID", "turbines", "3 MW"),
    ]
    assert pa.array(result.rows["capacity_mw"]).to_pylist() == [3, None, 3, 3]
