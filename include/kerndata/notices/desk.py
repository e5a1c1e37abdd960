"""What a person does with notices: look, send again, stop and resume an endpoint; each with who and why in the ledger.

A notice that is sent again keeps its id and its bytes, so the receiver recognises it. The row of a notice that is being
sent at this moment is locked: it is left alone, and the person is told.
"""

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.errors import KerndataError
from kerndata.ledger import events
from kerndata.ledger.tables import AttemptRow, EndpointRow, NoticeRow
from kerndata.model.notice import NoticeStatus
from kerndata.notices.claim import promote
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.record import set_state, watch_dead_letters

_NEAREST_AMONG = 10_000


@dataclass(frozen=True, slots=True)
class Who:
    """A person and a reason."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One notice with its attempts, its endpoint's row (None: nothing ever happened) and what it waits for."""

    notice: NoticeRow
    attempts: Sequence[AttemptRow]
    endpoint: EndpointRow | None
    waits_for: str | None


def listed(session: Session, *, endpoint: str | None, status: str | None, limit: int) -> list[NoticeRow]:
    """Give notices, the newest first."""
    query = select(NoticeRow).order_by(NoticeRow.sequence.desc()).limit(limit)
    if endpoint:
        query = query.where(NoticeRow.endpoint == endpoint)
    if status:
        query = query.where(NoticeRow.status == status)
    return list(session.scalars(query))


def states(session: Session) -> list[EndpointRow]:
    """Give the endpoints that were ever stopped, failed of late, or have a pace to keep, in order of name."""
    return list(session.scalars(select(EndpointRow).order_by(EndpointRow.name)))


def shown(session: Session, notice_id: str) -> Shown:
    """Give one notice; raises KerndataError that names the nearest id when there is none of this id."""
    notice = session.get(NoticeRow, notice_id)
    if notice is None:
        raise _unknown(session, notice_id)
    attempts = session.scalars(
        select(AttemptRow).where(AttemptRow.notice_id == notice_id).order_by(AttemptRow.number)
    ).all()
    return Shown(notice, attempts, session.get(EndpointRow, notice.endpoint), _waits_for(session, notice))


def dead_of(session: Session, endpoint: str) -> list[str]:
    """Give the ids of the dead letters of an endpoint, oldest first."""
    dead = (NoticeRow.endpoint == endpoint, NoticeRow.status == NoticeStatus.DEAD.value)
    return list(session.scalars(select(NoticeRow.id).where(*dead).order_by(NoticeRow.sequence)))


def retry(session: Session, ids: Iterable[str], who: Who, now: datetime) -> list[Shown]:
    """Make notices due now: waiting ones, and dead ones from the start of their schedule; all of them or none."""
    allowed = {NoticeStatus.PENDING.value, NoticeStatus.DEAD.value}
    return _again(session, ids, allowed, "notice.retried", who, now)


def replay(session: Session, ids: Iterable[str], who: Who, now: datetime) -> list[Shown]:
    """Send delivered or dead notices once more on purpose, the same id and bytes; all of them or none."""
    allowed = {NoticeStatus.DELIVERED.value, NoticeStatus.DEAD.value}
    return _again(session, ids, allowed, "notice.replayed", who, now)


def pause(session: Session, endpoint: str, known: Collection[Endpoint], who: Who, now: datetime) -> None:
    """Send nothing more to an endpoint; what waits keeps waiting, without spending its schedule."""
    set_state(session, _known(session, endpoint, known), "paused", who.why, now, who.by)


def resume(session: Session, endpoint: str, known: Collection[Endpoint], who: Who, now: datetime) -> None:
    """Let a paused or disabled endpoint receive again, at once."""
    set_state(session, _known(session, endpoint, known), "active", who.why, now, who.by)


def _again(
    session: Session, ids: Iterable[str], allowed: Collection[str], kind: str, who: Who, now: datetime
) -> list[Shown]:
    events.lock(session)
    rows = [_locked(session, notice_id) for notice_id in dict.fromkeys(ids)]
    if wrong := next((row for row in rows if row.status not in allowed), None):
        hint = (
            "is delivered; `replay` sends it once more" if wrong.delivered_at else "still waits; `retry` makes it due"
        )
        raise KerndataError(f"Notice {wrong.id} {hint}. Nothing was changed.")
    for row in rows:
        events.append(session, kind, row.id, {"by": who.by, "why": who.why, "was": row.status}, now)
        _put_back(session, row, now)
    for endpoint in sorted({row.endpoint for row in rows}):
        watch_dead_letters(session, endpoint, now)
    return [shown(session, row.id) for row in rows]


def _locked(session: Session, notice_id: str) -> NoticeRow:
    query = select(NoticeRow).where(NoticeRow.id == notice_id).with_for_update(skip_locked=True)
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None and session.get(NoticeRow, notice_id) is None:
        raise _unknown(session, notice_id)
    if row is None:
        raise KerndataError(
            f"Notice {notice_id} is being sent at this moment; look again in a minute. Nothing changed."
        )
    return row


def _put_back(session: Session, row: NoticeRow, now: datetime) -> None:
    """Let the notice wait again, before the later ones on its subject unless one of these is being sent just now."""
    row.spent = row.spent if row.status == NoticeStatus.PENDING.value else 0
    row.status, row.due_at, row.delivered_at = NoticeStatus.PENDING.value, now, None
    query = select(NoticeRow).where(
        NoticeRow.endpoint == row.endpoint, NoticeRow.subject == row.subject, NoticeRow.is_first
    )
    first = session.scalar(query.with_for_update(skip_locked=True))
    if first is not None and first.sequence > row.sequence:
        first.is_first = False
    session.flush()
    promote(session, row.endpoint, {row.subject})
    session.refresh(row)


def _waits_for(session: Session, notice: NoticeRow) -> str | None:
    if notice.status != NoticeStatus.PENDING.value or notice.is_first:
        return None
    same = (NoticeRow.endpoint == notice.endpoint, NoticeRow.subject == notice.subject)
    return session.scalar(select(NoticeRow.id).where(*same, NoticeRow.is_first))


def _unknown(session: Session, notice_id: str) -> KerndataError:
    ids = session.scalars(select(NoticeRow.id).order_by(NoticeRow.sequence.desc()).limit(_NEAREST_AMONG))
    return KerndataError(
        f"There is no notice {notice_id}.{_nearest(notice_id, ids)} `kerndata notices list` shows them."
    )


def _known(session: Session, endpoint: str, known: Collection[Endpoint]) -> str:
    """Refuse a name that is neither configured nor of any notice: a typing error would stop nothing, silently."""
    names = {one.name for one in known}
    if endpoint in names or session.scalar(select(NoticeRow.id).where(NoticeRow.endpoint == endpoint).limit(1)):
        return endpoint
    listed_names = ", ".join(sorted(names))
    raise KerndataError(f"There is no endpoint {endpoint}.{_nearest(endpoint, names)} Known are {listed_names}.")


def _nearest(given: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(given, list(names), n=1, cutoff=0.4)
    return f" Did you mean {close[0]}?" if close else ""
