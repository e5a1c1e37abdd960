"""The runbooks about notices, followed step by step while the fault is there: real receivers, the pages' commands."""

import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from tests.docs.exchange_command import command, exchange_of
from tests.docs.test_runbooks import BLOCK, RUNBOOKS, commands
from tests.notices.post import receiving
from tests.unit.notice_receivers import NEW, OLD, PATHS, SECRET, running

from kerndata.ledger import Ledger, alerts
from kerndata.ledger.tables import Base
from kerndata.local.counterparts.cloudevents_hub import Hub
from kerndata.local.counterparts.subscriber import Subscriber
from kerndata.local.stack import Stack
from kerndata.notices import announce, outbox
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import Endpoint, find, load

pytestmark = pytest.mark.stack

HUB, SUBSCRIBER = find(load(), "sdg-hub"), find(load(), "subscriber")
Run = Callable[..., str]


@pytest.fixture(autouse=True)
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)}"))


@pytest.fixture
def run(stack_services: Stack, ledger_url: str) -> Run:
    """Run a command of a page, with the id of a real notice in the place of the page's; give what it said."""
    environment = exchange_of(stack_services, ledger_url)

    def go(step: str, notice: str = "", status: int = 0) -> str:
        words = shlex.split(step.replace("N-0123456789abcdef", notice))
        done = command(words[1:], environment)
        assert done.exit_code == status, (step, done.output)
        return done.stdout

    return go


def released(ledger: Ledger, version: str = "2026.1") -> dict[str, str]:
    """Announce a release; the notices by endpoint."""
    now = datetime.now(UTC)
    with ledger.transaction() as session:
        made = announce.release_published(
            session,
            [HUB, SUBSCRIBER],
            version=version,
            content_hash="ab" * 32,
            published_at=now,
            base_url="https://data.example",
            counts={"indicators": 3},
            now=now,
        )
    return dict(zip(("sdg-hub", "subscriber"), made, strict=True))


def deliver(
    ledger: Ledger, endpoint: Endpoint, port: int, secret: str, path: str = "/cloudevents"
) -> outbox.DeliverySummary:
    way_in = Credentials(f"http://127.0.0.1:{port}{path}", "kerndata", secret, allow_private=True)
    with requests.Session() as http:
        return outbox.deliver_due(ledger, endpoint, way_in, http, lambda: datetime.now(UTC), lambda _: None)


def open_now(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.transaction() as session:
        return [(row.kind, row.subject) for row in alerts.opened(session)]


def test_dead_letters(ledger: Ledger, run: Run) -> None:
    show_alerts, list_dead, show, retry = commands("dead-letters")
    with receiving() as receiver:
        receiver.script += [(404, {}, b"moved to another desk")]
        notice = released(ledger)["sdg-hub"]
        assert deliver(ledger, HUB, receiver.server_port, SECRET).dead == 1
        assert "1 dead letter(s)" in run(show_alerts, status=1)
        assert notice in run(list_dead)
        assert "moved to another desk" in run(show, notice)
        assert f"{notice} is due now" in run(retry)
        assert open_now(ledger) == []
        assert deliver(ledger, HUB, receiver.server_port, SECRET).delivered == 1
    assert receiver.seen[0] == receiver.seen[1]


def test_endpoint_down(ledger: Ledger, run: Run) -> None:
    show_alerts, list_pending, resume, retry, pause = commands("endpoint-down")
    with receiving() as receiver:
        port = receiver.server_port
        receiver.script += [(401, {}, b"who are you"), (410, {}, b"gone")]
        notice = released(ledger)["sdg-hub"]
        assert deliver(ledger, HUB, port, SECRET).paused
        assert "endpoint-paused" in run(show_alerts, status=1)
        assert all(told in run(list_pending) for told in (notice, "paused", "HTTP 401"))
        assert "receives again" in run(resume)
        assert open_now(ledger) == []
        assert deliver(ledger, HUB, port, SECRET).disabled
        assert sorted(open_now(ledger)) == [("dead-letter", "sdg-hub"), ("endpoint-disabled", "sdg-hub")]
        run(resume)
        run(retry)
        assert open_now(ledger) == []
        assert deliver(ledger, HUB, port, SECRET).delivered == 1
        released(ledger, "2026.2")
        assert "is paused" in run(pause)
        assert deliver(ledger, HUB, port, SECRET).delivered == 0
        run(resume)
        assert deliver(ledger, HUB, port, SECRET).delivered == 1


def test_key_rotated_at_a_subscriber_without_a_gap(ledger: Ledger, tmp_path: Path) -> None:
    make_key = BLOCK.findall((RUNBOOKS / "key-rotated.md").read_text(encoding="utf-8"))[0].strip()
    new = subprocess.run(["bash", "-c", make_key], capture_output=True, text=True, check=True).stdout.strip()
    path = PATHS[Subscriber]
    with ExitStack() as opened:
        (tmp_path / "old").mkdir()
        before = opened.enter_context(running(Subscriber, tmp_path / "old", OLD))
        after = opened.enter_context(running(Subscriber, tmp_path, new))
        steps = [(OLD, before), (f"{OLD} {new}", before), (f"{new} {OLD}", after), (new, after)]
        for number, (password, server) in enumerate(steps):
            released(ledger, f"2026.{number + 1}")
            assert deliver(ledger, SUBSCRIBER, server.server_port, password, path).delivered == 1
    assert open_now(ledger) == []


def test_key_rotated_at_the_hub_and_one_that_leaked(ledger: Ledger, run: Run, tmp_path: Path) -> None:
    pause, resume, list_pending = commands("key-rotated")
    with running(Hub, tmp_path, NEW) as hub:
        path = PATHS[Hub]
        notice = released(ledger)["sdg-hub"]
        run(pause)
        assert deliver(ledger, HUB, hub.server_port, SECRET, path).delivered == 0
        assert "their secret is replaced" in run(list_pending)
        run(resume)
        assert deliver(ledger, HUB, hub.server_port, SECRET, path).paused  # the old one is still in the connection
        assert open_now(ledger) == [("endpoint-paused", "sdg-hub")]
        assert notice in run(list_pending)
        run(resume)
        assert deliver(ledger, HUB, hub.server_port, NEW, path).delivered == 1
        assert open_now(ledger) == []
        assert "paused" not in run(list_pending)


def test_wrong_message_sent(ledger: Ledger, run: Run, tmp_path: Path) -> None:
    pause, list_delivered, show, withdraw, resume = commands("wrong-message-sent")
    with running(Hub, tmp_path, SECRET) as hub:
        port, path = hub.server_port, PATHS[Hub]
        wrong = released(ledger)["sdg-hub"]
        assert deliver(ledger, HUB, port, SECRET, path).delivered == 1
        assert "is paused" in run(pause)
        assert wrong in run(list_delivered)
        assert "2026.1" in run(show, wrong)
        # What the command does with a release is tried in tests/integration/test_publish_life.py; here, what it tells.
        assert withdraw.startswith("kerndata withdraw 2026.1 --why")
        now = datetime.now(UTC)
        with ledger.transaction() as session:
            announce.release_withdrawn(
                session,
                [HUB],
                version="2026.1",
                content_hash="ab" * 32,
                withdrawn_at=now,
                base_url="https://data.example",
                stands=None,
                now=now,
            )
        assert deliver(ledger, HUB, port, SECRET, path).delivered == 0
        run(resume)
        assert deliver(ledger, HUB, port, SECRET, path).delivered == 1
        assert [one["type"].rpartition(".")[2] for one in hub.journal.events] == [
            "kerndataset-gepubliceerd",
            "kerndataset-ingetrokken",
        ]
