"""The other side of the exchange: TAXII 2.1 server, CloudEvents hub, SDG receivers, subscriber, provinces' API, mail.

The TAXII server is the real medallion (OASIS), in an environment of its own because its libraries are not ours. Its
memory backend is the only one without MongoDB: what it received is gone when it stops.
"""

import smtplib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import requests

from kerndata.errors import ConfigurationError
from kerndata.local.files import write_private_json
from kerndata.local.program import Program
from kerndata.local.secrets import Secrets
from kerndata.local.settings import HOST, Paths, Ports

TAXII_USER = "kerndata"
TAXII_API_ROOT = "ncsc"
TAXII_COLLECTION = "8b5ecf8c-27bd-4b0e-9a1e-0d5d3c1f8a10"
TAXII_MEDIA_TYPE = "application/taxii+json;version=2.1"
HUB_PATH = "/events/api/v1/cloudevents"
PDC_PATH, COLLECT_PATH, WEBHOOK_PATH = "/api/v1", "/v1", "/webhook"
_MAX_CONTENT_LENGTH = 10 * 1024 * 1024


def taxii_url(ports: Ports) -> str:
    """Base URL of the one collection."""
    return f"http://{HOST}:{ports.taxii}/{TAXII_API_ROOT}/collections/{TAXII_COLLECTION}/"


def write_taxii_config(folder: Path, secrets: Secrets) -> None:
    """Write medallion's config: one user, one API root, one collection that can be read and written."""
    collection = {
        "id": TAXII_COLLECTION,
        "title": "Meldingen energietransitie",
        "description": "Security incidents that the provinces report",
        "can_read": True,
        "can_write": True,
        "media_types": ["application/stix+json;version=2.1"],
        "objects": [],
        "manifest": [],
    }
    root = {
        "information": {
            "title": "CSIRT counterpart",
            "versions": [TAXII_MEDIA_TYPE],
            "max_content_length": _MAX_CONTENT_LENGTH,
        },
        "status": [],
        "collections": [collection],
    }
    discovery = {"title": "CSIRT counterpart", "default": f"/{TAXII_API_ROOT}/", "api_roots": [f"/{TAXII_API_ROOT}/"]}
    write_private_json(folder / "data.json", {"/discovery": discovery, TAXII_API_ROOT: root})
    backend = {
        "module": "medallion.backends.memory_backend",
        "module_class": "MemoryBackend",
        "filename": str(folder / "data.json"),
    }
    config = {"backend": backend, "users": {TAXII_USER: secrets.taxii_password}, "taxii": {"max_page_size": 100}}
    write_private_json(folder / "config.json", config)


def check_taxii_python(python: Path) -> None:
    """Raise ConfigurationError when ``python`` is not an interpreter that has medallion."""
    if not python.exists():
        raise ConfigurationError(f"there is no {python}: `make env` makes the TAXII server's environment")
    done = subprocess.run([python, "-c", "import medallion"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ConfigurationError(f"{python} has no medallion: install requirements/taxii.txt in its environment")


def programs(
    paths: Paths, ports: Ports, secrets: Secrets, taxii_python: Path, environment: Mapping[str, str]
) -> list[Program]:
    """The counterparts as the supervisor runs them."""
    here = str(paths.root)
    python = (sys.executable, "-P", "-m")
    hub, province_api = "kerndata.local.counterparts.cloudevents_hub", "kerndata.local.counterparts.province_api"
    return [
        Program(
            name="taxii",
            argv=(
                *(str(taxii_python), "-P", "-m", "medallion.scripts.run", "--host", HOST, "--port", str(ports.taxii)),
                str(paths.taxii / "config.json"),
            ),
            environment={name: value for name, value in environment.items() if name != "PYTHONPATH"},
            folder=str(paths.taxii),
            address=f"http://{HOST}:{ports.taxii}/taxii2/",
            stop_wait_seconds=2,
        ),
        Program(
            name="cloudevents-hub",
            argv=(*python, hub, "--host", HOST, "--port", str(ports.hub), "--journal", str(paths.hub_journal)),
            environment=dict(environment) | {"KERNDATA_HUB_SECRET": secrets.hub_secret},
            folder=here,
            address=f"http://{HOST}:{ports.hub}",
            stop_wait_seconds=5,
        ),
        _receivers(paths, ports, secrets, environment),
        Program(
            name="province-api",
            argv=(
                *(*python, province_api, "--host", HOST, "--port", str(ports.province_api)),
                *("--root", str(paths.province_api)),
            ),
            environment=dict(environment),
            folder=here,
            address=f"http://{HOST}:{ports.province_api}",
            stop_wait_seconds=5,
        ),
        Program(
            name="mail",
            argv=(
                *(*python, "kerndata.local.counterparts.mail", "--host", HOST, "--port", str(ports.mail)),
                *("--maildir", str(paths.mail)),
            ),
            environment=dict(environment),
            folder=here,
            address=f"smtp://{HOST}:{ports.mail}",
            stop_wait_seconds=5,
        ),
    ]


def _receivers(paths: Paths, ports: Ports, secrets: Secrets, environment: Mapping[str, str]) -> Program:
    """The SDG's product pages and statistics, and a subscriber: three ports, one process."""
    places = {"pdc": ports.pdc, "collect": ports.collect, "webhook": ports.webhook}
    return Program(
        name="receivers",
        argv=(
            *(sys.executable, "-P", "-m", "kerndata.local.counterparts.receivers", "--host", HOST),
            *(text for name, port in places.items() for text in (f"--{name}-port", str(port))),
            *("--folder", str(paths.receivers)),
        ),
        environment=dict(environment)
        | {
            "KERNDATA_PDC_TOKEN": secrets.pdc_token,
            "KERNDATA_COLLECT_KEY": secrets.collect_key,
            "KERNDATA_WEBHOOK_SECRET": secrets.webhook_secret,
        },
        folder=str(paths.root),
        address=f"http://{HOST}:{ports.pdc}",
        stop_wait_seconds=5,
    )


def taxii_answers(ports: Ports, secrets: Secrets) -> bool:
    """Tell whether the TAXII server shows its collection to our user."""
    try:
        answer = requests.get(
            taxii_url(ports),
            auth=(TAXII_USER, secrets.taxii_password),
            headers={"Accept": TAXII_MEDIA_TYPE},
            timeout=3,
        )
    except requests.RequestException:
        return False
    return answer.status_code == requests.codes.ok and answer.json()["can_write"] is True


def answers(url: str) -> bool:
    """Tell whether an HTTP server listens: any answer counts."""
    try:
        requests.get(url, timeout=3)
    except requests.RequestException:
        return False
    return True


def greets(port: int) -> bool:
    """Tell whether the mail relay takes a message now."""
    try:
        with smtplib.SMTP(HOST, port, timeout=3) as client:
            return client.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False
