"""Every rule of the contracts: one delivery that breaks it and nothing else, and the same rule kept."""

from datetime import date
from typing import Any

import pytest
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import load_contract
from kerndata.quality.evaluate import evaluate

AS_OF = date(2025, 6, 30)
WIND = [figure(indicator_code="H3.4", value="100"), figure(indicator_code="H3.5", value="250")]
SOLAR = [figure(indicator_code="H3.8", value="1000000"), figure(indicator_code="H3.10", value="800")]

INDICATOR_CASES: dict[str, list[dict[str, Any]]] = {
    "I-KEY-REPEATED": [figure(), figure()],
    "I-KEY-CONFLICT": [figure(), figure(value="701")],
    "I-INDICATOR-MISSING": [figure(indicator_code=None)],
    "I-INDICATOR": [figure(indicator_code="H9.9")],
    "I-REGION-LEVEL-MISSING": [figure(region_level=None)],
    "I-REGION-LEVEL": [figure(region_level="gemeente")],
    "I-REGION-MISSING": [figure(region_code=None)],
    "I-REGION": [figure(region_code="NL01")],
    "I-PERIOD-MISSING": [figure(period=None)],
    "I-PERIOD": [figure(period="2024-Q5")],
    "I-PERIOD-FUTURE": [figure(period="2025")],
    "I-CATEGORY-MISSING": [figure(category=None)],
    "I-CATEGORY": [figure(category="Totaal (alles)")],
    "I-VALUE-MISSING": [figure(value=None)],
    "I-VALUE-AND-REASON": [figure(missing_reason="geheim")],
    "I-BOUNDS": [figure(value="4000.000000001")],
    "I-BOUNDS-ADVISORY": [figure(indicator_code="E1.1", value="499")],
    "I-WIND-HOURS": [WIND[0], figure(indicator_code="H3.5", value="351")],
    "I-SOLAR-YIELD": [SOLAR[0], figure(indicator_code="H3.10", value="399")],
    "I-INVERTER-RATIO": [SOLAR[0], figure(indicator_code="H3.9", value="1000001")],
    "I-UNIT-MISSING": [figure(unit=None)],
    "I-UNIT": [figure(unit="kW")],
    "I-STATUS-MISSING": [figure(value_status=None)],
    "I-STATUS": [figure(value_status="klaar")],
    "I-REASON": [figure(value=None, missing_reason="weet niet")],
}
PROJECT_CASES: dict[str, list[dict[str, Any]]] = {
    "P-KEY-REPEATED": [project(), project()],
    "P-KEY-CONFLICT": [project(), project(capacity_mw="31")],
    "P-ID-MISSING": [project(project_id=None)],
    "P-NAME-MISSING": [project(name=None)],
    "P-TECHNOLOGY-MISSING": [project(technology=None)],
    "P-TECHNOLOGY": [project(technology="kernenergie", capacity_mw=None)],
    "P-PROVINCE-MISSING": [project(province_code=None)],
    "P-PROVINCE": [project(province_code="PV99")],
    "P-MUNICIPALITY-MISSING": [project(municipality_name=None)],
    "P-MUNICIPALITY-CODE": [project(municipality_code="0363")],
    "P-CAPACITY-MISSING": [project(capacity_mw=None)],
    "P-CAPACITY": [project(capacity_mw="0")],
    "P-TURBINES": [project(turbines=0)],
    "P-PRODUCTION": [project(expected_production_mwh_per_year="-1")],
    "P-PHASE-MISSING": [project(phase=None)],
    "P-PHASE": [project(phase=9)],
    "P-COMMISSIONED": [project(commissioned_on="14-5-2020")],
    "P-COMMISSIONED-FUTURE": [project(commissioned_on="2025-01-02")],
    "P-REFERENCE-DATE": [project(reference_date="1-1-2025")],
    "P-LON": [project(lon=52.8)],
    "P-LAT": [project(lat=4.9)],
    "P-COORDINATES-PAIR": [project(lat=None)],
}
CASES = [("indicators", *case) for case in INDICATOR_CASES.items()] + [
    ("projects", *case) for case in PROJECT_CASES.items()
]
ALSO = {"P-TECHNOLOGY": {"P-CAPACITY-MISSING"}}  # without a known technology there is no bound to keep to


