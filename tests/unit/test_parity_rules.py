"""Great Expectations and our evaluator find the same rows for every rule, on every case that breaks one."""

import random
from typing import Any

import numpy as np
import pytest
from tests.unit.quality_rows import figure, harmonised, project
from tests.unit.test_quality_rules import AS_OF, CASES, INDICATOR_CASES, PROJECT_CASES, SOLAR, WIND

from kerndata.contracts.contract import load_contract
from kerndata.errors import NotChecked
from kerndata.quality.check import agreed, check
from kerndata.quality.derive import DERIVED, derive
from kerndata.quality.evaluate import failing
from kerndata.quality.expectations import judge, suite_of


@pytest.mark.parametrize(
    ("dataset", "cases", "good"),
    [("indicators", INDICATOR_CASES, [*WIND, *SOLAR]), ("projects", PROJECT_CASES, [project(project_id="NH-0")])],
)
def test_both_judges_agree_on_all_cases_in_one_delivery(
    dataset: str, cases: dict[str, list[dict[str, Any]]], good: list[dict[str, Any]]
) -> None:
    contract = load_contract(dataset)
    rows = [*good, *(row for case in cases.values() for row in case)]
    frame = derive(contract, harmonised(*rows, dataset=dataset).rows, as_of=AS_OF)
    own, judged = failing(contract, frame), judge(contract, frame)
    assert agreed(own, judged) is judged
    assert sum(map(len, judged.values())) > len(cases)


@pytest.mark.parametrize(("dataset", "rule_id", "rows"), CASES, ids=[case[1] for case in CASES])
def test_both_judges_find_the_one_rule_that_is_broken(dataset: str, rule_id: str, rows: list[dict[str, Any]]) -> None:
    contract = load_contract(dataset)
    judged = judge(contract, derive(contract, harmonised(*rows, dataset=dataset).rows, as_of=AS_OF))
    assert len(judged[rule_id]) > 0


def test_both_judges_agree_on_cells_that_no_person_would_write() -> None:
    odd = [
        "2024\n",
        "\n2024",
        " 2024",
        "2024 ",
        "٢٠٢٤",
        "2024\u0000",
        "",
        "é",
        "𝟮𝟬𝟮𝟰",
        "None",
        "nan",
        "<NA>",
        "2024-Q3\r",
    ]
    rows = [figure(period=text, category=text, unit=text, value_status=text, region_code=text) for text in odd]
    contract = load_contract("indicators")
    frame = derive(contract, harmonised(*rows).rows)
    judged = agreed(failing(contract, frame), judge(contract, frame))
    assert len(judged["I-PERIOD"]) == len(odd)


def test_both_judges_agree_on_a_thousand_random_rows() -> None:
    pick = random.Random(2024)
    values = [None, "0", "-1", "4000", "4000.000000001", "15000000", "0.000000001", "100", "2.5"]
    rows = [
        figure(
            indicator_code=pick.choice(["H3.4", "H3.5", "H3.8", "H3.9", "H3.10", "E1.1", "H9.9", None]),
            period=pick.choice(["2019", "2024", "2030", "2024-Q1", "20", None]),
            value=pick.choice(values),
            missing_reason=pick.choice([None, None, "geheim", "x"]),
            unit=pick.choice(["MW", "mln kWh", "kWp", "kW", None]),
            category=pick.choice(["totaal", "dak", "Veld", None]),
        )
        for _ in range(1000)
    ]
    contract = load_contract("indicators")
    frame = derive(contract, harmonised(*rows).rows, as_of=AS_OF)
    agreed(failing(contract, frame), judge(contract, frame))


def test_a_disagreement_on_one_row_means_not_checked() -> None:
    with pytest.raises(NotChecked, match=r"disagree on I-UNIT: 1 and 2 failing"):
        agreed({"I-UNIT": np.array([3])}, {"I-UNIT": np.array([3, 4])})


def test_a_rule_without_an_answer_means_not_checked() -> None:
    with pytest.raises(NotChecked, match="I-UNIT: 0 and no answer"):
        agreed({"I-UNIT": np.array([], dtype=np.int64)}, {})


def test_an_expectation_that_raises_means_not_checked() -> None:
    contract = load_contract("indicators")
    frame = derive(contract, harmonised(figure()).rows).drop(columns=["other_unit"])
    with pytest.raises(NotChecked, match="raised on I-UNIT"):
        judge(contract, frame)


def test_the_suite_holds_every_rule_once() -> None:
    contract = load_contract("indicators")
    held = [one.meta["rule_id"] for one in suite_of(contract).expectations if one.meta]
    assert held == [rule.id for rule in contract.rules]


@pytest.mark.parametrize("dataset", ["indicators", "projects"])
def test_every_rule_judges_a_column_that_exists(dataset: str) -> None:
    contract = load_contract(dataset)
    assert {rule.arguments["column"] for rule in contract.rules} <= {*contract.column_names, *DERIVED[dataset]}


def test_check_lets_great_expectations_decide_and_words_what_it_found() -> None:
    verdict = check(
        load_contract("indicators"), harmonised(*WIND, figure(value="9999", period="2020")), threshold_pct=50
    )
    assert [finding.rule_id for finding in verdict.findings] == ["I-BOUNDS"]
    assert "9999 kan niet" in verdict.findings[0].message_nl
