"""The embedded stack: ``Stack(state).up(Profile.FULL)`` starts it, ``down()`` leaves no process behind.

``up`` may be repeated: it starts what is missing, and clears what is left of a stack that crashed. What went wrong is
in the state folder: ``logs/<program>.log``, Airflow's own logs in ``airflow/logs``. Removing the state folder of a
stack that is down removes everything it knew.
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from kerndata.errors import KerndataError
from kerndata.ledger import Ledger, open_ledger
from kerndata.local import airflow_programs
from kerndata.local.airflow_api import AirflowApi
from kerndata.local.parts import Parts
from kerndata.local.postgres import Postgres
from kerndata.local.program import Program, load
from kerndata.local.runtime import locked, read_runtime
from kerndata.local.secrets import AccessKey, Secrets
from kerndata.local.settings import BASE_PORT, HOST, Paths, Ports, Profile
from kerndata.local.steps import Progress, Startup, sweep, take_down
from kerndata.store.client import Store, connect

REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class ProgramStatus:
    """One row of ``status()``. ``state`` is the supervisor's word, or ``LEFT BEHIND`` when it lives without one."""

    name: str
    state: str
    pid: int | None
    address: str


class Stack:
    """One embedded stack in one state folder. ``taxii_python`` is an interpreter that has medallion.

    ``repository`` holds ``dags/`` and ``plugins/``; ``parallelism`` is how many tasks run at once (default: fit to the
    cores); ``extra_environment`` is added to Airflow's programs and so reaches every task.
    """

    def __init__(
        self,
        state: Path,
        *,
        base_port: int = BASE_PORT,
        repository: Path = REPOSITORY,
        taxii_python: Path | None = None,
        parallelism: int | None = None,
        extra_environment: Mapping[str, str] | None = None,
    ) -> None:
        self.paths = Paths(state.resolve())
        self.ports = Ports(base_port)
        self._parts = Parts(
            paths=self.paths,
            ports=self.ports,
            repository=repository,
            taxii_python=taxii_python or repository / ".venv-taxii" / "bin" / "python",
            parallelism=parallelism,
            extra=extra_environment or {},
        )

    def up(self, profile: Profile = Profile.FULL, progress: Progress = lambda _: None) -> None:
        """Start every program of ``profile`` that does not run yet and wait until each is fit for use.

        Raises ConfigurationError for a taken port or a missing environment, KerndataError when a program does not get
        healthy in time. Whatever interrupts the first ``up`` of a stack, nothing of it is left running.
        """
        self.paths.make()
        with locked(self.paths.run):
            fresh = not self._parts.supervisor_answers()
            if fresh:
                sweep(self._parts, progress)
            try:
                Startup(self._parts, progress, fresh=fresh).bring_up(profile)
            except BaseException:
                if fresh:
                    progress("that failed: stopping what was started")
                    take_down(self._parts, progress)
                raise

    def down(self, progress: Progress = lambda _: None) -> None:
        """Stop every program, also those that a crash left behind; KerndataError when a process will not die."""
        if not self.paths.root.exists():
            return
        self.paths.make()
        with locked(self.paths.run):
            take_down(self._parts, progress)

    def status(self) -> list[ProgramStatus]:
        """One row per program, in starting order; empty when the stack never ran. Nothing is started or changed."""
        programs = load(self.paths.programs)
        states = self._parts.supervisor.states() if programs and read_runtime(self.paths.run) else {}
        alive = {process.pid for process in self.leftovers()}
        return [
            ProgramStatus(name, states[name].state, states[name].pid, program.address)
            if name in states
            else self._unsupervised(program, alive)
            for name, program in programs.items()
        ]

    def _unsupervised(self, program: Program, alive: set[int]) -> ProgramStatus:
        record = self.paths.run / f"{program.name}.pid"
        pid = int(record.read_text(encoding="ascii").split()[0]) if record.exists() else None
        if pid in alive:
            return ProgramStatus(program.name, "LEFT BEHIND", pid, program.address)
        return ProgramStatus(program.name, "STOPPED", None, program.address)

    def leftovers(self) -> list[psutil.Process]:
        """Every living process of this stack, wanted or not."""
        return self._parts.belongings.processes()

    def kill(self, program: str) -> int:
        """SIGKILL one program (its process only, as a crash would) and return its pid; the supervisor restarts it."""
        state = self._parts.supervisor.states().get(program)
        if state is None or state.pid is None:
            raise KerndataError(f"{program} does not run, so it cannot be killed")
        os.kill(state.pid, signal.SIGKILL)
        return state.pid

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.paths.root

    @property
    def secrets(self) -> Secrets:
        """The secrets of this stack, generated on first use."""
        return self._parts.secrets

    @property
    def slugs(self) -> tuple[str, ...]:
        """The twelve provinces by slug."""
        return self._parts.slugs

    @property
    def postgres(self) -> Postgres:
        """The database server, for who needs a database of its own."""
        return self._parts.postgres

    @property
    def s3_endpoint(self) -> str:
        """Where S3 listens."""
        return self._parts.seaweed.endpoint

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the exchange's own database, with its password."""
        return self._parts.ledger_url

    def addresses(self) -> dict[str, str]:
        """Addresses for people, by what is there; no secrets in them."""
        return {
            "Airflow": f"http://{HOST}:{self.ports.airflow}",
            "S3": self.s3_endpoint,
            "Published": f"{self.s3_endpoint}/published",
            "PostgreSQL": f"{HOST}:{self.ports.postgres}",
            "TAXII": f"http://{HOST}:{self.ports.taxii}/taxii2/",
            "CloudEvents hub": f"http://{HOST}:{self.ports.hub}",
            "SDG product pages": f"http://{HOST}:{self.ports.pdc}",
            "SDG statistics": f"http://{HOST}:{self.ports.collect}",
            "Subscriber": f"http://{HOST}:{self.ports.webhook}",
            "Province API": f"http://{HOST}:{self.ports.province_api}",
            "Mail": f"{self.paths.mail}/new",
        }

    def exchange_store(self) -> Store:
        """S3 as the pipeline."""
        return self._store(self.secrets.s3["exchange"])

    def province_store(self, slug: str) -> Store:
        """S3 as a province: it may only drop files and read its receipts."""
        return self._store(self.secrets.s3[slug])

    def engineer_store(self) -> Store:
        """S3 as a data engineer: reads everything, changes nothing."""
        return self._store(self.secrets.s3["engineer"])

    def _store(self, key: AccessKey) -> Store:
        return connect(self.s3_endpoint, key.access_key, key.secret_key)

    def ledger(self) -> Ledger:
        """The ledger of the running stack."""
        return open_ledger(self.ledger_url)

    def airflow_api(self) -> AirflowApi:
        """Airflow's REST API as user ``engineer``."""
        return AirflowApi(self.addresses()["Airflow"], airflow_programs.USER, self.secrets.airflow_password)
