"""Waiting until a part of the stack is fit for use."""

import time
from collections.abc import Callable
from pathlib import Path

from kerndata.errors import KerndataError


def wait_until(check: Callable[[], bool], *, what: str, log: Path, timeout_seconds: float, every: float = 0.1) -> None:
    """Call ``check`` until it is true; KerndataError with the last lines of ``log`` when it takes too long."""
    end = time.monotonic() + timeout_seconds
    while not check():
        if time.monotonic() > end:
            raise KerndataError(f"{what} not within {timeout_seconds:.0f} s. {tail(log)}")
        time.sleep(every)


def tail(log: Path, lines: int = 12) -> str:
    """Say where a log is and show its last lines."""
    if not log.exists():
        return f"There is no log at {log}."
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join([f"Log: {log}", *(f"  | {line}" for line in text)])
