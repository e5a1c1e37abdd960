"""Every block that takes too long is hung up on, no other one is, and it costs no thread each."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kerndata.fetch.deadline import hanging_up_after


def watched(seconds: float, takes: float) -> tuple[bool, bool]:
    """Whether it was hung up on and whether the block was told; the block ends early when it is hung up on."""
    hung_up, was_told = threading.Event(), False
    try:
        with hanging_up_after(seconds, hung_up.set):
            hung_up.wait(takes)
    except TimeoutError:
        was_told = True
    time.sleep(0.05)
    return hung_up.is_set(), was_told


def test_a_block_in_time_is_left_alone_and_a_late_one_is_hung_up_on_at_its_moment() -> None:
    started = time.monotonic()
    assert watched(0.2, takes=10) == (True, True)
    assert 0.2 <= time.monotonic() - started < 2
    assert watched(10, takes=0.01) == (False, False)


def test_many_at_once_have_each_their_own_deadline_whatever_their_order() -> None:
    with ThreadPoolExecutor(20) as pool:
        cases = [(0.1 + n / 40, 5.0) if n % 2 else (5.0, 0.1 + n / 40) for n in range(20)]
        found = list(pool.map(lambda one: watched(*one), cases))
    assert found == [(n % 2 == 1, n % 2 == 1) for n in range(20)]


def test_an_error_of_the_block_is_raised_as_it_is_and_as_a_timeout_when_it_was_late() -> None:
    with pytest.raises(ValueError, match="mine"), hanging_up_after(5, lambda: None):
        raise ValueError("mine")
    hung_up = threading.Event()

    def read() -> None:
        with hanging_up_after(0.05, hung_up.set):
            hung_up.wait(5)
            raise ValueError("because the line is dead")

    with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
        read()


def test_hanging_up_may_fail_and_the_next_ones_are_watched_all_the_same() -> None:
    def already_closed() -> None:
        raise OSError("not connected")

    with pytest.raises(TimeoutError), hanging_up_after(0.05, already_closed):
        time.sleep(0.2)
    assert watched(0.1, takes=5) == (True, True)


def test_a_thousand_blocks_are_one_thread() -> None:
    with hanging_up_after(5, lambda: None):
        before = threading.active_count()
        for _ in range(1000):
            with hanging_up_after(5, lambda: None):
                assert threading.active_count() == before


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_watches_too() -> None:
    with hanging_up_after(5, lambda: None):
        child = os.fork()
        if child == 0:  # what a task of Airflow is: forked from a process that has sent before
            os._exit(0 if watched(0.1, takes=5) == (True, True) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
