"""Airflow comes up whole on the stack, runs a task, and leaves nothing behind when its supervisor is killed."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kerndata.local.settings import AIRFLOW, PROGRAMS, Profile, free_base_port
from kerndata.local.stack import REPOSITORY, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SLEEPER = '''\
"""A Dag that sleeps."""

import sys
import time

from airflow.sdk import dag, task


@dag(schedule=None, params={"seconds": 0})
def sleeper():
    @task
    def sleep(params=None):
        print("preloaded" if "great_expectations" in sys.modules else "not preloaded")
        time.sleep(params["seconds"])

    sleep()


sleeper()
'''


@pytest.fixture
def sleepy_stack(tmp_path: Path) -> Iterator[Stack]:
    """A complete stack of this test's own, whose only Dag sleeps."""
    repository = tmp_path / "a repository"
    for folder in ("dags", "plugins"):
        (repository / folder).mkdir(parents=True)
    (repository / "dags" / "sleeper.py").write_text(SLEEPER, encoding="utf-8")
    taxii_python = Path(os.environ.get("KERNDATA_TAXII_PYTHON", REPOSITORY / ".venv-taxii" / "bin" / "python"))
    stack = Stack(
        tmp_path / "a state",
        base_port=free_base_port(),
        repository=repository,
        taxii_python=taxii_python,
        parallelism=2,
    )
    yield stack
    stack.down()


def test_airflow_runs_tasks_and_a_killed_supervisor_leaves_no_worker(sleepy_stack: Stack) -> None:
    stack = sleepy_stack
    stack.up(Profile.FULL)
    assert {row.name for row in stack.status() if row.state == "RUNNING"} == set(PROGRAMS[Profile.FULL])

    airflow = stack.airflow_api()
    airflow.wait_for_dags(["sleeper"])
    assert airflow.import_errors() == {}
    run_id = airflow.trigger("sleeper")
    assert airflow.wait("sleeper", run_id, timeout_seconds=200).state == "success"
    (task,) = airflow.tasks("sleeper", run_id)
    log = airflow.log("sleeper", run_id, task)
    assert '"preloaded"' in log, log

    run_id = airflow.trigger("sleeper", conf={"seconds": 600})
    while [task.state for task in airflow.tasks("sleeper", run_id)] != ["running"]:
        assert not airflow.run("sleeper", run_id).ended_at
        time.sleep(0.3)
    os.kill(int((stack.paths.run / "supervisord.pid").read_text(encoding="ascii")), signal.SIGKILL)
    left = {row.name: row for row in stack.status()}
    assert {left[name].state for name in AIRFLOW} == {"LEFT BEHIND"}
    scheduler = left["airflow-scheduler"].pid
    assert scheduler is not None
    os.kill(scheduler, signal.SIGKILL)
    time.sleep(1)
    assert [p for p in stack.leftovers() if p.name().startswith("airflow worker")], "workers outlive the scheduler"

    stack.down()
    assert stack.leftovers() == []
