"""A stand-in for ``reader._run`` that asks one forking process for its children, instead of starting each anew."""

import os
import subprocess
import sys
from pathlib import Path

from kerndata.read.handover import MESSAGES


class Zygote:
    """The process of ``tests.fuzz.forked``, seen from outside."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.forked"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "ARROW_DEFAULT_MEMORY_POOL": "system",
                 "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def run(self, work: Path, job: bytes, limits: object) -> tuple[int | str, str]:
        """Read one file; the child's own alarm and processor limit end it in time."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the forking process has no pipes")
        stdin.write(str(work).encode() + b"\n" + job + b"\n")
        stdin.flush()
        status = int(stdout.readline())
        messages = work / MESSAGES
        return status, messages.read_text(errors="replace")[-4000:] if messages.exists() else ""

    def stop(self) -> None:
        """End the forking process."""
        with self._process:
            self._process.kill()
