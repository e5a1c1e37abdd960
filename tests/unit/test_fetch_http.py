"""Pulling over HTTP from a real local server: whole or not at all, limits, no redirects, no HTML taken for data."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from kerndata.errors import Transient
from kerndata.fetch import Pulled, PullError, pull

DATA = b"Provincie;Waarde\nFlevoland;1\n"


class Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, headers, body = {
            "/data": (200, {"Content-Type": "text/csv; charset=utf-8", "ETag": '"1"'}, DATA),
            "/page": (200, {"Content-Type": "application/json"}, b"\n<!DOCTYPE html><html>onderhoud</html>"),
            "/away": (302, {"Location": "http://169.254.169.254/"}, b""),
            "/busy": (503, {"Retry-After": "120"}, b""),
            "/gone": (404, {}, b""),
            "/cut": (200, {"Content-Length": "1000"}, DATA),
        }[self.path.partition("?")[0]]
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests quiet."""


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def pulled(address: str, target: Path, max_bytes: int = 1000) -> Pulled:
    with requests.Session() as http:
        return pull(address, target, http, timeout=5, max_bytes=max_bytes)


def test_what_the_server_sends_is_stored_with_its_hash(api: str, tmp_path: Path) -> None:
    target = tmp_path / "data"
    assert pulled(api + "/data", target) == Pulled(hashlib.sha256(DATA).hexdigest(), len(DATA), "text/csv", '"1"')
    assert target.read_bytes() == DATA


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("/page", Transient, "HTML page"),
        ("/busy", Transient, "wait: 120"),
        ("/cut", Transient, "no answer"),
        ("/away", PullError, "redirect"),
        ("/gone", PullError, "status 404"),
    ],
)
def test_what_is_not_data_leaves_no_file(api: str, tmp_path: Path, path: str, error: type, said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        pulled(f"{api}{path}?token=geheim", tmp_path / "data")
    assert "geheim" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_too_many_bytes_are_not_stored(api: str, tmp_path: Path) -> None:
    with pytest.raises(PullError, match="more than 10 bytes"):
        pulled(api + "/data", tmp_path / "data", max_bytes=10)
    assert not list(tmp_path.iterdir())


def test_nobody_there_heals(tmp_path: Path) -> None:
    with pytest.raises(Transient, match="ConnectionError"):
        pulled("http://127.0.0.1:9/data", tmp_path / "data")


def test_an_answer_that_trickles_in_is_given_up(api: str, tmp_path: Path) -> None:
    moments = iter([0.0, 1000.0])
    with requests.Session() as http, pytest.raises(Transient, match="too slowly"):
        pull(api + "/data", tmp_path / "data", http, timeout=5, max_bytes=1000, seconds=lambda: next(moments))


def test_only_http_addresses_are_pulled(tmp_path: Path) -> None:
    with pytest.raises(PullError, match="not http"):
        pulled("file:///etc/passwd", tmp_path / "data")
