"""The processes that fork the readers' children (``kerndata.read.forks``), seen from the process that wants files read.

One per format, kept while this process lives and stopped with it; never shared over a fork, nor used by two threads at
a time.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO

from kerndata.errors import NotChecked
from kerndata.read.forks import LOADED
from kerndata.read.limits import MIB

MOST = 3  # formats of which a process stays; each holds some 50 MiB
PATIENCE = 5  # seconds in which one that is told to stop ends

Outcome = int | str
"""Exit status, or ``forks.TIMEOUT``."""


class Forks:
    """One such process."""

    def __init__(self, module: str, kinds: tuple[str, ...]) -> None:
        self._messages: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", "kerndata.read.forks", module, *kinds],
            cwd="/", env=_environment(), start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._messages,
        )  # fmt: skip
        if self._answer() != LOADED:
            self._process.wait()
            self._messages.seek(0)
            said = self._messages.read().decode(errors="replace")[-500:]
            self.stop()
            raise NotChecked(f"the reader could not start; the file was not looked at: {said}")

    def run(self, folder: Path, seconds: int) -> Outcome | None:
        """Fork a child in ``folder``, end it after so many seconds; None when this process is no more."""
        assert self._process.stdin is not None
        order = json.dumps({"folder": str(folder), "seconds": seconds})
        with suppress(BrokenPipeError):
            self._process.stdin.write(order.encode() + b"\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Outcome | None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def stop(self) -> None:
        """Let it end its child and itself."""
        with self._messages, self._process as process, suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.kill()

    def forget(self) -> None:
        """In a fork of the process that started it: it is not ours."""
        for pipe in (self._process.stdin, self._process.stdout, self._messages):
            assert pipe is not None
            pipe.close()
        self._process.returncode = 0  # else the object warns that its process still runs


class Nursery:
    """The forking processes of this process, by what they run and for which formats."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: OrderedDict[tuple[str, ...], Forks] = OrderedDict()

    def run(self, module: str, kinds: tuple[str, ...], folder: Path, seconds: int) -> Outcome:
        """Run ``module.main`` in a child in ``folder``, in a session and with an environment of its own.

        Returns how it ended. Raises NotChecked when the module could not be loaded, which is no fault of a file.
        """
        with self._lock:
            for _ in range(2):  # once more when the forking process was killed since
                forks = self._forks(module, kinds)
                try:
                    outcome = forks.run(folder, seconds)
                except BaseException:
                    self._running.popitem()[1].stop()
                    raise
                if outcome is not None:
                    return outcome
                self._running.popitem()[1].stop()
        raise NotChecked("the process that starts the readers was killed twice; the file was not looked at")

    def _forks(self, module: str, kinds: tuple[str, ...]) -> Forks:
        """Return the process for this, started where there is none, as the last of those that run."""
        key = (module, *kinds)
        if key not in self._running:
            while len(self._running) >= MOST:
                self._running.popitem(last=False)[1].stop()
            self._running[key] = Forks(module, kinds)
        self._running.move_to_end(key)
        return self._running[key]

    def stop(self) -> None:
        """Stop them all."""
        while self._running:
            self._running.popitem()[1].stop()

    def forget(self) -> None:
        """In a fork of this process: leave them to it."""
        self._lock = Lock()
        while self._running:
            self._running.popitem()[1].forget()


_nursery = Nursery()
run = _nursery.run
atexit.register(_nursery.stop)
os.register_at_fork(after_in_child=_nursery.forget)


def _environment() -> dict[str, str]:
    """No inherited environment: what opens hostile files holds no secrets. The path is this process's own."""
    return {
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONUTF8": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve address space that the limit would count
        # one heap that keeps what it was given: fresh memory is what reading a large file costs most of its time
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(1024 * MIB),
        "MALLOC_TRIM_THRESHOLD_": str(4096 * MIB),
        "MALLOC_TOP_PAD_": str(16 * MIB),
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }
