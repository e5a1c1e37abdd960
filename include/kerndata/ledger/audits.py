"""What each audit came to, so that it is known when everything was last seen to hold.

Not in the chain of events: an audit that finds nothing changes nothing. One that fails opens an alert, which is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.ledger.tables import AuditRow

# An audit of a lost archive names every file; the log of the task has them all.
_MOST_KEPT = 50


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit; ``found`` breaches, of which the first fifty are kept, a sentence each."""

    at: datetime
    found: int
    breaches: tuple[str, ...]

    @property
    def has_passed(self) -> bool:
        """Whether everything held."""
        return self.found == 0


def enter(session: Session, breaches: Sequence[str], now: datetime) -> None:
    """Enter what an audit found; nothing found is a result too."""
    session.add(AuditRow(at=now, found=len(breaches), breaches=list(breaches[:_MOST_KEPT])))


def last(session: Session) -> Audit | None:
    """Give the newest audit; None when none was ever entered."""
    row = session.scalar(select(AuditRow).order_by(AuditRow.id.desc()).limit(1))
    return Audit(row.at, row.found, tuple(row.breaches)) if row else None
