"""The doctor finds nothing in a whole installation, and names each fault with what to do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
import requests
from sqlalchemy import text

from kerndata.doctor import Finding, State, airflow, machine, store
from kerndata.doctor import ledger as ledger_doctor
from kerndata.ledger import Ledger, migrate, open_ledger
from kerndata.local.airflow_connections import connections
from kerndata.local.checkup import checkup
from kerndata.local.stack import Stack
from kerndata.store import keys

DAGS = Path(__file__).resolve().parents[2] / "dags"


def ills(found: list[Finding]) -> list[tuple[str, str]]:
    assert all(bool(one.todo) for one in found if one.state is State.ILL)
    return [(one.part, one.told) for one in found if one.state is State.ILL]


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def looked(stack: Stack, http: requests.Session, now: datetime | None = None, **given: object) -> list[Finding]:
    known = {"endpoint": stack.s3_endpoint, "public_url": stack.addresses()["Published"], "slugs": stack.slugs}
    told = store.look(stack.exchange_store(), http, now=now or datetime.now(UTC), **(known | given))  # type: ignore[arg-type]
    return list(told)


@pytest.mark.stack
def test_a_whole_installation_has_nothing(stack_services: Stack, ledger: Ledger, http: requests.Session) -> None:
    found = [*ledger_doctor.look(ledger, datetime.now(UTC)), *looked(stack_services, http)]
    assert ills(found) == []
    assert [one.part for one in found] == [
        "ledger",
        "schema of the ledger",
        "clock of the ledger",
        "object store",
        "clock of the store",
        "buckets",
        "conditional writes",
        "closed to strangers",
        "open to readers",
    ]
    assert [one.key for one in stack_services.exchange_store().list(keys.STAGING, "doctor/")] == []


@pytest.mark.stack
def test_an_old_schema_and_a_clock_that_drifts_are_named(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url)
    with ledger.transaction() as session:
        session.execute(text("DROP SCHEMA public CASCADE"))
        session.execute(text("CREATE SCHEMA public"))
    empty = list(ledger_doctor.look(ledger, datetime.now(UTC)))
    migrate(ledger_url, "r0005")
    old = list(ledger_doctor.look(ledger, datetime.now(UTC) + timedelta(minutes=16)))

    assert [part for part, _ in ills(empty)] == ["schema of the ledger"]
    assert [part for part, _ in ills(old)] == ["schema of the ledger", "clock of the ledger"]
    assert "r0005, and this code wants r" in dict(ills(old))["schema of the ledger"]
    assert "from ours" in dict(ills(old))["clock of the ledger"]
    migrate(ledger_url)


def test_a_ledger_that_does_not_answer_is_one_finding() -> None:
    nobody = open_ledger("postgresql://kerndata:geheim@127.0.0.1:9/kerndata")
    [found] = ledger_doctor.look(nobody, datetime.now(UTC))
    assert found.state is State.ILL
    assert "geheim" not in found.told


@pytest.mark.stack
def test_a_bucket_that_is_not_there_and_a_store_that_is_open_are_named(
    stack_services: Stack, http: requests.Session
) -> None:
    assert ills(looked(stack_services, http, slugs=("drenthe", "atlantis"))) == [
        ("buckets", "not to be listed: inbox-atlantis (ConfigurationError)")
    ]
    assert [part for part, _ in ills(looked(stack_services, http, datetime.now(UTC) + timedelta(minutes=16)))] == [
        "clock of the store"
    ]
    [found] = looked(stack_services, http, endpoint="http://127.0.0.1:9")
    assert found.told == "http://127.0.0.1:9 does not answer: ConnectionError"

    operator = stack_services.secrets.s3["operator"]
    s3 = boto3.client(
        "s3",
        endpoint_url=stack_services.s3_endpoint,
        aws_access_key_id=operator.access_key,
        aws_secret_access_key=operator.secret_key,
        region_name="us-east-1",
    )
    arn = f"arn:aws:s3:::{keys.QUARANTINE}"
    s3.put_bucket_policy(
        Bucket=keys.QUARANTINE,
        Policy=(
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", '
            f'"Action": ["s3:ListBucket"], "Resource": ["{arn}"]}}]}}'
        ),
    )
    try:
        [(part, told)] = ills(looked(stack_services, http))
    finally:
        s3.delete_bucket_policy(Bucket=keys.QUARANTINE)
    assert part == "closed to strangers"
    assert told.startswith("a stranger may list 1 and write in 0 of 17 buckets")


def test_dags_that_do_not_import_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("from airflow.sdk import dag\nraise ValueError('no such source')\n")
    assert ills(list(airflow.dags(tmp_path))) == [("Dags", "broken.py: ValueError: no such source")]
    [found] = airflow.dags(DAGS)
    assert found.state is State.WELL


def test_a_connection_that_is_missing_is_named_with_what_it_is_for(stack_services: Stack) -> None:
    known = set(connections(stack_services.ports, stack_services.secrets))
    [found] = airflow.connections(known)
    assert found.state is State.WELL
    assert ills(list(airflow.connections(known - {"kerndata_smtp", "kerndata_province_api"}))) == [
        ("connections", "kerndata_province_api is missing: API of zeeland"),
        ("connections", "kerndata_smtp is missing: endpoint receipts-mail"),
    ]
    [found] = airflow.connections(None)
    assert found.state is State.UNKNOWN


def test_an_airflow_that_does_not_answer_is_ill_and_one_that_is_not_named_is_unknown(http: requests.Session) -> None:
    [nobody] = airflow.health(http, "http://127.0.0.1:9")
    [unnamed] = airflow.health(http, None)
    assert (nobody.state, unnamed.state) == (State.ILL, State.UNKNOWN)


def test_the_machine_has_room(tmp_path: Path) -> None:
    assert [one.part for one in machine.look(tmp_path)] == ["disk", "Python"]


def test_a_stack_that_does_not_run_is_said_to_be_so() -> None:
    found = list(checkup("nobody", {"KERNDATA_BASE_PORT": "30000"}, None, datetime.now(UTC)))
    assert ills(found)[-1] == ("programs", "not running: all of them")
