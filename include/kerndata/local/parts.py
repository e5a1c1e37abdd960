"""What a stack is made of, put together from its state folder, its ports and its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from kerndata.contracts.code_lists import provinces
from kerndata.local import airflow_programs, counterpart_programs
from kerndata.local.airflow_programs import AirflowSettings
from kerndata.local.postgres import Postgres
from kerndata.local.processes import Belongings
from kerndata.local.program import Program
from kerndata.local.runtime import read_runtime
from kerndata.local.seaweed import Seaweed
from kerndata.local.secrets import Secrets, load_or_create
from kerndata.local.settings import Paths, Ports, base_environment
from kerndata.local.supervisor import Supervisor


@dataclass(frozen=True)
class Parts:
    """The parts of one stack; ``parallelism`` None fits Airflow to the cores, ``extra`` reaches every task."""

    paths: Paths
    ports: Ports
    repository: Path
    taxii_python: Path
    parallelism: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def slugs(self) -> tuple[str, ...]:
        """The twelve provinces."""
        return tuple(province.slug for province in provinces())

    @cached_property
    def secrets(self) -> Secrets:
        """Generated on first use."""
        self.paths.make()
        return load_or_create(self.paths.secrets, self.slugs)

    @property
    def belongings(self) -> Belongings:
        """How to recognise this stack's processes."""
        return Belongings(self.paths.root, self.paths.run / "sessions")

    @property
    def runtime(self) -> Path:
        """The folder of the sockets; of no use while the stack is down."""
        return read_runtime(self.paths.run) or self.paths.run

    @property
    def postgres(self) -> Postgres:
        """The database server."""
        return Postgres(
            folder=self.paths.postgres,
            runtime=self.runtime,
            port=self.ports.postgres,
            password=self.secrets.postgres_password,
        )

    @property
    def seaweed(self) -> Seaweed:
        """The S3 server."""
        return Seaweed(folder=self.paths.seaweed, runtime=self.runtime, ports=self.ports, secrets=self.secrets)

    @property
    def supervisor(self) -> Supervisor:
        """The supervisor over all programs."""
        return Supervisor(
            state=self.paths.root,
            run=self.paths.run,
            logs=self.paths.logs,
            runtime=self.runtime,
            password=self.secrets.supervisor_password,
        )

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the exchange's own database."""
        return self.postgres.url("kerndata", "kerndata", self.secrets.kerndata_db_password)

    @property
    def environment(self) -> dict[str, str]:
        """What every program sees."""
        return base_environment(self.paths.root) | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}

    @property
    def airflow(self) -> AirflowSettings:
        """Airflow's settings."""
        return AirflowSettings(
            paths=self.paths,
            ports=self.ports,
            secrets=self.secrets,
            repository=self.repository,
            database_url=self.postgres.url("airflow", "airflow", self.secrets.airflow_db_password),
            environment={**self.environment, **self.extra},
            parallelism=self.parallelism,
        )

    def supervisor_answers(self) -> bool:
        """Tell whether a supervisor of this stack is alive."""
        return read_runtime(self.paths.run) is not None and self.supervisor.reachable()

    def programs(self) -> list[Program]:
        """Every program of the stack, whatever the profile."""
        environment = self.environment
        return [
            self.postgres.program(environment),
            self.seaweed.program(environment),
            *counterpart_programs.programs(self.paths, self.ports, self.secrets, self.taxii_python, environment),
            *airflow_programs.programs(self.airflow),
        ]
