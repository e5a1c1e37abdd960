"""Which processes belong to a stack, and ending them: only ever by what they carry, never by their name.

A process belongs to the stack when its environment holds the marker, or when it is in the session of the stack's
supervisor. The session is needed because programs that set their process title (Airflow, PostgreSQL) overwrite their
environment as ``/proc`` shows it, and it survives a killed supervisor: LocalExecutor's workers live on under PID 1.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from kerndata.errors import KerndataError
from kerndata.local import MARKER


@dataclass(frozen=True, slots=True)
class Belongings:
    """How to recognise the processes of one stack. ``record`` is the file with the sessions it has started."""

    state: Path
    record: Path

    def remember_session(self, leader: psutil.Process) -> None:
        """Write down the session of a new supervisor before it starts anything."""
        with self.record.open("a", encoding="ascii") as file:
            file.write(f"{leader.pid} {leader.create_time()}\n")

    def forget_sessions(self) -> None:
        """Nothing is left of the sessions so far."""
        self.record.unlink(missing_ok=True)

    def processes(self) -> list[psutil.Process]:
        """Every living process of the stack, this one and the ones that started it left out."""
        sessions = self._sessions()
        mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        return [p for p in psutil.process_iter() if p.pid not in mine and self._owns(p, sessions)]

    def _sessions(self) -> set[int]:
        """Sessions that are still those of our supervisors, and not of a process that got the same number later."""
        if not self.record.exists():
            return set()
        lines = [line.split() for line in self.record.read_text(encoding="ascii").splitlines()]
        return {int(pid) for pid, started in lines if _is_still_ours(int(pid), float(started))}

    def _owns(self, process: psutil.Process, sessions: set[int]) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return os.getsid(process.pid) in sessions or process.environ().get(MARKER) == str(self.state)
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            return False


def _is_still_ours(leader: int, started: float) -> bool:
    """A session number is reused only after its leader and all members have ended, or after a reboot."""
    if started < psutil.boot_time() - 5:
        return False
    try:
        return abs(psutil.Process(leader).create_time() - started) < 1
    except psutil.NoSuchProcess:
        return True


def end(belongings: Belongings, *, grace_seconds: float = 2.0) -> None:
    """TERM, wait, KILL whatever is left of a stack, until nothing is; KerndataError when something will not die."""
    left = belongings.processes()
    for process in left:
        _signal(process, kill=False)
    psutil.wait_procs(left, timeout=grace_seconds)
    deadline = time.monotonic() + 20
    while left := belongings.processes():  # again and again: a dying program may have started another process meanwhile
        if time.monotonic() > deadline:
            named = ", ".join(f"{p.pid} ({p.name()})" for p in left if p.is_running())
            raise KerndataError(f"the stack in {belongings.state} is not down: still running are {named}")
        for process in left:
            _signal(process, kill=True)
        psutil.wait_procs(left, timeout=1)


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return
