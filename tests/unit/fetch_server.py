"""A real HTTP server that does what it is told, badly too; for the tests of ``kerndata.fetch``."""

import gzip
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from kerndata.fetch import Access, Limits

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
QUICK = Limits(total_seconds=30, wait_seconds=0.01)
TIGHT = replace(QUICK, read_seconds=0.3, answer_seconds=0.5)  # for what is slow on purpose; a busy machine is slow too
BOMB = gzip.compress(bytes(5_000_000))

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers the n-th request for a path with the n-th answer told for it, then with the last one."""

    server: "Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        told = self.server.told[path]
        number = sum(urlsplit(one).path == path for one, _ in self.server.seen)
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        told[min(number, len(told) - 1)](self)

    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query))

    def whole(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response_only(status)
        own = {"Content_Length": str(len(body)), "Date": self.date_time_string()}
        for name, value in (own | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests quiet."""


class Server(ThreadingHTTPServer):
    """``told`` by path; ``seen`` are the requests that came, with lower-case headers."""

    daemon_threads = True
    block_on_close = False
    scheme, host = "http", "127.0.0.1"

    def __init__(self) -> None:
        self.told: dict[str, list[Answer]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.server_port}"

    @property
    def asked(self) -> list[str]:
        return [path for path, _ in self.seen]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """We hang up on what is too slow or too much; that is the point."""


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with Server() as server:
        if tls:
            server.socket, server.scheme = tls.wrap_socket(server.socket, server_side=True), "https"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def access(server: Server, **fields: Any) -> Access:
    return Access(server.url, requests.Session(), **({"allow_private": True} | fields))


def data(body: bytes, **headers: str) -> Answer:
    return lambda handler: handler.whole(body, **headers)


def document(content: object, **headers: str) -> Answer:
    return data(json.dumps(content).encode(), **({"Content_Type": "application/json"} | headers))


def status(code: int, **headers: str) -> Answer:
    return lambda handler: handler.whole(b"", code, **headers)


def slow_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        handler.wfile.write(b"X")
        time.sleep(0.05)


def slow_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"{")
        time.sleep(0.05)


def slow_chunk_size(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"0")
        time.sleep(0.05)


def silent(handler: Handler) -> None:
    time.sleep(5)


def reset(handler: Handler) -> None:
    handler.close_connection = True


def cut_off(handler: Handler) -> None:
    handler.whole(b'{"value": [', Content_Length="1000", Connection="close")
    handler.close_connection = True


def cut_chunk(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b'b\r\n{"value": [\r\n')
    handler.close_connection = True


def half_gzip(handler: Handler) -> None:
    handler.whole(gzip.compress(b"x" * 10_000)[:-12], Content_Encoding="gzip")


def bomb(handler: Handler) -> None:
    handler.whole(BOMB, Content_Encoding="gzip")


SLOW: frozenset[Answer] = frozenset({slow_head, slow_body, slow_chunk_size, silent})


def html(handler: Handler) -> None:
    handler.whole(b"\n<!DOCTYPE html><html>onderhoud</html>", Content_Type="application/json")
