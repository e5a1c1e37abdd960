"""A template from the exchange comes back filled in: recognised, and read as it was meant."""

import csv
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from kerndata.contracts.code_lists import indicators, provinces
from kerndata.contracts.contract import load_contract
from kerndata.errors import ConfigurationError
from kerndata.model.submission import Status
from kerndata.sources.registry import Source, load_source
from kerndata.sources.sjabloon import HEADERS, file_name, template_deliveries
from kerndata.steward.check import Checked, check_file
from kerndata.steward.template import write_template
from kerndata.steward.template_words import examples

# Contract-valid values in the unit of the template, one per indicator: the middle of its bounds, as a steward types it.
MIDDLES = {code: str(((one.minimum + one.maximum) / 2).quantize(Decimal(1))) for code, one in indicators().items()}


@pytest.fixture
def drenthe() -> Source:
    return load_source("drenthe")


def accepted(path: Path, slug: str = "drenthe") -> pd.DataFrame:
    checked: Checked = check_file(path, slug)
    errors = [one.message_nl for one in checked.assessment.verdict.findings if one.severity == "error"]
    assert errors == []
    assert checked.assessment.verdict.status is Status.ACCEPTED
    return checked.assessment.verdict.accepted


def filled(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for row in book["Gegevens"].iter_rows(min_row=2):
        row[3].value = float(MIDDLES[str(row[1].value).split()[0]])
    book.save(path)


def test_every_indicator_filled_in_comes_back_as_the_same_value(tmp_path: Path, drenthe: Source) -> None:
    path = write_template("indicators", drenthe, tmp_path / file_name("indicators", "drenthe", "xlsx"), "2023,2024")
    filled(path)
    rows = accepted(path)
    assert len(rows) == 2 * len(indicators())
    assert dict(zip(rows["indicator_code"], rows["value"], strict=True)) == {
        code: Decimal(text) for code, text in MIDDLES.items()
    }
    assert set(rows["period"]) == {"2023", "2024"}
    assert set(rows["value_status"]) == {"definitief"}


def test_the_same_in_a_csv_with_the_explanation_beside_it(tmp_path: Path, drenthe: Source) -> None:
    path = write_template("indicators", drenthe, tmp_path / file_name("indicators", "drenthe", "csv"), "2024")
    assert path.with_name("sjabloon_indicators_drenthe_uitleg.txt").exists()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    for row in rows[1:]:
        row[3] = MIDDLES[row[1].split()[0]] + ",5"
    path.write_text("".join(";".join(row) + "\r\n" for row in rows), encoding="windows-1252")  # as Excel saves it again
    found = accepted(path)
    assert {str(value) for value in found["value"]} == {f"{text}.500000000" for text in MIDDLES.values()}


def test_a_row_that_is_left_blank_is_not_delivered_and_a_mark_has_its_reason(tmp_path: Path, drenthe: Source) -> None:
    path = write_template("indicators", drenthe, tmp_path / "sjabloon_indicators.xlsx", "2024")
    book = openpyxl.load_workbook(path)
    page = book["Gegevens"]
    for number, mark in enumerate(("x", "n.b.", "n.v.t.", 12), 2):
        page.cell(number, 4, mark)
    book.save(path)
    assert list(accepted(path)["missing_reason"].fillna("")) == ["geheim", "onbekend", "niet_van_toepassing", ""]


@pytest.mark.parametrize("dataset", HEADERS)
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_examples_of_the_template_pass_when_typed_in(
    tmp_path: Path, drenthe: Source, dataset: str, kind: str
) -> None:
    path = write_template(dataset, drenthe, tmp_path / file_name(dataset, "drenthe", kind), None)
    lines = [list(line) for line in examples(dataset, drenthe, "2024")]
    if kind == "csv":
        path.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8")
    else:
        book = openpyxl.load_workbook(path)
        page = book["Gegevens"]
        page.delete_rows(1, page.max_row)
        for line in lines:
            page.append([text or None for text in line])
        book.save(path)
    assert len(accepted(path)) == len(lines) - 1


def test_the_bytes_of_a_template_are_the_same_every_time(tmp_path: Path, drenthe: Source) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    one, two = (
        write_template("indicators", drenthe, tmp_path / folder / "a.xlsx", None).read_bytes()
        for folder in ("one", "two")
    )
    assert one == two


def test_lists_are_offered_for_every_closed_column(tmp_path: Path, drenthe: Source) -> None:
    for dataset, closed in {"indicators": {"A", "B", "D", "E", "F"}, "projects": {"C", "D", "M", "T"}}.items():
        page = openpyxl.load_workbook(write_template(dataset, drenthe, tmp_path / "x.xlsx", None))["Gegevens"]
        rules = [rule for rule in page.data_validations.dataValidation if rule.type != "decimal"]
        assert {str(rule.sqref)[0] for rule in rules} == closed


def test_a_number_outside_the_contracts_bounds_is_warned_about_while_typing(tmp_path: Path, drenthe: Source) -> None:
    page = openpyxl.load_workbook(write_template("projects", drenthe, tmp_path / "x.xlsx", None))["Gegevens"]
    bounds = [rule for rule in page.data_validations.dataValidation if rule.type == "decimal"]
    found = {page[f"{str(rule.sqref)[0]}1"].value: (rule.formula1, rule.formula2, rule.errorStyle) for rule in bounds}
    assert found["Breedtegraad"] == ("50.7", "53.7", "warning")
    assert found["Aantal turbines"] == ("1.0", "300.0", "warning")


@pytest.mark.parametrize("dataset", HEADERS)
def test_the_template_has_a_column_for_everything_the_contract_asks(dataset: str) -> None:
    ours = {"indicator": "indicator_code", "status": "value_status", "region": "region_code"}
    ours |= {"region": "province_code"} if dataset == "projects" else {}
    given = {ours.get(column, column) for column in HEADERS[dataset].values()}
    derived = {"region_level", "category", "missing_reason"}
    wanted = {one.name for one in load_contract(dataset).columns if one.required and not one.is_provenance}
    assert wanted - derived <= given


@pytest.mark.parametrize("province", provinces(), ids=lambda one: one.slug)
def test_every_province_has_the_templates_also_where_its_own_pattern_is_wide(province: object) -> None:
    source = load_source(province.slug)  # type: ignore[attr-defined]
    for dataset in HEADERS:
        for kind in ("xlsx", "csv"):
            key = f"drop/{dataset}/{file_name(dataset, source.province.slug, kind)}"
            assert source.delivery_name(key) == f"sjabloon_{dataset}_{kind}"


def test_a_delivery_of_the_source_replaces_the_template_of_that_name(drenthe: Source) -> None:
    own = {"sjabloon_projects_csv": drenthe.deliveries["windparken"]}
    assert "sjabloon_projects_csv" not in template_deliveries(drenthe.province, own)


@pytest.mark.parametrize(
    ("dataset", "name", "periods", "said"),
    [
        ("indicator", "a.xlsx", None, "no dataset"),
        ("indicators", "a.ods", None, "a template is .xlsx or .csv"),
        ("indicators", "a.xlsx", "2024,24", "--periods 24"),
    ],
)
def test_what_cannot_be_made_is_told(
    tmp_path: Path, drenthe: Source, dataset: str, name: str, periods: str | None, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        write_template(dataset, drenthe, tmp_path / name, periods)
