"""The app as the tests use it: on loopback, with guards that tell four people apart by a header, at a fixed moment."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import requests
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException

from kerndata.ledger import Ledger
from kerndata.local.settings import HOST
from kerndata.monitor import Auth, Parts, Person, RunLink, create_app
from kerndata.store.client import Store

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SECRET = b"of this test"
# What each of the four may: nothing, only be somebody, look, act.
ANONYMOUS: Mapping[str, str] = {}
NO_ROLE, VIEWER, ENGINEER = {"x-user": "no-role"}, {"x-user": "viewer"}, {"x-user": "engineer"}


def _user(x_user: Annotated[str | None, Header()] = None) -> str:
    if x_user is None:
        raise HTTPException(401, "Not authenticated")
    return x_user


def _reads(user: Annotated[str, Depends(_user)]) -> None:
    if user not in ("viewer", "engineer"):
        raise HTTPException(403, "Forbidden")


def _person(user: Annotated[str, Depends(_user)]) -> Person:
    return Person(user, can_act=user == "engineer")


def monitor(ledger: Ledger, store: Store | None = None, now: datetime = NOW) -> FastAPI:
    """The app with these guards; without a store it can be asked for none."""

    def opened() -> Store:
        if store is None:
            raise RuntimeError("this test has no store")
        return store

    parts = Parts(
        ledger=lambda: ledger,
        store=opened,
        now=lambda: now,
        secret=SECRET,
        public_url=lambda: "https://data.example/published",
        runs=lambda province, at: [RunLink("Run manual__1", f"/dags/land_{province}/runs/manual__1")],
    )
    return create_app(Auth(signed_in=_user, may_read=_reads, person=_person), parts)


@dataclass
class Browser:
    """Asks as one of the four; follows no redirect."""

    base: str
    http: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, who: Mapping[str, str] = ENGINEER, **headers: str) -> requests.Response:
        """Ask for a page."""
        return self.ask("GET", path, who, headers=headers)

    def ask(
        self, method: str, path: str, who: Mapping[str, str], headers: Mapping[str, str] | None = None, **sent: Any
    ) -> requests.Response:
        """Send any request."""
        every = {**who, **(headers or {})}
        return self.http.request(method, f"{self.base}{path}", headers=every, timeout=30, allow_redirects=False, **sent)


@contextmanager
def served(app: Any) -> Iterator[Browser]:
    """Serve an ASGI app on loopback for as long as the block runs."""
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
            if not thread.is_alive():
                raise RuntimeError("the app did not start")
        port = server.servers[0].sockets[0].getsockname()[1]
        with requests.Session() as http:
            yield Browser(f"http://{HOST}:{port}", http)
    finally:
        server.should_exit = True
        thread.join(10)
