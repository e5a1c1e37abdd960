"""How the wait for a person ends: the trigger and the task around it, with Airflow's own messages replaced."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from airflow.providers.standard.triggers import hitl
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowSkipException, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from kerndata.airflow import asking, merge_tasks
from kerndata.airflow.hold import APPROVE, REJECT, SUPERSEDED, HoldOperator, HoldTrigger

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENGINEER = SimpleNamespace(id="1", name="engineer")


def refusal(status: int) -> AirflowRuntimeError:
    """What Airflow's API raises where tasks and triggers speak to it."""
    return AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": status}))


class Request:
    """The request as Airflow keeps it."""

    def __init__(self) -> None:
        self.chosen: list[str] = []
        self.given: dict[str, Any] = {}
        self.user: SimpleNamespace | None = None
        self.failures = 0
        self.is_asked = True

    def read(self, ti_id: object) -> SimpleNamespace:
        if not self.is_asked:
            raise refusal(404)
        return SimpleNamespace(
            response_received=bool(self.chosen),
            chosen_options=self.chosen,
            params_input=self.given,
            responded_at=NOW,
            responded_by_user=self.user,
        )

    def write(self, ti_id: object, chosen_options: list[str], params_input: dict[str, Any]) -> SimpleNamespace:
        if self.failures or self.chosen:
            self.failures -= 1
            raise refusal(409 if self.chosen else 500)
        self.chosen, self.given = chosen_options, params_input
        return self.read(ti_id)

    def approve(self) -> None:
        self.chosen, self.given, self.user = [APPROVE], {"note": "gezien"}, ENGINEER


@pytest.fixture
def request_(monkeypatch: pytest.MonkeyPatch) -> Request:
    one = Request()
    monkeypatch.setattr(hitl, "get_hitl_detail_content_detail", one.read)
    for module in (hitl, asking):
        monkeypatch.setattr(module, "update_hitl_detail_response", one.write)
    return one


def event_of(monkeypatch: pytest.MonkeyPatch, superseded: Callable[[], str | None], **options: Any) -> dict[str, Any]:
    """Let the trigger wait with this ledger; gives its one event."""
    monkeypatch.setattr(merge_tasks, "superseded_by", lambda **_: superseded())
    task = HoldOperator(task_id="hold", candidate="2026.1/ab/cd")
    trigger = HoldTrigger(
        **{
            "content_hash": "ab",
            "previous": "2026.1",
            "ti_id": uuid4(),
            "options": [APPROVE, REJECT],
            "defaults": [REJECT],
            "params": task.serialized_params,
            "timeout_datetime": None,
            "poke_interval": 0.01,
            **options,
        }
    )
    path, arguments = trigger.serialize()
    assert (path, arguments["content_hash"]) == ("kerndata.airflow.hold.HoldTrigger", "ab")

    async def only() -> dict[str, Any]:
        [event] = [one async for one in trigger.run()]
        return dict(event.payload)

    return asyncio.run(asyncio.wait_for(only(), 30))


def answer_to(event: dict[str, Any]) -> dict[str, str | None]:
    return HoldOperator(task_id="hold", candidate="x").execute_complete({}, event)  # type: ignore[typeddict-item]


def test_an_answer_says_who_when_what_and_why(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    request_.approve()

    event = event_of(monkeypatch, lambda: None)

    assert answer_to(event) == {"state": "approved", "by": "engineer", "at": NOW.isoformat(), "note": "gezien"}


def test_no_answer_in_time_is_a_no_by_nobody(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    event = event_of(monkeypatch, lambda: None, timeout_datetime=datetime.now(UTC) - timedelta(seconds=1))

    assert request_.chosen == [REJECT]
    assert answer_to(event) == {"state": "timed_out", "by": None, "at": NOW.isoformat(), "note": ""}


def test_a_newer_candidate_closes_the_request_however_often_airflow_does_not_answer(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_.failures = 2

    event = event_of(monkeypatch, lambda: "c" * 64)

    assert request_.chosen == [SUPERSEDED]
    with pytest.raises(AirflowSkipException, match="Superseded by cccccccccccccccc:"):
        answer_to(event)


def test_a_request_that_was_closed_before_the_triggerer_restarted_stays_closed(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_.write(None, [SUPERSEDED], {"note": "Superseded by cc: …"})

    with pytest.raises(AirflowSkipException, match="Superseded by cc"):
        answer_to(event_of(monkeypatch, lambda: None))


def test_who_answers_a_moment_before_it_is_closed_is_heard(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    def superseded() -> str:
        request_.approve()
        return "c" * 64

    assert answer_to(event_of(monkeypatch, superseded))["state"] == "approved"


def test_a_try_that_follows_one_that_never_asked_asks(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    request_.is_asked = False

    assert event_of(monkeypatch, lambda: None) == {"is_unasked": True}
