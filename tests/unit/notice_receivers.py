"""Real receivers for the tests of the channels, and a transport to each; also one that keeps the bytes it gets."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from kerndata.local.counterparts.cloudevents_hub import Hub
from kerndata.local.counterparts.misbehave import Illness
from kerndata.local.counterparts.sdg import Collect, Pdc
from kerndata.local.counterparts.stub import Stub
from kerndata.local.counterparts.subscriber import Subscriber
from kerndata.notices.credentials import Credentials
from kerndata.notices.transport import Transport

SECRET = "a secret of the tests, long enough for HS256"
OLD, NEW = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
PATHS = {Hub: "/events/api/v1/cloudevents", Pdc: "/api/v1", Collect: "/v1", Subscriber: "/webhook"}


def now() -> datetime:
    """Receivers judge tokens and signatures by the real time."""
    return datetime.now(UTC)


class Clock:
    """A clock that stands still until a sender waits."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@contextmanager
def running(kind: type[Any], folder: Path, secret: str = SECRET) -> Iterator[Any]:
    """A counterpart on a free port; its journal is in ``folder``."""
    with kind("127.0.0.1", 0, folder / f"{kind.__name__}.jsonl", secret) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def reaching(server: Stub, secret: str = SECRET, port: int | None = None) -> Iterator[Transport]:
    """A transport to a counterpart, as the outbox has it."""
    url = f"http://127.0.0.1:{port or server.server_port}{PATHS[type(server)]}"
    with requests.Session() as http:
        transport = Transport(http, Credentials(url, "kerndata", secret, allow_private=True), now)
        yield transport
        transport.close()


def ill(server: Stub, *modes: str, **more: Any) -> None:
    """Make a counterpart misbehave once (or as told)."""
    server.switch.turn(Illness.model_validate({"modes": modes, "times": 1, **more}))


class Recorder:
    """Keeps every byte that comes in, then passes it on to the counterpart, whose answer goes back."""

    def __init__(self, target_port: int) -> None:
        self.target_port, self.sent = target_port, bytearray()
        self.opened: list[socket.socket] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target_port))
            self.opened += [near, far]
            threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, is_ours: bool) -> None:
        try:
            while piece := source.recv(65536):
                if is_ours:
                    self.sent += piece
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.close()
        for one in self.opened:
            one.close()
