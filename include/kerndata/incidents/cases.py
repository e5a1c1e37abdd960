"""Cases are opened by the pipeline and decided by a person; what nobody decides in time is sent by itself.

Every function takes the ledger's writers' lock first and looks at the case behind it, so that of two decisions at once,
or of a decision and the time running out, exactly one counts.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kerndata.errors import ConfigurationError, Fenced
from kerndata.incidents import record, stix
from kerndata.incidents.clock import load_clock, utc
from kerndata.ledger import alerts, events
from kerndata.ledger.tables import CaseRow
from kerndata.model.alert import AlertKind
from kerndata.model.incident import CaseState, Decision, Phase
from kerndata.model.submission import Submission
from kerndata.notices.desk import Who
from kerndata.notices.endpoints import Endpoint


def open_case(
    session: Session, *, submission: Submission, rule_id: str, facts: Mapping[str, object], now: datetime
) -> CaseRow:
    """Open a case for a security event, draft its early warning and tell our own people; nothing is sent.

    One case per submission and rule: doing it twice changes nothing. Of ``facts`` only counts and province codes are
    kept (``stix.allowed_facts``): the ledger's findings hold the rest.
    """
    events.lock(session)
    values = {
        "submission_id": submission.id,
        "rule_id": rule_id,
        "state": CaseState.ASSESS.value,
        "incident_id": uuid4(),
        "facts": stix.allowed_facts(facts),
        "opened_at": now,
    }
    statement = insert(CaseRow).values(values).on_conflict_do_nothing(index_elements=["submission_id", "rule_id"])
    is_new = session.scalar(statement.returning(CaseRow.id)) is not None
    key = (CaseRow.submission_id == submission.id, CaseRow.rule_id == rule_id)
    case = session.scalars(select(CaseRow).where(*key)).one()
    if is_new:
        told = {"submission": submission.id, "rule": rule_id, "incident": str(case.incident_id)}
        events.append(session, "case.opened", case.name, told, now)
        record.keep(session, case, Phase.EARLY_WARNING, now)
        until = utc(load_clock().decide_by(now))
        detail = f"{rule_id} in {submission.id} of {submission.province}: decide whether it is significant by {until}"
        alerts.open_(
            session, AlertKind.CASE_OPEN, case.name, f"{detail}; then its early warning is sent by itself", now
        )
    return case


def decide(
    session: Session, name: str, decision: Decision, who: Who, endpoints: Iterable[Endpoint], now: datetime
) -> CaseRow:
    """Enter a person's decision: significant sends the early warning, not significant closes the case.

    The same decision again changes nothing. Raises Fenced, and changes nothing, when it was decided otherwise.
    """
    events.lock(session)
    case = record.find(session, name)
    if case.decision is None:
        return _enter(session, case, decision, who.by, who.why, endpoints, now)
    if case.decision != decision:
        raise Fenced(f"{said(case)} Nothing was changed.")
    return case


def overdue(session: Session, endpoints: Iterable[Endpoint], now: datetime) -> list[str]:
    """Send the early warning of every case that nobody decided in time; the names of those sent.

    Where nobody would receive it an alert is opened, and it is tried again next time.
    """
    clock, waiting = load_clock(), select(CaseRow).where(CaseRow.state == CaseState.ASSESS.value).order_by(CaseRow.id)
    late = [case.name for case in session.scalars(waiting) if clock.decide_by(case.opened_at) <= now]
    if late:
        events.lock(session)
    return [name for name in late if _send_undecided(session, name, list(endpoints), now)]


def said(case: CaseRow) -> str:
    """What was decided about a case, when and by whom."""
    if case.decided_at is None:
        return f"Nobody has decided about {case.name}."
    if case.decision == Decision.TIMED_OUT:
        return (
            f"Nobody decided about {case.name} in time, so its early warning was sent at "
            f"{utc(case.decided_at)}. If it was nothing, say so in the final report (determination false-positive)."
        )
    return f"{case.decided_by} decided at {utc(case.decided_at)} that {case.name} is {case.decision}: {case.why}"


def unasked(session: Session) -> list[str]:
    """The names of the open cases about which no run in Airflow asks yet."""
    query = select(CaseRow).where(CaseRow.state != CaseState.CLOSED.value, CaseRow.asked_at.is_(None))
    return [case.name for case in session.scalars(query.order_by(CaseRow.id))]


def asked(session: Session, name: str, now: datetime) -> None:
    """Remember that a run in Airflow asks about a case."""
    events.lock(session)
    case = record.find(session, name)
    case.asked_at = case.asked_at or now


def _send_undecided(session: Session, name: str, endpoints: list[Endpoint], now: datetime) -> bool:
    case = record.find(session, name)
    if case.decision is not None:
        return False
    hours = load_clock().decide_within_hours
    try:
        _enter(session, case, Decision.TIMED_OUT, None, f"nobody decided within {hours:g} hours", endpoints, now)
    except ConfigurationError as error:
        alerts.open_(session, AlertKind.CASE_NOT_SENT, name, str(error), now)
        return False
    alerts.open_(session, AlertKind.CASE_UNDECIDED, name, f"{said(case)} Write the notification.", now)
    return True


def _enter(
    session: Session,
    case: CaseRow,
    decision: Decision,
    by: str | None,
    why: str,
    endpoints: Iterable[Endpoint],
    now: datetime,
) -> CaseRow:
    if decision is Decision.NOT_SIGNIFICANT:
        state, case.closed_at = CaseState.CLOSED, now
    else:
        state = CaseState.WARNED
        draft = record.phases(session, case).get(Phase.EARLY_WARNING)
        record.send(session, case, draft or record.keep(session, case, Phase.EARLY_WARNING, now), endpoints, now)
    case.state, case.decision, case.decided_at, case.decided_by, case.why = state.value, decision.value, now, by, why
    events.append(session, "case.decided", case.name, {"decision": decision.value, "by": by, "why": why}, now)
    alerts.close_all(session, [case.name, f"{case.name}/decision"], now)
    return case
