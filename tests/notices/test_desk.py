"""``kerndata notices``: what a person sees and does, through the command itself, on the real ledger."""

import getpass
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.notices.post import Clock, attempts, deliver, endpoint_row, notice, queue, receiving, some_endpoint, told

from kerndata.cli import main
from kerndata.ledger.database import Ledger
from kerndata.ledger.tables import NoticeRow
from kerndata.local.exchange import VARIABLES
from kerndata.notices.endpoints import Endpoint

pytestmark = pytest.mark.stack

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def receiver() -> Any:
    with receiving() as server:
        yield server


@pytest.fixture
def endpoint() -> Endpoint:
    return some_endpoint()


@pytest.fixture
def run(ledger_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command; its status and what it said."""
    for name, value in zip(VARIABLES, (ledger_url, "http://127.0.0.1:1", "none", "none"), strict=True):
        monkeypatch.setenv(name, value)

    def command(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["kerndata", "notices", *words])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(left.value.code or 0), " ".join((said.out + said.err).split())

    return command


def dead_letter(ledger: Ledger, endpoint: Endpoint, receiver: Any, subject: str = "2026.1", **given: Any) -> str:
    receiver.script.append((404, {}, b"nobody here"))
    made = queue(ledger, endpoint, subject, **given)
    deliver(ledger, endpoint, receiver)
    return made


def test_list_filters_by_endpoint_and_status_and_shows_what_is_stopped(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run
) -> None:
    dead, other = dead_letter(ledger, endpoint, receiver), some_endpoint()
    receiver.script.append((401, {}, b""))
    waiting = queue(ledger, other, "2026.2")
    deliver(ledger, other, receiver)
    status, said = run("list", "--endpoint", endpoint.name)
    assert (status, dead in said, waiting in said) == (0, True, False)
    status, said = run("list", "--status", "pending", "--limit", "1000")
    assert (status, dead in said, waiting in said) == (0, False, True)
    assert f"{other.name} │ paused" in said


def test_show_gives_the_attempts_and_the_request_without_secrets(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run
) -> None:
    payload = {"version": "2026.1", "stop": "https://x.example/stop?token=abc123", "auth": "Bearer abc.def"}
    dead = dead_letter(ledger, endpoint, receiver, payload=json.dumps(payload).encode())
    status, said = run("show", dead)
    assert status == 0
    assert "HTTP 404: nobody here" in said
    assert '"version": "2026.1"' in said
    assert "abc" not in said


def test_an_unknown_id_names_the_nearest_and_ends_with_status_1(ledger: Ledger, endpoint: Endpoint, run: Run) -> None:
    made = queue(ledger, endpoint, "2026.1")
    for words in (("show", made[:-1] + "x"), ("retry", made[:-1] + "x", "--why", "w")):
        status, said = run(*words)
        assert status == 1
        assert f"Did you mean {made}?" in said


def test_retry_puts_a_dead_letter_back_with_the_same_id_and_bytes_and_records_who_and_why(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run
) -> None:
    dead = dead_letter(ledger, endpoint, receiver)
    status, said = run("retry", dead, "--why", "their address was mended", "--by", "jan")
    assert (status, said) == (0, f"{dead} is due now")
    assert (notice(ledger, dead).status, notice(ledger, dead).spent) == ("pending", 0)
    assert deliver(ledger, endpoint, receiver, Clock(datetime.now(UTC))).delivered == 1
    assert len(receiver.seen) == 2
    assert len(set(receiver.seen)) == 1
    assert [one.number for one in attempts(ledger, dead)] == [1, 2]
    assert ("notice.retried", {"by": "jan", "why": "their address was mended", "was": "dead"}) in told(ledger, dead)


def test_retry_of_a_waiting_notice_makes_it_due_now_and_spends_no_less(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run
) -> None:
    receiver.script += [(503, {"Retry-After": "7200"}, b"")]
    waiting = queue(ledger, endpoint, "2026.1")
    deliver(ledger, endpoint, receiver)
    assert notice(ledger, waiting).due_at - notice(ledger, waiting).created_at >= timedelta(hours=2)
    assert run("retry", waiting, "--why", "they say they are back")[0] == 0
    row = notice(ledger, waiting)
    assert (row.due_at <= datetime.now(UTC), row.spent) == (True, 1)
    [(_, data)] = [one for one in told(ledger, waiting) if one[0] == "notice.retried"]
    assert data["by"] == getpass.getuser()


def test_replay_sends_a_delivered_notice_once_more_and_the_receiver_recognises_it(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run
) -> None:
    done = queue(ledger, endpoint, "2026.1")
    deliver(ledger, endpoint, receiver)
    status, said = run("retry", done, "--why", "w")
    assert (status, "`replay` sends it once more" in said) == (1, True)
    assert run("replay", done, "--why", "they lost their database")[0] == 0
    receiver.script.append((400, {}, b'{"invalidParams": [{"name": "id", "code": "unique"}]}'))
    assert deliver(ledger, endpoint, receiver, Clock(datetime.now(UTC))).delivered == 1
    assert receiver.seen[0] == receiver.seen[1]
    assert [kind for kind, _ in told(ledger, done)] == ["notice.delivered", "notice.replayed", "notice.delivered"]


def test_all_dead_letters_of_an_endpoint_at_once(ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run) -> None:
    letters = [dead_letter(ledger, endpoint, receiver, subject=str(n)) for n in range(3)]
    status, said = run("replay", "--dead-of", endpoint.name, "--why", "their address was mended")
    assert (status, all(one in said for one in letters)) == (0, True)
    assert deliver(ledger, endpoint, receiver, Clock(datetime.now(UTC))).delivered == 3
    status, said = run("replay", "--dead-of", endpoint.name, "--why", "again")
    assert (status, "has no dead letters" in said) == (1, True)


def test_one_wrong_id_among_several_changes_nothing(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run
) -> None:
    dead = dead_letter(ledger, endpoint, receiver)
    assert run("retry", dead, "N-0", "--why", "w")[0] == 1
    assert notice(ledger, dead).status == "dead"


def test_a_dead_letter_that_is_put_back_goes_before_later_ones_that_wait(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run
) -> None:
    dead = dead_letter(ledger, endpoint, receiver, subject="a", key="1")
    receiver.script.append((503, {"Retry-After": "3600"}, b""))
    later = queue(ledger, endpoint, "a", "2")
    deliver(ledger, endpoint, receiver)
    assert run("retry", dead, "--why", "w") == (0, f"{dead} is due now")
    with ledger.transaction() as session:
        first = select(NoticeRow.id).where(NoticeRow.endpoint == endpoint.name, NoticeRow.is_first)
        assert session.scalars(first).all() == [dead]
    status, said = run("retry", later, "--why", "w")
    assert (status, said) == (0, f"{later} is due now, after {dead} on the same subject")
    assert deliver(ledger, endpoint, receiver, Clock(datetime.now(UTC))).delivered == 2
    assert receiver.seen[-2:] == [b"a:1", b"a:2"]


def test_a_notice_that_is_being_sent_is_left_alone(ledger: Ledger, endpoint: Endpoint, run: Run) -> None:
    sending = queue(ledger, endpoint, "2026.1")
    with ledger.transaction() as session:
        session.scalars(select(NoticeRow).where(NoticeRow.id == sending).with_for_update()).one()
        status, said = run("retry", sending, "--why", "w")
    assert (status, "is being sent at this moment" in said) == (1, True)


def test_pause_and_resume_stop_and_start_an_endpoint_and_keep_who_and_why(
    ledger: Ledger, endpoint: Endpoint, receiver: Any, run: Run
) -> None:
    made = queue(ledger, endpoint, "2026.1")
    assert run("pause", endpoint.name, "--why", "their maintenance", "--by", "jan")[0] == 0
    assert deliver(ledger, endpoint, receiver).delivered == 0
    assert run("retry", made, "--why", "w")[1] == f"{made} is due now, but {endpoint.name} is paused"
    assert run("resume", endpoint.name, "--why", "they are back", "--by", "piet")[0] == 0
    assert endpoint_row(ledger, endpoint).state == "active"
    assert deliver(ledger, endpoint, receiver, Clock(datetime.now(UTC))).delivered == 1
    assert told(ledger, endpoint.name) == [
        ("endpoint.paused", {"reason": "their maintenance", "by": "jan"}),
        ("endpoint.active", {"reason": "they are back", "by": "piet"}),
    ]


def test_an_endpoint_that_does_not_exist_is_refused_with_the_nearest(run: Run) -> None:
    status, said = run("pause", "sdg-hubb", "--why", "w")
    assert (status, "Did you mean sdg-hub?" in said) == (1, True)


def test_a_reason_is_needed(ledger: Ledger, endpoint: Endpoint, run: Run) -> None:
    made = queue(ledger, endpoint, "2026.1")
    assert run("retry", made)[0] == 2
    status, said = run("retry", made, "--why", " ")
    assert (status, "Say why" in said) == (1, True)
