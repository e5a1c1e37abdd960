"""A scheduler killed in the middle changes nothing about what is published.

Runs after test_main_job.py (files run in order of name): ``undisturbed`` stops that test's stack.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from rich.console import Console

from kerndata.ledger import submissions
from kerndata.local import demo, story, verdicts
from kerndata.local.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture
def other_stack(new_stack: Callable[[str], AbstractContextManager[Stack]], undisturbed: bytes) -> Iterator[Stack]:
    with new_stack("another stack") as stack:
        yield stack


FIRST = len(story.first_round())


def test_killed_in_both_rounds_it_ends_in_the_same_release_byte_for_byte(
    undisturbed: bytes, other_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills: list[int] = []
    wait = story.wait_for_receipts

    def wait_and_kill(stack: Stack, count: int, tick: story.Tick, timeout: object) -> object:
        """Kill when about a third of the answers are there, so that landings are in every stage."""

        def tick_and_kill() -> None:
            tick()
            wanted, answers = (1, FIRST // 3) if count == FIRST else (2, FIRST)
            if len(kills) < wanted and _answered(stack) >= answers:
                kills.append(stack.kill("airflow-scheduler"))

        return wait(stack, count, tick_and_kill, timeout)  # type: ignore[arg-type]

    monkeypatch.setattr(story, "wait_for_receipts", wait_and_kill)
    again = demo.tell(Console(), other_stack)
    assert len(kills) == 2
    judged = verdicts.judge(other_stack, again.first, again.second, again.submissions)
    assert [one for one in judged if not one.holds] == []
    assert demo.checksums(other_stack, again.second) == undisturbed


def _answered(stack: Stack) -> int:
    with stack.ledger().transaction() as session:
        return sum(one.concluded_at is not None for one in submissions.all_of(session))
