"""The province API serves the files below its folder, and nothing else."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from kerndata.local.counterparts.province_api import ProvinceApi


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProvinceApi]:
    folder = tmp_path_factory.mktemp("province")
    (folder / "secret.csv").write_text("outside")
    root = folder / "api"
    (root / "zeeland").mkdir(parents=True)
    (root / "zeeland" / "energie.csv").write_bytes("a,b\r\n1,é\r\n".encode())
    (root / "zeeland" / "cijfers.json").write_bytes(b"{}")
    (root / ".hidden").write_text("hidden")
    (root / "link.csv").symlink_to(folder / "secret.csv")
    with ProvinceApi(("127.0.0.1", 0), root) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def url(api: ProvinceApi) -> str:
    return f"http://127.0.0.1:{api.server_port}"


def _raw(api: ProvinceApi, method: str, target: str) -> tuple[int, str, bytes]:
    """Ask without a client that tidies the path first."""
    connection = http.client.HTTPConnection("127.0.0.1", api.server_port, timeout=5)
    connection.request(method, target)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers.get("Content-Type", ""), body


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/zeeland/energie.csv", "text/csv; charset=utf-8"), ("/zeeland/cijfers.json", "application/json")],
)
def test_a_file_comes_with_its_media_type_and_validators(
    url: str, api: ProvinceApi, path: str, media_type: str
) -> None:
    answer = requests.get(url + path, timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == media_type
    assert answer.content == (api.root / path.lstrip("/")).read_bytes()
    assert answer.headers["Last-Modified"].endswith("GMT")
    again = requests.get(url + path, headers={"If-None-Match": answer.headers["ETag"]}, timeout=5)
    assert (again.status_code, again.content) == (304, b"")


def test_head_tells_the_length_and_sends_nothing(url: str) -> None:
    answer = requests.head(url + "/zeeland/energie.csv", timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == "11"
    assert answer.content == b""


def test_health_says_ok(url: str) -> None:
    assert requests.get(url + "/health", timeout=5).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "target",
    [
        "/absent.csv", "/", "/zeeland", "/zeeland/", "/../secret.csv", "/zeeland/../../secret.csv", "/..%2fsecret.csv",
        "/%2e%2e/secret.csv", "//etc/passwd", "/link.csv", "/.hidden", "/a%00b", "/%ff", "/" + "a" * 5000,
    ],
)  # fmt: skip
def test_everything_else_is_a_404_problem(api: ProvinceApi, target: str) -> None:
    status, media_type, body = _raw(api, "GET", target)
    assert (status, media_type) == (404, "application/problem+json")
    assert b"secret" not in body


def test_nothing_can_be_written(api: ProvinceApi) -> None:
    status, media_type, _ = _raw(api, "PUT", "/zeeland/energie.csv")
    assert (status, media_type) == (501, "application/problem+json")


def test_the_program_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [sys.executable, "-m", "kerndata.local.counterparts.province_api"]
    with subprocess.Popen([*program, "--port", str(port), "--root", str(tmp_path)], stderr=subprocess.DEVNULL) as api:
        try:
            assert _when_up(f"http://127.0.0.1:{port}/health").ok
            assert requests.get(f"http://127.0.0.1:{port}/a.csv", timeout=5).text == "a"
            api.terminate()
            assert api.wait(timeout=10) == 0
        finally:
            api.kill()


def _when_up(url: str) -> requests.Response:
    for _ in range(100):
        try:
            return requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
    raise TimeoutError(url)
