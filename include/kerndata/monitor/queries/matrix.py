"""The twelve provinces at a glance: of every period of every dataset what was delivered, and what is owed.

A province may owe one period in several deliveries; the cell then shows the one that needs a person first.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kerndata.ledger import periods
from kerndata.ledger.periods import Delivered
from kerndata.ledger.tables import OutcomeRow, SubmissionRow
from kerndata.model.period import last_day
from kerndata.model.submission import Status
from kerndata.sources.expected import Expected

SHOWN_PERIODS = 8


class State(StrEnum):
    """Where one period of one dataset of one province stands; what needs a person first comes first."""

    REFUSED = "refused"
    OVERDUE = "overdue"
    PARTLY = "partly"
    PROVISIONAL = "provisional"
    AWAITED = "awaited"
    DELIVERED = "delivered"


_OPEN = (State.AWAITED, State.OVERDUE)


@dataclass(frozen=True, slots=True)
class Part:
    """One delivery's share of a cell: what it owes, and the newest submission about it (None: nothing came)."""

    delivery: str
    state: State
    due_on: date | None
    submission_id: str | None
    delivered_at: datetime | None
    accepted: int
    refused: int
    earlier_stands: bool
    score: float | None


@dataclass(frozen=True, slots=True)
class Last:
    """A province's newest submission. A file refused before its rows could be read is about no period: only here."""

    submission_id: str
    received_at: datetime
    status: Status


@dataclass(frozen=True, slots=True)
class Row:
    """One province; ``cells`` by dataset and period, the part that needs a person first; no cell: not expected.

    ``next_due``: the first day on which something is due that did not come yet, also when that day has passed.
    """

    province: str
    cells: Mapping[str, Mapping[str, tuple[Part, ...]]]
    last: Last | None
    waiting: int
    next_due: date | None


@dataclass(frozen=True, slots=True, order=True)
class Owed:
    """One period of one delivery that did not come yet."""

    due_on: date
    delivery: str
    dataset: str
    period: str
    state: State


