"""The append-only log: a chain in which every event's hash covers the event before it.

``verify`` shows a changed, missing or reordered event. It cannot show a cut-off tail or a chain that was rewritten from
some event to the end: for that the head is kept elsewhere too (releases, the locked archive) and given as an anchor.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kerndata.ledger.tables import EventRow

GENESIS = "0" * 64
_WRITERS = 7_214_002
_MOST_BREAKS = 20
# How far from its place an event is looked for before it is called changed instead of moved.
_NEIGHBOURS = 100


def lock(session: Session) -> None:
    """Wait until no other transaction writes to the ledger; held until this transaction ends.

    Every writing function takes this lock first, so two transactions that each do several things cannot deadlock.
    """
    session.execute(select(func.pg_advisory_xact_lock(_WRITERS)))


def append(session: Session, kind: str, subject: str, data: Mapping[str, Any], now: datetime) -> None:
    """Append one event to the chain, in the caller's transaction; mass work appends one event per batch.

    ``data`` is JSON with text keys, without NaN. Raises ``ValueError`` for a moment without zone or a value that is
    not JSON.
    """
    if now.tzinfo is None:
        raise ValueError(f"Event {kind} of {subject}: the moment {now} has no zone; give it in UTC.")
    lock(session)
    last = session.execute(select(EventRow.seq, EventRow.hash).order_by(EventRow.seq.desc()).limit(1)).one_or_none()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    event = EventRow(
        seq=seq,
        at=now.astimezone(UTC),
        kind=kind,
        subject=subject,
        data=json.loads(json.dumps(dict(data), allow_nan=False)),
        previous_hash=previous,
    )
    event.hash = _seal(event, seq)
    session.add(event)
    session.flush()


def head(session: Session) -> str:
    """Give the hash of the last event: 64 hex digits, zeros when there is none. Anchor it outside the database."""
    return session.scalar(select(EventRow.hash).order_by(EventRow.seq.desc()).limit(1)) or GENESIS


def verify(session: Session, anchors: Collection[str] = ()) -> list[str]:
    """Check the whole chain: empty when unbroken, else one sentence per break, the first broken event first.

    ``anchors``: heads kept elsewhere; each must still be in the chain. Stops after twenty breaks and says so.
    """
    breaks: list[str] = []
    for sentence in _breaks(session):
        breaks.append(sentence)
        if len(breaks) == _MOST_BREAKS:
            breaks.append(f"Stopped after {_MOST_BREAKS} breaks; later events were not looked at.")
            break
    return breaks + _lost_anchors(session, anchors)


def _breaks(session: Session) -> Iterator[str]:
    expected, previous = 1, GENESIS
    for event in session.scalars(select(EventRow).order_by(EventRow.seq).execution_options(yield_per=1000)):
        if event.seq != expected:
            yield _missing(expected, event.seq - 1)
        if _seal(event, event.seq) != event.hash:
            yield _altered(event)
        elif event.previous_hash != previous and event.seq == expected:
            yield (
                f"Event {event.seq} ({event.kind} of {event.subject}) does not follow event {event.seq - 1}: "
                f"event {event.seq - 1} was changed or replaced."
            )
        expected, previous = event.seq + 1, event.hash
        session.expunge(event)


def _missing(first: int, last: int) -> str:
    return f"Event {first} is missing." if first == last else f"Events {first} to {last} are missing."


def _altered(event: EventRow) -> str:
    """Say whether the event was moved (its seal fits another number) or changed."""
    name = f"Event {event.seq} ({event.kind} of {event.subject})"
    for seq in range(max(1, event.seq - _NEIGHBOURS), event.seq + _NEIGHBOURS + 1):
        if _seal(event, seq) == event.hash:
            return f"{name} was reordered: it was written as event {seq}."
    return f"{name} was changed after it was written."


def _lost_anchors(session: Session, anchors: Collection[str]) -> list[str]:
    wanted = set(anchors) - {GENESIS}
    found = set(session.scalars(select(EventRow.hash).where(EventRow.hash.in_(wanted))))
    return [
        f"The chain no longer holds its former head {anchor}: events were cut off or rewritten."
        for anchor in sorted(wanted - found)
    ]


def _seal(event: EventRow, seq: int) -> str:
    """Hash the canonical JSON of (number, moment in UTC, kind, subject, data, previous hash)."""
    parts = [seq, event.at.astimezone(UTC).isoformat(), event.kind, event.subject, event.data, event.previous_hash]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
