"""Whatever dies while the provinces deliver, the same releases come out. Minutes long: only in `make test-long`."""

import threading

import pytest
from rich.console import Console

from kerndata.contracts.code_lists import provinces
from kerndata.local import demo, verdicts
from kerndata.local.demo import Told
from kerndata.local.stack import Stack
from kerndata.store import keys

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1800)]

VICTIMS = (
    "airflow-scheduler",
    "seaweedfs",
    "airflow-api-server",
    "postgres",
    "airflow-dag-processor",
    "cloudevents-hub",
)
SECONDS_BETWEEN = 25


def test_killing_every_part_in_turn_ends_in_the_same_release(
    full_stack: Stack, told: Told, new_stack: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keys.release_key(told.second.version, "SHA256SUMS")
    undisturbed = full_stack.exchange_store().read(keys.PUBLISHED, key)
    full_stack.down()
    monkeypatch.setattr(demo, "PATIENCE", demo.SETTLING * 2)
    with new_stack("a stack under fire") as stack:  # type: ignore[operator]
        over = threading.Event()
        killer = threading.Thread(target=kill_in_turn, args=(stack, over), daemon=True)
        killer.start()
        try:
            again = demo.tell(Console(), stack)
        finally:
            over.set()
            killer.join()
        judged = verdicts.judge(stack, again.first, again.second, again.submissions)
        assert [one for one in judged if not one.holds] == []
        assert stack.exchange_store().read(keys.PUBLISHED, key) == undisturbed
    assert len(provinces()) == len({one.province for one in again.submissions})


def kill_in_turn(stack: Stack, over: threading.Event) -> None:
    """Kill each part once, one at a time."""
    for victim in VICTIMS:
        if over.wait(SECONDS_BETWEEN):
            return
        stack.kill(victim)
