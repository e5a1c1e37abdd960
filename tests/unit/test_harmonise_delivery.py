"""From a file to the contract's shape: every observation with its source cell, every miss with its finding."""

from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tests.unit.harmonise_files import HEADER, LONG, found, harmonised, run

from kerndata.contracts.contract import load_contract
from kerndata.errors import FileFault
from kerndata.harmonise import RULES
from kerndata.read import RULES as READ_RULES
from kerndata.sources import DeliverySpec


def test_a_long_file_becomes_one_row_per_value(tmp_path: Path) -> None:
    result = harmonised(tmp_path, HEADER + "Vermogen wind;Drenthe;2024*;1250,5;kW\nProductie wind;DRENTHE;2023;x;GWh\n")
    first, second = result.rows.to_dict("records")
    assert (first["indicator_code"], first["region_level"], first["region_code"]) == ("H3.4", "provincie", "PV22")
    assert (first["value"], first["unit"], first["period"]) == (Decimal("1.2505"), "MW", "2024")
    assert (first["value_status"], second["value_status"]) == ("voorlopig", "definitief")
    assert (first["original_value"], first["original_unit"]) == ("1250,5", "kW")
    assert (first["source_row"], first["source_column"], first["source_file"]) == (2, "D", "levering.csv")
    assert second["missing_reason"] == "geheim"
    assert result.rows["value"].isna().tolist() == [False, True]
    assert result.cell_findings.empty


def test_types_and_columns_are_the_contract_s(tmp_path: Path) -> None:
    rows = harmonised(tmp_path, HEADER + "H3.4;Drenthe;2024;1;MW\n").rows
    contract = load_contract("indicators")
    assert list(rows.columns) == [*contract.column_names, "observation"]
    assert str(rows["value"].dtype) == "decimal128(28, 9)[pyarrow]"
    assert {str(rows[name].dtype) for name in ("period", "quality_flags", "source_sheet")} == {"string[pyarrow]"}
    assert str(rows["source_row"].dtype) == "int64[pyarrow]"


@pytest.mark.parametrize(
    ("row", "rule", "column", "value"),
    [
        ("Vermogen zon;Drenthe;2024;1;MW", "H-INDICATOR-UNKNOWN", "indicator_code", "Vermogen zon"),
        ("H3.4;Atlantis;2024;1;MW", "H-REGION-UNKNOWN", "region_code", "Atlantis"),
        ("H3.4;Drenthe;vorig jaar;1;MW", "H-PERIOD-UNKNOWN", "period", "vorig jaar"),
        ("H3.4;Drenthe;2024;veel;MW", "H-NUMBER-INVALID", "value", "veel"),
        ("H3.4;Drenthe;2024;1.351;MW", "H-NUMBER-AMBIGUOUS", "value", "1.351"),
        ("H3.4;Drenthe;2024;1;pk", "H-UNIT-UNKNOWN", "unit", "pk"),
        ("H3.4;Drenthe;2024;1;MWh", "H-UNIT-KIND", "unit", "MWh"),
        ("H3.4;Drenthe;2024;1;kWp", "H-UNIT-KIND", "unit", "kWp"),
    ],
)
def test_what_is_not_understood_is_null_with_the_value_as_written(
    tmp_path: Path, row: str, rule: str, column: str, value: str
) -> None:
    result = harmonised(tmp_path, HEADER + "H3.4;Drenthe;2023;1;MW\n" + row + "\n")
    assert found(result) == [(1, rule, column, value)]
    checked = "value" if column == "unit" else column
    assert result.rows[checked].isna().tolist() == [False, True]


def test_an_empty_value_is_refused_unless_the_source_says_what_it_means(tmp_path: Path) -> None:
    text = HEADER + "H3.4;Drenthe;2023;1;MW\nH3.4;Drenthe;2024;;MW\n"
    refused = harmonised(tmp_path, text)
    assert refused.cell_findings["rule_id"].tolist() == ["H-VALUE-EMPTY"]
    known = harmonised(tmp_path, text, marks={"empty": "onbekend"})
    assert known.rows["missing_reason"].tolist()[1] == "onbekend"
    absent = harmonised(tmp_path, text, marks={"empty": "absent"})
    assert (len(absent.rows), absent.other_rows["empty"]) == (1, 1)


