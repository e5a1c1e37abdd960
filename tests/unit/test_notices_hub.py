"""The CloudEvents hub of the demo judges as its standards say, and knows its duplicates after a crash."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import requests

from kerndata.local.counterparts.cloudevents_hub import BODY_LIMIT, KEY_VARIABLE, Hub, Journal

SECRET = "a secret of the demo, long enough for HS256"
EVENT = {
    "id": "kerndataset-2026.1-abc",
    "source": "urn:nld:oin:00000000000000000000:systeem:kerndata",
    "specversion": "1.0",
    "type": "nl.provincies.kerndataset-gepubliceerd",
    "subject": "2026.1",
    "time": "2026-05-01T08:00:00Z",
    "datacontenttype": "application/json",
    "sequence": "2026.000001",
    "data": {"version": "2026.1"},
}


def bearer(secret=SECRET, age=timedelta(0), **claims):
    issued = datetime.now(UTC) - age
    claims = {"iss": "kerndata", "iat": int(issued.timestamp()), **claims}
    return {"Authorization": "Bearer " + jwt.encode(claims, secret, algorithm="HS256")}


def post(url, event=EVENT, *, body=None, token=None, media_type="application/cloudevents+json"):
    headers = {"Content-Type": media_type, **(bearer() if token is None else token)}
    return requests.post(url, data=body if body is not None else json.dumps(event), headers=headers, timeout=5)


@pytest.fixture
def hub(tmp_path):
    with Hub("127.0.0.1", 0, tmp_path / "journal.jsonl", SECRET) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/cloudevents"
        running.shutdown()


def test_a_good_event_is_accepted_and_listed(hub):
    assert post(hub).status_code == 200
    assert requests.get(hub, headers=bearer(), timeout=5).json() == [EVENT]


def test_an_event_known_already_is_refused_as_not_unique(hub):
    post(hub)
    again = post(hub)
    assert (again.status_code, again.headers["Content-Type"]) == (400, "application/problem+json")
    assert [(p["name"], p["code"]) for p in again.json()["invalidParams"]] == [("nonFieldErrors", "unique")]


def test_the_same_id_from_another_source_is_another_event(hub):
    post(hub)
    assert post(hub, {**EVENT, "source": EVENT["source"] + "-2"}).status_code == 200


@pytest.mark.parametrize("name", ["id", "source", "specversion", "type"])
def test_a_missing_attribute_is_named(hub, name):
    answer = post(hub, {key: value for key, value in EVENT.items() if key != name})
    assert answer.status_code == 400
    assert name in {p["name"] for p in answer.json()["invalidParams"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("specversion", "0.3"),
        ("source", "https://kerndata.example"),
        ("source", "urn:isbn:1"),
        ("type", "published"),
        ("datacontenttype", "text/csv"),
        ("dataref", "releases/2026.1"),
        ("sequence", ""),
        ("sequence", 3),
        ("contentHash", "abc"),
        ("averyveryverylongattribute", "x"),
    ],
)
def test_an_attribute_against_the_profile_is_named(hub, name, value):
    answer = post(hub, {**EVENT, name: value})
    assert answer.status_code == 400
    assert name in {p["name"] for p in answer.json()["invalidParams"]}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"time": "yesterday"}', b"null"])
def test_what_is_no_event_is_refused(hub, body):
    assert post(hub, body=body).status_code == 400


def test_another_media_type_is_refused(hub):
    assert post(hub, media_type="application/json").status_code == 415


@pytest.mark.parametrize(
    "token",
    [
        {},
        {"Authorization": "Token abc"},
        bearer(secret="another secret of the demo, long enough too"),
        bearer(age=timedelta(hours=2)),
        bearer(age=timedelta(minutes=-10)),
        bearer(exp=1),
        {"Authorization": "Bearer " + jwt.encode({"iss": "x"}, SECRET, algorithm="HS256")},
        {"Authorization": "Bearer " + jwt.encode({"iss": "x", "iat": 0}, None, algorithm="none")},
    ],
)
def test_a_wrong_token_is_refused(hub, token):
    assert post(hub, token=token).status_code == 403
    assert requests.get(hub, headers=token, timeout=5).status_code == 403


def test_health_needs_no_token(hub):
    answer = requests.get(hub.replace("/cloudevents", "/health"), timeout=5)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_other_paths_are_not_there_and_big_messages_are_not_read(hub):
    assert post(hub + "/x").status_code == 404
    assert post(hub, body=b"x" * (BODY_LIMIT + 1)).status_code == 413


def test_a_line_cut_off_by_a_crash_is_forgotten(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps(EVENT) + "\n" + '{"id": "half', encoding="utf-8")
    journal = Journal(path)
    assert journal.events == [EVENT]
    assert journal.accept({**EVENT, "id": "next"})
    journal.close()
    reread = Journal(path)
    assert [event["id"] for event in reread.events] == [EVENT["id"], "next"]
    reread.close()


def test_a_killed_hub_knows_its_duplicates_when_it_is_back(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/cloudevents"
    first = started(port, tmp_path / "journal.jsonl")
    assert post(url).status_code == 200
    stopped(first)
    second = started(port, tmp_path / "journal.jsonl")
    try:
        assert post(url).status_code == 400
        assert requests.get(url, headers=bearer(), timeout=5).json() == [EVENT]
    finally:
        stopped(second)


def test_without_a_secret_the_hub_does_not_start(tmp_path):
    done = subprocess.run(command(1, tmp_path / "j"), capture_output=True, text=True, env=without_secret(), timeout=60)
    assert (done.returncode, KEY_VARIABLE in done.stderr) == (2, True)


def command(port, journal):
    module = "kerndata.local.counterparts.cloudevents_hub"
    return [sys.executable, "-m", module, "--port", str(port), "--journal", str(journal)]


def without_secret():
    return {key: value for key, value in os.environ.items() if key != KEY_VARIABLE}


def started(port, journal):
    environment = {**os.environ, KEY_VARIABLE: SECRET}
    process = subprocess.Popen(command(port, journal), env=environment, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            requests.get(f"http://127.0.0.1:{port}/health", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return process
    stopped(process)
    raise AssertionError("the hub did not start within 20 seconds")


def stopped(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
