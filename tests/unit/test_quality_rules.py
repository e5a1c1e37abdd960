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


def years(*values: float | None, code: str) -> list[dict[str, Any]]:
    """One indicator in consecutive years, the last of them 2024; None leaves a year out."""
    first = 2025 - len(values)
    return [
        figure(indicator_code=code, period=str(year), value=str(one))
        for year, one in enumerate(values, first)
        if one is not None
    ]


def parts(whole: str, code: str = "H3.10", **categories: str) -> list[dict[str, Any]]:
    """One figure with its parts."""
    divided = {"totaal": whole, **categories}
    return [figure(indicator_code=code, category=name, value=value) for name, value in divided.items()]


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
    "I-WIND-HOURS": [WIND[0], figure(indicator_code="H3.5", value="331")],
    "I-SOLAR-YIELD": [SOLAR[0], figure(indicator_code="H3.10", value="539")],  # half a year
    "I-INVERTER-RATIO": [SOLAR[0], figure(indicator_code="H3.9", value="1000001")],
    "I-WIND-WINDINESS": [figure(indicator_code="H3.5", value="252"), figure(indicator_code="H3.6", value="200")],
    "I-TURBINE-SIZE": [WIND[0], figure(indicator_code="H3.3", value="16")],
    "I-WIND-NO-TURBINES": [WIND[0], figure(indicator_code="H3.3", value="0")],
    "I-PANEL-SIZE": [SOLAR[0], figure(indicator_code="H3.7", value="39999")],
    "I-UNIT-FACTOR": years(1000, 1020, 3708, 1040, code="V2.2"),  # TJ for GWh
    "I-DIGIT": years(7010, 7020, 703, 7040, code="V2.2"),  # 7030 without its last digit
    "I-HALF-YEAR": years(1010, 1020, 515, 1040, code="V2.2"),
    "I-JUMP": years(1010, 1020, 1650, 1040, code="V2.2"),
    "I-COPY": years(1010, 1020, 1020, 1040, code="V2.2"),
    "I-PARTS": parts("1000.0", kleinschalig="600", grootschalig="398.4"),
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
    "P-TURBINE-SIZE": [project(capacity_mw="80.1")],
    "P-PARK-CAPACITY": [project(project_id=f"NH-{n}", name=f"Windpark T{n}", turbines=None) for n in (1, 2)],
    "P-HOURS": [project(expected_production_mwh_per_year="75000000")],  # kWh
    "P-PHASE-MISSING": [project(phase=None)],
    "P-PHASE": [project(phase=9)],
    "P-STORAGE": [project(storage_mwh="-0.5")],
    "P-PHASE-DATE": [project(phase_date="1-7-2019")],
    "P-PHASE-DATE-FUTURE": [project(phase_date="2025-01-02")],
    "P-GRANTED": [project(granted_on="2021/3")],
    "P-GRANTED-FUTURE": [project(granted_on="2025-Q2")],
    "P-PERMITTED": [project(permitted_on="oktober")],
    "P-PERMITTED-FUTURE": [project(permitted_on="2026", phase=2, commissioned_on=None)],
    "P-PLANNED": [project(planned_commissioned_on="later")],
    "P-SCHEME": [project(scheme="SDE")],
    "P-OWNERSHIP": [project(local_ownership_pct="100.1")],
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
        years(1000, 1010, 1520, 2030, 3050, code="V2.2"),  # growth, however steep, is no spike
        years(5, 1, 8, 2, code="H3.3"),  # a handful of turbines
        years(0, 0, 50, 60, code="H3.4"), years(210, 210, 215, code="H3.3"),
        years(64, 64, 60, code="H3.6"),
        parts("1000", kleinschalig="600", grootschalig="398.5"), parts("1000", kleinschalig="600"),
        parts("1000000", kleinschalig="600000", grootschalig="399001", code="H3.8"),
        parts("50", kleinschalig="40", grootschalig="70", code="H3.16"),  # shares do not add up
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
        project(capacity_mw="0.08", turbines=1, expected_production_mwh_per_year="32"),
    ],
)  # fmt: skip
def test_good_projects_pass_without_findings(row: dict[str, Any]) -> None:
    assert evaluate(load_contract("projects"), harmonised(row, dataset="projects"), as_of=AS_OF).empty


def test_turbines_of_a_park_each_with_its_own_capacity_are_no_park_on_every_row() -> None:
    rows = [project(project_id=f"NH-{n}", name=f"Windpark turbine {n}", capacity_mw="3", turbines=1) for n in range(5)]
    assert evaluate(load_contract("projects"), harmonised(*rows, dataset="projects"), as_of=AS_OF).empty


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        ((7000, 7020, 7, 7040), {2023: "I-UNIT-FACTOR"}),
        ((7000, 7020, 1961, 7040), {2023: "I-UNIT-FACTOR"}),
        ((7000000, 7020, 7030, 7040), {2021: "I-UNIT-FACTOR"}),
        ((7000, 7020, 7030, 1000), {2024: "I-JUMP"}),
        ((700, 702, 703, 7040), {2024: "I-DIGIT"}),
        ((1000, 1600, 1000, 1600, 1000), {2021: "I-JUMP", 2022: "I-JUMP", 2023: "I-JUMP"}),
        ((7000, 7020), {}),
        ((7000, None, 7), {2024: "I-UNIT-FACTOR"}),
        ((7000, None, None, 7), {}),
    ],
)  # fmt: skip
def test_the_odd_year_is_named_with_the_likeliest_mistake(
    values: tuple[float | None, ...], odd: dict[int, str]
) -> None:
    every = years(*values, code="V2.2")
    found = evaluate(load_contract("indicators"), harmonised(*every))
    found = found[~found["rule_id"].isin(["I-BOUNDS", "I-BOUNDS-ADVISORY"])]
    named = {int(every[one]["period"]): rule for one, rule in zip(found["observation"], found["rule_id"], strict=True)}
    assert named == odd


def test_last_years_file_with_a_new_year_on_it_is_seen_as_a_whole() -> None:
    sizes = {"H3.3": "210", "H3.4": "400", "H3.7": "30000", "H3.8": "300000"}
    rows = [
        figure(indicator_code=code, period=year, value=size)
        for code, size in sizes.items()
        for year in ("2023", "2024")
    ]
    found = evaluate(load_contract("indicators"), harmonised(*rows))
    assert found["rule_id"].tolist() == ["I-COPY"] * 4
    assert {rows[one]["period"] for one in found["observation"]} == {"2024"}


def test_halves_of_a_flow_add_up_to_their_year() -> None:
    parts_of_year = {"2024": "1000", "2024-H1": "600", "2024-H2": "500"}
    halves = [figure(indicator_code="V2.2", period=period, value=value) for period, value in parts_of_year.items()]
    found = evaluate(load_contract("indicators"), harmonised(*halves))
    assert list(zip(found["observation"], found["rule_id"], strict=True)) == [(0, "I-PARTS")]
    halves[2]["value"] = "400"
    found = evaluate(load_contract("indicators"), harmonised(*halves))
    assert "I-PARTS" not in set(found["rule_id"])


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
