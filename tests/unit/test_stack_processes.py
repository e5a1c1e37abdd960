"""Which processes belong to a stack, and that ending them touches no others."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kerndata.local import MARKER
from kerndata.local.processes import Belongings, end

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


class Started:
    """Processes of one test, ended with it."""

    def __init__(self) -> None:
        self.all: list[subprocess.Popen[str]] = []

    def __call__(self, code: str, environment: dict[str, str], *, session: bool = False) -> psutil.Process:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env={"PATH": "/usr/bin:/bin"} | environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=session,
        )
        self.all.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return psutil.Process(process.pid)


@pytest.fixture
def started() -> Iterator[Started]:
    started = Started()
    yield started
    for process in started.all:
        process.kill()
        process.communicate()


@pytest.fixture
def belongings(tmp_path: Path) -> Belongings:
    return Belongings(tmp_path, tmp_path / "sessions")


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_process_with_the_marker_is_ended_and_a_stranger_is_not(started: Started, belongings: Belongings) -> None:
    ours = started(SLEEP, {MARKER: str(belongings.state)})
    of_another_stack = started(SLEEP, {MARKER: str(belongings.state / "other")})
    stranger = started(SLEEP, {})
    assert belongings.processes() == [ours]
    end(belongings)
    assert not alive(ours)
    assert alive(of_another_stack)
    assert alive(stranger)


def test_a_process_that_ignores_term_is_killed(started: Started, belongings: Belongings) -> None:
    ours = started(STUBBORN, {MARKER: str(belongings.state)})
    end(belongings, grace_seconds=0.2)
    assert not alive(ours)


def test_a_process_without_the_marker_is_known_by_its_session(started: Started, belongings: Belongings) -> None:
    leader = started(SLEEP, {}, session=True)
    belongings.remember_session(leader)
    assert belongings.processes() == [leader]


def test_an_orphan_of_a_dead_supervisor_is_known_by_its_session(started: Started, belongings: Belongings) -> None:
    child = "import subprocess,sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    leader = started(child + SLEEP, {}, session=True)
    belongings.remember_session(leader)
    (orphan,) = leader.children()
    leader.kill()
    leader.wait()
    assert belongings.processes() == [orphan]
    end(belongings)
    assert not alive(orphan)


def test_a_session_number_that_went_to_another_process_is_not_ours(started: Started, belongings: Belongings) -> None:
    other = started(SLEEP, {}, session=True)
    belongings.record.write_text(f"{other.pid} {other.create_time() - 100}\n")
    assert belongings.processes() == []


def test_sessions_of_before_a_reboot_are_not_ours(started: Started, belongings: Belongings) -> None:
    other = started(SLEEP, {}, session=True)
    belongings.record.write_text(f"{other.pid} {psutil.boot_time() - 1000}\n")
    assert belongings.processes() == []
