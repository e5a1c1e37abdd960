"""The other side answers as the real thing would: the TAXII server takes STIX objects and lists them."""

import uuid

import pytest
import requests

from kerndata.local.counterpart_programs import TAXII_MEDIA_TYPE, TAXII_USER, taxii_url
from kerndata.local.stack import Stack

pytestmark = pytest.mark.stack

MOMENT = "2026-01-02T03:04:05.678Z"


def identity() -> dict[str, object]:
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": f"identity--{uuid.uuid4()}",
        "created": MOMENT,
        "modified": MOMENT,
        "name": "Provincie Voorbeeld",
        "identity_class": "organization",
    }


def test_taxii_takes_objects_and_lists_them(stack_counterparts: Stack) -> None:
    url, sent = taxii_url(stack_counterparts.ports), identity()
    session = requests.Session()
    session.auth = (TAXII_USER, stack_counterparts.secrets.taxii_password)
    session.headers.update({"Accept": TAXII_MEDIA_TYPE, "Content-Type": TAXII_MEDIA_TYPE})
    answer = session.post(f"{url}objects/", json={"objects": [sent]}, timeout=10)
    assert answer.status_code == 202
    assert [done["id"] for done in answer.json()["successes"]] == [sent["id"]]
    manifest = session.get(f"{url}manifest/", params={"match[id]": str(sent["id"])}, timeout=10).json()
    assert [(row["id"], row["version"]) for row in manifest["objects"]] == [(sent["id"], MOMENT)]


def test_taxii_knows_its_user_only(stack_counterparts: Stack) -> None:
    answer = requests.get(taxii_url(stack_counterparts.ports), headers={"Accept": TAXII_MEDIA_TYPE}, timeout=10)
    assert answer.status_code == 401


def test_hub_and_province_api_answer(stack_counterparts: Stack) -> None:
    addresses = stack_counterparts.addresses()
    assert requests.get(f"{addresses['CloudEvents hub']}/health", timeout=10).status_code == 200
    folder = stack_counterparts.paths.province_api / "voorbeeld"
    folder.mkdir()
    (folder / "wind.csv").write_text("a;b\n", encoding="utf-8")
    assert requests.get(f"{addresses['Province API']}/voorbeeld/wind.csv", timeout=10).text == "a;b\n"


def test_everything_runs_under_one_supervisor(stack_counterparts: Stack) -> None:
    running = {row.name for row in stack_counterparts.status() if row.state == "RUNNING"}
    assert running == {"postgres", "seaweedfs", "taxii", "cloudevents-hub", "receivers", "province-api", "mail"}
