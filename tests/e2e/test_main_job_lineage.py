"""The lineage that the real scheduler's tasks told of the main job: from a release back to the bytes in the archive."""

import json
from typing import Any
from uuid import UUID

import pytest
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState

from kerndata.ledger import releases, submissions
from kerndata.local.demo import Told
from kerndata.local.stack import Stack
from kerndata.store import keys

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def events(full_stack: Stack, told: Told) -> list[dict[str, Any]]:
    """What was sent, one JSON a line; ``told``: after the main job."""
    assert told.second
    return [json.loads(line) for line in full_stack.paths.lineage.read_text(encoding="utf-8").splitlines()]


def made(events: list[dict[str, Any]], task: str) -> dict[str, list[dict[str, Any]]]:
    """Outputs of a task by address, with the events that tell of them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event["job"]["name"].rpartition(".")[2].startswith(task):
            for one in event.get("outputs", []):
                found.setdefault(f"{one['namespace']}/{one['name']}", []).append(event)
    return found


def addresses(found: list[dict[str, Any]]) -> set[str]:
    return {f"{one['namespace']}/{one['name']}" for event in found for one in event["inputs"]}


def test_every_event_is_one_of_the_standard(events: list[dict[str, Any]]) -> None:
    """Made again with the classes that OpenLineage generates from its schema: they check states, moments and ids."""
    for event in events:
        RunEvent(
            eventType=RunState(event["eventType"]),
            eventTime=event["eventTime"],
            run=Run(runId=event["run"]["runId"]),
            job=Job(event["job"]["namespace"], event["job"]["name"]),
            producer=event["producer"],
            inputs=[InputDataset(one["namespace"], one["name"]) for one in event.get("inputs", [])],
            outputs=[OutputDataset(one["namespace"], one["name"]) for one in event.get("outputs", [])],
        )
        assert UUID(event["run"]["runId"])
        assert event["schemaURL"].startswith("https://openlineage.io/spec/")
        assert event["job"]["namespace"] == "kerndata"
    assert {event["eventType"] for event in events} >= {"START", "RUNNING", "COMPLETE"}


def test_a_release_leads_to_the_accepted_rows_and_those_to_the_archived_bytes(
    full_stack: Stack, told: Told, events: list[dict[str, Any]]
) -> None:
    key = keys.release_key(told.second.version, "indicators.parquet")
    staged = {
        address
        for address in addresses(made(events, "publish")[f"s3://{keys.PUBLISHED}/{key}"])
        if address.startswith(f"s3://{keys.STAGING}/")
    }
    with full_stack.ledger().transaction() as session:
        used = [submissions.get(session, one) for one in releases.inputs(session, told.second.version)]
    expected = {f"s3://{keys.STAGING}/{keys.accepted_key(one.id, one.revision)}": one for one in used}
    assert staged == set(expected)

    landed = made(events, "process_")
    for address, one in expected.items():
        raw = f"s3://{keys.ARCHIVE}/{keys.raw_key(one.province, one.sha256)}"
        assert raw in addresses(landed[address])
        assert full_stack.exchange_store().exists(keys.ARCHIVE, keys.raw_key(one.province, one.sha256))


def test_every_column_of_the_release_says_where_it_comes_from(told: Told, events: list[dict[str, Any]]) -> None:
    key = keys.release_key(told.second.version, "indicators.parquet")
    [output] = [
        one
        for event in made(events, "publish")[f"s3://{keys.PUBLISHED}/{key}"]
        for one in event["outputs"]
        if one["name"] == key
    ]
    columns = [one["name"] for one in output["facets"]["schema"]["fields"]]
    assert set(output["facets"]["columnLineage"]["fields"]) == set(columns)


def test_no_name_of_a_file_and_no_secret_is_in_it(full_stack: Stack, events: list[dict[str, Any]]) -> None:
    text = json.dumps(events)
    with full_stack.ledger().transaction() as session:
        names = {one.delivery.name.rpartition("/")[2] for one in submissions.all_of(session, limit=None)}
    files = {name for name in names if "." in name}  # a pull has the name of its delivery, which is ours
    assert files
    assert [name for name in files if name in text] == []
    key = full_stack.secrets.s3["exchange"]
    assert [one for one in (key.secret_key, full_stack.secrets.hub_secret) if one in text] == []
