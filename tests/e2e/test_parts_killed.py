"""Whatever dies while the provinces deliver, the same releases come out. Minutes long: only in `make test-long`."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from rich.console import Console

from kerndata.local import demo, verdicts
from kerndata.local.stack import Stack

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
    undisturbed: bytes,
    new_stack: Callable[[str], AbstractContextManager[Stack]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo, "PATIENCE", demo.SETTLING * 2)
    with new_stack("a stack under fire") as stack:
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
        assert demo.checksums(stack, again.second) == undisturbed


def kill_in_turn(stack: Stack, over: threading.Event) -> None:
    """Kill each part once, one at a time."""
    for victim in VICTIMS:
        if over.wait(SECONDS_BETWEEN):
            return
        stack.kill(victim)