@dataclass(frozen=True, slots=True)
class Matrix:
    """All rows; ``columns``: the periods of each dataset, oldest first; ``left_out``: how many older ones there are.

    ``tally``: how many of the cells shown are in each state.
    """

    columns: Mapping[str, tuple[str, ...]]
    left_out: int
    rows: tuple[Row, ...]
    tally: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the matrix is narrowed to; a row is shown when any of its cells is in ``state``."""

    dataset: str | None = None
    state: State | None = None
    all_periods: bool = False


def matrix(session: Session, provinces: Sequence[str], owed: Iterable[Expected], today: date, chosen: Chosen) -> Matrix:
    """Give the matrix of these provinces (slugs, in order); ``owed`` by ``kerndata.sources.expected``."""
    parts = _parts(session, provinces, owed, today)
    wanted = {key: found for key, found in parts.items() if chosen.dataset in (None, key[1])}
    columns, left_out = _columns(wanted, chosen)
    last, waiting = _last(session, provinces), _waiting(session)
    rows = [_row(slug, wanted, last.get(slug), waiting.get(slug, 0)) for slug in provinces]
    if chosen.state:
        rows = [row for row in rows if any(part.state is chosen.state for part in _all_parts(row.cells))]
    return Matrix(columns, left_out, tuple(rows), _tally(rows, columns))


Key = tuple[str, str, str]


def _parts(
    session: Session, provinces: Collection[str], owed: Iterable[Expected], today: date
) -> dict[Key, tuple[Part, ...]]:
    """Give the parts by province, dataset and period, what needs a person first."""
    owes = {
        (one.province, one.dataset, one.delivery, one.period): one.due_on for one in owed if one.province in provinces
    }
    came = {
        (one.province, one.dataset, one.delivery, one.counts.period): one
        for one in periods.delivered(session, list(provinces))
    }
    scores = _scores(session, {one.submission_id for one in came.values()})
    found: dict[Key, list[Part]] = {}
    for key in sorted(owes.keys() | came.keys()):
        province, dataset, delivery, period = key
        one = came.get(key)
        part = _part(delivery, owes.get(key), one, scores.get(one.submission_id) if one else None, today)
        found.setdefault((province, dataset, period), []).append(part)
    order = list(State)
    return {key: tuple(sorted(some, key=lambda one: order.index(one.state))) for key, some in found.items()}


def _part(delivery: str, due_on: date | None, came: Delivered | None, score: float | None, today: date) -> Part:
    state = _state(came, due_on, today)
    if came is None:
        return Part(delivery, state, due_on, None, None, 0, 0, earlier_stands=False, score=None)
    earlier = came.stands is not None and came.stands != came.submission_id
    counts = came.counts
    told = (came.submission_id, came.delivered_at, counts.accepted, counts.refused)
    return Part(delivery, state, due_on, *told, earlier_stands=earlier, score=score)


def _state(came: Delivered | None, due_on: date | None, today: date) -> State:
    if came is None:
        return State.OVERDUE if due_on and due_on < today else State.AWAITED
    if came.counts.accepted == 0:
        return State.REFUSED
    if came.counts.refused:
        return State.PARTLY
    return State.PROVISIONAL if came.counts.provisional else State.DELIVERED


def _columns(parts: Iterable[Key], chosen: Chosen) -> tuple[dict[str, tuple[str, ...]], int]:
    """Give the periods by dataset: the newest few unless all are wanted, and how many were left out."""
    known: dict[str, set[str]] = {}
    for _, dataset, period in parts:
        known.setdefault(dataset, set()).add(period)
    ordered = {dataset: sorted(some, key=_by_end) for dataset, some in sorted(known.items())}
    most = None if chosen.all_periods else SHOWN_PERIODS
    columns = {dataset: tuple(some if most is None else some[-most:]) for dataset, some in ordered.items()}
    return columns, sum(map(len, ordered.values())) - sum(map(len, columns.values()))


def _by_end(period: str) -> tuple[date, int]:
    """Order by the last day, a longer period after the shorter ones that end with it."""
    return last_day(period) or date.min, -len(period)


def _row(slug: str, parts: Mapping[Key, tuple[Part, ...]], last: Last | None, waiting: int) -> Row:
    cells: dict[str, dict[str, tuple[Part, ...]]] = {}
    for (province, dataset, period), found in parts.items():
        if province == slug:
            cells.setdefault(dataset, {})[period] = found
    due = [part.due_on for part in _all_parts(cells) if part.due_on and part.state in _OPEN]
    return Row(slug, cells, last, waiting, min(due, default=None))


def owed(row: Row) -> tuple[Owed, ...]:
    """Give what a province owes and did not deliver yet, by due date."""
    found = [
        Owed(part.due_on, part.delivery, dataset, period, part.state)
        for dataset, cells in row.cells.items()
        for period, parts in cells.items()
        for part in parts
        if part.due_on and part.state in _OPEN
    ]
    return tuple(sorted(found))


def _tally(rows: Iterable[Row], columns: Mapping[str, Sequence[str]]) -> dict[State, int]:
    cells = ((row.cells.get(dataset, {}), periods) for row in rows for dataset, periods in columns.items())
    return dict(Counter(found[period][0].state for found, periods in cells for period in periods if period in found))


def _all_parts(cells: Mapping[str, Mapping[str, tuple[Part, ...]]]) -> Iterator[Part]:
    return (part for by_period in cells.values() for found in by_period.values() for part in found)


def _scores(session: Session, ids: Collection[str]) -> dict[str, float]:
    """Give the lowest dimension of each submission's last revision."""
    row, outcome = SubmissionRow, OutcomeRow
    query = select(outcome.submission_id, outcome.scores)
    query = query.join(row, (row.id == outcome.submission_id) & (row.revision == outcome.revision))
    found = session.execute(query.where(outcome.submission_id.in_(ids)))
    return {one: min(scores.values()) for one, scores in found if scores}


def _last(session: Session, provinces: Collection[str]) -> dict[str, Last]:
    """Give each province's newest submission."""
    row = SubmissionRow
    newest = select(func.max(row.sequence)).where(row.province.in_(provinces)).group_by(row.province)
    found = session.scalars(select(row).where(row.sequence.in_(newest)))
    return {one.province: Last(one.id, one.received_at, Status(one.status)) for one in found}


def _waiting(session: Session) -> dict[str, int]:
    waits = select(SubmissionRow.province, func.count()).where(SubmissionRow.concluded_at.is_(None))
    return dict(session.execute(waits.group_by(SubmissionRow.province)).all())
