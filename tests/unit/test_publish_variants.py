"""The other forms of the same data: readable and harmless where they are opened, and never cut off."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from tests.unit.merge_rows import Row, all_twelve, figure, give, wind_farm

from kerndata.merge.supersede import MergeInput
from kerndata.publish import variants as variants_module
from kerndata.publish.candidate import Candidate, build
from kerndata.publish.datapackage import manifest
from kerndata.publish.notes import render
from kerndata.publish.texts import about
from kerndata.publish.variants import workbook as workbook_module

# What a spreadsheet would run, and how it must stand there.
FORMULAS = {
    '=HYPERLINK("https://evil.example";"klik")': True,
    "+1+1": True,
    "-1+1": True,
    "@SUM(A1)": True,
    "\tcmd": True,
    "\rcmd": True,
    "-12,5": False,
    "+31": False,
    "1.351": False,
    "Windpark =A1": False,
}


def built(work: Path, figures: list[MergeInput], projects: list[MergeInput]) -> Candidate:
    return build({"indicators": figures, "projects": projects}, None, work=work, code_version="abc123")


def farms() -> list[Row]:
    return [
        wind_farm("PV24", "W1", name='Wind "A"; noord', lon=5.25, lat=52.5, capacity_mw=Decimal("12.50")),
        wind_farm("PV24", "W2", quality_flags="P-CAPACITY-BAND"),
    ]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    tmp_path = tmp_path_factory.mktemp("one")
    flagged = figure("PV20", "1234.5", period="2023", quality_flags="I-YOY;I-BAND")
    quarter = figure("PV20", "-3", period="2024-Q1")
    given = [*all_twelve(tmp_path), give(tmp_path, 90, "PV20", [flagged, quarter, figure("PV20", None, "H3.5")])]
    return built(tmp_path / "a", given, [give(tmp_path, 91, "PV24", farms(), "projects")])


def read_csv(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_the_wide_table_has_a_column_per_period_and_every_value_once(one: Candidate) -> None:
    rows = read_csv(one.folder / "indicators_wide.csv")
    assert list(rows[0])[-3:] == ["2023", "2024", "2024-Q1"]
    [groningen] = [row for row in rows if row["region_code"] == "PV20" and row["indicator_code"] == "H3.4"]
    assert (groningen["2023"], groningen["2024"], groningen["2024-Q1"]) == ("1234.5", "100", "-3")
    [missing] = [row for row in rows if row["indicator_code"] == "H3.5"]
    assert missing["2024"] == ""
    values = [row for row in read_csv(one.folder / "indicators.csv") if row["value"]]
    assert sum(bool(row[name]) for row in rows for name in ("2023", "2024", "2024-Q1")) == len(values)


def test_the_excel_csv_opens_in_a_dutch_excel(one: Candidate) -> None:
    body = (one.folder / "indicators_excel_nl.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbfindicator_code;region_level;")
    rows = read_csv(one.folder / "indicators_excel_nl.csv", ";")
    plain = read_csv(one.folder / "indicators.csv")
    assert [row["value"] for row in rows] == [row["value"].replace(".", ",") for row in plain]
    assert "1234,5" in {row["value"] for row in rows}
    [farm, _] = read_csv(one.folder / "projects_excel_nl.csv", ";")
    assert (farm["name"], farm["capacity_mw"], farm["lon"]) == ('Wind "A"; noord', "12,5", "5,25")


def test_no_text_becomes_a_formula_and_no_number_changes(tmp_path: Path) -> None:
    rows = [figure("PV20", "-12.5", period=str(2000 + n), original_value=text) for n, text in enumerate(FORMULAS)]
    farms = [wind_farm("PV20", f"W{n}", name=text) for n, text in enumerate(FORMULAS)]
    given, projects = give(tmp_path, 1, "PV20", rows), give(tmp_path, 2, "PV20", farms, "projects")
    made = built(tmp_path / "a", [given], [projects])
    wanted = [f"'{text}" if is_run else text for text, is_run in FORMULAS.items()]

    shown = read_csv(made.folder / "indicators_excel_nl.csv", ";")
    assert [row["original_value"] for row in shown] == wanted
    assert {row["value"] for row in shown} == {"-12,5"}
    assert [row["name"] for row in read_csv(made.folder / "projects_excel_nl.csv", ";")] == wanted
    book = load_workbook(made.folder / "kerndataset.xlsx")
    heads = [cell.value for cell in book["Indicatoren"][2]]
    cells = [dict(zip(heads, row, strict=True)) for row in book["Indicatoren"].iter_rows(min_row=3)]
    assert [row["original_value"].value.replace("_x000D_", "\r") for row in cells] == wanted
    assert {(row["value"].value, row["value"].data_type) for row in cells} == {(-12.5, "n")}
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    # what machines read stays as the province wrote it
    assert [row["original_value"] for row in read_csv(made.folder / "indicators.csv")] == list(FORMULAS)


def test_the_geojson_has_a_feature_per_project_also_without_a_place(one: Candidate) -> None:
    text = (one.folder / "projects.geojson").read_text("utf-8")
    first, second = json.loads(text)["features"]
    assert json.loads(text)["type"] == "FeatureCollection"
    assert "crs" not in json.loads(text)  # RFC 7946: always WGS 84
    assert first["geometry"] == {"type": "Point", "coordinates": [5.25, 52.5]}
    assert (first["id"], first["properties"]["capacity_mw"], first["properties"]["phase"]) == ("PV24/W1", 12.5, 6)
    assert second["geometry"] is None
    assert "source_row" not in first["properties"]


def test_subsidy_storage_and_ownership_stand_in_every_form_of_the_projects(tmp_path: Path) -> None:
    told = {"res_region": "Twente", "storage_mwh": Decimal("1.5"), "phase_date": "2020", "granted_on": "2018-03",
            "permitted_on": "2018", "planned_commissioned_on": "2021-Q1", "scheme": "SDE++",
            "local_ownership_pct": Decimal(50)}  # fmt: skip
    farm = wind_farm("PV23", "W1", **told)
    made = built(tmp_path / "a", all_twelve(tmp_path), [give(tmp_path, 91, "PV23", [farm], "projects")])

    plain = {name: str(value) for name, value in told.items()}
    [row] = read_csv(made.folder / "projects.csv")
    assert plain.items() <= row.items()
    [row] = read_csv(made.folder / "projects_excel_nl.csv", ";")
    assert (plain | {"storage_mwh": "1,5"}).items() <= row.items()
    assert told.items() <= pq.read_table(made.folder / "projects.parquet").to_pylist()[0].items()
    [feature] = json.loads((made.folder / "projects.geojson").read_text("utf-8"))["features"]
    assert (told | {"storage_mwh": 1.5, "local_ownership_pct": 50}).items() <= feature["properties"].items()
    sheet = load_workbook(made.folder / "kerndataset.xlsx")["Projecten"]
    assert {*told} <= {cell.value for cell in sheet[2]}


def test_the_workbook_is_made_for_people(one: Candidate) -> None:
    book = load_workbook(one.folder / "kerndataset.xlsx")
    assert book.sheetnames == ["Lees mij", "Landelijk", "Indicatoren", "Projecten", "Dekking", "Wijzigingen"]
    sheet = book["Indicatoren"]
    assert sheet.freeze_panes == "A3"
    assert [cell.value for cell in sheet[1]][:2] == ["indicator", "naam van de indicator"]
    assert [cell.value for cell in sheet[2]][:2] == ["indicator_code", "indicator_name"]
    assert sheet["B3"].value == "Opgesteld vermogen wind op land"
    assert sheet.column_dimensions["B"].width > 40
    assert sheet.auto_filter.ref.startswith("A2:")
    assert len(list(sheet.rows)) - 2 == len(read_csv(one.folder / "indicators.csv"))
    words = {cell.value for row in book["Lees mij"].iter_rows() for cell in row}
    assert "indicator_code" in words
    assert any(str(word).startswith("Een lege waarde is nooit nul") for word in words)
    head = [cell.value for cell in book["Dekking"][2]]
    head.remove("indicator_name")
    assert head == list(read_csv(one.folder / "coverage.csv")[0])
    assert book.properties.created.year == 1980


def test_quality_tells_scores_per_province_and_totals_per_rule(one: Candidate) -> None:
    told = json.loads((one.folder / "quality.json").read_text("utf-8"))
    groningen, friesland = told["datasets"]["indicators"][:2]
    assert (groningen["province_code"], groningen["rows"], groningen["submissions"]) == ("PV20", 4, 2)
    assert (groningen["observed"], groningen["accepted"], groningen["refused"]) == (4, 4, 0)
    assert groningen["scores"]["validity"] == 1.0
    assert groningen["scores"]["completeness"] == 0.75  # H3.5 is missing with a reason
    assert friesland["scores"]["completeness"] == 0.25
    silent = told["datasets"]["projects"][0]
    assert (silent["rows"], silent["scores"]["validity"], silent["scores"]["plausibility"]) == (0, None, None)
    rules = {(rule["dataset"], rule["rule_id"]): rule["rows"] for rule in told["rules"]}
    assert rules["indicators", "I-YOY"] == rules["indicators", "I-BAND"] == rules["projects", "P-CAPACITY-BAND"] == 1


def test_quality_tells_what_only_all_provinces_together_show(tmp_path: Path) -> None:
    twice = [give(tmp_path, 91 + at, code, [wind_farm(code, f"{code}-1", name="Windpark De Grens")], "projects")
             for at, code in enumerate(("PV24", "PV25"))]  # fmt: skip

    told = json.loads((built(tmp_path / "a", all_twelve(tmp_path), twice).folder / "quality.json").read_text("utf-8"))

    [found] = told["together"]
    assert (found["rule_id"], found["dataset"], found["severity"], found["dimension"]) == (
        *("S-PROJECT-TWICE", "projects", "warning", "uniqueness"),
    )
    assert found["about"] == "PV24 PV24-1 PV25 PV25-1"
    assert "PV25-1 (Windpark De Grens) of Gelderland" in found["message_en"]


def test_what_is_too_large_is_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants_module, "EXCEL_ROWS", 11)
    monkeypatch.setattr(variants_module, "GEOJSON_ROWS", 1)
    monkeypatch.setattr(workbook_module, "SHEET_ROWS", 11)

    made = built(tmp_path / "a", all_twelve(tmp_path), [give(tmp_path, 91, "PV24", farms(), "projects")])

    assert [(one.name, one.rows, one.limit) for one in made.left_out] == [
        ("indicators_excel_nl.csv", 12, 11),
        ("projects.geojson", 2, 1),
    ]
    assert not {"indicators_excel_nl.csv", "projects.geojson"} & {one.name for one in made.files}
    assert [one["name"] for one in json.loads(manifest(made, "2026.1"))["leftOut"]] == [
        "indicators_excel_nl.csv",
        "projects.geojson",
    ]
    notes = render(about(made, "2026.1"), made.facts, made.inputs).decode()
    assert "`projects.geojson` ontbreekt: 2 rijen is meer dan de grens van 1." in notes
    book = load_workbook(made.folder / "kerndataset.xlsx")
    assert "Indicatoren" not in book.sheetnames
    words = [str(cell.value) for row in book["Lees mij"].iter_rows() for cell in row]
    assert any(word.startswith("niet hier: 12 rijen is meer dan 11; zie indicators.csv") for word in words)
