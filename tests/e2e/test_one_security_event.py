"""A person handles security events in Airflow and on the command line: the first answer counts and closes the other.

Runs after test_main_job.py (files run in order of name), on its stack: cases are opened about its submissions.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
import requests

from kerndata.airflow.incident import DONE, NOT_SIGNIFICANT, SEND, SIGNIFICANT
from kerndata.incidents import cases, phases, record
from kerndata.incidents.report import Report, filled_in
from kerndata.ledger import alerts, events
from kerndata.ledger.tables import CaseRow
from kerndata.local import story
from kerndata.local.airflow_api import AirflowApi, RequiredAction
from kerndata.local.counterpart_programs import TAXII_MEDIA_TYPE, TAXII_USER, taxii_url
from kerndata.local.demo import Told
from kerndata.local.stack import Stack
from kerndata.model.incident import Decision, Phase
from kerndata.notices.desk import Who
from kerndata.notices.endpoints import load

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

T = TypeVar("T")
DAG = "handle_incident"


class Desk:
    """One case, and the person who handles it."""

    def __init__(self, stack: Stack, told: Told, rule_id: str) -> None:
        self.stack, self.ledger = stack, stack.ledger()
        self.airflow: AirflowApi = stack.airflow_api()
        with self.ledger.transaction() as session:
            submission = told.submissions[0]
            case = cases.open_case(session, submission=submission, rule_id=rule_id, facts={"rows": 1}, now=now())
        self.name, self.run_id = case.name, f"case__{case.name}"

    def asked(self, task_id: str) -> RequiredAction:
        """Wait until a person could answer a step; `deliver_notices` starts the run within a minute.

        A request is there a moment before its task waits; who answers in between makes Airflow try the task again.
        """
        return wait_for(lambda: next((one for one in self.requests() if self.waits(one, task_id)), None))

    def waits(self, request: RequiredAction, task_id: str) -> bool:
        states = {one.task_id: one.state for one in self.airflow.tasks(DAG, self.run_id)}
        return request.task_id == task_id and states[task_id] == "deferred"

    def requests(self, *, is_open: bool | None = True) -> list[RequiredAction]:
        found = self.airflow.required_actions(DAG, is_open=is_open)
        return [one for one in found if one.run_id == self.run_id]

    def tasks(self) -> dict[str, str | None]:
        """The states of the tasks when the run has ended."""
        assert self.airflow.wait(DAG, self.run_id, timeout_seconds=240).state == "success"
        return {one.task_id: one.state for one in self.airflow.tasks(DAG, self.run_id)}

    def case(self) -> CaseRow:
        with self.ledger.transaction() as session:
            return record.find(session, self.name)

    def alerts(self) -> dict[str, str]:
        """The open alerts about the case: what each says, by kind."""
        with self.ledger.transaction() as session:
            return {one.kind: one.detail for one in alerts.opened(session) if one.subject.split("/")[0] == self.name}


def now() -> datetime:
    return datetime.now(UTC)


def wait_for(look: Callable[[], T | None], seconds: float = 240) -> T:
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.3)
    return found


def form(text: str) -> dict[str, Any]:
    """What a person fills in: every field, as the form sends it."""
    empty = dict.fromkeys(Report.model_fields)
    return {**empty, **story.FOUND, "provinces": ["PV31"], "measures": ["containment"], "text": text}


def test_a_person_decides_and_reports_in_airflow_and_what_may_not_be_sent_is_asked_again(
    full_stack: Stack, told: Told
) -> None:
    desk = Desk(full_stack, told, "F-MACRO")
    request = desk.asked("decide")
    assert (request.subject, request.options) == (
        f"{desk.name}: is F-MACRO in {told.submissions[0].id} significant?",
        [SIGNIFICANT, NOT_SIGNIFICANT],
    )
    desk.airflow.answer(request, SIGNIFICANT, why=" ")
    wait_for(lambda: "Say why" in desk.alerts().get("case-answer-refused", ""))
    desk.airflow.answer(desk.asked("decide"), SIGNIFICANT, why="sleutel misbruikt")
    request = desk.asked("notify")
    assert (desk.case().decision, desk.case().decided_by, desk.case().why) == (
        *("significant", "engineer"),
        "sleutel misbruikt",
    )
    assert desk.alerts() == {}

    desk.airflow.answer(request, SEND, **form("bel 06-12345678"))
    wait_for(lambda: "telephone number" in desk.alerts().get("case-answer-refused", ""))
    assert "12345678" not in str(desk.alerts())
    desk.airflow.answer(desk.asked("notify"), SEND, **form("Nagevraagd en geweigerd."))
    desk.airflow.answer(desk.asked("report"), SEND, **form("De sleutel is vervangen."))

    assert desk.tasks() == {"decide": "success", "notify": "success", "report": "success"}
    assert (desk.case().state, desk.alerts()) == ("closed", {})
    wait_for(lambda: len(versions(full_stack, desk.case())) == 3)
    with desk.ledger.transaction() as session:
        by = [row.written_by for row in record.phases(session, desk.case()).values()]
        assert events.verify(session) == []
    assert by == [None, "engineer", "engineer"]


def versions(stack: Stack, case: CaseRow) -> list[dict[str, Any]]:
    answer = requests.get(
        f"{taxii_url(stack.ports)}objects/?match[id]=incident--{case.incident_id}&match[version]=all",
        auth=(TAXII_USER, stack.secrets.taxii_password),
        headers={"Accept": TAXII_MEDIA_TYPE},
        timeout=10,
    )
    return list(answer.json().get("objects", []))


def test_an_answer_on_the_command_line_closes_the_request_in_airflow(full_stack: Stack, told: Told) -> None:
    desk = Desk(full_stack, told, "F-DDE")
    desk.asked("decide")
    with desk.ledger.transaction() as session:
        cases.decide(session, desk.name, Decision.SIGNIFICANT, Who("jan", "gebeld"), load(), now())
    desk.asked("notify")
    with desk.ledger.transaction() as session:
        phases.write(session, desk.name, Phase.FINAL, filled_in(story.FOUND), "jan", load(), now())

    assert desk.tasks() == {"decide": "skipped", "notify": "skipped", "report": "skipped"}
    closed = {one.task_id: (one.chosen, one.answered_by) for one in desk.requests(is_open=None)}
    assert closed == {"decide": ([DONE], None), "notify": ([DONE], None)}
    [given] = [one.given["note"] for one in desk.requests(is_open=None) if one.task_id == "decide"]
    assert "jan decided at" in given


def test_what_is_not_significant_is_asked_no_more_and_nothing_is_sent(full_stack: Stack, told: Told) -> None:
    desk = Desk(full_stack, told, "F-MALWARE")
    desk.airflow.answer(desk.asked("decide"), NOT_SIGNIFICANT, why="een formule")
    assert desk.tasks() == {"decide": "success", "notify": "skipped", "report": "skipped"}
    assert (desk.case().state, desk.case().decided_by) == ("closed", "engineer")
    assert versions(full_stack, desk.case()) == []
