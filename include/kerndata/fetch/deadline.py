"""Hanging up on a server that keeps a connection alive with a byte now and then: no time-out of a socket sees that.

One thread per process watches all connections, and sleeps until the earliest deadline it knew when it went to sleep: a
thread per request took a fifth of the time of sending a notice (2026-11).
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import Condition, Lock, Thread

HangUp = Callable[[], object]


class _Watched:
    """One block: once it is over it is never hung up on, for its connection may serve the next one already."""

    def __init__(self, until: float, hang_up: HangUp) -> None:
        self.until = until
        self.was_late = False
        self._hang_up: HangUp | None = hang_up
        self._lock = Lock()

    def give_up(self) -> None:
        with self._lock:
            if self._hang_up is not None:
                self.was_late = True
                with suppress(OSError, ValueError, RuntimeError):  # it was closed, or given back, at this very moment
                    self._hang_up()

    def end(self) -> None:
        with self._lock:
            self._hang_up = None


class _Watchdog:
    """The thread, started when it is first needed."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._watched: set[_Watched] = set()
        self._wakes_at = inf
        self._is_running = False

    def add(self, one: _Watched) -> None:
        with self._changed:
            self._watched.add(one)
            if not self._is_running:
                Thread(target=self._run, name="hanging up", daemon=True).start()
                self._is_running = True
            if one.until < self._wakes_at:
                self._wakes_at = one.until
                self._changed.notify()

    def remove(self, one: _Watched) -> None:
        with self._changed:
            self._watched.discard(one)
        one.end()

    def _run(self) -> None:
        while True:
            with self._changed:
                late = [one for one in self._watched if one.until <= time.monotonic()]
                self._watched.difference_update(late)
                if not late:
                    self._wakes_at = min((one.until for one in self._watched), default=inf)
                    self._changed.wait(self._seconds())
            for one in late:
                one.give_up()

    def _seconds(self) -> float | None:
        return None if self._wakes_at == inf else max(self._wakes_at - time.monotonic(), 0)


_watchdog = _Watchdog()


def _start_anew() -> None:
    """A forked process has none of its parent's threads, and perhaps a lock that one of them held."""
    global _watchdog  # noqa: PLW0603 — one per process is the point
    _watchdog = _Watchdog()


os.register_at_fork(after_in_child=_start_anew)


@contextmanager
def hanging_up_after(seconds: float, hang_up: HangUp) -> Iterator[None]:
    """Call ``hang_up`` from a thread when the block takes longer, and raise TimeoutError at its end.

    Hanging up makes a waiting read return as if the data had ended, so the block itself need not raise.
    """
    watchdog, one = _watchdog, _Watched(time.monotonic() + max(seconds, 0), hang_up)
    watchdog.add(one)
    try:
        yield
    except Exception as error:
        if one.was_late:
            raise TimeoutError(f"not complete within {seconds:g} s") from error
        raise
    finally:
        watchdog.remove(one)
    if one.was_late:
        raise TimeoutError(f"not complete within {seconds:g} s")
