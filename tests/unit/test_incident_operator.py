"""How an answer about a case is taken, refused or overtaken, with Airflow's own messages and the ledger replaced."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from tests.unit.incident_cases import REPORT

from kerndata.airflow import asking, incident, incident_tasks
from kerndata.airflow.incident import DECISION, DONE, NOT_SIGNIFICANT, SEND, SIGNIFICANT, IncidentOperator
from kerndata.errors import Fenced
from kerndata.incidents.report import Report, filled_in

CONTEXT: Any = {"ti": SimpleNamespace(id=uuid4(), try_number=1), "task_instance": SimpleNamespace(id=uuid4())}
ENGINEER = {"id": "1", "name": "engineer"}


class Ledger:
    """What the tasks would do to the ledger."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.is_done, self.asked, self.refused = False, 0, ""
        self.entered: list[tuple[Any, ...]] = []
        patch.setattr(incident_tasks, "question", self.question)
        patch.setattr(incident_tasks, "refused", self.refuse)
        patch.setattr(incident_tasks, "decide", self.decide)
        patch.setattr(incident_tasks, "write", self.write)
        patch.setattr(incident, "write_request", self.write_request)

    def question(self, name: str, step: str) -> tuple[str, str] | None:
        return None if self.is_done else (f"{name}: {step}?", "body")

    def write_request(self, operator: IncidentOperator, context: Any) -> None:
        self.asked += 1

    def refuse(self, name: str, step: str, why: str) -> None:
        self.refused = why

    def decide(self, name: str, *, is_significant: bool, why: str, by: str) -> SimpleNamespace:
        self.entered.append((is_significant, why, by))
        return SimpleNamespace(name=name, state="warned")

    def write(self, name: str, step: str, fields: dict[str, Any], by: str) -> SimpleNamespace:
        if self.is_done:
            raise Fenced("C-7 is closed")
        self.entered.append((filled_in({key: one for key, one in fields.items() if one is not None}), by))
        return SimpleNamespace(name=name, state="notified")


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    return Ledger(monkeypatch)


def operator(step: str) -> IncidentOperator:
    return IncidentOperator(task_id="t", step=step, case="C-7")


def event(option: str, **fields: Any) -> dict[str, Any]:
    answered = {"responded_by_user": ENGINEER, "responded_at": datetime(2026, 5, 1, tzinfo=UTC)}
    return {"chosen_options": [option], "params_input": fields, **answered}


def filled(**changed: Any) -> dict[str, Any]:
    return REPORT.model_dump(mode="json") | changed


@pytest.mark.parametrize(("option", "is_significant"), [(SIGNIFICANT, True), (NOT_SIGNIFICANT, False)])
def test_a_decision_is_entered_with_who_and_why(ledger: Ledger, option: str, is_significant: bool) -> None:
    assert operator(DECISION).execute_complete(CONTEXT, event(option, why="gebeld")) == "C-7 is warned"
    assert ledger.entered == [(is_significant, "gebeld", "engineer")]


def test_a_form_becomes_the_report_that_was_filled_in(ledger: Ledger) -> None:
    unknown = filled(individuals=None, organisations=None)
    assert operator("notification").execute_complete(CONTEXT, event(SEND, **unknown)) == "C-7 is notified"
    assert ledger.entered == [(REPORT.model_copy(update={"individuals": None, "organisations": None}), "engineer")]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (event(SEND, **filled(text="bel 06-12345678")), "telephone number"),
        (event(SEND, **filled(criticality=None)), "criticality"),
        (event(SEND, **filled(individuals=-12345678)), "does not fit"),
        (event(SEND, text="bel 06-12345678"), "is missing"),
        ({"error": "12345678 is no such choice", "error_type": "validation"}, "does not fit"),
    ],
    ids=["personal", "left out", "negative", "partial", "not valid"],
)
def test_an_answer_that_may_not_be_taken_is_told_and_asked_again(
    ledger: Ledger, answer: dict[str, Any], why: str
) -> None:
    with pytest.raises(TaskDeferred):
        operator("notification").execute_complete(CONTEXT, answer)
    assert (why in ledger.refused, ledger.asked, ledger.entered) == (True, 1, [])
    assert "12345678" not in ledger.refused


def test_who_comes_second_is_told_so_and_nothing_is_asked(ledger: Ledger) -> None:
    ledger.is_done = True
    with pytest.raises(AirflowSkipException, match="C-7 is closed"):
        operator("final").execute_complete(CONTEXT, event(SEND, **filled()))
    with pytest.raises(AirflowSkipException, match="final of C-7 is done"):
        operator("final").execute(CONTEXT)
    assert ledger.asked == 0


def test_what_was_done_elsewhere_closes_the_request(ledger: Ledger) -> None:
    with pytest.raises(AirflowSkipException, match="jan decided"):
        operator(DECISION).execute_complete(CONTEXT, event(DONE, note="jan decided"))


def test_the_wait_is_for_this_step_of_this_case_and_has_no_time_out_of_its_own(ledger: Ledger) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        operator("final").execute(CONTEXT)
    path, arguments = deferred.value.trigger.serialize()
    assert path == "kerndata.airflow.incident.IncidentTrigger"
    assert (arguments["case"], arguments["step"], arguments["timeout_datetime"]) == ("C-7", "final", None)
    assert set(arguments["params"]) == set(Report.model_fields)
    again = incident.IncidentTrigger(**arguments)
    assert isinstance(again, asking.LedgerTrigger)
    assert again.serialize()[1]["params"].keys() == arguments["params"].keys()


def test_in_a_form_nothing_is_chosen_beforehand() -> None:
    with pytest.raises(Exception, match="criticality"):
        filled_in({key: one for key, one in incident.form("final").dump().items() if one is not None})
    assert not [one for one in incident.form("final").dump().values() if one]
