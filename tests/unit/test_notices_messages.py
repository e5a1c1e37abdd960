"""What the messages hold: judged by the standards' own validators, and searched for what must never be in them."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from stix2validator import ValidationOptions, validate_instance

from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.notices.channels import cloudevents, taxii
from kerndata.notices.endpoints import load
from kerndata.notices.redact import file_name, redact

PUBLISHER = load()[0].publisher
NOW = datetime(2026, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)
INCIDENT = UUID("6f1c0c1e-52f4-4a3e-9d27-0f6c3bd0a3c7")
BSN, MAIL, CELL = "111222333", "j.jansen@provincie.example", "geheime celwaarde"


def submission(name: str = "drop/indicators/wind_2024.csv") -> Submission:
    delivery = Delivery("PV27", "inbox-noord_holland", name, "v1", NOW)
    return Submission(
        *("S-0123456789abcdef", 7, "PV27", delivery, "ab" * 32, 2048, "indicators", "wind"),
        status=Status.REFUSED,
        counts=Counts(),
        received_at=NOW,
    )


def warning(name: str = "drop/indicators/wind_2024.csv", facts=None) -> list[dict]:
    allowed = taxii.allowed_facts(facts or {"rows": 3})
    payload = taxii.early_warning(
        PUBLISHER, submission(name), taxii.Incident(INCIDENT, NOW, "F-OTHER-PROVINCE", allowed)
    )
    return json.loads(payload)["objects"]


def event() -> bytes:
    url = "https://data.example/kerndataset/releases/2026.3/datapackage.json"
    counts = {"projects": 12, "indicators": 345}
    return cloudevents.published(PUBLISHER, cloudevents.ReleaseFacts("2026.3", "cd" * 32, NOW, url, counts))


def test_the_release_event_is_a_cloudevent_with_the_attributes_of_the_profile():
    attributes = JSONFormat().read(CloudEvent, event()).get_attributes()
    assert attributes == {
        "id": "kerndataset-2026.3-cdcdcdcdcdcdcdcd",
        "source": "urn:nld:oin:00000000000000000000:systeem:kerndata",
        "specversion": "1.0",
        "type": "nl.provincies.kerndataset-gepubliceerd",
        "subject": "2026.3",
        "time": datetime(2026, 5, 1, 8, 0, 0, 123000, tzinfo=UTC),
        "datacontenttype": "application/json",
        "dataref": "https://data.example/kerndataset/releases/2026.3/datapackage.json",
        "sequence": "2026.000003",
    }


def test_the_essentials_stand_in_the_data_too():
    document = json.loads(event())
    data = document["data"]
    assert (data["version"], data["sequence"], data["url"]) == ("2026.3", document["sequence"], document["dataref"])
    assert (data["publishedAt"], data["contentHash"]) == ("2026-05-01T08:00:00.123Z", "cd" * 32)
    assert data["counts"] == {"indicators": 345, "projects": 12}


def test_the_same_release_gives_the_same_bytes():
    assert event() == event()


def test_sequence_orders_as_text_as_releases_order():
    versions = ["2026.9", "2026.10", "2026.100", "2027.1"]
    assert sorted(versions, key=cloudevents.sequence) == versions


def test_every_object_of_the_early_warning_passes_strict_stix_validation():
    for stix_object in warning():
        found = validate_instance(stix_object, ValidationOptions(strict=True, version="2.1"))
        assert found.is_valid, [str(error) for error in found.errors]


def test_the_early_warning_is_an_incident_by_us_with_the_incident_core_extension():
    marking, identity, incident = warning()
    assert [o["type"] for o in (marking, identity, incident)] == ["marking-definition", "identity", "incident"]
    assert incident["id"] == f"incident--{INCIDENT}"
    assert incident["created_by_ref"] == identity["id"]
    assert incident["extensions"][taxii.INCIDENT_CORE] == {
        "extension_type": "property-extension",
        "determination": "suspected",
        "investigation_status": "new",
        "detection_methods": ["automated-tool"],
    }


def test_every_object_carries_the_official_amber_strict_marking():
    marking, *others = warning()
    assert marking == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "created": "2022-10-01T00:00:00.000Z",
        "name": "TLP:AMBER+STRICT",
        "extensions": {taxii.TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": "amber+strict"}},
    }
    assert all(o["object_marking_refs"] == [marking["id"]] for o in others)


def test_the_early_warning_tells_hash_size_name_rule_and_counts():
    description = warning(facts={"rows": 3, "found": "PV21", "expected": "PV27"})[2]["description"]
    assert description.splitlines() == [
        "Phase: early warning",
        "Rule: F-OTHER-PROVINCE",
        "Delivered with the credentials of: PV27",
        "File name: wind_2024.csv",
        f"SHA-256: {'ab' * 32}",
        "Size in bytes: 2048",
        "Received: 2026-05-01T08:00:00.123Z",
        "Expected: PV27",
        "Found: PV21",
        "Rows: 3",
    ]


def test_no_cell_value_mail_address_or_person_number_gets_into_the_early_warning():
    facts = {"value": CELL, "found": CELL, "rows": CELL, "bsn": int(BSN), "contact": MAIL, "row": int(BSN)}
    text = json.dumps(warning(name=f"drop/projects/{MAIL} {BSN}.csv", facts=facts))
    assert not [secret for secret in (CELL, MAIL, "jansen", BSN) if secret in text]


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"rows": 3, "cells": 0}, {"cells": 0, "rows": 3}),
        ({"found": "PV21", "expected": "PV20"}, {"expected": "PV20", "found": "PV21"}),
        ({"found": "PV211", "expected": "Groningen"}, {}),
        ({"rows": True, "reason": "x"}, {}),
    ],
)
def test_only_counts_and_province_codes_are_facts(facts, kept):
    assert taxii.allowed_facts(facts) == kept


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("drop/wind_2019-2024.csv", "wind_2019-2024.csv"),
        ("drop/zon 20240115.xlsx", "zon 20240115.xlsx"),
        ("drop/a.b@c.example.csv", "[mail]"),
        ("drop/a%40c.example", "[mail]"),
        ("drop/111222333.csv", "[number].csv"),
        ("drop/06-12 34 56 78.csv", "[number].csv"),
        ("drop/..\\x\x00\ny.csv", "x y.csv"),
        ("drop/" + "a" * 500, "a" * 119 + "…"),
    ],
)
def test_a_file_name_is_shown_without_what_may_identify_a_person(key, shown):
    assert file_name(key) == shown


def test_tokens_do_not_enter_the_log_of_attempts():
    assert redact("sent Bearer eyJh.eyJi.c2ln and eyJh.eyJi.c2ln", 100) == "sent [token] and [token]"
