"""What came of a batch, entered in the ledger in one go: attempts, notices, endpoint, alerts and events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kerndata.ledger import alerts, events
from kerndata.ledger.tables import AttemptRow, EndpointRow, NoticeRow
from kerndata.model.alert import AlertKind
from kerndata.model.notice import NoticeStatus
from kerndata.notices.channels import Answer
from kerndata.notices.claim import promote
from kerndata.notices.outcome import Decision, Outcome
from kerndata.notices.redact import redact

DETAIL_LIMIT = 500
DEAD_LIMIT = 2000  # of a dead letter a person has to read why
PAUSED, DISABLED = AlertKind.ENDPOINT_PAUSED, AlertKind.ENDPOINT_DISABLED

_STATES = {Outcome.PAUSE: "paused", Outcome.DISABLE: "disabled"}
_STATUSES = {
    Outcome.DELIVERED: NoticeStatus.DELIVERED,
    Outcome.DISABLE: NoticeStatus.DEAD,
    Outcome.DEAD: NoticeStatus.DEAD,
}


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: what was sent, what came back, what that means."""

    notice: NoticeRow
    answer: Answer
    decision: Decision
    started: datetime
    ended: datetime


def record(session: Session, endpoint: str, tries: Sequence[Try], now: datetime, secret: str | None) -> None:
    """Enter attempts at one endpoint and what they mean for the notices and for it; takes the ledger's writers' lock.

    What was delivered is one event for all, each other conclusion one of its own.
    """
    events.lock(session)
    session.add_all([_attempt(one, secret) for one in tries])
    concluded = [one for one in tries if _conclude(one)]
    session.flush()
    promote(session, endpoint, {one.notice.subject for one in concluded})
    _tell_delivered(session, endpoint, [one.notice for one in concluded if one.decision.outcome is Outcome.DELIVERED])
    dead = [one for one in concluded if one.decision.outcome is not Outcome.DELIVERED]
    for one in dead:
        _tell_dead(session, one.notice, one.decision, now)
    if dead:
        watch_dead_letters(session, endpoint, now, f"{dead[-1].notice.business_key}: {_reason(dead[-1].decision)}")
    for one in tries:
        if one.decision.outcome in _STATES:
            reason = _detail(one.answer, one.decision, secret)
            set_state(session, endpoint, _STATES[one.decision.outcome], reason, now)


def _attempt(one: Try, secret: str | None) -> AttemptRow:
    notice = one.notice
    notice.attempts += 1
    notice.spent += one.decision.outcome is not Outcome.PAUSE  # we were not let in: that says nothing of the notice
    if one.decision.due_at is not None:
        notice.due_at = one.decision.due_at
    return AttemptRow(
        notice_id=notice.id,
        number=notice.attempts,
        at=one.started,
        outcome=one.decision.outcome.value,
        http_status=one.answer.reply.status,
        detail=_detail(one.answer, one.decision, secret),
    )


def _conclude(one: Try) -> bool:
    status = _STATUSES.get(one.decision.outcome)
    if status is None:
        return False
    one.notice.status, one.notice.is_first = status.value, False
    one.notice.delivered_at = one.ended if status is NoticeStatus.DELIVERED else None
    return True


def _tell_delivered(session: Session, endpoint: str, notices: Sequence[NoticeRow]) -> None:
    if not notices:
        return
    now = max(notice.delivered_at for notice in notices if notice.delivered_at)
    if len(notices) == 1:
        events.append(session, "notice.delivered", notices[0].id, _facts(notices[0]), now)
    else:
        attempts = {notice.id: notice.attempts for notice in notices}
        events.append(session, "notices.delivered", endpoint, {"attempts": attempts}, now)
    alerts.close_all(session, [notice.id for notice in notices], now)


def _tell_dead(session: Session, notice: NoticeRow, decision: Decision, now: datetime) -> None:
    events.append(session, "notice.dead", notice.id, {**_facts(notice), "reason": _reason(decision)}, now)


def _reason(decision: Decision) -> str:
    return redact(decision.reason, DETAIL_LIMIT, keep_hosts=True)


def watch_dead_letters(session: Session, endpoint: str, now: datetime, last: str | None = None) -> None:
    """Keep one alert open for as long as an endpoint has dead letters; it says how many, and what the last met."""
    dead = (NoticeRow.endpoint == endpoint, NoticeRow.status == NoticeStatus.DEAD.value)
    count = session.scalar(select(func.count()).where(*dead))
    if not count:
        alerts.close_all(session, [endpoint], now, AlertKind.DEAD_LETTER)
        return
    told = f"{count} dead letter(s)" + (f", the last {last}" if last else "")
    alerts.open_(session, AlertKind.DEAD_LETTER, endpoint, told, now)
    alerts.say(session, AlertKind.DEAD_LETTER, endpoint, told)


def _facts(notice: NoticeRow) -> dict[str, str | int]:
    return {"endpoint": notice.endpoint, "business_key": notice.business_key, "attempts": notice.attempts}


def _detail(answer: Answer, decision: Decision, secret: str | None) -> str:
    body = answer.reply.body.decode("utf-8", "replace")
    text = decision.reason if decision.outcome is Outcome.DELIVERED or not body else f"{decision.reason}: {body}"
    limit = DEAD_LIMIT if decision.outcome in (Outcome.DEAD, Outcome.DISABLE) else DETAIL_LIMIT
    return redact(text.replace(secret, "[secret]") if secret else text, limit, keep_hosts=True)


def set_state(session: Session, endpoint: str, state: str, reason: str, now: datetime, by: str | None = None) -> None:
    """Make an endpoint ``active``, ``paused`` or ``disabled``, with the reason and who did it, in the ledger.

    An endpoint that the receiver's answer stopped opens an alert; once active it is sent to at once.
    """
    events.lock(session)
    values = {"state": state, "reason": reason, "since": now, "failures": 0, "probe_at": None}
    statement = insert(EndpointRow).values(name=endpoint, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    events.append(session, f"endpoint.{state}", endpoint, {"reason": reason} | ({"by": by} if by else {}), now)
    if state == "active":
        alerts.close_all(session, [endpoint], now, PAUSED, DISABLED)
    elif by is None:
        alerts.open_(session, PAUSED if state == "paused" else DISABLED, endpoint, reason, now)
