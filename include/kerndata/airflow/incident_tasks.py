"""The bodies of what Airflow does about cases, one call each into the library; heavy libraries are imported inside."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kerndata.airflow import connections

if TYPE_CHECKING:
    from kerndata.ledger.tables import CaseRow

log = logging.getLogger(__name__)

CASE = "case"
"""The parameter of a run of ``handle_incident``: the case's name."""


def watch_cases() -> list[dict[str, Any]]:
    """Send what nobody decided in time, alert to deadlines that come near; return one trigger per case to ask about."""
    from kerndata.incidents import cases, watch
    from kerndata.notices.endpoints import load

    now = datetime.now(UTC)
    with connections.ledger().transaction() as session:
        for case in cases.overdue(session, load(), now):
            log.warning("nobody decided about %s in time: its early warning is sent", case)
        watch.unwritten(session, now)
        return [{"trigger_run_id": f"case__{case}", "conf": {CASE: case}} for case in cases.unasked(session)]


def question(name: str, step: str) -> tuple[str, str] | None:
    """Return headline and body of the request about a step; None when nobody has to answer. The run is remembered."""
    from kerndata.incidents import cases, record
    from kerndata.incidents import question as words

    with connections.ledger().transaction() as session:
        cases.asked(session, name, datetime.now(UTC))
        case = record.find(session, name)
        return None if words.over(case, step) else (words.subject(case, step), words.body(case, step))


def over(name: str, step: str) -> str | None:
    """Say what became of a step elsewhere; None while somebody has to answer. The triggerer calls it."""
    from kerndata.incidents import cases, record
    from kerndata.incidents import question as words

    with connections.ledger().transaction() as session:
        case = record.find(session, name)
    if not words.over(case, step):
        return None
    return cases.said(case) if step == words.DECISION else f"{case.name} is {case.state}. Nobody has to answer."


def decide(name: str, *, is_significant: bool, why: str, by: str) -> CaseRow:
    """Enter the decision of a person; raises ``KerndataError`` without a reason, ``Fenced`` when somebody was first."""
    from kerndata.errors import KerndataError
    from kerndata.incidents import cases
    from kerndata.model.incident import Decision
    from kerndata.notices.desk import Who
    from kerndata.notices.endpoints import load

    if not why.strip():
        raise KerndataError("Say why: the reason is what the next person reads. Nothing was changed.")
    decision = Decision.SIGNIFICANT if is_significant else Decision.NOT_SIGNIFICANT
    with connections.ledger().transaction() as session:
        return cases.decide(session, name, decision, Who(by, why.strip()), load(), datetime.now(UTC))


def write(name: str, step: str, fields: Mapping[str, Any], by: str) -> CaseRow:
    """Write a phase as a person filled it in; raises ``KerndataError`` for what may not go, ``Fenced`` as above."""
    from kerndata.incidents import phases
    from kerndata.incidents.report import filled_in
    from kerndata.model.incident import Phase
    from kerndata.notices.endpoints import load

    report = filled_in({key: value for key, value in fields.items() if value is not None})
    with connections.ledger().transaction() as session:
        return phases.write(session, name, Phase(step), report, by, load(), datetime.now(UTC))


def refused(name: str, step: str, why: str) -> None:
    """Tell our people that an answer could not be taken, and why: the request itself cannot say so."""
    from kerndata.ledger import alerts
    from kerndata.model.alert import AlertKind

    now, subject = datetime.now(UTC), f"{name}/{step}"
    with connections.ledger().transaction() as session:
        alerts.close_all(session, [subject], now, AlertKind.CASE_ANSWER_REFUSED)
        alerts.open_(session, AlertKind.CASE_ANSWER_REFUSED, subject, why, now)


def fields() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas of the fields of a report, by name."""
    from kerndata.incidents.report import Report

    return dict(Report.model_json_schema()["properties"])
