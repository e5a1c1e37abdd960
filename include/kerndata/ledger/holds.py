"""Candidates that wait for a person: opened, answered, superseded. All functions work in the caller's transaction.

At most one waits at a time. Who decided what and when is in the row and, unchangeably, in the chain of events.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.errors import Fenced, KerndataError
from kerndata.ledger import events
from kerndata.ledger.hold_tables import HoldRow
from kerndata.model.hold import Answer, Hold, HoldState, Run

GRACE = timedelta(minutes=15)
"""How long after its time a hold still counts as waiting: its own run enters that nobody answered within seconds."""

_WAITING = HoldState.WAITING.value


def open_hold(
    session: Session,
    content_hash: str,
    previous: str,
    *,
    candidate: str,
    inputs: str,
    summary: Mapping[str, Any],
    run: Run,
    answer_by: datetime,
    now: datetime,
) -> Hold:
    """Let a candidate wait, and supersede the one that waited; give what the ledger says of it then.

    The same content against the same release is the same hold: one that waits stays with the run that asks, unless its
    time is long over without an answer (its run was removed); one that was decided stays decided.
    """
    events.lock(session)
    row = _row(session, content_hash, previous)
    if row and (row.state in _DECIDED or (row.state == _WAITING and row.answer_by + GRACE > now)):
        row.inputs = inputs  # other code may have made the same content of them
        return _hold(row)
    supersede(session, content_hash, now, but=row)
    if row is None:
        row = HoldRow(content_hash=content_hash, previous=previous, opened_at=now)
        session.add(row)
    row.candidate, row.inputs, row.summary = candidate, inputs, dict(summary)
    _wait(session, row, "hold.opened", run, answer_by, now)
    return _hold(row)


def reopen(session: Session, hold: Hold, *, run: Run, answer_by: datetime, now: datetime) -> Hold:
    """Let a rejected or unanswered candidate wait again, because a person wants to be asked again.

    Raises Fenced while another candidate waits: that one is newer.
    """
    events.lock(session)
    row = _found(session, hold.content_hash, hold.previous)
    other = session.scalar(select(HoldRow).where(HoldRow.state == _WAITING))
    if other and other is not row:
        raise Fenced(
            f"Candidate {row.content_hash[:16]} cannot be asked about again: newer candidate "
            f"{other.content_hash[:16]} waits in {other.dag_id}, {other.run_id}. Answer that one."
        )
    _wait(session, row, "hold.reopened", run, answer_by, now)
    return _hold(row)


def decide(session: Session, content_hash: str, previous: str, answer: Answer, *, run: Run, now: datetime) -> Hold:
    """Enter the answer on a candidate that waits in ``run``; give what the ledger says of it then.

    Only the first answer counts: one that comes twice changes nothing, nor does one that comes after the candidate was
    superseded, or from a run in which it no longer waits. ``KerndataError`` for a candidate that was never held.
    """
    events.lock(session)
    row = _found(session, content_hash, previous)
    if row.state != _WAITING or Run(row.dag_id, row.run_id) != run:
        return _hold(row)
    row.state, row.decided_by, row.decided_at, row.note = answer.state.value, answer.by, answer.at, answer.note
    facts = {"previous": previous, "by": answer.by, "answered_at": answer.at.isoformat(), "note": answer.note}
    events.append(session, f"hold.{answer.state.value}", content_hash, facts, now)
    return _hold(row)


def supersede(session: Session, by: str, now: datetime, *, but: HoldRow | None = None) -> list[Hold]:
    """Close what waits because ``by`` (a content hash or a version) takes its place."""
    events.lock(session)
    closed = []
    for row in session.scalars(select(HoldRow).where(HoldRow.state == _WAITING)):
        if row is but:
            continue
        row.state, row.decided_at, row.superseded_by = HoldState.SUPERSEDED.value, now, by
        events.append(session, "hold.superseded", row.content_hash, {"previous": row.previous, "by": by}, now)
        closed.append(_hold(row))
    session.flush()
    return closed


def find(session: Session, content_hash: str, previous: str | None) -> Hold | None:
    """Give what became of this content against this release; None when it was never held."""
    row = _row(session, content_hash, previous) if previous else None
    return _hold(row) if row else None


def of_inputs(session: Session, inputs: str, previous: str, now: datetime) -> Hold | None:
    """Give the hold that makes merging these inputs pointless: it waits, or was answered with no.

    A waiting one counts until its time is over; an approved one still has to be published.
    """
    pointless = [HoldState.WAITING, HoldState.REJECTED, HoldState.TIMED_OUT]
    query = select(HoldRow).where(HoldRow.inputs == inputs, HoldRow.previous == previous, HoldRow.state.in_(pointless))
    rows = [row for row in session.scalars(query) if row.state != _WAITING or row.answer_by + GRACE > now]
    return _hold(rows[0]) if rows else None


def all_of(session: Session, limit: int = 100) -> list[Hold]:
    """Give at most ``limit`` holds, newest first."""
    query = select(HoldRow).order_by(HoldRow.opened_at.desc(), HoldRow.content_hash).limit(limit)
    return [_hold(row) for row in session.scalars(query)]


_DECIDED = {HoldState.APPROVED.value, HoldState.REJECTED.value, HoldState.TIMED_OUT.value}


def _wait(session: Session, row: HoldRow, kind: str, run: Run, answer_by: datetime, now: datetime) -> None:
    row.state, row.dag_id, row.run_id, row.answer_by = _WAITING, run.dag_id, run.run_id, answer_by
    row.decided_at = row.decided_by = row.note = row.superseded_by = None
    facts = {"previous": row.previous, "dag_id": run.dag_id, "run_id": run.run_id, "answer_by": answer_by.isoformat()}
    events.append(session, kind, row.content_hash, facts, now)


def _row(session: Session, content_hash: str, previous: str) -> HoldRow | None:
    return session.get(HoldRow, (content_hash, previous), populate_existing=True)


def _found(session: Session, content_hash: str, previous: str) -> HoldRow:
    row = _row(session, content_hash, previous)
    if row is None:
        raise KerndataError(
            f"Candidate {content_hash[:16]} against {previous} was never held; `kerndata holds` lists those that were."
        )
    return row


def _hold(row: HoldRow) -> Hold:
    return Hold(
        content_hash=row.content_hash,
        previous=row.previous,
        candidate=row.candidate,
        inputs=row.inputs,
        summary=row.summary,
        state=HoldState(row.state),
        run=Run(row.dag_id, row.run_id),
        opened_at=row.opened_at,
        answer_by=row.answer_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        note=row.note,
        superseded_by=row.superseded_by,
    )
