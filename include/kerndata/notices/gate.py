"""How fast and whether an endpoint is sent to at this moment: its state, its rate limit, and its circuit.

The circuit: after some failures in a row that heal by themselves, one notice per interval tries whether the endpoint
answers again; the others wait without an attempt of theirs being spent. One answer of any other kind closes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kerndata.ledger.tables import EndpointRow
from kerndata.notices.outcome import Decision
from kerndata.notices.rules import Rules

# The class of the advisory locks below; the writers' lock of the ledger is of the one-key kind and never meets them.
_GATES = 7214


@dataclass(slots=True)
class Gate:
    """What one batch may do. ``most`` notices; ``failures`` in a row so far; no request before ``free_at``."""

    rules: Rules
    most: int
    failures: int = 0
    probe_at: datetime | None = None
    free_at: datetime | None = None
    was_used: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the endpoint failed too often in a row to be sent to."""
        return self.failures >= self.rules.probe_after

    def wait(self, now: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
        """Wait until the rate limit allows the next request."""
        if not self.rules.rate_per_second:
            return
        moment = now()
        if self.free_at and self.free_at > moment:
            sleep((self.free_at - moment).total_seconds())
        self.free_at = max(now(), self.free_at or moment) + self.rules.gap

    def after(self, decision: Decision, now: datetime) -> None:
        """Count one answer."""
        failures = self.failures + 1 if decision.heals else 0
        self.was_used = self.was_used or failures != self.failures
        self.failures = failures
        self.probe_at = now + self.rules.probe_every if self.is_open else None


def enter(session: Session, endpoint: str, rules: Rules, now: datetime) -> Gate | None:
    """What may be sent now; None when nothing may: paused, disabled, too early, or another sender has the turn.

    Where turns count (a rate limit, a probe) one sender at a time holds the endpoint, until its transaction ends.
    """
    row = _row(session, endpoint)
    if rules.rate_per_second or (row and row.probe_at):
        if not session.scalar(select(func.pg_try_advisory_xact_lock(_GATES, func.hashtext(endpoint)))):
            return None
        row = _row(session, endpoint)
    if row is None:
        return Gate(rules, _size(rules))
    if row.state != "active" or is_early(row, now):
        return None
    most = 1 if row.probe_at else _size(rules)
    return Gate(rules, most, row.failures, row.probe_at, row.free_at)


def opens_at(row: EndpointRow) -> datetime | None:
    """The moment before which nothing is sent, by circuit and rate; None when there is none."""
    return max((moment for moment in (row.probe_at, row.free_at) if moment), default=None)


def is_early(row: EndpointRow, now: datetime) -> bool:
    """Whether circuit or rate allow nothing yet."""
    moment = opens_at(row)
    return moment is not None and moment > now


def leave(session: Session, endpoint: str, gate: Gate, now: datetime) -> None:
    """Remember failures and pace for the next batch; needs the writers' lock."""
    if not gate.was_used and not gate.rules.rate_per_second:
        return
    values = {"failures": gate.failures, "probe_at": gate.probe_at, "free_at": gate.free_at}
    new = insert(EndpointRow).values(name=endpoint, state="active", reason="", since=now, **values)
    session.execute(new.on_conflict_do_update(index_elements=["name"], set_=values))


def _row(session: Session, endpoint: str) -> EndpointRow | None:
    return session.get(EndpointRow, endpoint, populate_existing=True)


def _size(rules: Rules) -> int:
    if not rules.rate_per_second:
        return rules.batch
    return max(1, min(rules.batch, int(rules.rate_per_second * (rules.batch_time / timedelta(seconds=1)))))
