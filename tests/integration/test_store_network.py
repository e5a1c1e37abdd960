"""The network between us and the store: lost acknowledgements and cut answers, by a small proxy that cuts."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from kerndata.errors import Conflict, Fenced, Transient
from kerndata.store.client import Store, connect
from kerndata.store.keys import PUBLISHED, STAGING

pytestmark = pytest.mark.stack


class CuttingProxy:
    """Forwards bytes both ways; cuts the first ``cuts`` answers with status 200 after ``keep`` bytes."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.cuts = self.keep = self.cut = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._open = [self._server]
        self._threads = [self._start(self._accept)]

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> Thread:
        thread = Thread(target=work, args=arguments, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self.upstream)
                self._open += [near, far]
                self._threads += [self._start(self._ask, near, far), self._start(self._answer, near, far)]

    def _ask(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(65536):
                far.sendall(data)
        _hang_up(far)

    def _answer(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError), near, far:
            while data := far.recv(65536):
                if data.startswith(b"HTTP/1.1 200") and self.cut < self.cuts:
                    self.cut += 1
                    near.sendall(data[: self.keep])
                    break
                near.sendall(data)
            _hang_up(near)

    def close(self) -> None:
        for connection in self._open:
            _hang_up(connection)
        for thread in self._threads:
            thread.join(10)
        self._server.close()


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def _proxied(store: Store) -> Iterator[tuple[CuttingProxy, Store]]:
    address = urlsplit(store._client.meta.endpoint_url)
    keys = store._client._request_signer._credentials
    proxy = CuttingProxy((address.hostname, address.port))
    through = connect(proxy.url, keys.access_key, keys.secret_key)
    try:
        yield proxy, through
    finally:
        through._client.close()
        proxy.close()


@pytest.fixture
def key() -> str:
    return f"test/{uuid4()}"


def test_a_create_whose_acknowledgement_is_lost_counts_as_done(store: Store, key: str) -> None:
    with _proxied(store) as (proxy, through):
        proxy.cuts = 1
        through.create(STAGING, key, b"arrived", content_type="text/plain")

    assert proxy.cut == 1
    assert store.read(STAGING, key) == b"arrived"


def test_a_lost_acknowledgement_never_hides_a_conflict(store: Store, key: str) -> None:
    store.create(STAGING, key, b"the first", content_type="text/plain")

    with _proxied(store) as (_, through), pytest.raises(Conflict):
        through.create(STAGING, key, b"another", content_type="text/plain")


def test_a_switch_whose_acknowledgement_is_lost_counts_as_done(store: Store, key: str) -> None:
    etag = store.switch(PUBLISHED, key, b"one", content_type="application/json", etag=None)

    with _proxied(store) as (proxy, through):
        proxy.cuts = 1
        switched = through.switch(PUBLISHED, key, b"two", content_type="application/json", etag=etag)

    assert proxy.cut == 1
    assert store.pointer(PUBLISHED, key) == (b"two", switched)
    with pytest.raises(Fenced):
        store.switch(PUBLISHED, key, b"three", content_type="application/json", etag=etag)


def test_a_fetch_that_is_cut_halfway_is_transient_and_works_again(store: Store, key: str, tmp_path: Path) -> None:
    body = b"x" * 500_000
    store.create(STAGING, key, body, content_type="text/plain")

    with _proxied(store) as (proxy, through):
        proxy.cuts, proxy.keep = 1, 2_000
        with pytest.raises(Transient, match=key):
            through.fetch(STAGING, key, tmp_path / "half")
        assert through.fetch(STAGING, key, tmp_path / "whole").size_bytes == len(body)


def test_a_store_that_is_away_is_transient(store: Store, key: str) -> None:
    with _proxied(store) as (proxy, through):
        proxy.close()
        with pytest.raises(Transient, match="could not be reached"):
            through.read(STAGING, key)
