"""What has not been decided or written yet, looked every minute: a person is told at half and four fifths of the time.

Whether what was written also arrived is watched by ``kerndata.notices.watch``.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.incidents.clock import load_clock, utc
from kerndata.ledger import alerts
from kerndata.ledger.tables import CaseRow
from kerndata.model.alert import AlertKind
from kerndata.model.incident import CaseState, Phase

MARKS = {AlertKind.CASE_HALF: 0.5, AlertKind.CASE_NEAR: 0.8, AlertKind.CASE_LATE: 1.0}
_UNWRITTEN = {
    CaseState.WARNED.value: (Phase.NOTIFICATION, Phase.FINAL),
    CaseState.NOTIFIED.value: (Phase.FINAL,),
}


def unwritten(session: Session, now: datetime) -> None:
    """Open an alert for every step of an open case that takes too long; close what is over."""
    cases = session.scalars(select(CaseRow).where(CaseRow.state != CaseState.CLOSED.value).order_by(CaseRow.id)).all()
    for kind, mark in MARKS.items():
        late = {
            f"{case.name}/{step}": _detail(case, step, deadline)
            for case in cases
            for step, deadline in steps(case)
            if (now - case.opened_at) / (deadline - case.opened_at) >= mark
        }
        alerts.keep(session, kind, late, now)


def steps(case: CaseRow) -> Iterator[tuple[str, datetime]]:
    """What a person still has to do about a case, each with its deadline."""
    clock = load_clock()
    if case.state == CaseState.ASSESS:
        yield "decision", clock.decide_by(case.opened_at)
    for phase in _UNWRITTEN.get(case.state, ()):
        yield phase.value, clock.deadline(phase, case.opened_at)


def _detail(case: CaseRow, step: str, deadline: datetime) -> str:
    verb = "decide" if step == "decision" else step
    return f"{case.rule_id}: {step} by {utc(deadline)}; `kerndata incidents {verb} {case.name}`"
