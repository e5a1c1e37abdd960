"""What came of an attempt, entered in the ledger: the attempt, the notice, the endpoint and the event, in one go."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kerndata.ledger import events
from kerndata.ledger.tables import AttemptRow, EndpointRow, NoticeRow
from kerndata.model.notice import NoticeStatus
from kerndata.notices.channels import Answer
from kerndata.notices.outcome import Decision, Outcome
from kerndata.notices.redact import redact

DETAIL_LIMIT = 500

_STATES = {Outcome.PAUSE: "paused", Outcome.DISABLE: "disabled"}
_STATUSES = {
    Outcome.DELIVERED: NoticeStatus.DELIVERED,
    Outcome.DISABLE: NoticeStatus.DEAD,
    Outcome.DEAD: NoticeStatus.DEAD,
}


def record(
    session: Session,
    notice: NoticeRow,
    answer: Answer,
    decision: Decision,
    started: datetime,
    now: datetime,
    secret: str | None,
) -> None:
    """Enter one attempt and what it means for the notice and its endpoint; takes the ledger's writers' lock."""
    events.lock(session)
    notice.attempts += 1
    detail = _detail(answer, decision, secret)
    attempt = AttemptRow(notice_id=notice.id, number=notice.attempts, at=started, detail=detail)
    attempt.outcome, attempt.http_status = decision.outcome.value, answer.reply.status
    session.add(attempt)
    if decision.due_at is not None:
        notice.due_at = decision.due_at
    _conclude(session, notice, decision, now)
    if decision.outcome in _STATES:
        set_state(session, notice.endpoint, _STATES[decision.outcome], detail, now)


def _conclude(session: Session, notice: NoticeRow, decision: Decision, now: datetime) -> None:
    status = _STATUSES.get(decision.outcome)
    if status is None:
        return
    notice.status = status.value
    notice.delivered_at = now if status is NoticeStatus.DELIVERED else None
    facts = {"endpoint": notice.endpoint, "business_key": notice.business_key, "attempts": notice.attempts}
    events.append(
        session, f"notice.{status}", notice.id, {**facts, "reason": redact(decision.reason, DETAIL_LIMIT)}, now
    )


def _detail(answer: Answer, decision: Decision, secret: str | None) -> str:
    body = answer.reply.body.decode("utf-8", "replace")
    text = decision.reason if decision.outcome is Outcome.DELIVERED or not body else f"{decision.reason}: {body}"
    return redact(text.replace(secret, "[secret]") if secret else text, DETAIL_LIMIT)


def set_state(session: Session, endpoint: str, state: str, reason: str, now: datetime) -> None:
    """Make an endpoint ``active``, ``paused`` or ``disabled``, with the reason, in the ledger."""
    events.lock(session)
    values = {"state": state, "reason": reason, "since": now}
    statement = insert(EndpointRow).values(name=endpoint, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    events.append(session, f"endpoint.{state}", endpoint, {"reason": reason}, now)