@pytest.mark.parametrize(("dataset", "rule_id", "rows"), CASES, ids=[case[1] for case in CASES])
def test_each_rule_finds_what_breaks_it_and_nothing_else_does(
    dataset: str, rule_id: str, rows: list[dict[str, Any]]
) -> None:
    found = evaluate(load_contract(dataset), harmonised(*rows, dataset=dataset), as_of=AS_OF)
    assert set(found["rule_id"]) == {rule_id} | ALSO.get(rule_id, set())


@pytest.mark.parametrize("dataset", ["indicators", "projects"])
def test_every_rule_has_a_case_that_breaks_it(dataset: str) -> None:
    assert {rule.id for rule in load_contract(dataset).rules} == {case[1] for case in CASES if case[0] == dataset}


@pytest.mark.parametrize(
    "rows",
    [
        [figure()], [figure(value="4000")], [figure(value="0")], WIND, SOLAR, [*WIND, *SOLAR],
        [figure(period="2024-Q3")], [figure(period="2025-H1")],
        [figure(value=None, missing_reason="geheim")],
        [figure(), figure(period="2023")],
        [figure(indicator_code="H3.4", value="0"), figure(indicator_code="H3.5", value="0")],
        [figure(indicator_code="H3.8", value="1000000", period="2024-H1"),
         figure(indicator_code="H3.10", value="300", period="2024-H1")],  # half a year yields half
    ],
)  # fmt: skip
def test_good_figures_pass_without_findings(rows: list[dict[str, Any]]) -> None:
    assert evaluate(load_contract("indicators"), harmonised(*rows), as_of=AS_OF).empty


@pytest.mark.parametrize(
    "row",
    [
        project(), project(lon=None, lat=None), project(phase=1, commissioned_on="2031"),
        project(commissioned_on="2025", reference_date="2025-06-30"), project(reference_date=None),
    ],
)  # fmt: skip
def test_good_projects_pass_without_findings(row: dict[str, Any]) -> None:
    assert evaluate(load_contract("projects"), harmonised(row, dataset="projects"), as_of=AS_OF).empty


def test_without_a_day_to_compare_with_the_future_is_not_judged() -> None:
    assert evaluate(load_contract("indicators"), harmonised(figure(period="2099"))).empty


def test_all_rows_of_a_conflict_are_refused_and_only_the_later_ones_of_a_repetition() -> None:
    conflict = evaluate(load_contract("indicators"), harmonised(figure(), figure(value="1"), figure()))
    repeated = evaluate(load_contract("indicators"), harmonised(figure(), figure(), figure()))
    assert conflict["observation"].tolist() == [0, 1, 2]
    assert repeated["observation"].tolist() == [1, 2]


def test_a_cell_that_was_not_understood_is_not_also_called_empty() -> None:
    rows = harmonised(figure(value=None, original_value="zeven"), cells=[(0, "H-NUMBER-INVALID", "value", "zeven")])
    assert evaluate(load_contract("indicators"), rows)["rule_id"].tolist() == ["H-NUMBER-INVALID"]


def test_a_repaired_cell_hides_no_other_finding() -> None:
    rows = harmonised(figure(value="9999"), cells=[(0, "H-NUMBER-REPAIRED", "value", "9.999")])
    assert set(evaluate(load_contract("indicators"), rows)["rule_id"]) == {"H-NUMBER-REPAIRED", "I-BOUNDS"}


def test_what_to_fix_first_comes_first() -> None:
    rows = [figure(indicator_code="E1.1", value="1"), *(figure(period=f"20{n}", unit="kW") for n in (20, 21, 22))]
    found = evaluate(load_contract("indicators"), harmonised(*rows, figure(period="2018", value="-5")))
    assert found["rule_id"].tolist() == ["I-UNIT"] * 3 + ["I-BOUNDS", "I-BOUNDS-ADVISORY"]
