"""Where one embedded stack lives, on which ports it listens, and which programs belong to which profile."""

import os
import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from kerndata.errors import ConfigurationError
from kerndata.local import MARKER

HOST = "127.0.0.1"
"""The stack is reachable from this machine only."""

BASE_PORT = 18000
"""First of the ports of a stack, unless the caller chooses another."""

GRPC_OFFSET = 10000
"""SeaweedFS derives its gRPC ports from its HTTP ports."""


class Profile(StrEnum):
    """How much of the stack runs; each profile includes the ones above it."""

    SERVICES = "services"
    COUNTERPARTS = "counterparts"
    FULL = "full"


SERVICES = ("postgres", "seaweedfs")
COUNTERPARTS = ("taxii", "cloudevents-hub", "receivers", "province-api", "mail")
AIRFLOW = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
PROGRAMS = {
    Profile.SERVICES: SERVICES,
    Profile.COUNTERPARTS: SERVICES + COUNTERPARTS,
    Profile.FULL: SERVICES + COUNTERPARTS + AIRFLOW,
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The TCP ports of one stack: thirteen in a row from ``base``, and SeaweedFS's gRPC ports 10000 higher."""

    base: int

    @property
    def airflow(self) -> int:
        """Airflow's page and API."""
        return self.base

    @property
    def postgres(self) -> int:
        """PostgreSQL."""
        return self.base + 1

    @property
    def s3(self) -> int:
        """SeaweedFS: the only one of its ports that anybody may use."""
        return self.base + 2

    @property
    def weed_master(self) -> int:
        """SeaweedFS, inside."""
        return self.base + 3

    @property
    def weed_volume(self) -> int:
        """SeaweedFS, inside."""
        return self.base + 4

    @property
    def weed_filer(self) -> int:
        """SeaweedFS, inside."""
        return self.base + 5

    @property
    def taxii(self) -> int:
        """The TAXII 2.1 server."""
        return self.base + 6

    @property
    def hub(self) -> int:
        """The CloudEvents hub."""
        return self.base + 7

    @property
    def province_api(self) -> int:
        """The API of the provinces that do not use a bucket."""
        return self.base + 8

    @property
    def mail(self) -> int:
        """The mail relay that receipts go to."""
        return self.base + 9

    @property
    def pdc(self) -> int:
        """The SDG's product pages."""
        return self.base + 10

    @property
    def collect(self) -> int:
        """The SDG's statistics."""
        return self.base + 11

    @property
    def webhook(self) -> int:
        """A subscriber to our events."""
        return self.base + 12

    def wanted(self) -> dict[int, tuple[str, str]]:
        """Every port with its program and what it is for."""
        weed = {"S3": self.s3, "master": self.weed_master, "volume": self.weed_volume, "filer": self.weed_filer}
        return {
            self.airflow: ("airflow-api-server", "Airflow's page and API"),
            self.postgres: ("postgres", "PostgreSQL"),
            **{port: ("seaweedfs", f"SeaweedFS {name}") for name, port in weed.items()},
            **{port + GRPC_OFFSET: ("seaweedfs", f"SeaweedFS {name}, gRPC") for name, port in weed.items()},
            self.taxii: ("taxii", "the TAXII server"),
            self.hub: ("cloudevents-hub", "the CloudEvents hub"),
            self.province_api: ("province-api", "the provinces' API"),
            self.mail: ("mail", "the mail relay"),
            self.pdc: ("receivers", "the SDG's product pages"),
            self.collect: ("receivers", "the SDG's statistics"),
            self.webhook: ("receivers", "a subscriber"),
        }

    def check(self, programs: tuple[str, ...]) -> None:
        """Check that the ports of ``programs`` are free; ConfigurationError names each taken port and its taker."""
        if not 1024 <= self.base <= 65535 - GRPC_OFFSET - 12:
            raise ConfigurationError(f"base port {self.base} does not fit: choose one between 1024 and 55523")
        taken = [
            f"port {port} for {purpose} is in use{_taker(port)}"
            for port, (program, purpose) in sorted(self.wanted().items())
            if program in programs and not is_free(port)
        ]
        if taken:
            raise ConfigurationError(
                "; ".join(taken)
                + f". Stop what uses it, or choose other ports with another base port (now {self.base})."
            )


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_base_port(candidates: range = range(20000, 22700, 20)) -> int:
    """Return the first base port whose ports are all free; ConfigurationError when there is none.

    The candidates and their gRPC ports stay below 32768, where Linux begins to hand out ports for outgoing connections.
    Every process begins to look somewhere else, so that two that look at the same time find different ones.
    """
    begin = os.getpid() % len(candidates)
    order: list[int] = [*candidates[begin:], *candidates[:begin]]
    for base in order:
        if all(is_free(port) for port in Ports(base).wanted()):
            return base
    raise ConfigurationError(f"no free ports for a stack between {candidates.start} and {candidates.stop}")


def _taker(port: int) -> str:
    """Name the process that listens on ``port``, as far as this user may see it."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return ""
    pids = {c.pid for c in connections if c.laddr and c.laddr.port == port and c.status == psutil.CONN_LISTEN and c.pid}
    names = [f"{psutil.Process(pid).name()}, pid {pid}" for pid in sorted(pids) if psutil.pid_exists(pid)]
    return f" by {' and '.join(names)}" if names else ""


@dataclass(frozen=True, slots=True)
class Paths:
    """The state folder of one stack and what is where in it."""

    root: Path

    @property
    def secrets(self) -> Path:
        """Generated secrets, readable by the owner only."""
        return self.root / "secrets.json"

    @property
    def run(self) -> Path:
        """What belongs to the running stack: config of the supervisor, programs, pids, sessions."""
        return self.root / "run"

    @property
    def programs(self) -> Path:
        """Command and environment of every program, readable by the owner only."""
        return self.run / "programs.json"

    @property
    def logs(self) -> Path:
        """One log file per program."""
        return self.root / "logs"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.root / "postgres"

    @property
    def seaweed(self) -> Path:
        """SeaweedFS: ``data`` and ``conf``."""
        return self.root / "seaweedfs"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.root / "airflow"

    @property
    def taxii(self) -> Path:
        """The TAXII server's config."""
        return self.root / "taxii"

    @property
    def province_api(self) -> Path:
        """The files that the provinces' API serves."""
        return self.root / "province-api"

    @property
    def hub_journal(self) -> Path:
        """Where the CloudEvents hub writes what it received."""
        return self.root / "cloudevents-hub" / "journal.jsonl"

    @property
    def receivers(self) -> Path:
        """Where the SDG receivers and the subscriber write what they received: a journal each."""
        return self.root / "receivers"

    @property
    def mail(self) -> Path:
        """The maildir of the mail relay: every receipt that was mailed, one file each in ``new``."""
        return self.root / "mail"

    @property
    def lineage(self) -> Path:
        """OpenLineage events, one JSON a line."""
        return self.root / "lineage.jsonl"

    def log(self, program: str) -> Path:
        """Return the log file of one program."""
        return self.logs / f"{program}.log"

    def make(self) -> None:
        """Create the folders; existing ones stay as they are."""
        private = (
            self.run,
            self.logs,
            self.seaweed,
            self.airflow,
            self.taxii,
            self.province_api,
            self.hub_journal.parent,
            self.receivers,
        )
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in private:
            folder.mkdir(mode=0o700, exist_ok=True)


def base_environment(state: Path) -> dict[str, str]:
    """What every program may see of the caller's environment, and the marker by which ``down`` knows its own.

    An allow-list: a shell's AIRFLOW__…, PG… or proxy settings would change how the stack behaves.
    """
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        MARKER: str(state),
        "PYTHONUNBUFFERED": "1",
    }
