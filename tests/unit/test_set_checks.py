"""Rules on all provinces together: pure functions over small tables, or over a DuckDB connection."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.model.finding import Severity
from kerndata.quality.set_checks import SetFinding, set_findings, taken_from

PLACES = {"PV20": 100.0, "PV21": 900.0, "PV22": 300.0, "PV23": 310.0}


def tables_of(connection: Any, figures: list[dict[str, Any]], projects: list[dict[str, Any]], prefix: str = "") -> None:
    for name, rows in (("indicators", figures), ("projects", projects)):
        frame = harmonised(*rows, dataset=name).rows
        connection.register(f"{prefix}{name}", pa.Table.from_pandas(frame, preserve_index=False))


def years(places: dict[str, float], moved: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Three indicators in three years; in the last one the provinces of ``moved`` deliver each other's."""
    rows = []
    for code, size in (("H3.4", 1.0), ("H3.5", 2.0), ("H3.8", 900.0)):
        for step, period in enumerate(("2022", "2023", "2024")):
            for region, value in places.items():
                place = (moved or {}).get(region, region) if period == "2024" else region
                rows.append(figure(indicator_code=code, region_code=place, province_code=place, period=period,
                                   value=f"{size * value * 1.1**step:.3f}"))  # fmt: skip
    return rows


def found(figures: list[dict[str, Any]], projects: list[dict[str, Any]], before: Any = None) -> tuple[SetFinding, ...]:
    with duckdb.connect() as connection:
        tables_of(connection, figures, projects)
        previous = None
        if before:
            tables_of(connection, *before, prefix="old_")
            previous = taken_from(connection, "old_indicators", "old_projects")
        return set_findings(taken_from(connection), previous)


def test_two_provinces_that_changed_places_are_named_with_what_they_exchanged() -> None:
    [one] = found(years(PLACES, {"PV20": "PV21", "PV21": "PV20"}), [project()])
    assert (one.rule_id, one.severity, one.key) == ("S-SWAPPED-PROVINCES", Severity.WARNING, "2024 PV20 PV21")
    assert "Groningen en Fryslân over 2024 lijken verwisseld: 3 indicatoren" in one.message_nl
    assert "(H3.4, H3.5, H3.8)" in one.message_en
    assert one.action_nl


def test_provinces_that_are_alike_or_in_their_place_are_left_alone() -> None:
    assert found(years(PLACES), [project()]) == ()
    assert found(years(PLACES, {"PV22": "PV23", "PV23": "PV22"}), [project()]) == ()


def test_a_whole_history_that_changed_places_shows_beside_the_last_release() -> None:
    swapped = {"PV20": 900.0, "PV21": 100.0, "PV22": 300.0, "PV23": 310.0}
    keys = {one.key for one in found(years(swapped), [project()], before=(years(PLACES), [project()]))}
    assert keys == {f"{year} PV20 PV21" for year in (2022, 2023, 2024)}


def test_the_figures_of_a_neighbour_are_a_copy() -> None:
    [*several] = found(years({"PV20": 400.0, "PV21": 400.0}), [project()])
    assert {one.rule_id for one in several} == {"S-SAME-FIGURES"}
    assert "precies dezelfde waarde bij 3 indicatoren" in several[0].message_nl


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"name": "WINDPARK (2)", "lon": None, "lat": None}, "dezelfde naam en hetzelfde vermogen"),
        ({"name": "Anders", "lon": 4.905, "lat": 52.8}, "341 m uit elkaar"),
    ],
)
def test_a_project_of_two_provinces_is_told_once(other: dict[str, Any], reason: str) -> None:
    rows = [project(), project(project_id="F-1", province_code="PV24", **other)]
    [one] = found([figure()], rows)
    assert (one.rule_id, one.key) == ("S-PROJECT-TWICE", "PV24 F-1 PV27 NH-1")
    assert reason in one.message_nl


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Windpark", "capacity_mw": "45", "lon": None, "lat": None},
        {"name": "Anders", "lon": 4.91, "lat": 52.8},
        {"name": "Windpark", "technology": "zon_veld", "lon": 4.9, "lat": 52.8},
        {"phase": 7},
        {"province_code": "PV27"},
    ],
)
def test_another_project_is_another_project(other: dict[str, Any]) -> None:
    rows = [project(), project(**{"project_id": "F-1", "province_code": "PV24", **other})]
    assert found([figure()], rows) == ()


def test_a_realised_project_that_is_a_plan_again_is_an_error() -> None:
    old = [project(project_id=f"NH-{phase}", lon=None, lat=None, phase=phase) for phase in (5, 6, 7, 8)]
    new = [one | {"phase": 3} for one in old]
    several = found([figure()], new, before=([figure()], old))
    assert [(one.key, one.severity) for one in several] == [
        ("PV27 NH-6", Severity.ERROR),
        ("PV27 NH-8", Severity.ERROR),
    ]
    assert "(fase 6) en staat nu op fase 3" in several[0].message_nl


def test_the_same_set_gives_the_same_findings_in_the_same_order() -> None:
    moved = years(PLACES, {"PV20": "PV21", "PV21": "PV20"})
    rows = [project(), project(project_id="F-1", province_code="PV24")]
    assert found(moved, rows) == found(moved[::-1], rows[::-1])
