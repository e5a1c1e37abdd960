"""The one supervisor (supervisord, https://supervisord.org) over all programs of a stack."""

import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from kerndata.errors import KerndataError
from kerndata.local.files import write_private
from kerndata.local.health import tail
from kerndata.local.program import Program
from kerndata.local.settings import base_environment

_USER = "kerndata"


@dataclass(frozen=True, slots=True)
class ProgramState:
    """``state`` is the supervisor's word: RUNNING, STARTING, BACKOFF, STOPPING, STOPPED, EXITED, FATAL."""

    name: str
    state: str
    pid: int | None


class Supervisor:
    """Starts, watches, restarts and stops programs. ``runtime`` is a short folder: socket paths have 107 characters."""

    def __init__(self, *, state: Path, run: Path, logs: Path, runtime: Path, password: str) -> None:
        self._state, self._run, self._logs, self._runtime, self._password = state, run, logs, runtime, password

    @property
    def log(self) -> Path:
        """Its own log."""
        return self._logs / "supervisord.log"

    def start(self, programs: Sequence[Program], remember: Callable[[psutil.Process], None]) -> None:
        """Start supervisord as a daemon in a session of its own, with all programs known and none started.

        ``remember`` is told its process before anything else can start.

        Every program is made the leader of its own process group by supervisord itself.
        """
        write_private(self._run / "supervisord.conf", self._config(programs))
        done = subprocess.run(
            [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", "state/run/supervisord.conf"],
            env=self._environment(),
            cwd=self._runtime,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise KerndataError(f"supervisord does not start: {done.stdout}{done.stderr}")
        deadline = time.monotonic() + 10
        while (leader := self.process()) is None or not self.reachable():
            if time.monotonic() > deadline:
                raise KerndataError(f"supervisord does not answer. {tail(self.log)}")
            time.sleep(0.05)
        remember(leader)

    def process(self) -> psutil.Process | None:
        """The daemon's process, or None when there is none."""
        try:
            process = psutil.Process(int((self._run / "supervisord.pid").read_text(encoding="ascii")))
            return process if process.environ().get("KERNDATA_RUNTIME") == str(self._runtime) else None
        except (OSError, ValueError, psutil.Error):
            return None

    def reachable(self) -> bool:
        """Tell whether a supervisor answers."""
        try:
            return bool(self._call("getState")["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def states(self) -> dict[str, ProgramState]:
        """The state of every program, by name; empty when no supervisor answers."""
        try:
            rows = self._call("getAllProcessInfo")
        except (OSError, xmlrpc.client.Error):
            return {}
        return {row["name"]: ProgramState(row["name"], row["statename"], row["pid"] or None) for row in rows}

    def start_program(self, name: str) -> None:
        """Start a program and return at once; the caller checks its health."""
        self._call("startProcess", name, False)

    def stop_programs(self, names: Sequence[str], timeout_seconds: float) -> None:
        """Stop programs side by side; supervisord KILLs the group of one that does not heed its stop signal in time."""
        running = ("STARTING", "RUNNING", "BACKOFF")
        for name in names:
            if (state := self.states().get(name)) is not None and state.state in running:
                self._call("stopProcess", name, False)
        deadline = time.monotonic() + timeout_seconds
        while any(self.states()[name].state in (*running, "STOPPING") for name in names if name in self.states()):
            if time.monotonic() > deadline:
                return  # what is left is ended by process
            time.sleep(0.1)

    def restart_program(self, name: str) -> None:
        """Stop a program if it runs, and start it."""
        self.stop_programs([name], timeout_seconds=30)
        self.start_program(name)

    def shutdown(self) -> None:
        """End the supervisor itself and wait for its process to go."""
        process = self.process()
        self._call("shutdown")
        if process is not None:
            psutil.wait_procs([process], timeout=10)

    def is_running(self, name: str) -> bool:
        """Say whether a program has stayed up for a second; KerndataError with its last words when it was given up."""
        state = self.states().get(name)
        if state is None or state.state in ("FATAL", "UNKNOWN"):
            raise KerndataError(
                f"{name} does not run (state {state.state if state else 'unknown'}). {tail(self._logs / f'{name}.log')}"
            )
        return bool(state.state == "RUNNING")

    def _call(self, method: str, *arguments: object) -> Any:
        transport = SupervisorTransport(_USER, self._password, serverurl=f"unix://{self._runtime}/supervisor.sock")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def _environment(self) -> dict[str, str]:
        package_root = str(Path(__file__).resolve().parents[2])
        environment = base_environment(self._state)
        python_folder = str(Path(sys.executable).parent)
        return environment | {
            "PATH": os.pathsep.join([python_folder, environment.get("PATH", os.defpath)]),
            "PYTHONPATH": package_root,
            "KERNDATA_RUNTIME": str(self._runtime),
        }

    def _config(self, programs: Sequence[Program]) -> str:
        """The config. Every path is relative to the runtime folder: ``#`` or ``%`` in one would be syntax."""
        head = _HEAD.format(password=self._password, user="\nuser=root" if os.geteuid() == 0 else "", name=_USER)
        return head + "".join(
            _PROGRAM.format(name=program.name, signal=program.stop_signal, wait=program.stop_wait_seconds)
            for program in programs
        )


_HEAD = """\
[supervisord]
logfile=state/logs/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile=state/run/supervisord.pid
childlogdir=state/logs
umask=077
nocleanup=true
minfds=256{user}

[unix_http_server]
file=supervisor.sock
chmod=0600
username={name}
password={password}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

_PROGRAM = """
[program:{name}]
command=python -P -m kerndata.local.launch {name}
autostart=false
autorestart=true
startsecs=1
startretries=3
stopsignal={signal}
stopwaitsecs={wait}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=state/logs/{name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
"""
