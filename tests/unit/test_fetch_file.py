"""One file over HTTP from a real server that misbehaves: whole or not at all, in time, and only from where it may."""

import gzip
import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from tests.unit.fetch_server import (
    NOW,
    QUICK,
    SLOW,
    TIGHT,
    Answer,
    Server,
    access,
    bomb,
    cut_chunk,
    cut_off,
    data,
    half_gzip,
    html,
    reset,
    serving,
    silent,
    slow_body,
    slow_chunk_size,
    slow_head,
    status,
)

from kerndata.errors import KerndataError, Transient
from kerndata.fetch import Access, Limits, Pulled, PullError, pull
from kerndata.fetch.addresses import AddressRefusedError
from kerndata.model.pull import PullState
from kerndata.sources.via import HttpVia

DATA = b"Provincie;Waarde\nFlevoland;1\n"
VIA = HttpVia(connection="api", path="/data?jaar=2024", cron="0 6 * * *")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def pulled(
    server: Server, target: Path, state: PullState | None = None, limits: Limits = QUICK, **fields: object
) -> Pulled | None:
    return pull(VIA, target, access(server, **fields), state, now=NOW, limits=limits)


def test_what_the_server_sends_is_stored_with_its_hash_and_validators(server: Server, tmp_path: Path) -> None:
    server.told["/data"] = [data(DATA, Content_Type="text/csv; charset=utf-8", ETag='"1"', Last_Modified="then")]
    got = pulled(server, tmp_path / "data")
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert got
    assert (got.sha256, got.size_bytes, got.media_type) == (sha256, len(DATA), "text/csv")
    assert (got.state.content, got.state.etag, got.state.last_modified) == (sha256, '"1"', "then")
    assert got.origin == f"{server.url}/data"
    assert (tmp_path / "data").read_bytes() == DATA


def test_the_validators_are_sent_next_time_and_not_modified_is_nothing_new(server: Server, tmp_path: Path) -> None:
    server.told["/data"] = [data(DATA, ETag='"1"', Last_Modified="then"), status(304)]
    first = pulled(server, tmp_path / "data")
    assert first
    assert pulled(server, tmp_path / "again", first.state) is None
    assert [server.seen[1][1][name] for name in ("if-none-match", "if-modified-since")] == ['"1"', "then"]
    assert not (tmp_path / "again").exists()


def test_what_was_remembered_of_another_address_is_not_used(server: Server, tmp_path: Path) -> None:
    server.told["/data"] = [data(DATA)]
    assert pulled(server, tmp_path / "data", PullState("another", "content", '"1"', "then", "7"))
    assert "if-none-match" not in server.seen[0][1]


def test_a_compressed_answer_is_stored_decoded(server: Server, tmp_path: Path) -> None:
    server.told["/data"] = [data(gzip.compress(DATA * 9999), Content_Encoding="gzip")]
    assert pulled(server, tmp_path / "data")
    assert (tmp_path / "data").read_bytes() == DATA * 9999


