"""The stack comes up, survives crashes, and goes down without leaving a process."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from kerndata.errors import ConfigurationError, KerndataError
from kerndata.local.runtime import locked, read_runtime
from kerndata.local.settings import Profile, free_base_port
from kerndata.local.stack import Stack
from kerndata.store import keys

pytestmark = pytest.mark.stack


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of one test's own, in a folder whose name is hostile to config languages and shells."""
    stack = Stack(tmp_path / "my 'stack' #1; 100% $HOME", base_port=free_base_port())
    yield stack
    stack.down()


def state_of(stack: Stack, name: str) -> tuple[str, int | None]:
    return next((row.state, row.pid) for row in stack.status() if row.name == name)


def wait_for_restart(stack: Stack, name: str, killed: int) -> None:
    end = time.monotonic() + 20
    while (row := state_of(stack, name)) == ("RUNNING", killed) or row[0] != "RUNNING":
        assert time.monotonic() < end, row
        time.sleep(0.1)


def put(stack: Stack) -> None:
    """Write one object as the exchange, patiently: a server that was just restarted is not whole at once."""
    end = time.monotonic() + 20
    while True:
        try:
            stack.exchange_store().create(keys.STAGING, "life", b"kept", content_type="text/plain")
        except KerndataError:
            assert time.monotonic() < end
            time.sleep(0.3)
        else:
            return


def test_up_crash_up_and_down_leaves_nothing_and_loses_nothing(own_stack: Stack) -> None:
    steps: list[str] = []
    own_stack.up(Profile.SERVICES, steps.append)
    put(own_stack)
    first = own_stack.secrets

    steps.clear()
    own_stack.up(Profile.SERVICES, steps.append)
    assert steps == ["everything runs already"]

    _, weed = state_of(own_stack, "seaweedfs")
    assert weed is not None
    os.kill(weed, signal.SIGKILL)
    wait_for_restart(own_stack, "seaweedfs", weed)
    put(own_stack)
    assert own_stack.exchange_store().read(keys.STAGING, "life") == b"kept"

    os.kill(int((own_stack.paths.run / "supervisord.pid").read_text()), signal.SIGKILL)
    assert state_of(own_stack, "seaweedfs")[0] == "LEFT BEHIND"
    steps.clear()
    own_stack.up(Profile.SERVICES, steps.append)
    assert "left behind" in steps[0]
    assert own_stack.exchange_store().read(keys.STAGING, "life") == b"kept"
    assert own_stack.secrets == first

    own_stack.down()
    assert own_stack.leftovers() == []
    assert {row.state for row in own_stack.status()} == {"STOPPED"}
    assert read_runtime(own_stack.paths.run) is None
    own_stack.down()  # a second time is fine


def test_an_interrupted_up_leaves_nothing(own_stack: Stack) -> None:
    def interrupt(step: str) -> None:
        if "PostgreSQL" in step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own_stack.up(Profile.SERVICES, interrupt)
    assert own_stack.leftovers() == []


def test_a_taken_port_stops_up_before_anything_starts(stack_services: Stack, tmp_path: Path) -> None:
    second = Stack(tmp_path / "second", base_port=stack_services.ports.base)
    with pytest.raises(ConfigurationError, match="is in use by"):
        second.up(Profile.SERVICES)
    assert second.leftovers() == []


def test_a_missing_taxii_environment_says_how_to_make_it(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "state", base_port=free_base_port(), taxii_python=tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="make env"):
        stack.up(Profile.COUNTERPARTS)


def test_two_commands_at_once_are_kept_apart(stack_services: Stack) -> None:
    with (
        locked(stack_services.paths.run),
        pytest.raises(KerndataError, match="another command is starting or stopping"),
    ):
        stack_services.up(Profile.SERVICES)


def test_postgresql_wants_a_password_and_keeps_the_two_databases_apart(stack_services: Stack) -> None:
    secrets, url = stack_services.secrets, stack_services.postgres.url
    refused = {
        url("kerndata", "kerndata", "guess"): "password authentication failed",
        url("postgres", "postgres", ""): "no password supplied",
        url("kerndata", "airflow", secrets.airflow_db_password): "permission denied for database",
        url("airflow", "kerndata", secrets.kerndata_db_password): "permission denied for database",
    }
    for address, reason in refused.items():
        with pytest.raises(OperationalError, match=reason):
            create_engine(address, poolclass=NullPool).connect()


def test_the_server_runs_as_an_ordinary_user(stack_services: Stack) -> None:
    postmaster = next(p for p in stack_services.leftovers() if p.name() == "postgres")
    assert postmaster.uids().real != 0


def test_postgresql_commits_to_disk(stack_services: Stack) -> None:
    engine = create_engine(stack_services.ledger_url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW fsync")).scalar_one() == "on"
