"""One contract, many readers: a bound that changes in it changes in all that is made of it; what is made is kept."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import frictionless
import jsonschema
import openpyxl
import pyarrow as pa
import pytest
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import contract_text, load_contract, read_contract
from kerndata.contracts.schemas import json_schema, table_schema
from kerndata.quality.evaluate import evaluate
from kerndata.sources.registry import load_source
from kerndata.steward.reference import documents, of_contract
from kerndata.steward.template import xlsx

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
DATASETS = ("indicators", "projects")


def test_what_stands_in_the_repository_is_what_the_contracts_give() -> None:
    made = documents()
    kept = {path.relative_to(REFERENCE).as_posix() for path in REFERENCE.rglob("*") if path.is_file()}
    assert kept - {"README.md", "detection.md"} == set(made)
    stale = [name for name, text in made.items() if (REFERENCE / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `make reference`"


def test_a_bound_changed_in_the_contract_changes_everything_made_of_it(tmp_path: Path) -> None:
    text = contract_text("projects")
    assert text.count("max_value: 53.7") == 1
    before, after = (
        load_contract("projects"),
        read_contract(text.replace("max_value: 53.7", "max_value: 53.6"), "projects"),
    )
    old, new = of_contract(before), of_contract(after)
    kinds = {"rules-projects.md", "suites/projects.json"}
    assert set(old) == kinds | {"schemas/projects.tableschema.json", "schemas/projects.schema.json"}
    for name in old:
        changed = set(new[name].splitlines()) - set(old[name].splitlines())
        assert len(changed) == 1, name
        assert "53.6" in changed.pop()
    assert (_latitude(tmp_path, before), _latitude(tmp_path, after)) == (("53.7", "53,7"), ("53.6", "53,6"))
    row = harmonised(project(lat=53.65), dataset="projects")
    assert [len(evaluate(one, row)) for one in (before, after)] == [0, 1]


def _latitude(folder: Path, contract: Any) -> tuple[str, str]:
    """The upper bound of the latitude in the template: what Excel warns about, and what the explanation says."""
    path = folder / "sjabloon.xlsx"
    path.write_bytes(xlsx(contract, load_source("drenthe"), [], path.name))
    book = openpyxl.load_workbook(path)
    [rule] = [one for one in book["Gegevens"].data_validations.dataValidation if one.errorTitle == "Breedtegraad"]
    [told] = [row[2] for row in book["Uitleg"].iter_rows(values_only=True) if row[0] == "Breedtegraad"]
    return rule.formula2, told.removesuffix(".").rpartition(" ")[2]


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_schemas_are_valid_by_their_own_standards(dataset: str) -> None:
    contract = load_contract(dataset)
    jsonschema.Draft202012Validator.check_schema(json_schema(contract))
    schema = frictionless.Schema.from_descriptor(table_schema(contract))
    assert schema.field_names == list(contract.column_names)
    assert schema.primary_key == list(contract.key)


@pytest.mark.parametrize(
    ("dataset", "row", "wrong"),
    [
        ("indicators", figure(), {"value": 4001}),
        ("indicators", figure(), {"unit": "kW"}),
        ("indicators", figure(), {"value": None}),
        ("indicators", figure(), {"missing_reason": "geheim"}),
        ("indicators", figure(), {"period": "2024-Q5"}),
        ("indicators", figure(), {"region_code": "NL01"}),
        ("indicators", figure(value=None, missing_reason="geheim"), {"missing_reason": "vergeten"}),
        ("projects", project(), {"phase": 9}),
        ("projects", project(), {"lat": 4.9}),
        ("projects", project(), {"lat": None}),
        ("projects", project(), {"capacity_mw": 0}),
        ("projects", project(), {"capacity_mw": 1001}),
        ("projects", project(commissioned_on=None, turbines=None), {"technology": "kernenergie"}),
    ],
)
def test_what_a_rule_refuses_the_json_schema_refuses(dataset: str, row: dict[str, Any], wrong: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(json_schema(load_contract(dataset)))
    good = _published(dataset, row)
    assert [error.message for error in validator.iter_errors(good)] == []
    assert list(validator.iter_errors(good | wrong))


def _published(dataset: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row as a reader of the release gets it in JSON."""
    frame = harmonised(row, dataset=dataset).rows[list(load_contract(dataset).column_names)]
    [told] = pa.Table.from_pandas(frame).to_pylist()
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in told.items()}


def test_the_table_schema_finds_what_is_not_as_it_should_be(tmp_path: Path) -> None:
    contract = load_contract("projects")
    path = tmp_path / "projects.csv"
    rows = harmonised(project(), project(project_id="NH-2", lat=54.0), dataset="projects").rows
    rows[list(contract.column_names)].to_csv(path, index=False)
    schema = frictionless.Schema.from_descriptor(table_schema(contract))
    report = frictionless.Resource(path=path.name, basepath=str(tmp_path), schema=schema).validate()
    assert [(row, field) for row, field in report.flatten(["rowNumber", "fieldName"])] == [(3, "lat")]


def test_the_suite_can_be_read_by_great_expectations() -> None:
    from great_expectations.core import ExpectationSuite

    told = json.loads((REFERENCE / "suites" / "indicators.json").read_text(encoding="utf-8"))
    suite = ExpectationSuite(**told)
    assert [one.meta["rule_id"] for one in suite.expectations] == [one.id for one in load_contract("indicators").rules]


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_rule_says_why_it_exists_and_where_its_bounds_come_from(dataset: str) -> None:
    contract = load_contract(dataset)
    assert [rule.id for rule in contract.catalogue.values() if len(rule.why) < 20 or len(rule.source) < 5] == []
    assert [name for name in contract.settings if not contract.setting_notes[name]] == []
