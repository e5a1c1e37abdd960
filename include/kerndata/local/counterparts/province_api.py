"""A small province API for the demo and the tests: serves the files below one folder, read-only.

``python -m kerndata.local.counterparts.province_api --host 127.0.0.1 --port 8765 --root FOLDER`` answers ``GET`` and
``HEAD`` for every file below FOLDER with its media type, ``ETag`` (of the content), ``Last-Modified`` and conditional
requests (304); ``/health`` says whether it runs. An array of records in ``FOLDER/a/b.json`` is served in pages too:
``/odata/v4/a/b`` and ``/odata/v3/a/b`` (OData), ``/ogc/collections/a/b/items`` (OGC API Features) and
``/arcgis/a/b/FeatureServer/0`` with its ``/query`` (ArcGIS). Everything else is a 404 in ``application/problem+json``.
Safe to stop at any moment: it keeps nothing.
"""

import argparse
import hashlib
import json
import mimetypes
import re
import signal
import threading
from collections.abc import Sequence
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kerndata.local.counterparts import services

MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}
IDLE_SECONDS = 30
SERVICES = re.compile(
    r"/odata/v(?P<version>[34])/(?P<odata>.+)"
    r"|/ogc/collections/(?P<ogc>.+)/items"
    r"|/arcgis/(?P<arcgis>.+)/FeatureServer/0(?P<query>/query)?"
)


class ProvinceApi(ThreadingHTTPServer):
    """The server; ``root`` is the folder that is served, nothing above it is ever opened."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], root: Path) -> None:
        self.root = root.resolve(strict=True)
        super().__init__(address, _Handler)

    def find(self, target: str) -> Path | None:
        """The file a request target names, or ``None``: absent, a folder, hidden, or outside the root."""
        try:
            path = (self.root / unquote(urlsplit(target).path, errors="strict").lstrip("/")).resolve()
            inside = path.relative_to(self.root)
            found = path.is_file()
        except (ValueError, OSError):  # outside the root, a NUL, not UTF-8, a name too long
            return None
        return path if found and not any(part.startswith(".") for part in inside.parts) else None


class _Handler(BaseHTTPRequestHandler):
    server: ProvinceApi
    protocol_version = "HTTP/1.1"
    server_version = "province-api"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True  # head and body are two writes: else every answer waits 40 ms for the client's ACK

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def _serve(self) -> None:
        if urlsplit(self.path).path == "/health":
            self._answer(HTTPStatus.OK, b'{"status": "ok"}\n', "application/json")
            return
        try:
            served = self._served()
        except (ValueError, KeyError) as error:
            self._problem(HTTPStatus.BAD_REQUEST, f"Not a question this service answers: {error}")
            return
        if served is not None:
            self._answer(HTTPStatus.OK, json.dumps(served).encode(), "application/json")
            return
        path = self.server.find(self.path)
        if path is None:
            self._problem(HTTPStatus.NOT_FOUND, "No such file; ask for the path that the source's YAML states.")
            return
        body = path.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        facts = {"ETag": etag, "Last-Modified": formatdate(path.stat().st_mtime, usegmt=True)}
        if etag in self.headers.get("If-None-Match", ""):
            self._answer(HTTPStatus.NOT_MODIFIED, b"", None, facts)
            return
        self._answer(HTTPStatus.OK, body, _media_type(path), facts)

    def _served(self) -> dict[str, Any] | None:
        """Answer as a data service over the records of a file; None when this is no such address."""
        parts = urlsplit(self.path)
        asked = SERVICES.fullmatch(parts.path)
        path = self.server.find(f"/{asked['odata'] or asked['ogc'] or asked['arcgis']}.json") if asked else None
        if asked is None or path is None:
            return None
        records, query = json.loads(path.read_bytes()), dict(parse_qsl(parts.query))
        if not isinstance(records, list):
            return None
        url = f"http://{self.headers['Host']}{parts.path}"
        if asked["odata"]:
            return services.odata(records, query, url, int(asked["version"]))
        if asked["ogc"]:
            return services.ogc(records, query, url)
        return services.arcgis(records, query) if asked["query"] else services.arcgis_layer(records)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the base class refuses itself (another method, a broken request) in the same shape."""
        self.close_connection = True
        self._problem(HTTPStatus(code), explain or message or HTTPStatus(code).description)

    def _problem(self, status: HTTPStatus, detail: str) -> None:
        body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
        self._answer(status, json.dumps(body).encode() + b"\n", "application/problem+json")

    def _answer(
        self, status: HTTPStatus, body: bytes, media_type: str | None, facts: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (facts or {}).items():
            self.send_header(name, value)
        if media_type is not None:
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _media_type(path: Path) -> str:
    known = MEDIA_TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--root", type=Path, required=True, help="the folder to serve")
    chosen = parser.parse_args(arguments)
    with ProvinceApi((chosen.host, chosen.port), chosen.root) as server:

        def stop(signum: int, frame: FrameType | None) -> None:
            # shutdown() waits for the serving loop, which is this very thread: ask from another one
            threading.Thread(target=server.shutdown, daemon=True).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main()
