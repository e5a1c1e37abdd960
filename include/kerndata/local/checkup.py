"""One look at a whole installation: the exchange of the environment, or an embedded stack of this checkout."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import requests

from kerndata.doctor import Finding, airflow, ledger, machine, store
from kerndata.doctor.finding import ill, well
from kerndata.local.airflow_connections import connections
from kerndata.local.exchange import VARIABLES, open_exchange, stack_named
from kerndata.local.stack import REPOSITORY, ProgramStatus, Stack
from kerndata.sources.registry import load_sources

AIRFLOW_URL = "KERNDATA_AIRFLOW_URL"
_PREFIX = "AIRFLOW_CONN_"


def checkup(name: str, environment: Mapping[str, str], airflow_url: str | None, now: datetime) -> Iterator[Finding]:
    """Look at every part, the nearest first. One that does not run is said to be so, and no more."""
    is_ours = not any(environment.get(variable) for variable in VARIABLES)
    stack = stack_named(name) if is_ours else None
    yield from machine.look(Path(tempfile.gettempdir()))
    if stack:
        rows = stack.status()
        yield _programs(rows)
        if not any(row.state == "RUNNING" for row in rows):
            return
    exchange = open_exchange(name, environment)
    yield from ledger.look(exchange.ledger, now)
    with requests.Session() as http:
        http.trust_env = False
        endpoint = stack.s3_endpoint if stack else environment["KERNDATA_S3_ENDPOINT"]
        where = {"endpoint": endpoint, "public_url": exchange.public_url}
        yield from store.look(exchange.store, http, slugs=list(load_sources()), now=now, **where)
        url = airflow_url or environment.get(AIRFLOW_URL) or (stack.addresses()["Airflow"] if stack else None)
        yield from airflow.health(http, url)
    yield from airflow.dags(REPOSITORY / "dags")
    yield from airflow.connections(_known(stack, environment))


def _programs(rows: Sequence[ProgramStatus]) -> Finding:
    down = [f"{row.name} ({row.state})" for row in rows if row.state != "RUNNING"]
    if rows and not down:
        return well("programs", f"all {len(rows)} of the embedded stack run")
    return ill("programs", f"not running: {', '.join(down) or 'all of them'}", "`make up` starts what is missing.")


def _known(stack: Stack | None, environment: Mapping[str, str]) -> Collection[str] | None:
    """Names of Airflow's connections: of the embedded stack, of the environment, else what Airflow's command lists."""
    if stack:
        return connections(stack.ports, stack.secrets)
    named = {key.removeprefix(_PREFIX).lower() for key in environment if key.startswith(_PREFIX)}
    try:
        listed = subprocess.run(
            [Path(sys.executable).with_name("airflow"), "connections", "list", "--output", "json"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return named | {one["conn_id"] for one in json.loads(listed.stdout)}
    except (OSError, subprocess.SubprocessError, ValueError):
        return named or None
