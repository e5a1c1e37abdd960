"""The Dags as Airflow sees them: complete, thin, documented, fast to parse, and one landing for every source."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kerndata.sources.registry import load_sources

REPOSITORY = Path(__file__).resolve().parents[2]
RUNBOOK = ("**After it runs**", "**If it fails**", "**Whom to tell**", "**Safe to rerun**")
MERGES = {"merge_kerndataset", "merge_kerndataset_net"}
OTHERS = {*MERGES, "watch_inboxes", "deliver_notices", "handle_incident", "keep_house", "pull_reference"}
RUNS = {"handle_incident": 100, **dict.fromkeys({*MERGES, "deliver_notices"}, 2)}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Parse all Dag files three times, each in a fresh process; keep the fastest (the machine may be busy)."""
    home = tmp_path_factory.mktemp("airflow")
    environment = os.environ | {"AIRFLOW_HOME": str(home), "PYTHONPATH": str(REPOSITORY / "include")}
    command = [sys.executable, "tests/dags/describe_dags.py", str(REPOSITORY / "dags")]
    runs = [
        json.loads(
            subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=True)
            .stdout.strip()
            .splitlines()[-1]
        )
        for _ in range(3)
    ]
    return min(runs, key=lambda run: run["seconds"])


def test_every_file_imports(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}


def test_there_is_one_landing_for_every_source_and_nothing_else_unexpected(parsed: dict[str, Any]) -> None:
    assert set(parsed["dags"]) == OTHERS | {f"land_{slug}" for slug in load_sources()}


def test_all_dags_parse_in_under_a_second_together(parsed: dict[str, Any]) -> None:
    assert parsed["seconds"] < 1.0


def test_parsing_loads_no_heavy_library(parsed: dict[str, Any]) -> None:
    assert parsed["heavy"] == []


def test_every_dag_is_a_runbook(parsed: dict[str, Any]) -> None:
    lacking = {
        (dag_id, part) for dag_id, dag in parsed["dags"].items() for part in RUNBOOK if part not in (dag["doc"] or "")
    }
    assert lacking == set()


def test_no_runbook_has_an_unfilled_place(parsed: dict[str, Any]) -> None:
    assert [dag_id for dag_id, dag in parsed["dags"].items() if "{" in dag["doc"]] == []


def test_every_task_has_an_owner_retries_and_the_one_retry_policy(parsed: dict[str, Any]) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert dag["owners"] == ["kerndata"], dag_id
        assert dag["without_retries"] == [], dag_id
        assert dag["without_policy"] == [], dag_id


def test_every_dag_is_tagged_and_never_catches_up(parsed: dict[str, Any]) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert "kerndata" in dag["tags"], dag_id
        assert len(dag["tags"]) >= 2, dag_id
        assert dag["catchup"] is False, dag_id


def test_every_dag_runs_once_at_a_time_but_nothing_waits_for_an_api_or_a_person(parsed: dict[str, Any]) -> None:
    from kerndata.airflow.landing import crons

    pulled = {f"land_{slug}" for slug, source in load_sources().items() if crons(source)}
    assert pulled
    for dag_id, dag in parsed["dags"].items():
        assert dag["max_active_runs"] == (2 if dag_id in pulled else RUNS.get(dag_id, 1)), dag_id
        ways = {"drops", "pulls"} if dag_id in pulled else {"drops"}
        if dag_id.startswith("land_"):
            expected = {f"receive_{way}": [] for way in ways}
            expected |= {f"process_{way}": [f"receive_{way}"] for way in ways}
            assert dag["upstream"] == expected | {f"announce_{way}": [f"process_{way}"] for way in ways}, dag_id
            assert dag["params"] == ["pull", "reprocess"], dag_id


def test_both_merges_ask_a_person_between_comparing_and_publishing(parsed: dict[str, Any]) -> None:
    flow = {
        "has_news": [],
        "settle": ["has_news"],
        "candidate": ["settle"],
        "hold": ["candidate"],
        "publish": ["candidate", "hold"],
        "deliver_notices": ["publish"],
    }
    for dag_id in MERGES:
        assert parsed["dags"][dag_id]["upstream"] == flow, dag_id


def test_notices_are_sent_by_one_mapped_task_every_minute_and_when_a_landing_left_an_urgent_one(
    parsed: dict[str, Any],
) -> None:
    delivery = parsed["dags"]["deliver_notices"]
    assert (delivery["upstream"], delivery["mapped"]) == (
        {
            "deliver": ["due_endpoints"],
            "due_endpoints": ["watch"],
            "watch": ["watch_cases"],
            "handle_incident": ["watch_cases"],
            "watch_cases": [],
        },
        ["deliver", "handle_incident"],
    )
    assert (delivery["timetable"], delivery["wakes"]) == ("AssetOrTimeSchedule", ["urgent_notices"])
    for slug in load_sources():
        outlets = parsed["dags"][f"land_{slug}"]["outlets"]
        assert {outlets[name] for name in outlets if name.startswith("process_")} == {"may_be_urgent_notices"}, slug


def test_a_case_is_asked_about_step_by_step(parsed: dict[str, Any]) -> None:
    flow = {"decide": [], "notify": ["decide"], "report": ["notify"]}
    assert (parsed["dags"]["handle_incident"]["upstream"], parsed["dags"]["handle_incident"]["params"]) == (
        flow,
        ["case"],
    )


def test_nothing_else_sends_a_notice() -> None:
    callers = [
        path.name
        for folder in ("dags", "plugins", "include/kerndata")
        for path in (REPOSITORY / folder).rglob("*.py")
        if "deliver_due(" in path.read_text(encoding="utf-8")
    ]
    assert sorted(callers) == ["outbox.py", "tasks.py"]


def test_provinces_that_are_pulled_have_a_schedule_and_the_others_wait_for_a_drop(parsed: dict[str, Any]) -> None:
    from kerndata.airflow.landing import crons

    for slug, source in load_sources().items():
        expected = "MultipleCronTriggerTimetable" if crons(source) else "NullTimetable"
        assert parsed["dags"][f"land_{slug}"]["timetable"] == expected, slug


@pytest.mark.parametrize("path", sorted((REPOSITORY / "dags").glob("*.py")), ids=lambda path: path.stem)
def test_a_dag_file_is_thin(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 80