@pytest.mark.parametrize(
    "again", [status(503), status(429, Retry_After="0"), status(502), reset, cut_off, cut_chunk, half_gzip]
)
def test_what_heals_at_once_is_tried_again_at_once(server: Server, tmp_path: Path, again: Answer) -> None:
    server.told["/data"] = [again, again, data(DATA)]
    assert pulled(server, tmp_path / "data")
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (reset, Transient, "no answer"),
        (cut_off, Transient, "no answer"),
        (cut_chunk, Transient, "no answer"),
        (half_gzip, Transient, "not complete"),
        (data(b"nogzip", Content_Encoding="gzip"), Transient, "damaged"),
        (data(DATA, Content_Encoding="br"), PullError, "encoding 'br'"),
        (html, Transient, "HTML page"),
        (bomb, PullError, "more than 1000000 bytes"),
        (data(bytes(1_000_001)), PullError, "more than 1000000 bytes"),
        (slow_head, Transient, "too slowly"),
        (slow_body, Transient, "too slowly"),
        (slow_chunk_size, Transient, "too slowly"),
        (silent, Transient, "too slowly"),
        (status(500), Transient, "status 500"),
        (status(429, Retry_After="3600"), Transient, "asks to wait 3600 s"),
        (
            status(503, Retry_After="Tue, 24 Nov 2026 10:00:00 GMT", Date="Tue, 24 Nov 2026 09:00:00 GMT"),
            Transient,
            "asks to wait 3600 s",
        ),
        (status(401), PullError, "edit the login or token"),
        (status(404), PullError, "status 404"),
        (status(304), PullError, "status 304"),
        (status(302, Location="http://169.254.169.254/latest/meta-data?token=geheim"), PullError, "without TLS"),
        (status(302, Location="https://169.254.169.254/?token=geheim"), PullError, "not a public address"),
        (status(302, Location="https://localhost:1/"), PullError, "not a public address"),
        (status(302, Location="file:///etc/passwd"), PullError, "not plain http or https"),
        (status(302, Location="https://user:geheim@hub.example/"), PullError, "not plain http or https"),
        (status(302, Location="/data?token=geheim"), PullError, "more than 3 redirects"),
    ],
)
def test_what_is_no_data_leaves_no_file(
    server: Server, tmp_path: Path, answer: Answer, error: type[KerndataError], said: str
) -> None:
    server.told["/data"] = [answer]
    began = time.monotonic()
    with pytest.raises(error, match=said) as caught:
        pulled(server, tmp_path / "data", limits=replace(TIGHT if answer in SLOW else QUICK, max_bytes=1_000_000))
    assert time.monotonic() - began < 4
    assert "geheim" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_redirect_to_another_path_of_the_same_api_is_followed_with_our_credentials(
    server: Server, tmp_path: Path
) -> None:
    server.told |= {"/data": [status(307, Location="/moved")], "/moved": [data(DATA)]}
    assert pulled(server, tmp_path / "data", token="geheim")
    assert [headers["authorization"] for _, headers in server.seen] == ["Bearer geheim"] * 2


@pytest.mark.parametrize(
    ("fields", "header", "value"),
    [
        ({"username": "piet", "password": "gehéim"}, "authorization", "Basic cGlldDpnZWjDqWlt"),
        ({"token": "abc"}, "authorization", "Bearer abc"),
        ({"key_header": "X-Api-Key", "password": "abc"}, "x-api-key", "abc"),
    ],
)
def test_credentials_go_in_a_header(
    server: Server, tmp_path: Path, fields: dict[str, str], header: str, value: str
) -> None:
    server.told["/data"] = [data(DATA)]
    assert pulled(server, tmp_path / "data", **fields)
    assert server.seen[0][1][header] == value
    assert "abc" not in repr(access(server, **fields))


def test_a_private_address_is_not_asked_unless_the_connection_allows_it(server: Server, tmp_path: Path) -> None:
    with pytest.raises(PullError, match="set allow_private"):
        pulled(server, tmp_path / "data", allow_private=False)
    assert server.seen == []


def test_the_machines_proxies_and_netrc_are_not_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.told["/data"] = [data(DATA)]
    assert pulled(server, tmp_path / "data")
    assert "authorization" not in server.seen[0][1]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "not http or https"),
        ("http://u:p@hub.example", "not http or https"),
        ("http://hub.example", "without TLS"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(PullError, match=said):
        pull(VIA, tmp_path / "data", Access(url, requests.Session(), token="abc"), None, now=NOW, limits=QUICK)


def test_nobody_there_heals(tmp_path: Path) -> None:
    nobody = Access("http://127.0.0.1:9", requests.Session(), allow_private=True)
    with pytest.raises(Transient, match="ConnectionError"):
        pull(VIA, tmp_path / "data", nobody, None, now=NOW, limits=QUICK)
    assert not issubclass(AddressRefusedError, Transient)
