"""How cases and what is told of them are found and kept in the ledger; all in the caller's transaction."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.errors import ConfigurationError, KerndataError
from kerndata.incidents import stix
from kerndata.incidents.clock import load_clock
from kerndata.incidents.report import Report
from kerndata.ledger import events, submissions
from kerndata.ledger.tables import CaseRow, EventRow, PhaseRow
from kerndata.model.incident import CaseState, Phase
from kerndata.notices import outbox
from kerndata.notices.channels import taxii
from kerndata.notices.endpoints import Endpoint, load_publisher, subscribed

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """One case with what was written of it, and what happened: (when, what, details), oldest first."""

    case: CaseRow
    phases: dict[Phase, PhaseRow]
    history: list[EventRow]


def find(session: Session, name: str) -> CaseRow:
    """Give the case that people name ``C-7`` as it is now; raises KerndataError when there is none."""
    number = re.fullmatch(r"(?i)(?:C-)?([0-9]{1,18})", name.strip())
    row = session.get(CaseRow, int(number[1]), populate_existing=True) if number else None
    if row is None:
        raise KerndataError(
            f"There is no case {name}; `kerndata incidents list --all` shows them. Nothing was changed."
        )
    return row


def listed(session: Session, *, closed: bool = False, limit: int = 100) -> list[CaseRow]:
    """Give the open cases, or all, the newest first."""
    query = select(CaseRow).order_by(CaseRow.id.desc()).limit(limit)
    return list(session.scalars(query if closed else query.where(CaseRow.state != CaseState.CLOSED.value)))


def shown(session: Session, name: str) -> Shown:
    """Give all of one case."""
    case = find(session, name)
    history = select(EventRow).where(EventRow.subject == case.name).order_by(EventRow.seq)
    return Shown(case, phases(session, case), list(session.scalars(history)))


def phases(session: Session, case: CaseRow) -> dict[Phase, PhaseRow]:
    """Give what was drafted or written of a case, in order."""
    query = select(PhaseRow).where(PhaseRow.case_id == case.id).order_by(PhaseRow.modified)
    return {Phase(row.phase): row for row in session.scalars(query.execution_options(populate_existing=True))}


def keep(
    session: Session, case: CaseRow, phase: Phase, now: datetime, report: Report | None = None, by: str | None = None
) -> PhaseRow:
    """Write one version of the incident, later than those before it; its bytes are fixed from here on."""
    before = list(phases(session, case).values())
    modified = _whole_milliseconds(now if before else case.opened_at)
    modified = max([modified, *(one.modified + _MILLISECOND for one in before)])
    incident = stix.Incident(case.incident_id, case.opened_at, case.rule_id, case.facts)
    submission = submissions.get(session, case.submission_id)
    payload = stix.envelope(load_publisher(), submission, incident, phase, modified, report)
    row = PhaseRow(case_id=case.id, phase=phase.value, modified=modified, payload=payload, written_at=now)
    row.report, row.written_by = report.model_dump(mode="json") if report else None, by
    session.add(row)
    session.flush()
    told = {"phase": phase.value, "by": by, "sha256": hashlib.sha256(payload).hexdigest()}
    events.append(session, "case.written" if report else "case.drafted", case.name, told, now)
    return row


def send(session: Session, case: CaseRow, row: PhaseRow, endpoints: Iterable[Endpoint], now: datetime) -> None:
    """Enqueue what was written for every endpoint that subscribes to security events, with its legal deadline.

    Raises ConfigurationError when there is none: then nobody would be told, and nobody would know.
    """
    receivers = subscribed(endpoints, "security")
    if not receivers:
        raise ConfigurationError(
            f"No endpoint in notices/endpoints.yaml subscribes to security: nobody would get "
            f"the {Phase(row.phase).words} of {case.name}. Add one. Nothing was changed."
        )
    row.sent_at = now
    for endpoint in receivers:
        outbox.enqueue(
            session,
            endpoint=endpoint.name,
            channel=endpoint.channel,
            subject=f"incident--{case.incident_id}",
            business_key=f"case/{case.submission_id}/{case.rule_id}/{row.phase}",
            payload=row.payload,
            content_type=taxii.CONTENT_TYPE,
            now=now,
            deadline_at=load_clock().deadline(Phase(row.phase), case.opened_at),
        )


def _whole_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