def test_a_row_cut_off_half_way_is_refused_and_not_taken_for_absent(tmp_path: Path) -> None:
    result = harmonised(tmp_path, HEADER + "H3.4;Drenthe;2023;1;MW\nH3.4;;;;\n", marks={"empty": "absent"})
    assert found(result)[0][:2] == (1, "H-VALUE-EMPTY")


def test_rows_of_another_province_are_refused_and_a_whole_file_of_one_is_a_fault(tmp_path: Path) -> None:
    own = "H3.4;Drenthe;2023;1;MW\n"
    mixed = harmonised(tmp_path, HEADER + own * 2 + "H3.4;Zeeland;2024;1;MW\n")
    assert found(mixed) == [(2, "H-OTHER-PROVINCE", "region_code", "Zeeland")]
    with pytest.raises(FileFault) as error:
        harmonised(tmp_path, HEADER + own + "H3.4;Zeeland;2024;1;MW\n" * 2)
    assert (error.value.rule_id, error.value.facts) == ("F-OTHER-PROVINCE", {"found": "Zeeland", "expected": "Drenthe"})


def test_columns_unknown_are_reported_and_columns_lacking_refuse_the_file(tmp_path: Path) -> None:
    text = HEADER.strip() + ";Notitie;\nH3.4;Drenthe;2023;1;MW;ja;los\n"
    assert harmonised(tmp_path, text).unmapped_columns == ("Notitie", "kolom G (zonder kop)")
    assert harmonised(tmp_path, text, ignored_columns=["notitie"]).unmapped_columns == ("kolom G (zonder kop)",)
    with pytest.raises(FileFault) as error:
        harmonised(tmp_path, HEADER.replace("Jaar", "Periode") + "H3.4;Drenthe;2023;1;MW\n")
    assert (error.value.rule_id, error.value.facts["missing"]) == ("F-COLUMNS-MISSING", "Jaar")
    with pytest.raises(FileFault, match="F-COLUMN-TWICE"):
        harmonised(tmp_path, HEADER.replace("Eenheid", "jaar") + "H3.4;Drenthe;2023;1;2024\n")
    with pytest.raises(FileFault, match="F-HEADER-ONLY"):
        harmonised(tmp_path, HEADER + ";;;;\n")


def test_a_workbook_with_years_as_columns_below_merged_headings(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["Energiemonitor"],
        [],
        ["Provincie", "Vermogen wind (MW)", None, "Productie wind (GWh)", None, None],
        [None, 2023, "2024*", 2023, "2024*", None],
        ["Drenthe", 1351, "1.352", 2.5, "x", None],
        [None] * 5,
        ["Bron: eigen telling"],
    ):
        sheet.append(row)
    for merged in ("A3:A4", "B3:C3", "D3:E3"):
        sheet.merge_cells(merged)
    book.save(tmp_path / "monitor.xlsx")
    spec = {
        "format": {"kind": "xlsx"},
        "numbers": {"decimal": ",", "thousands": "."},
        "layout": {
            "title_rows": 2,
            "header_rows": 2,
            "values": r"^(?P<indicator>.+) \((?P<unit>.+)\) / (?P<period>\d{4}\*?)$",
            "footers": ["^Bron"],
        },
        "columns": {"Provincie": "region"},
    }
    result = run(tmp_path / "monitor.xlsx", DeliverySpec.model_validate(LONG | spec))
    got = result.rows[["indicator_code", "period", "value", "value_status", "source_row", "source_column"]]
    assert [tuple(row) for row in got.fillna({"value": Decimal(-1)}).itertuples(index=False)] == [
        ("H3.4", "2023", Decimal(1351), "definitief", 5, "B"),
        ("H3.4", "2024", Decimal(1352), "voorlopig", 5, "C"),
        ("H3.5", "2023", Decimal("2.5"), "definitief", 5, "D"),
        ("H3.5", "2024", Decimal(-1), "voorlopig", 5, "E"),
    ]
    assert result.other_rows == {"title": 2, "header": 2, "blank": 1, "footer": 1}
    assert result.rows["source_sheet"].unique().tolist() == ["Sheet"]
    assert result.cell_findings.empty
    assert not result.unmapped_columns


