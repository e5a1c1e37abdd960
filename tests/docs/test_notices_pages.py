"""The pages about notices show the requests that are really sent, and their commands verify a real signature."""

import base64
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from tests.unit.incident_cases import REPORT, incident_of
from tests.unit.notice_receivers import NEW, OLD, SECRET, Recorder, now, reaching, running
from tests.unit.test_notices_messages import PUBLISHED, PUBLISHER, TOLD

from kerndata.incidents.clock import Clock
from kerndata.incidents.report import Report
from kerndata.local.counterparts.cloudevents_hub import Hub
from kerndata.local.counterparts.sdg import Collect, Pdc
from kerndata.local.counterparts.subscriber import Subscriber
from kerndata.model.incident import Phase
from kerndata.notices.channels import Message, cloudevents, sdg_pdc, sdg_statistics, webhook
from kerndata.notices.endpoints import CARRIES, load
from kerndata.notices.payloads import EVENTS, schema_name
from kerndata.notices.product import load_product, page

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "notices"
VOLATILE = {
    "authorization": r"(Bearer|Token) .*",
    "webhook-timestamp": r".*",
    "webhook-signature": r"v1,\S+",
    "x-api-key": r".*",
}
LEFT_OUT = {"host", "user-agent", "accept-encoding", "connection", "content-length"}
EVENT = Message("N-0123456789abcdef", "2026.3", cloudevents.event(PUBLISHER, PUBLISHED), cloudevents.CONTENT_TYPE)
VISITS = {
    ("https://data.example/kerndataset/index.html", "PC"): 312,
    ("https://data.example/kerndataset/releases/2026.3/indicators.csv", "Others"): 41,
}


def text_of(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(name), re.MULTILINE | re.DOTALL)


def shown(request: bytes) -> str:
    """A request as a page shows it: secrets and moments as dots, the body on lines of its own."""
    head, _, body = request.decode().partition("\r\n\r\n")
    first, *headers = head.split("\r\n")
    told = dict(line.split(": ", 1) for line in headers)
    lines = [first.rpartition(" ")[0]]
    for name, value in told.items():
        if name.lower() not in LEFT_OUT:
            lines.append(f"{name}: {_dotted(name.lower(), value)}")
    if body:
        document = json.loads(body)
        document |= {"uniqueId": "…"} if "uniqueId" in document else {}
        lines += ["", json.dumps(document, indent=1, ensure_ascii=False)]
    return "\n".join(lines) + "\n"


def _dotted(name: str, value: str) -> str:
    if name not in VOLATILE:
        return value
    return {"authorization": f"{value.split()[0]} …", "webhook-signature": " ".join(["v1,…"] * len(value.split()))}.get(
        name, "…"
    )


def requests_in(sent: bytes) -> list[str]:
    starts = [found.start() for found in re.finditer(rb"(?:GET|POST) /\S* HTTP/1\.1\r\n", sent)]
    return [shown(sent[a:b]) for a, b in zip(starts, [*starts[1:], len(sent)], strict=True)]


def sent_by(name: str, folder: Path) -> list[str]:
    """What a channel sends, as its page should show it."""
    kind, secret, send, message = {
        "cloudevents": (Hub, SECRET, cloudevents.send, EVENT),
        "webhook": (Subscriber, OLD, webhook.send, EVENT),
        "sdg-product-page": (
            *(Pdc, SECRET, sdg_pdc.send),
            Message("N", "product", page(load_product(), PUBLISHED), sdg_pdc.CONTENT_TYPE),
        ),
        "sdg-statistics": (Collect, SECRET, sdg_statistics.send, None),
    }[name]
    with running(kind, folder, secret) as server, Recorder(server.server_port) as wire:
        with reaching(server, secret, wire.port) as transport:
            if message is None:
                moment = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
                report = sdg_statistics.report(sdg_statistics.reserve(transport), "2026-04", VISITS, moment)
                message = Message("N", "statistics", report, sdg_statistics.CONTENT_TYPE)
            assert send(transport, message, now()).confirmed
        return requests_in(bytes(wire.sent))


