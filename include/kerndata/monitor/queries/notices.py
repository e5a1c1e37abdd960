"""The outbox per endpoint: what waits, what came of the last attempt, whether it is stopped, what is dead."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from kerndata.errors import KerndataError
from kerndata.ledger.tables import AttemptRow, EndpointRow, NoticeRow
from kerndata.model.notice import NoticeStatus
from kerndata.notices import desk
from kerndata.notices.endpoints import Endpoint

SHOWN = 50
Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a notice."""

    number: int
    at: datetime
    outcome: str
    http_status: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class EndpointLine:
    """One endpoint. ``circuit``: closed, or open: too many failures in a row, one notice tries at ``probe_at``.

    ``is_configured`` False: notices wait for an endpoint that is in ``endpoints.yaml`` no more.
    """

    name: str
    channel: str
    is_configured: bool
    state: str
    reason: str
    since: datetime | None
    failures: int
    circuit: str
    probe_at: datetime | None
    pending: int
    delivered: int
    dead: int
    oldest_at: datetime | None
    last: Attempt | None


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice, without its payload."""

    id: str
    endpoint: str
    channel: str
    subject: str
    business_key: str
    status: NoticeStatus
    attempts: int
    due_at: datetime
    created_at: datetime
    delivered_at: datetime | None
    deadline_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint with its dead letters (oldest first), what waits (in order) and what was delivered last."""

    line: EndpointLine
    dead: tuple[NoticeLine, ...]
    pending: tuple[NoticeLine, ...]
    delivered: tuple[NoticeLine, ...]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice with its attempts; ``waits_for``: the earlier notice on the same subject that has to go first."""

    notice: NoticeLine
    attempts: tuple[Attempt, ...]
    waits_for: str | None


@dataclass(frozen=True, slots=True)
class _Count:
    """Notices of one endpoint in one status, since when the oldest is there, and their channel."""

    notices: int
    since: datetime | None
    channel: str


def endpoints(session: Session, configured: Iterable[Endpoint], only: str | None = None) -> tuple[EndpointLine, ...]:
    """Give every endpoint (or ``only`` one) that is configured or has notices, in order of name."""
    known = {one.name: one for one in configured if only in (None, one.name)}
    states = {one.name: one for one in desk.states(session) if only in (None, one.name)}
    mine = [NoticeRow.endpoint == only] if only else []
    counted, last = _counted(session, mine), _last_attempts(session, mine)
    names = sorted(known.keys() | states.keys() | counted.keys())
    return tuple(
        _line(name, known.get(name), states.get(name), counted.get(name, {}), last.get(name)) for name in names
    )


def endpoint(session: Session, name: str, configured: Iterable[Endpoint]) -> EndpointView | None:
    """Give one endpoint; None when it is neither configured nor has any notice."""
    line = endpoints(session, configured, name)
    if not line:
        return None
    return EndpointView(
        line[0],
        dead=_some(session, name, NoticeStatus.DEAD, newest=False),
        pending=_some(session, name, NoticeStatus.PENDING, newest=False),
        delivered=_some(session, name, NoticeStatus.DELIVERED, newest=True),
    )


def notice(session: Session, notice_id: str) -> NoticeView | None:
    """Give one notice with its attempts; None when there is none of this id."""
    try:
        shown = desk.shown(session, notice_id)
    except KerndataError:
        return None
    return NoticeView(_notice(shown.notice), tuple(_attempt(one) for one in shown.attempts), shown.waits_for)


def _line(
    name: str, settings: Endpoint | None, row: EndpointRow | None, counted: Mapping[str, _Count], last: Attempt | None
) -> EndpointLine:
    none = _Count(0, None, "")
    pending, delivered, dead = (counted.get(one.value, none) for one in NoticeStatus)
    channel = settings.channel if settings else max(one.channel for one in (pending, delivered, dead))
    return EndpointLine(
        name=name,
        channel=channel,
        is_configured=settings is not None,
        state=row.state if row else "active",
        reason=row.reason if row else "",
        since=row.since if row else None,
        failures=row.failures if row else 0,
        circuit="open" if row and row.probe_at else "closed",
        probe_at=row.probe_at if row else None,
        pending=pending.notices,
        delivered=delivered.notices,
        dead=dead.notices,
        oldest_at=pending.since,
        last=last,
    )


def _counted(session: Session, mine: Conditions) -> dict[str, dict[str, _Count]]:
    """Count notices by endpoint and status."""
    row = NoticeRow
    query = select(row.endpoint, row.status, func.count(), func.min(row.created_at), func.max(row.channel))
    counted: dict[str, dict[str, _Count]] = {}
    for name, status, notices, since, channel in session.execute(query.where(*mine).group_by(row.endpoint, row.status)):
        counted.setdefault(name, {})[status] = _Count(notices, since, channel)
    return counted


def _last_attempts(session: Session, mine: Conditions) -> dict[str, Attempt]:
    """Give the last attempt at each endpoint: its moment first, for sorting every attempt by name costs the most."""
    same = NoticeRow.id == AttemptRow.notice_id
    newest = select(NoticeRow.endpoint, func.max(AttemptRow.at)).join(AttemptRow, same).where(*mine)
    moments = dict(session.execute(newest.group_by(NoticeRow.endpoint)).all())
    query = select(NoticeRow.endpoint, AttemptRow).join(AttemptRow, same).where(AttemptRow.at.in_(moments.values()))
    found = session.execute(query.order_by(AttemptRow.number))
    return {name: _attempt(one) for name, one in found if one.at == moments.get(name)}


def _some(session: Session, name: str, status: NoticeStatus, *, newest: bool) -> tuple[NoticeLine, ...]:
    order = NoticeRow.sequence.desc() if newest else NoticeRow.sequence
    query = select(NoticeRow).where(NoticeRow.endpoint == name, NoticeRow.status == status.value)
    return tuple(_notice(one) for one in session.scalars(query.order_by(order).limit(SHOWN)))


def _notice(row: NoticeRow) -> NoticeLine:
    return NoticeLine(
        id=row.id,
        endpoint=row.endpoint,
        channel=row.channel,
        subject=row.subject,
        business_key=row.business_key,
        status=NoticeStatus(row.status),
        attempts=row.attempts,
        due_at=row.due_at,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
        deadline_at=row.deadline_at,
    )


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt(row.number, row.at, row.outcome, row.http_status, row.detail)
