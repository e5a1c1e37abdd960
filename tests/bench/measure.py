"""How it is measured: in turn, medians, and every process's own record of its memory."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

MIB = 1024**2


def medians(steps: Sequence[Callable[[], object]], runs: int) -> tuple[float, ...]:
    """Time all steps so many times, one after the other; return the median of each in seconds."""
    rounds = [tuple(map(seconds, steps)) for _ in range(runs)]
    return tuple(statistics.median(column) for column in zip(*rounds, strict=True))


def seconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def peak_of(process: int | str, field: str = "VmHWM") -> int:
    """Return a process's peak of resident memory in bytes (or another field of its status); 0 when it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(field)), 0)


def children_of(process: int | str) -> list[str]:
    """Return the numbers of a process's children; none when it is gone."""
    try:
        return Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        return []


@contextmanager
def watched_family() -> Iterator[dict[int, int]]:
    """Collect the peak in bytes of every process below this one while it lives, looked at every 20 milliseconds."""
    peaks, own = dict[int, int](), psutil.Process()

    def look() -> None:
        for one in own.children(recursive=True):
            peaks[one.pid] = max(peaks.get(one.pid, 0), peak_of(one.pid))

    with repeated(look, 0.02):
        yield peaks


@contextmanager
def repeated(look: Callable[[], None], seconds: float) -> Iterator[None]:
    """Look again and again, so many seconds apart, in a thread of its own."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(seconds):
            look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
