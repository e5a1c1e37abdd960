"""Reads one file in a child process with limits: a broken file can stop the child, never the exchange."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from kerndata.errors import FileFault, NotChecked
from kerndata.model.sheet import Reading, Sheet
from kerndata.read.limits import Limits
from kerndata.sources.formats import FormatSpec

DEFAULT_LIMITS = Limits()
READY, MANIFEST = "ready", "reading.json"


def read(path: Path, spec: FormatSpec, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Return the text cells of a file.

    Raises ``FileFault`` with a rule of ``kerndata.read.RULES`` when the file cannot be read as ``spec`` says, within
    the limits; ``NotChecked`` when the child process could not start, which is no fault of the file.
    """
    with tempfile.TemporaryDirectory(prefix="kerndata-read-") as folder:
        work = Path(folder)
        job = {"path": str(path.resolve()), "format": spec.model_dump(), "limits": limits.model_dump()}
        outcome, stderr = _run(work, json.dumps(job).encode(), limits)
        manifest = work / MANIFEST
        if outcome == 0 and manifest.exists():
            return _reading(work, json.loads(manifest.read_text(encoding="utf-8")))
        if not (work / READY).exists():
            raise NotChecked(f"the reader could not start ({outcome}); the file was not looked at: {stderr[-500:]}")
        raise FileFault("F-UNREADABLE", reason=_reason(outcome, stderr, limits))


def _run(work: Path, job: bytes, limits: Limits) -> tuple[int | str, str]:
    """Run the child on ``job``; return its exit status, or ``"timeout"`` after killing its process group."""
    # No inherited environment: what opens hostile files holds no secrets. The path is this process's own.
    environment = {
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONUTF8": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve address space that the limit would count
        "OMP_NUM_THREADS": "2",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "kerndata.read.child"],
        cwd=work, env=environment, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as child:  # fmt: skip
        try:
            _, stderr = child.communicate(job, timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return "timeout", ""
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        return child.returncode, stderr.decode(errors="replace")


def _reason(outcome: int | str, stderr: str, limits: Limits) -> str:
    if outcome == -signal.SIGXCPU:
        return f"reading took more than {limits.cpu_seconds} s of computing"
    if outcome in ("timeout", -signal.SIGALRM):
        return f"reading took more than {limits.wall_seconds} s"
    if "MemoryError" in stderr or "memory allocation" in stderr or "malloc" in stderr:
        return f"reading took more than {limits.memory_bytes // 1024**2} MiB of memory"
    if isinstance(outcome, int) and outcome < 0:
        return f"the reader was stopped by {signal.Signals(-outcome).name}"
    return "the reader failed: " + (stderr.strip().splitlines() or ["no message"])[-1][:200]


def _reading(work: Path, manifest: dict[str, Any]) -> Reading:
    if "fault" in manifest:
        raise FileFault(manifest["fault"], **manifest["facts"])
    return Reading(
        tuple(_sheet(work, number, one) for number, one in enumerate(manifest["sheets"])), manifest["encoding"]
    )


def _sheet(work: Path, number: int, one: dict[str, Any]) -> Sheet:
    native = _table(work / f"{number}.native.arrow") if one["native"] else None
    return Sheet(_table(work / f"{number}.text.arrow"), native, one["name"], one["member"])


def _table(path: Path) -> pa.Table:
    """Map the table into memory; the mapping outlives the file's name in the temporary folder."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()
