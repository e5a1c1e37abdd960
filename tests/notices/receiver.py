"""``python -m tests.notices.receiver``: a hub for many endpoints that misbehaves, and writes down what took effect.

``POST /<endpoint>/cloudevents`` as an NL GOV hub: 200, or 400 with code ``unique`` when it has the id already. A part
of the requests meets one of the ``WAYS`` instead. The journal has a line per effect, on disk before it is answered;
``GET /counts`` tells how often each way was met. Nothing is taken from the sender on trust: an effect is known by the
endpoint and the number in the event's data, and a repeat with other bytes is written down too.
"""

import argparse
import hashlib
import json
import os
import random
import socket
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

METADATA = "http://169.254.169.254/latest/meta-data"
LOCKED_OUT_SECONDS = 0.4


class Receiver(ThreadingHTTPServer):
    """What all connections share."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, journal: Path, failing: float, hang: float, seed: int) -> None:
        self.failing, self.hang = failing, hang
        self.draw = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.known: dict[tuple[str, str], str] = {}
        self.locked_out: dict[str, float] = {}
        self.lock = threading.Lock()
        self.journal = journal.open("ab")
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Senders are killed and hang up; that is the point."""

    def way(self, endpoint: str) -> str:
        """What happens to the next request at this endpoint."""
        with self.lock:
            locked_out = self.locked_out.get(endpoint, 0) > time.monotonic()
            fails = self.draw.random() < self.failing
            chosen = "locked_out" if locked_out else self.draw.choice(list(WAYS)) if fails else "plain"
            self.counts[f"{endpoint} {chosen}"] += 1
            return chosen

    def take_effect(self, endpoint: str, body: bytes) -> bool:
        """Write the effect to disk; False, and a line that it came again, when this id had its effect already."""
        event = json.loads(body)
        key, digest = (endpoint, event["id"]), hashlib.sha256(body).hexdigest()
        with self.lock:
            is_new = key not in self.known
            is_same = self.known.setdefault(key, digest) == digest
            line = {"endpoint": endpoint, "subject": event["subject"], "number": event["data"]["counts"]["number"]}
            what = "effect" if is_new else "repeat" if is_same else "changed"
            self.journal.write(json.dumps(line | {"what": what}).encode() + b"\n")
            self.journal.flush()
            os.fsync(self.journal.fileno())
        return is_new


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Receiver
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024

    def do_GET(self) -> None:
        with self.server.lock:
            self.answer(200, dict(self.server.counts))

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.endpoint = self.path.split("/")[1]
        way = self.server.way(self.endpoint)
        getattr(self, way)()

    def plain(self) -> None:
        if self.server.take_effect(self.endpoint, self.body):
            self.answer(200, {})
        else:
            self.answer(400, {"invalidParams": [{"name": "nonFieldErrors", "code": "unique"}]})

    def busy(self) -> None:
        self.answer(503, {"title": "busy"})

    def too_many(self) -> None:
        self.answer(429, {}, {"Retry-After": "1"})

    def black_hole(self) -> None:
        time.sleep(self.server.hang)
        self.reset()

    def late(self) -> None:
        """The effect comes after the sender gave up."""
        time.sleep(self.server.hang)
        self.server.take_effect(self.endpoint, self.body)
        self.reset()

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def lost(self) -> None:
        self.server.take_effect(self.endpoint, self.body)
        self.reset()

    def drip(self) -> None:
        """A head that never ends, one byte at a time."""
        self.close_connection = True
        until = time.monotonic() + 2 * self.server.hang
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while time.monotonic() < until:
            self.connection.sendall(b"x")
            time.sleep(self.server.hang / 10)
        self.reset()

    def redirect(self) -> None:
        self.answer(307, {}, {"Location": METADATA})

    def unauthorised(self) -> None:
        """Locked out for a while: every request of the endpoint gets 401."""
        with self.server.lock:
            self.server.locked_out[self.endpoint] = time.monotonic() + LOCKED_OUT_SECONDS
        self.locked_out()

    def locked_out(self) -> None:
        self.answer(401, {"title": "token refused"})

    def gone(self) -> None:
        self.answer(410, {"title": "gone"})

    def answer(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


WAYS = {
    "busy": "503",
    "too_many": "429 with Retry-After",
    "black_hole": "time-out without effect",
    "late": "time-out, effect afterwards",
    "reset": "reset before the effect",
    "lost": "effect, acknowledgement lost",
    "drip": "slow drip",
    "redirect": "redirect to a metadata address",
    "unauthorised": "401 for a while",
    "gone": "410",
}


def main() -> None:
    """Serve until killed; prints the port on one line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--failing", type=float, required=True)
    parser.add_argument("--hang", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with Receiver(given.journal, given.failing, given.hang, given.seed) as server:
        print(server.server_port, flush=True)
        server.serve_forever(0.05)


if __name__ == "__main__":
    main()
