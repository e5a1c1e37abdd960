"""What the commands that watch show. Nothing here decides anything."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.markup import escape
from rich.table import Table

from kerndata.alerting.policy import load_policy
from kerndata.contracts.code_lists import province_of
from kerndata.doctor import Finding
from kerndata.doctor import State as Health
from kerndata.ledger.tables import AlertRow
from kerndata.model.alert import AlertKind
from kerndata.monitor.queries.matrix import Matrix, Part, State

_STATES = {
    State.REFUSED: "[red]✗[/]",
    State.OVERDUE: "[bold red]![/]",
    State.PARTLY: "[yellow]½[/]",
    State.PROVISIONAL: "[blue]~[/]",
    State.AWAITED: "[dim]○[/]",
    State.DELIVERED: "[green]✓[/]",
}
_HEALTH = {Health.WELL: "[green]✓[/]", Health.UNKNOWN: "[yellow]?[/]", Health.ILL: "[red]✗[/]"}


def matrix_table(found: Matrix, now: datetime) -> Table:
    """Provinces × datasets × periods: a mark, and the age of what came or the days since it was due."""
    columns = [(dataset, period) for dataset, periods in found.columns.items() for period in periods]
    table = Table("province", *(f"{dataset}\n{period}" for dataset, period in columns), title="what was delivered")
    for row in found.rows:
        told = (_cell(row.cells.get(dataset, {}).get(period), now) for dataset, period in columns)
        table.add_row(province_of(row.province).name, *told)
    table.caption = " · ".join(f"{_STATES[state]} {state} {count}" for state, count in found.tally.items() if count)
    table.title_justify = table.caption_justify = "left"
    return table


def _cell(parts: Sequence[Part] | None, now: datetime) -> str:
    if not parts:
        return "[dim]·[/]"
    first = parts[0]
    if first.delivered_at:
        days = (now - first.delivered_at).days
    else:
        days = (now.date() - first.due_on).days if first.due_on else 0
    return f"{_STATES[first.state]} [dim]{days} d[/]"


def matrix_rows(found: Matrix) -> list[dict[str, object]]:
    """The same for programs: one row per province, dataset, period and delivery; moments in ISO 8601."""
    return [
        {
            "province": row.province,
            "dataset": dataset,
            "period": period,
            "delivery": part.delivery,
            "state": part.state.value,
            "due_on": part.due_on.isoformat() if part.due_on else None,
            "submission": part.submission_id,
            "delivered_at": part.delivered_at.isoformat() if part.delivered_at else None,
            "accepted": part.accepted,
            "refused": part.refused,
            "score": part.score,
        }
        for row in found.rows
        for dataset, cells in row.cells.items()
        for period, parts in cells.items()
        if period in found.columns.get(dataset, ())
        for part in parts
    ]


def alert_list(found: Sequence[AlertRow]) -> Table:
    """One row per alert."""
    policy = load_policy()
    table = Table("alert", "about", "since", "over", "detail", "runbook", title="alerts", title_justify="left")
    for row in found:
        kind = AlertKind(row.kind)
        colour = "dim" if row.closed_at else "red" if policy.alerts[kind].severity == "critical" else "yellow"
        over = f"{row.closed_at:%Y-%m-%d %H:%M}" if row.closed_at else ""
        page = f"docs/runbooks/{policy.alerts[kind].runbook}.md"
        since = f"{row.opened_at:%Y-%m-%d %H:%M}"
        table.add_row(f"[{colour}]{kind}[/]", escape(row.subject), since, over, escape(row.detail), page)
    if not found:
        table.add_row("[green]none[/]", "", "", "", "nothing needs a person", "")
    return table


def as_rows(found: Iterable[AlertRow]) -> list[dict[str, str | None]]:
    """The same for programs; moments in ISO 8601, UTC."""
    return [
        {
            "alert": row.kind,
            "about": row.subject,
            "detail": row.detail,
            "opened_at": row.opened_at.isoformat(),
            "closed_at": row.closed_at.isoformat() if row.closed_at else None,
            "runbook": f"docs/runbooks/{load_policy().alerts[AlertKind(row.kind)].runbook}.md",
        }
        for row in found
    ]


def finding_list(found: Iterable[Finding]) -> Table:
    """One row per part, with what to do below what is ill."""
    table = Table("", "part", "how it is", title="the installation", title_justify="left")
    for one in found:
        told = escape(one.told) + (f"\n[bold]→ {escape(one.todo)}[/]" if one.todo else "")
        table.add_row(_HEALTH[one.state], one.part, told)
    return table
