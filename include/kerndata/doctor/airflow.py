"""Airflow, from outside: do its parts live, do the Dags import, has it every connection that the settings name."""

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import requests

from kerndata.doctor.finding import Finding, ill, unknown, well
from kerndata.notices.endpoints import load
from kerndata.reference.tables import reference_tables
from kerndata.sources.registry import load_sources
from kerndata.sources.via import PulledVia

PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
_TIMEOUT = 10
# In a process of its own: importing Airflow takes seconds, and the library below ``kerndata.airflow`` never does.
_PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
errors = {str(path): str(error).strip().splitlines()[-1] for path, error in bag.import_errors.items()}
print(json.dumps({"dags": len(bag.dags), "errors": errors}))
"""


def health(http: requests.Session, url: str | None) -> Iterator[Finding]:
    """Ask Airflow for its own health; ``url`` None: where it is was not said."""
    if url is None:
        yield unknown("Airflow", "its address was not given", "Say KERNDATA_AIRFLOW_URL or --airflow.")
        return
    try:
        told = http.get(f"{url.rstrip('/')}/api/v2/monitor/health", timeout=_TIMEOUT).json()
    except (requests.RequestException, ValueError) as error:
        yield ill("Airflow", f"{url} does not answer: {type(error).__name__}", "Start its api-server.")
        return
    sick = [part for part in PARTS if (told.get(part) or {}).get("status") != "healthy"]
    if sick:
        yield ill("Airflow", f"not healthy: {', '.join(sick)}", "Start them; their own logs say why they stopped.")
    else:
        yield well("Airflow", f"{url}: {', '.join(PARTS)} are healthy")


def dags(folder: Path) -> Iterator[Finding]:
    """Import the Dags as the Dag processor does."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PARSE, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        yield ill("Dags", f"cannot be imported: {last}", "Install requirements.txt; put include/ on PYTHONPATH.")
        return
    found = json.loads(done.stdout.strip().splitlines()[-1])
    for path, error in found["errors"].items():
        yield ill("Dags", f"{Path(path).name}: {error}", "Mend what it names: most often a source or another YAML.")
    if not found["errors"]:
        yield well("Dags", f"{found['dags']} are imported from {folder}")


def connections(known: Collection[str] | None) -> Iterator[Finding]:
    """Hold the connections that Airflow has against those that the settings name; None: they cannot be seen."""
    wanted = needed()
    if known is None:
        yield unknown("connections", f"not to be seen from here; {len(wanted)} are needed: {', '.join(sorted(wanted))}")
        return
    missing = {name: why for name, why in wanted.items() if name not in known}
    for name, why in sorted(missing.items()):
        todo = (
            f"Enter it in Airflow or as AIRFLOW_CONN_{name.upper()}; docs/how-to/run-with-compose.md shows its fields."
        )
        yield ill("connections", f"{name} is missing: {why}", todo)
    if not missing:
        yield well("connections", f"all {len(wanted)} are there")


def needed() -> Mapping[str, str]:
    """Return every connection that the settings name, and what for."""
    found = {"kerndata_ledger": "the ledger", "kerndata_s3": "the object store", "kerndata_signing": "signs releases"}
    found |= {one.connection: f"endpoint {one.name}" for one in load()}
    for slug, source in load_sources().items():
        vias = (spec.via for spec in source.deliveries.values())
        found |= {via.connection: f"API of {slug}" for via in vias if isinstance(via, PulledVia)}
    return found | {reference_tables().connection: "reference figures"}
