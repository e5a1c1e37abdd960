"""The configuration of the endpoints is validated, and wrong keys are named."""

from pathlib import Path

import pytest
import yaml

from kerndata.errors import ConfigurationError
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import find, load

PUBLISHER = {
    "name": "Exchange",
    "oin": "0" * 20,
    "system": "kerndata",
    "identity": "identity--7f0c1f2e-5a0b-4a43-9f5c-2d3b8f0e6a41",
    "since": "2026-01-01T00:00:00Z",
    "schemas": "https://data.example/schemas",
}
ENDPOINT = {
    "name": "hub",
    "channel": "cloudevents",
    "subscribes": ["release"],
    "connection": "kerndata_cloudevents",
    "schedule": "standard",
}


def written(folder: Path, publisher=PUBLISHER, endpoints=(ENDPOINT,), **more) -> Path:
    path = folder / "endpoints.yaml"
    path.write_text(yaml.safe_dump({"publisher": publisher, "endpoints": list(endpoints), **more}), encoding="utf-8")
    return path


def test_the_shipped_configuration_has_an_endpoint_for_every_channel():
    endpoints = load()
    assert [(e.name, e.channel, e.subscribes, e.connection) for e in endpoints] == [
        ("sdg-hub", "cloudevents", ("release",), "kerndata_cloudevents"),
        ("sdg-product-page", "sdg_pdc", ("release",), "kerndata_sdg_pdc"),
        ("sdg-statistics", "sdg_statistics", ("statistics",), "kerndata_sdg_statistics"),
        ("subscriber", "webhook", ("release", "held", "overdue", "refused"), "kerndata_webhook"),
        ("ncsc-taxii", "taxii", ("security",), "kerndata_taxii"),
        ("receipts-mail", "mail", ("receipt", "reminder", "digest", "alert"), "kerndata_smtp"),
    ]
    assert endpoints[0].publisher.source == "urn:nld:oin:00000000000000000000:systeem:kerndata"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"chanel": "taxii"}, "chanel"),
        ({"channel": "mail"}, "channel"),
        ({"subscribes": []}, "subscribes"),
        (
            {"subscribes": ["security"]},
            "channel cloudevents cannot carry security; it carries held, overdue, refused, release",
        ),
        ({"allow_private": True}, "allow_private"),
        ({"schedule": "often"}, "schedule"),
    ],
)
def test_a_wrong_endpoint_is_refused_by_name(tmp_path, changed, message):
    with pytest.raises(ConfigurationError, match=message):
        load(written(tmp_path, endpoints=[{**ENDPOINT, **changed}]))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"oin": "123"}, "publisher.oin"),
        ({"identity": "identity--7f0c1f2e-5a0b-5a43-9f5c-2d3b8f0e6a41"}, "publisher.identity"),
        ({"since": "2026-01-01T00:00:00"}, "publisher.since"),
        ({"mail": "x"}, "publisher.mail"),
    ],
)
def test_a_wrong_publisher_is_refused_by_name(tmp_path, changed, message):
    with pytest.raises(ConfigurationError, match=message):
        load(written(tmp_path, publisher={**PUBLISHER, **changed}))


def test_an_unknown_top_level_key_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="unknown key endpoint;"):
        load(written(tmp_path, endpoint=[]))


def test_a_missing_key_is_named(tmp_path):
    path = tmp_path / "endpoints.yaml"
    path.write_text("endpoints: []\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="publisher"):
        load(path)


def test_two_endpoints_with_one_name_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="used twice: hub"):
        load(written(tmp_path, endpoints=[ENDPOINT, ENDPOINT]))


def test_a_notice_for_an_endpoint_that_is_gone_says_what_to_edit():
    with pytest.raises(ConfigurationError, match=r"'old-hub' is not in notices/endpoints.yaml \(known: sdg-hub"):
        find(load(), "old-hub")


def test_credentials_do_not_show_their_secret():
    assert "s3cret" not in repr(Credentials("https://hub.example", "kerndata", "s3cret"))