def test_projects_keep_what_they_say_and_refuse_what_they_cannot_mean(tmp_path: Path) -> None:
    spec = DeliverySpec.model_validate(
        {
            "dataset": "projects",
            "via": {"bucket": "*.csv"},
            "format": {"kind": "csv"},
            "columns": {
                "nr": "project_id", "naam": "name", "soort": "technology", "prov": "region", "kW": "capacity_mw",
                "turbines": "turbines", "fase": "phase", "sinds": "commissioned_on", "x": "lon", "y": "lat",
            },
            "units": {"capacity_mw": "kW"},
            "constants": {"reference_date": "2024-12-31"},
            "vocabulary": {"technology": {"wind": "wind_op_land"}, "phase": {"draait": 6}},
        }
    )  # fmt: skip
    path = tmp_path / "projecten.csv"
    path.write_text(
        "nr;naam;soort;prov;kW;turbines;fase;sinds;x;y\n"
        "1;De Drentse Monden;wind;Drenthe;175500;45;draait;1-4-2021;6.91;52,95\n"
        "2;Zonnepark;zon;Drenthe;;2,5;gestopt;32-1-2021;oost;\n",
        encoding="utf-8",
    )
    result = run(path, spec)
    first = result.rows.iloc[0]
    assert (first["capacity_mw"], first["turbines"], first["phase"]) == (Decimal("175.5"), 45, 6)
    assert (first["commissioned_on"], first["lon"], first["lat"]) == ("2021-04-01", 6.91, 52.95)
    assert (first["province_code"], first["reference_date"]) == ("PV22", "2024-12-31")
    assert [(rule, value) for _, rule, _, value in found(result)] == [
        ("H-COUNT-INVALID", "2,5"),
        ("H-DATE-INVALID", "32-1-2021"),
        ("H-NUMBER-INVALID", "oost"),
        ("H-PHASE-UNKNOWN", "gestopt"),
        ("H-TECHNOLOGY-UNKNOWN", "zon"),
    ]
    assert list(result.rows.columns) == [*load_contract("projects").column_names, "observation"]


def test_subsidy_storage_ownership_and_plans_are_read_as_provinces_write_them(tmp_path: Path) -> None:
    spec = DeliverySpec.model_validate(
        {
            "dataset": "projects",
            "via": {"bucket": "*.csv"},
            "format": {"kind": "csv"},
            "numbers": {"decimal": ",", "unit_suffix": True},
            "columns": {
                "nr": "project_id", "naam": "name", "soort": "technology", "fase": "phase", "regio": "res_region",
                "opslag": "storage_mwh", "sinds": "phase_date", "beschikt": "granted_on", "vergund": "permitted_on",
                "plan": "planned_commissioned_on", "regeling": "scheme", "lokaal": "local_ownership_pct",
            },
            "units": {"storage_mwh": "kWh"},
            "constants": {"region": "PV22"},
            "vocabulary": {"scheme": {"SDE plus plus": "SDE++"}},
        }
    )  # fmt: skip
    path = tmp_path / "projecten.csv"
    path.write_text(
        "nr;naam;soort;fase;regio;opslag;sinds;beschikt;vergund;plan;regeling;lokaal\n"
        "1;Accu;batterij;5; Drenthe ;40000;1-7-2024;2023;maart 2022;Q3 2027;SDE plus plus;50 %\n"
        "2;Dak;zon_dak;6;;;;;;;Geen;33,5\n"
        "3;Veld;zon_veld;3;;;;;;;SDE+;\n",
        encoding="utf-8",
    )
    result = run(path, spec)
    first, second, third = (result.rows.iloc[at] for at in range(3))
    assert (first["res_region"], first["storage_mwh"], first["phase_date"]) == ("Drenthe", Decimal(40), "2024-07-01")
    assert (first["granted_on"], first["permitted_on"]) == ("2023", "2022-03")
    assert (first["planned_commissioned_on"], first["scheme"]) == ("2027-Q3", "SDE++")
    assert (first["local_ownership_pct"], second["local_ownership_pct"]) == (50, Decimal("33.5"))
    assert second["scheme"] == "geen"
    assert pd.isna(third["scheme"])
    assert [(rule, value) for _, rule, _, value in found(result)] == [("H-SCHEME-UNKNOWN", "SDE+")]


def test_the_catalogue_has_every_rule_we_can_break() -> None:
    assert set(RULES) | set(READ_RULES) <= set(load_contract("indicators").catalogue)