@pytest.mark.parametrize("name", ["cloudevents", "webhook", "sdg-product-page", "sdg-statistics"])
def test_a_page_shows_the_requests_that_are_sent(name: str, tmp_path: Path) -> None:
    assert blocks(name, "http") == sent_by(name, tmp_path)


def test_the_page_of_security_events_shows_the_incidents_that_are_sent() -> None:
    shown = [json.loads(block) for block in blocks("security-events", "json")]
    assert shown == [incident_of(Phase.EARLY_WARNING), incident_of(Phase.FINAL, REPORT)["extensions"]]


def test_the_page_of_security_events_names_every_choice_and_deadline() -> None:
    page = text_of("security-events")
    choices = [one for field in Report.model_fields.values() for one in choices_of(field.annotation)]
    assert [one for one in choices if f"`{one}`" not in page] == []
    assert [name for name in Clock.model_fields if f"`{name}`" not in page] == []


def choices_of(annotation: object) -> list[str]:
    return [one for part in get_args(annotation) for one in ([part] if isinstance(part, str) else choices_of(part))]


def test_there_is_a_page_for_every_channel_and_the_index_names_what_each_carries() -> None:
    index = text_of("README")
    for channel, kinds in CARRIES.items():
        row = next(line for line in index.splitlines() if line.startswith(f"| `{channel}`"))
        assert all(kind in row for kind in kinds), channel
        assert (PAGES / re.findall(r"\]\(([\w-]+\.md)\)", row)[0]).exists()


def test_every_event_its_type_and_its_schema_are_on_the_page_of_events() -> None:
    listed = text_of("cloudevents")
    missing = [
        one.name for one in EVENTS if f"`nl.provincies.{one.name}`" not in listed or schema_name(one) not in listed
    ]
    assert missing == []
    assert {one.name for one in EVENTS} == set(TOLD)


def test_every_endpoint_that_is_shipped_is_in_the_index() -> None:
    assert [one.name for one in load() if f"`{one.name}`" not in text_of("README")] == []


@pytest.mark.parametrize("key", [OLD, NEW])
def test_the_commands_on_the_page_verify_a_real_signature_made_with_two_keys(key: str, tmp_path: Path) -> None:
    headers = webhook.signed([OLD, NEW], EVENT, now())
    (tmp_path / "body.json").write_bytes(EVENT.payload)
    given = {
        "SECRET": key,
        "WEBHOOK_ID": headers["webhook-id"],
        "WEBHOOK_TIMESTAMP": headers["webhook-timestamp"],
        "WEBHOOK_SIGNATURE": headers["webhook-signature"],
    }
    [shell] = blocks("webhook", "bash")
    assert run(["bash", "-euo", "pipefail", "-c", shell], given, tmp_path) == "verified"
    for snippet in blocks("webhook", "python"):
        assert run([sys.executable, "-c", snippet], given, tmp_path) == "verified"


def test_the_commands_on_the_page_refuse_another_body_and_another_key(tmp_path: Path) -> None:
    headers = webhook.signed([OLD, NEW], EVENT, now())
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    given = {
        "WEBHOOK_ID": headers["webhook-id"],
        "WEBHOOK_TIMESTAMP": headers["webhook-timestamp"],
        "WEBHOOK_SIGNATURE": headers["webhook-signature"],
    }
    commands = [["bash", "-euo", "pipefail", "-c", blocks("webhook", "bash")[0]]]
    commands += [[sys.executable, "-c", one] for one in blocks("webhook", "python")]
    for body, key in ((EVENT.payload + b" ", OLD), (EVENT.payload, other)):
        (tmp_path / "body.json").write_bytes(body)
        for command in commands:
            assert run(command, {**given, "SECRET": key}, tmp_path) != "verified"


def run(command: list[str], given: dict[str, str], folder: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", **given}
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip()
