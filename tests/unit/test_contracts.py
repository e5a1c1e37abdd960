"""The contracts are valid ODCS 3.1, complete, and agree with the code that uses them."""

import json
from importlib.resources import files
from string import Formatter
from typing import Any

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from kerndata.contracts.contract import Rule, delivery_rule, load_contract
from kerndata.errors import ConfigurationError
from kerndata.harmonise import RULES as HARMONISE_RULES
from kerndata.intake.withdraw import RULES as WITHDRAW_RULES
from kerndata.quality.derive import DERIVED
from kerndata.quality.previous import HISTORY_RULES
from kerndata.quality.screen import RULES as SCREEN_RULES
from kerndata.quality.wording import OF_INDICATOR, OWN
from kerndata.read import RULES as READ_RULES
from kerndata.scan import RULES as SCAN_RULES

DATASETS = ("indicators", "projects")
CONTRACTS = (*DATASETS, "deliveries", "releases")


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _document(name: str) -> dict[str, Any]:
    text = files("kerndata.contracts").joinpath(f"{name}.odcs.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@pytest.mark.parametrize("name", CONTRACTS)
def test_each_contract_is_valid_by_the_standards_own_model_and_schema(name: str) -> None:
    document = _document(name)
    OpenDataContractStandard(**document)
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema.Draft201909Validator(schema).iter_errors(document)] == []


@pytest.mark.parametrize("rule_id", sorted({*READ_RULES, *HARMONISE_RULES}))
def test_every_rule_that_reading_or_harmonising_can_break_is_in_the_catalogue(rule_id: str) -> None:
    for dataset in DATASETS:
        rule = load_contract(dataset).rule(rule_id)
        assert rule.message_nl
        assert rule.message_en
        assert rule.action_nl


@pytest.mark.parametrize("rule_id", sorted(HARMONISE_RULES))
def test_severity_is_what_harmonising_says(rule_id: str) -> None:
    said = HARMONISE_RULES[rule_id].split(":")[0].lower()
    assert delivery_rule(rule_id).severity == (said if rule_id.startswith("H-") or said == "warning" else "error")


def test_the_catalogue_holds_no_rule_that_nothing_uses() -> None:
    ours = {
        *HISTORY_RULES,
        *WITHDRAW_RULES,
        "F-OTHER-DATASET",
        "F-UNKNOWN-DELIVERY",
        "F-TOO-MANY-REFUSED",
        "F-UNMAPPED-COLUMN",
    }
    held = {rule_id for rule_id in load_contract("projects").catalogue if rule_id.startswith(("F-", "H-"))}
    assert held == {*READ_RULES, *HARMONISE_RULES, *SCAN_RULES, *SCREEN_RULES} | ours


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_message_asks_only_for_what_a_row_can_tell(dataset: str) -> None:
    contract = load_contract(dataset)
    known = {*contract.column_names, *DERIVED[dataset], *OWN, *OF_INDICATOR}
    rules: list[Rule] = [rule for rule in contract.catalogue.values() if not rule.id.startswith("F-")]
    asked = {rule.id: _placeholders(rule.message_nl + rule.message_en) - known for rule in rules}
    assert {rule_id: names for rule_id, names in asked.items() if names} == {}


@pytest.mark.parametrize("dataset", DATASETS)
def test_actions_hold_no_placeholder(dataset: str) -> None:
    assert {rule.id for rule in load_contract(dataset).catalogue.values() if _placeholders(rule.action_nl)} == set()


def test_the_keys_are_those_of_the_design() -> None:
    assert load_contract("indicators").key == ("indicator_code", "region_level", "region_code", "period", "category")
    assert load_contract("projects").key == ("province_code", "project_id")


def test_one_in_ten_refused_is_the_limit() -> None:
    assert [load_contract(dataset).refuse_threshold_pct for dataset in DATASETS] == [10, 10]


def test_a_miss_names_what_is_missing_and_where_to_add_it() -> None:
    with pytest.raises(ConfigurationError, match=r"'F-NONE' is not in the catalogue: add it to contracts/"):
        load_contract("indicators").rule("F-NONE")
    with pytest.raises(ConfigurationError, match="indicators and projects"):
        load_contract("heat")
