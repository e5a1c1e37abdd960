"""Which notices a sender may send now: the first waiting one of each subject, and after it the others of that subject.

The row lock of a subject's first notice is the right to send that subject, so order is kept without looking at what
else waits: the cost of a claim does not grow with the backlog (``python -m tests.notices --claim`` measures it).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import takewhile

from sqlalchemy import ARRAY, ColumnElement, Text, func, literal, select, true, update
from sqlalchemy.orm import Session, aliased

from kerndata.ledger.tables import NoticeRow
from kerndata.model.notice import NoticeStatus

Chain = list[NoticeRow]
"""Notices on one subject in the order in which they are to be sent; the first is locked."""


def claim(session: Session, endpoint: str, now: datetime, most: int) -> list[Chain]:
    """Lock the subjects of which the first notice is due; at most ``most`` notices in all, those due longest first."""
    query = (
        select(NoticeRow)
        .where(NoticeRow.endpoint == endpoint, NoticeRow.is_first, NoticeRow.due_at <= now)
        .order_by(NoticeRow.due_at, NoticeRow.sequence)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    chains = {first.subject: [first] for first in session.scalars(query)}
    if chains and (more := most // len(chains) - 1) > 0:
        for row in _followers(session, [chain[0] for chain in chains.values()], more):
            chains[row.subject].append(row)
    return [_due(chain, now) for chain in chains.values()]


def _due(chain: Chain, now: datetime) -> Chain:
    """As far as they are due one after the other: one that has to wait keeps back those after it."""
    return list(takewhile(lambda row: row.due_at <= now, chain))


def _followers(session: Session, firsts: Sequence[NoticeRow], most: int) -> list[NoticeRow]:
    row = aliased(NoticeRow)
    same = (row.endpoint == NoticeRow.endpoint, row.subject == NoticeRow.subject, row.sequence > NoticeRow.sequence)
    after = select(row).where(*same, row.status == NoticeStatus.PENDING.value).order_by(row.sequence).limit(most)
    follower = aliased(NoticeRow, after.lateral("follower"))
    query = select(follower).select_from(NoticeRow).join(follower, true())
    query = query.where(NoticeRow.id.in_([first.id for first in firsts])).order_by(follower.sequence)
    return list(session.scalars(query))


def is_pending() -> ColumnElement[bool]:
    """The notice waits to be delivered."""
    return NoticeRow.status == NoticeStatus.PENDING.value


def none_waits(endpoint: str, subject: str) -> ColumnElement[bool]:
    """No notice on this subject waits at this endpoint."""
    waiting = select(NoticeRow.id).where(NoticeRow.endpoint == endpoint, NoticeRow.subject == subject, is_pending())
    return ~waiting.exists()


def promote(session: Session, endpoint: str, subjects: Collection[str]) -> None:
    """Make the earliest waiting notice of each subject its first, where none is first; needs the writers' lock."""
    each = func.unnest(literal(sorted(subjects), ARRAY(Text))).table_valued("subject").render_derived(name="each")
    row = aliased(NoticeRow)
    waits = (row.endpoint == endpoint, row.subject == each.c.subject, row.status == NoticeStatus.PENDING.value)
    earliest = select(row.id).where(*waits).order_by(row.sequence).limit(1).lateral("earliest")
    ids = select(earliest.c.id).select_from(each).join(earliest, true())
    first = aliased(NoticeRow)
    has_first = select(first.id).where(first.endpoint == endpoint, first.subject == NoticeRow.subject, first.is_first)
    statement = update(NoticeRow).where(NoticeRow.id.in_(ids), ~has_first.exists()).values(is_first=True)
    session.execute(statement.execution_options(synchronize_session=False))
