"""What the messages hold: judged by the standards' own validators, and searched for what must never be in them."""

import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.notices import payloads
from kerndata.notices.channels import cloudevents
from kerndata.notices.endpoints import load
from kerndata.notices.payloads import (
    EVENTS,
    AlertTold,
    DeliveryRefused,
    ProvinceOverdue,
    Reason,
    ReleaseHeld,
    ReleasePublished,
    ReleaseWithdrawn,
)
from kerndata.notices.redact import file_name, redact
from kerndata.steward.reference import documents

PUBLISHER = load()[0].publisher
NOW = datetime(2026, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)
MAIL, CELL = "j.jansen@provincie.example", "geheime celwaarde"


PUBLISHED = ReleasePublished(
    version="2026.3",
    content_hash="cd" * 32,
    published_at=NOW,
    sequence=payloads.sequence("2026.3"),
    url="https://data.example/kerndataset/releases/2026.3/datapackage.json",
    counts={"indicators": 345, "projects": 12},
)
TOLD = {
    "kerndataset-gepubliceerd": PUBLISHED,
    "kerndataset-ingetrokken": ReleaseWithdrawn(
        version="2026.3",
        content_hash="cd" * 32,
        withdrawn_at=NOW,
        sequence=payloads.sequence("2026.3"),
        url="https://data.example/kerndataset/releases/2026.3/WITHDRAWN.json",
        stands=None,
    ),
    "kerndataset-aangehouden": ReleaseHeld(
        content_hash="ef" * 32,
        previous="2026.3",
        held_at=NOW,
        answer_by=NOW,
        reasons=(Reason(what="a province fell out", where="PV27"),),
        reason_count=1,
    ),
    "levering-te-laat": ProvinceOverdue(
        province="PV27", delivery="wind", period="2026-Q1", due_on=NOW.date(), noticed_at=NOW
    ),
    "levering-geweigerd": DeliveryRefused(
        submission="S-0123456789abcdef",
        revision=1,
        province="PV27",
        dataset=None,
        sha256="ab" * 32,
        size_bytes=7,
        refused_at=NOW,
        observed=0,
        refused=0,
        rules={"F-MACRO": 1},
    ),
    "kerndata-waarschuwing": AlertTold(
        alert="endpoint-paused",
        number=7,
        state="open",
        severity="critical",
        about=("sdg-hub",),
        about_count=1,
        stands="Their notices wait.",
        url="https://kerndataset.example/runbooks/endpoint-down.md",
        told_at=NOW,
    ),
}


def submission(name: str = "drop/indicators/wind_2024.csv") -> Submission:
    delivery = Delivery("PV27", "inbox-noord_holland", name, "v1", NOW)
    return Submission(
        *("S-0123456789abcdef", 7, "PV27", delivery, "ab" * 32, 2048, "indicators", "wind"),
        status=Status.REFUSED,
        counts=Counts(),
        received_at=NOW,
    )


def event() -> bytes:
    return cloudevents.event(PUBLISHER, PUBLISHED)


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
        "dataschema": "https://kerndataset.example/kerndataset/schemas/kerndataset-gepubliceerd-1.0.schema.json",
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
    assert sorted(versions, key=payloads.sequence) == versions


def test_every_kind_of_event_has_an_example_here():
    assert {one.name for one in EVENTS} == set(TOLD)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", TOLD)
def test_every_event_passes_the_published_schema_that_it_names_and_the_cloudevents_library(name, language):
    document = json.loads(cloudevents.event(PUBLISHER, TOLD[name], language))
    attributes = JSONFormat().read(CloudEvent, json.dumps(document).encode()).get_attributes()
    assert (attributes["type"], attributes["time"]) == (f"nl.provincies.{name}", NOW.replace(microsecond=123000))
    schema = json.loads(documents()["notices/" + document["dataschema"].rpartition("/")[2]])
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document["data"])
    assert not Draft202012Validator(schema).is_valid(document["data"] | {"cell": "x"})


def test_the_summary_is_in_the_subscribers_language():
    told = {tongue: json.loads(cloudevents.event(PUBLISHER, PUBLISHED, tongue))["data"] for tongue in ("nl", "en")}
    assert told["nl"]["summary"] == "Uitgave 2026.3 van de kerndataset energietransitie is gepubliceerd."
    assert told["en"]["summary"] == "Release 2026.3 of the energy transition core dataset was published."
    withdrawn = json.loads(cloudevents.event(PUBLISHER, TOLD["kerndataset-ingetrokken"], "nl"))["data"]["summary"]
    assert withdrawn.endswith("is ingetrokken; nu geldt: geen.")


@pytest.mark.parametrize("field", ["province", "delivery", "period"])
def test_words_in_an_event_are_codes_and_not_text(field):
    with pytest.raises(ValidationError, match=field):
        ProvinceOverdue.model_validate({**dict(TOLD["levering-te-laat"]), field: f"{MAIL} {CELL}"})


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
