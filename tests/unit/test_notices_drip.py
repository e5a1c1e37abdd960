"""An answer that drips is cut in time; a status line that came whole decides where the status alone does."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from tests.unit.notice_receivers import NEW, SECRET, now
from tests.unit.test_notices_messages import PUBLISHED

from kerndata.notices import product
from kerndata.notices.channels import Answer, Message
from kerndata.notices.channels.registry import CHANNELS
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import ScheduleName
from kerndata.notices.outcome import SCHEDULES, Outcome, decide
from kerndata.notices.transport import Transport

TIMEOUT = timedelta(seconds=0.6)
PAGE = product.page(product.load_product(), PUBLISHED)
ENVELOPE = json.dumps({"objects": [{"type": "incident", "id": "incident--1", "modified": "2026-05-01T08:00:00Z"}]})
PAYLOADS = {"sdg_pdc": PAGE, "taxii": ENVELOPE.encode()}


class Dripping:
    """Answers each request with a head at once, then one byte of its body every tenth of a second, for ever."""

    def __init__(self, post: int, get: tuple[int, bytes] | None, drips_head: bool = False) -> None:
        self.post, self.get, self.drips_head = post, get, drips_head
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.stopped = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line:
            while asked := line.recv(65536):
                if asked.startswith(b"GET") and self.get is not None:
                    status, body = self.get
                    line.sendall(f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                    continue
                head = f"HTTP/1.1 {self.post} -\r\n" + (
                    "X-Slow: " if self.drips_head else "Content-Length: 99999\r\n\r\n"
                )
                line.sendall(head.encode())
                try:
                    while not self.stopped.wait(0.1):
                        line.sendall(b"x")
                except OSError:
                    return
                return


@pytest.fixture
def sent() -> Iterator[object]:
    """Send one message of a channel to a dripping receiver; what came of it, and how long it took."""
    opened: list[Dripping] = []

    def send(channel: str, **how: object) -> tuple[Answer, float]:
        server = Dripping(**how)  # type: ignore[arg-type]
        opened.append(server)
        secret = NEW if channel == "webhook" else SECRET
        way_in = Credentials(f"http://127.0.0.1:{server.port}", "kerndata", secret, allow_private=True)
        message = Message("N-1", "a", PAYLOADS.get(channel, b"{}"), "application/json")
        started = time.monotonic()
        with requests.Session() as http:
            return CHANNELS[channel](Transport(http, way_in, now, TIMEOUT), message, now()), time.monotonic() - started

    yield send
    for server in opened:
        server.stopped.set()
        server.listening.close()


def outcome(answer: Answer) -> Outcome:
    schedule = SCHEDULES[ScheduleName.STANDARD]
    return decide(
        answer.reply, confirmed=answer.confirmed, attempt=1, notice_id="N-1", schedule=schedule, now=now()
    ).outcome


EMPTY_LIST = (200, b'{"results": [], "next": null}')


@pytest.mark.parametrize(
    ("channel", "post", "get"),
    [("cloudevents", 200, None), ("webhook", 204, None), ("sdg_statistics", 200, None), ("sdg_pdc", 201, EMPTY_LIST)],
)
def test_where_the_status_decides_a_body_that_never_ends_is_delivered_and_cut_in_time(sent, channel, post, get) -> None:
    answer, seconds = sent(channel, post=post, get=get)
    assert (answer.reply.status, outcome(answer)) == (post, Outcome.DELIVERED)
    assert seconds < 3 * TIMEOUT.total_seconds()


@pytest.mark.parametrize(("channel", "get"), [("sdg_pdc", None), ("taxii", (404, b"{}"))])
def test_where_the_body_decides_one_that_never_ends_is_tried_again(sent, channel, get) -> None:
    answer, seconds = sent(channel, post=202 if channel == "taxii" else 200, get=get)
    assert (answer.confirmed, outcome(answer)) == (False, Outcome.RETRY)
    assert seconds < 3 * TIMEOUT.total_seconds()


@pytest.mark.parametrize("channel", ["cloudevents", "webhook", "sdg_statistics"])
def test_a_head_that_never_ends_is_no_answer(sent, channel) -> None:
    answer, seconds = sent(channel, post=200, get=None, drips_head=True)
    assert (answer.reply.status, outcome(answer)) == (None, Outcome.RETRY)
    assert seconds < 3 * TIMEOUT.total_seconds()


@pytest.mark.parametrize(("status", "expected"), [(503, Outcome.RETRY), (401, Outcome.PAUSE), (404, Outcome.DEAD)])
def test_a_body_that_drips_changes_nothing_of_what_another_status_means(sent, status, expected) -> None:
    assert outcome(sent("webhook", post=status, get=None)[0]) is expected
