"""Starting a stack in the right order with a health check after each part, and stopping it so that nothing is left."""

import shutil
from collections.abc import Callable
from functools import partial
from subprocess import Popen

from kerndata.ledger import migrate
from kerndata.local import airflow_programs, counterpart_programs
from kerndata.local.airflow_api import AirflowApi
from kerndata.local.buckets import buckets_can_be_made, make_buckets
from kerndata.local.health import wait_until
from kerndata.local.parts import Parts
from kerndata.local.processes import end
from kerndata.local.program import save
from kerndata.local.runtime import make_runtime, remove_runtime
from kerndata.local.samples.tables import HERE as SAMPLES
from kerndata.local.settings import AIRFLOW, COUNTERPARTS, HOST, PROGRAMS, SERVICES, Profile

Progress = Callable[[str], None]
"""Is told each step in one short sentence."""


class Startup:
    """One ``up``. ``fresh`` means that no supervisor runs yet."""

    def __init__(self, parts: Parts, progress: Progress, *, fresh: bool) -> None:
        self._parts, self._progress, self._fresh = parts, progress, fresh
        self._migration: Popen[bytes] | None = None

    def bring_up(self, profile: Profile) -> None:
        """Start every program of the profile that does not run yet."""
        states = {} if self._fresh else self._parts.supervisor.states()
        missing = tuple(n for n in PROGRAMS[profile] if n not in states or states[n].state != "RUNNING")
        if not missing:
            self._progress("everything runs already")
            return
        if set(missing) & set(COUNTERPARTS):
            counterpart_programs.check_taxii_python(self._parts.taxii_python)
        self._parts.ports.check(missing)
        if self._fresh:
            self._start_supervisor()
        steps = ((self._services, SERVICES), (self._counterparts, COUNTERPARTS), (self._airflow, AIRFLOW))
        for step, programs in steps:
            if wanted := tuple(name for name in programs if name in missing):
                step(wanted, missing)

    def _start_supervisor(self) -> None:
        parts = self._parts
        make_runtime(parts.paths.root, parts.paths.run)
        parts.postgres.prepare()
        parts.seaweed.prepare(parts.slugs)
        counterpart_programs.write_taxii_config(parts.paths.taxii, parts.secrets)
        airflow_programs.write_home(parts.airflow)
        programs = parts.programs()
        save(parts.paths.programs, programs)
        parts.supervisor.start(programs, parts.belongings.remember_session)
        self._progress("the supervisor runs")

    def _start(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._parts.supervisor.start_program(name)

    def _wait(self, program: str, check: Callable[[], bool], what: str, timeout_seconds: float = 60) -> None:
        def healthy() -> bool:
            return self._parts.supervisor.is_running(program) and check()

        wait_until(healthy, what=what, log=self._parts.paths.log(program), timeout_seconds=timeout_seconds)

    def _services(self, wanted: tuple[str, ...], missing: tuple[str, ...]) -> None:
        self._start(wanted)
        self._databases()
        if set(missing) & set(AIRFLOW):
            self._begin_airflow()
        parts = self._parts
        operator, endpoint = parts.secrets.s3["operator"], parts.seaweed.endpoint
        self._wait("seaweedfs", parts.seaweed.is_closed, "the S3 server refuses strangers")
        self._wait("seaweedfs", partial(buckets_can_be_made, endpoint, operator), "the S3 server is whole")
        make_buckets(endpoint, operator, parts.slugs)
        self._progress(f"SeaweedFS runs, closed, with a bucket for each of {len(parts.slugs)} provinces")

    def _databases(self) -> None:
        parts = self._parts
        self._wait("postgres", parts.postgres.accepts, "PostgreSQL accepts logins")
        passwords = {"kerndata": parts.secrets.kerndata_db_password, "airflow": parts.secrets.airflow_db_password}
        for name, password in passwords.items():
            parts.postgres.ensure_role(name, password)
            parts.postgres.ensure_database(name, owner=name)
        migrate(parts.ledger_url)
        self._progress("PostgreSQL runs and the ledger is up to date")

    def _counterparts(self, wanted: tuple[str, ...], _: tuple[str, ...]) -> None:
        # CBS, as the exchange asks it: national figures of two real tables, beside what the provinces serve.
        shutil.copytree(SAMPLES / "reference", self._parts.paths.province_api, dirs_exist_ok=True)
        self._start(wanted)
        ports = self._parts.ports
        taxii_answers = partial(counterpart_programs.taxii_answers, ports, self._parts.secrets)
        self._wait("taxii", taxii_answers, "the TAXII server answers")
        http = {"cloudevents-hub": ports.hub, "province-api": ports.province_api, "receivers": ports.webhook}
        for name, port in http.items():
            answers = partial(counterpart_programs.answers, f"http://{HOST}:{port}")
            self._wait(name, answers, f"the {name} answers")
        self._wait("mail", partial(counterpart_programs.greets, ports.mail), "the mail relay answers")
        self._progress(
            "the counterparts run: TAXII server, CloudEvents hub, SDG receivers, subscriber, provinces' API, mail"
        )

    def _begin_airflow(self) -> None:
        """Start early what takes long: the migration, and the api-server's imports (10 s), which need no database."""
        self._migration = airflow_programs.begin_migration(self._parts.airflow)
        self._start(("airflow-api-server",))

    def _airflow(self, wanted: tuple[str, ...], _: tuple[str, ...]) -> None:
        parts = self._parts
        states = parts.supervisor.states()
        if states["airflow-api-server"].state == "STOPPED":
            self._begin_airflow()
        if self._migration is not None:
            airflow_programs.finish_migration(parts.airflow, self._migration)
            self._progress("Airflow's database is made")
        self._start(tuple(name for name in wanted if name != "airflow-api-server"))
        api = AirflowApi(parts.airflow.url, airflow_programs.USER, parts.secrets.airflow_password)
        self._wait("airflow-api-server", api.answers, "Airflow's API answers", 300)
        self._progress("Airflow's API answers")
        for part in ("scheduler", "dag_processor", "triggerer"):
            program = f"airflow-{part.replace('_', '-')}"
            self._wait(program, partial(api.is_healthy, part), f"Airflow's {part} is healthy", 300)
        self._progress("Airflow's scheduler, dag processor and triggerer are healthy")


def take_down(parts: Parts, progress: Progress) -> None:
    """Stop every program, PostgreSQL last, then the supervisor, then whatever is left."""
    if parts.supervisor_answers():
        progress("stopping the programs")
        supervisor = parts.supervisor
        supervisor.stop_programs([name for name in supervisor.states() if name != "postgres"], timeout_seconds=30)
        supervisor.stop_programs(["postgres"], timeout_seconds=30)
        supervisor.shutdown()
    sweep(parts, progress)


def sweep(parts: Parts, progress: Progress) -> None:
    """End what a crash left behind, and check that nothing is left."""
    left = parts.belongings.processes()
    if left:
        progress(f"ending {len(left)} processes that were left behind")
        parts.postgres.stop_orphan({process.pid for process in left})
    end(parts.belongings)
    parts.belongings.forget_sessions()
    remove_runtime(parts.paths.run)
