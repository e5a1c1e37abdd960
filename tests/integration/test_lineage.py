"""Lineage says of each object what it was made from, down to the column, and nothing that a province wrote."""

import json

import attr
import pytest
from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.serde import Serde
from sqlalchemy import text
from tests.integration.intake_desk import FIRST, NOW, Desk, figures

from kerndata.contracts.contract import load_contract
from kerndata.ledger import Ledger, releases
from kerndata.ledger.releases import InputCounts
from kerndata.lineage.releases import of_release
from kerndata.lineage.submissions import of_submission
from kerndata.local.stack import Stack
from kerndata.model.submission import Status, Submission
from kerndata.store import keys

pytestmark = pytest.mark.stack


@pytest.fixture
def desk(stack_services: Stack, ledger: Ledger) -> Desk:
    """A counter at which nothing is current, and no release."""
    found = Desk(stack_services, ledger)
    found.receive()
    with ledger.transaction() as session:
        session.execute(text("TRUNCATE findings, outcomes, release_inputs, releases, cases, events, notices CASCADE"))
        past = "status = 'refused', accepted = 0, observed = refused, concluded_at = received_at"
        session.execute(text(f"UPDATE submissions SET {past}, delivery_name = 'earlier ' || id"))
    return found


def plain(one: InputDataset | OutputDataset) -> dict[str, object]:
    """A dataset as it stands in an event."""
    return dict(json.loads(Serde.to_json(one)))


def traced(one: OutputDataset) -> dict[str, list[tuple[str, str, str]]]:
    """Per column the object, the field and how it was made."""
    fields = plain(one)["facets"]["columnLineage"]["fields"]  # type: ignore[index]
    return {
        name: [
            (f"{each['namespace']}/{each['name']}", each["field"], each["transformations"][0]["subtype"])
            for each in found["inputFields"]
        ]
        for name, found in fields.items()
    }


def test_accepted_rows_come_from_the_archived_bytes_column_by_column(desk: Desk) -> None:
    item = desk.deliver(FIRST)
    assert item.status is Status.ACCEPTED
    flow = of_submission(desk.source, item)
    [raw], [kept] = flow.inputs, flow.outputs

    archived = keys.raw_key("overijssel", item.sha256)
    assert (raw.namespace, raw.name) == ("s3://archive", archived)
    assert plain(raw)["facets"]["version"]["datasetVersion"] == item.sha256  # type: ignore[index]
    assert desk.store.exists(keys.ARCHIVE, raw.name)
    assert desk.store.exists(keys.STAGING, kept.name)
    assert plain(kept)["outputFacets"]["outputStatistics"]["rowCount"] == 6  # type: ignore[index]
    columns = [one["name"] for one in plain(kept)["facets"]["schema"]["fields"]]  # type: ignore[index]
    assert columns == list(load_contract("indicators").column_names)
    spec = desk.source.deliveries[str(item.delivery_name)]
    headers = {column: header for header, column in spec.columns.items()}
    assert traced(kept)["indicator_code"] == [(f"s3://archive/{archived}", headers["indicator"], "TRANSFORMATION")]
    assert traced(kept)["region_code"] == [(f"s3://archive/{archived}", headers["region"], "TRANSFORMATION")]


def test_refused_rows_are_told_and_a_file_without_rows_tells_nothing(desk: Desk) -> None:
    item = desk.deliver(figures(61, 66, 74, 74, 87, "-1"))
    outputs = {one.namespace for one in of_submission(desk.source, item).outputs}
    assert "s3://quarantine" in outputs
    nothing = desk.deliver(b"niets", "drop/indicators/energie_tijdreeks_2.csv")
    assert nothing.status is Status.REFUSED
    assert of_submission(desk.source, nothing).outputs == []


def test_an_event_says_nothing_that_a_province_wrote(desk: Desk) -> None:
    item = desk.deliver(FIRST, "drop/indicators/energie_tijdreeks_van_P_Jansen.csv")
    flow = of_submission(desk.source, item)
    told = "".join(json.dumps(plain(one)) for one in (*flow.inputs, *flow.outputs))
    assert "Jansen" not in told
    assert "74" not in [part.strip('"') for part in told.split(",")]


def _released(desk: Desk, *items: Submission) -> str:
    with desk.ledger.transaction() as session:
        version = releases.reserve(session, "c" * 64, year=2026, now=NOW)
        counts = {one.id: InputCounts(one.counts.accepted, 0, one.revision) for one in items}
        releases.mark_published(session, version, inputs=counts, now=NOW)
    return version


def test_a_release_comes_from_the_rows_of_every_submission_in_it(desk: Desk) -> None:
    item = desk.deliver(FIRST)
    version = _released(desk, item)
    with desk.ledger.transaction() as session:
        flow = of_release(session, version)
    [source], [merged, national] = flow.inputs, flow.outputs
    assert (source.namespace, source.name) == ("s3://staging", keys.accepted_key(item.id, 1))
    assert (merged.namespace, merged.name) == ("s3://published", keys.release_key(version, "indicators.parquet"))
    assert traced(merged)["value"] == [(f"s3://staging/{source.name}", "value", "IDENTITY")]
    assert set(traced(merged)) == set(load_contract("indicators").column_names)
    assert traced(national)["value"] == [(f"s3://published/{merged.name}", "value", "AGGREGATION")]


def test_every_facet_names_the_schema_it_follows(desk: Desk) -> None:
    flow = of_submission(desk.source, desk.deliver(FIRST))
    for one in (*flow.inputs, *flow.outputs):
        for facet in (one.facets or {}).values():
            assert attr.asdict(facet)["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
