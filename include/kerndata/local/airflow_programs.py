"""Airflow of the embedded stack: its four programs, configured by environment variables alone.

LocalExecutor forks its workers from the scheduler, so the scheduler loads the heavy libraries first (``preload``).
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from kerndata.airflow.lineage import emission_policy
from kerndata.errors import KerndataError
from kerndata.local.airflow_connections import connections
from kerndata.local.files import write_private_json
from kerndata.local.health import tail
from kerndata.local.program import Program
from kerndata.local.secrets import Secrets
from kerndata.local.settings import HOST, Paths, Ports

USER = "engineer"
_MIGRATION = "airflow-db-migrate"

_LOCAL_SETTINGS = '''\
"""Written by kerndata.local: the scheduler loads the heavy libraries before LocalExecutor forks from it."""

import sys as _sys

if "scheduler" in _sys.argv[1:2]:
    from kerndata.local.preload import preload as _preload

    _preload()
'''


@dataclass(frozen=True, slots=True)
class AirflowSettings:
    """What Airflow's environment is made from; ``parallelism`` None fits it to the cores."""

    paths: Paths
    ports: Ports
    secrets: Secrets
    repository: Path
    database_url: str
    environment: Mapping[str, str]
    parallelism: int | None

    @property
    def url(self) -> str:
        """Airflow's page and API."""
        return f"http://{HOST}:{self.ports.airflow}"

    @property
    def slots(self) -> int:
        """Tasks at once: two per core, because a task waits for S3 and PostgreSQL part of its time; at least four."""
        return self.parallelism or max(4, 2 * (os.cpu_count() or 1))


def _core(settings: AirflowSettings) -> dict[str, str]:
    home = settings.paths.airflow
    return {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": str(settings.slots),
        "CORE__MAX_ACTIVE_TASKS_PER_DAG": str(settings.slots),
        "CORE__MP_START_METHOD": "fork",
        "CORE__DAGS_FOLDER": str(settings.repository / "dags"),
        "CORE__PLUGINS_FOLDER": str(settings.repository / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "5",
        # Without it every task fails with "connection refused" as soon as the port is not 8080.
        "CORE__EXECUTION_API_SERVER_URL": f"{settings.url}/execution/",
        "CORE__FERNET_KEY": settings.secrets.airflow_fernet_key,
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag_processor"),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
    }


def _lineage(settings: AirflowSettings) -> dict[str, str]:
    """OpenLineage events, one JSON a line; elsewhere the transport is an address (docs/how-to/lineage.md)."""
    transport = {"type": "file", "log_file_path": str(settings.paths.lineage), "append": True}
    return {
        "OPENLINEAGE__NAMESPACE": "kerndata",
        "OPENLINEAGE__TRANSPORT": json.dumps(transport),
        "OPENLINEAGE__EMISSION_POLICY": emission_policy(),
        # A fork would copy the task's connection to its supervisor.
        "OPENLINEAGE__EXECUTE_IN_THREAD": "True",
    }


def _services(settings: AirflowSettings) -> dict[str, str]:
    return {
        "DATABASE__SQL_ALCHEMY_CONN": settings.database_url,
        # The api-server, slowest to start, begins while the migration still runs, so it must not stop over that.
        "DATABASE__CHECK_MIGRATIONS": "False",
        "DATABASE__SQL_ALCHEMY_POOL_SIZE": "5",
        "DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "10",
        "API__HOST": HOST,
        "API__PORT": str(settings.ports.airflow),
        "API__BASE_URL": settings.url,
        "API__WORKERS": "1",
        "API__SECRET_KEY": settings.secrets.airflow_secret_key,
        "API_AUTH__JWT_SECRET": settings.secrets.airflow_jwt_secret,
        # On a killed scheduler the next one takes over after a quarter of a minute instead of minutes.
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "45",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "SCHEDULER__MAX_DAGRUNS_TO_CREATE_PER_LOOP": "30",
        "SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "40",
        "SCHEDULER__MAX_TIS_PER_QUERY": "32",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "15",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "DAG_PROCESSOR__STALE_DAG_THRESHOLD": "120",
    }


def environment(settings: AirflowSettings) -> dict[str, str]:
    """The environment of every Airflow process, and so of every task: settings, connections, quiet libraries."""
    options = {
        f"AIRFLOW__{name}": value
        for name, value in (_core(settings) | _lineage(settings) | _services(settings)).items()
    }
    given = {
        f"AIRFLOW_CONN_{name.upper()}": value for name, value in connections(settings.ports, settings.secrets).items()
    }
    return (
        {"AIRFLOW_HOME": str(settings.paths.airflow), "GX_ANALYTICS_ENABLED": "false"}
        | options
        | given
        | dict(settings.environment)
    )


def programs(settings: AirflowSettings) -> list[Program]:
    """The four programs. Logs are read from the folder they share, so nobody needs to serve them (``-s``)."""
    commands = {
        "airflow-api-server": ("api-server",),
        "airflow-scheduler": ("scheduler", "-s"),
        "airflow-dag-processor": ("dag-processor",),
        "airflow-triggerer": ("triggerer", "-s"),
    }
    every = environment(settings)
    return [
        Program(
            name=name,
            argv=(sys.executable, "-P", "-m", "airflow", *command),
            environment=every,
            folder=str(settings.paths.airflow),
            address=settings.url if name == "airflow-api-server" else "",
            stop_wait_seconds=4,
        )
        for name, command in commands.items()
    ]


def write_home(settings: AirflowSettings) -> None:
    """Write AIRFLOW_HOME: the user's password and the local settings that make the scheduler preload."""
    home = settings.paths.airflow
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "airflow_local_settings.py").write_text(_LOCAL_SETTINGS, encoding="utf-8")
    write_private_json(home / "passwords.json", {USER: settings.secrets.airflow_password})


def begin_migration(settings: AirflowSettings) -> subprocess.Popen[bytes] | None:
    """Start to bring Airflow's database to this Airflow's version; None when a note beside the data says it is done."""
    note = _migration_note(settings)
    if note.exists() and note.read_text(encoding="ascii") == version("apache-airflow"):
        return None
    with settings.paths.log(_MIGRATION).open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "airflow", "db", "migrate"],
            env=environment(settings),
            cwd=settings.paths.airflow,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def finish_migration(settings: AirflowSettings, migration: subprocess.Popen[bytes]) -> None:
    """Wait for the migration; KerndataError with the end of its log when it fails or takes over five minutes."""
    try:
        code = migration.wait(timeout=300)
    except subprocess.TimeoutExpired:
        migration.kill()
        code = migration.wait()
    if code != 0:
        raise KerndataError(f"Airflow's database could not be migrated. {tail(settings.paths.log(_MIGRATION))}")
    _migration_note(settings).write_text(version("apache-airflow"), encoding="ascii")


def _migration_note(settings: AirflowSettings) -> Path:
    return settings.paths.postgres / "airflow-version"
