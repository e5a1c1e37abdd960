"""The notification and the final report: what a person writes after the early warning, each once, each sent at once."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy.orm import Session

from kerndata.errors import Fenced, KerndataError
from kerndata.incidents import record
from kerndata.incidents.clock import utc
from kerndata.incidents.report import Report
from kerndata.ledger import alerts, events, submissions
from kerndata.ledger.tables import CaseRow, PhaseRow
from kerndata.model.incident import CaseState, Phase
from kerndata.notices.endpoints import Endpoint

_LEAST_NAME = 5  # a shorter file name is a word like any other


def write(
    session: Session,
    name: str,
    phase: Phase,
    report: Report,
    by: str,
    endpoints: Iterable[Endpoint],
    now: datetime,
) -> CaseRow:
    """Send the notification, or the final report, which closes the case; the final one may come without the other.

    The same report again changes nothing. Raises Fenced when this phase was written otherwise or the case is closed,
    KerndataError while nobody has decided, or when the text names the delivered file; then nothing was changed.
    """
    events.lock(session)
    case = record.find(session, name)
    written = record.phases(session, case).get(phase)
    if written and written.report == report.model_dump(mode="json"):
        return case
    _refuse_when_not_its_turn(case, phase, written)
    _refuse_file_name(session, case, report.text)
    record.send(session, case, record.keep(session, case, phase, now, report, by), endpoints, now)
    steps = [phase.value]
    if phase is Phase.FINAL:
        case.state, case.closed_at = CaseState.CLOSED.value, now
        events.append(session, "case.closed", case.name, {"by": by}, now)
        steps = [Phase.NOTIFICATION.value, Phase.FINAL.value]
    else:
        case.state = CaseState.NOTIFIED.value
    alerts.close_all(session, [case.name, *(f"{case.name}/{step}" for step in steps)], now)
    return case


def _refuse_when_not_its_turn(case: CaseRow, phase: Phase, written: PhaseRow | None) -> None:
    if written:
        later = " What you learn later goes into the final report." if phase is Phase.NOTIFICATION else ""
        raise Fenced(
            f"The {phase.words} of {case.name} was written by {written.written_by} at {utc(written.written_at)}."
            f"{later} Nothing was changed."
        )
    if case.state == CaseState.CLOSED:
        raise Fenced(f"{case.name} is closed: nothing more is told of it. Nothing was changed.")
    if case.state == CaseState.ASSESS:
        raise KerndataError(
            f"Nobody has decided whether {case.name} is significant: `kerndata incidents decide {case.name}` comes "
            "first. Nothing was changed."
        )


def _refuse_file_name(session: Session, case: CaseRow, text: str) -> None:
    name = PurePosixPath(submissions.get(session, case.submission_id).delivery.name).stem.lower()
    if len(name) >= _LEAST_NAME and name in text.lower():
        raise KerndataError(
            "text: the text names the delivered file, which may hold a person's name. Nothing was sent."
        )
