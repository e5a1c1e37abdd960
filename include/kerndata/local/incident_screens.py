"""What the commands about security events show. Nothing here decides anything."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from kerndata.incidents import watch
from kerndata.incidents.record import Shown
from kerndata.ledger.tables import CaseRow, EventRow
from kerndata.model.incident import Phase

COLOURS = {"assess": "red", "warned": "yellow", "notified": "yellow", "closed": "green"}


def case_list(cases: Iterable[CaseRow]) -> Table:
    """One row per case."""
    table = Table("case", "opened", "rule", "submission", "state", "decision", "to do, by when", title="cases (UTC)")
    for case in cases:
        opened, state = _moment(case.opened_at), f"[{COLOURS[case.state]}]{case.state}[/]"
        table.add_row(case.name, opened, case.rule_id, case.submission_id, state, case.decision or "", _to_do(case))
    if not table.row_count:
        table.add_row("[dim]none[/]", *[""] * 6)
    return table


def case_page(shown: Shown) -> RenderableType:
    """All of one case: facts, messages, history."""
    facts = Table.grid(padding=(0, 2))
    for name, value in _facts(shown.case):
        facts.add_row(Text(name, style="dim"), Text(value))
    history = Table("at (UTC)", "what", "details")
    for one in shown.history:
        history.add_row(_moment(one.at), one.kind, escape(_details(one)))
    return Group(facts, history, *(part for phase in shown.phases for part in _message(shown, phase)))


def _facts(case: CaseRow) -> Iterator[tuple[str, str]]:
    yield "case", f"{case.name}, {case.state}"
    yield "rule", case.rule_id
    yield "submission", case.submission_id
    yield "incident", f"incident--{case.incident_id}"
    yield "counts", ", ".join(f"{key} {value}" for key, value in case.facts.items()) or "none"
    yield "opened", _moment(case.opened_at)
    if case.decided_at:
        yield "decision", f"{case.decision} by {case.decided_by or 'nobody'} at {_moment(case.decided_at)}: {case.why}"
    yield "to do", _to_do(case) or "nothing"


def _message(shown: Shown, phase: Phase) -> Iterator[RenderableType]:
    row = shown.phases[phase]
    sent = f"given to the outbox at {_moment(row.sent_at)}" if row.sent_at else "a draft, not sent"
    incident = json.loads(row.payload)["objects"][-1]
    yield Text(f"\n{phase.words}, {sent}:", style="dim")
    yield Text(json.dumps(incident, indent=2, ensure_ascii=False))


def _details(event: EventRow) -> str:
    return ", ".join(f"{key} {value}" for key, value in event.data.items() if value is not None)


def _to_do(case: CaseRow) -> str:
    return ", ".join(f"{step} {_moment(deadline)}" for step, deadline in watch.steps(case))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
