"""What the commands that watch show. Nothing here decides anything."""

from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.table import Table

from kerndata.alerting.policy import load_policy
from kerndata.doctor import Finding, State
from kerndata.ledger.tables import AlertRow
from kerndata.model.alert import AlertKind

_MARKS = {State.WELL: "[green]✓[/]", State.UNKNOWN: "[yellow]?[/]", State.ILL: "[red]✗[/]"}


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
        table.add_row(_MARKS[one.state], one.part, told)
    return table
