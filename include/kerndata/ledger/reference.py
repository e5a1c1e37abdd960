"""Which reference figures were pulled, as events in the chain. All functions work in the caller's transaction."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.ledger import events
from kerndata.ledger.tables import EventRow
from kerndata.model.pull import PullState
from kerndata.model.release import ReferenceInput

_PULLED = "reference.pulled"


def recall(session: Session, name: str) -> PullState | None:
    """Give what the last pull of a part (``cbs_wind/data``) left; None before the first."""
    event = _last(session, name)
    return PullState(**event.data["state"]) if event else None


def remember(session: Session, name: str, sha256: str, state: PullState, now: datetime) -> None:
    """Enter that a part was pulled and its bytes are in the archive under their hash."""
    events.lock(session)
    events.append(session, _PULLED, name, {"sha256": sha256, "state": asdict(state)}, now)


def current(session: Session, names: Iterable[str], until: datetime | None = None) -> tuple[ReferenceInput, ...]:
    """Give the newest of each part that was ever pulled (or pulled by ``until``), in the order of the names."""
    found = ((name, _last(session, name, until)) for name in sorted(names))
    return tuple(ReferenceInput(name, event.data["sha256"]) for name, event in found if event)


def _last(session: Session, name: str, until: datetime | None = None) -> EventRow | None:
    mine = select(EventRow).where(EventRow.kind == _PULLED, EventRow.subject == name)
    if until:
        mine = mine.where(EventRow.at <= until)
    return session.scalar(mine.order_by(EventRow.seq.desc()).limit(1))
