"""The commands that watch: how provinces stand, what is wrong, whether the installation is whole."""

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer()
console = Console(width=None if sys.stdout.isatty() else 180)

StackName = Annotated[str, typer.Option("--stack", help="The embedded stack to talk to: main or demo.")]


@app.command()
def status(
    dataset: Annotated[str | None, typer.Option(help="indicators or projects; both when left out.")] = None,
    all_periods: Annotated[bool, typer.Option("--all", help="All periods, not the newest eight.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    stack: StackName = "main",
) -> None:
    """Show provinces × datasets × periods as the page does. Exit status 1 when a cell is refused or overdue."""
    from kerndata.local.exchange import open_exchange
    from kerndata.local.watch_screens import matrix_rows, matrix_table
    from kerndata.monitor.queries.matrix import Chosen, State, matrix
    from kerndata.sources.expected import expected
    from kerndata.sources.registry import load_sources

    sources, now = load_sources(), datetime.now(UTC)
    chosen = Chosen(dataset=dataset, all_periods=all_periods)
    with open_exchange(stack).ledger.transaction() as session:
        found = matrix(session, list(sources), expected(sources.values()), now.date(), chosen)
    if as_json:
        sys.stdout.write(json.dumps(matrix_rows(found), indent=1) + "\n")
    else:
        console.print(matrix_table(found, now))
    raise typer.Exit(1 if found.tally.get(State.REFUSED) or found.tally.get(State.OVERDUE) else 0)


@app.command()
def alerts(
    everything: Annotated[bool, typer.Option("--all", help="Also what is over, newest first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    stack: StackName = "main",
) -> None:
    """Show what is wrong now, since when, and the page that says what to do. Exit status 1 when anything is."""
    from kerndata.ledger import alerts as ledger_alerts
    from kerndata.local.exchange import open_exchange
    from kerndata.local.watch_screens import alert_list, as_rows

    with open_exchange(stack).ledger.transaction() as session:
        found = ledger_alerts.newest(session, limit) if everything else ledger_alerts.opened(session)[:limit]
        if as_json:
            sys.stdout.write(json.dumps(as_rows(found), indent=1) + "\n")
        else:
            console.print(alert_list(found))
        is_open = any(row.closed_at is None for row in found)
    raise typer.Exit(1 if is_open else 0)


@app.command()
def doctor(
    airflow: Annotated[str | None, typer.Option(help="Address of Airflow; else KERNDATA_AIRFLOW_URL.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    stack: StackName = "main",
) -> None:
    """Look at the whole installation and say what to do. Exit status 1 when something is ill."""
    from kerndata.doctor import State
    from kerndata.local.checkup import checkup
    from kerndata.local.watch_screens import finding_list

    found = list(checkup(stack, os.environ, airflow, datetime.now(UTC)))
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    else:
        console.print(finding_list(found))
    raise typer.Exit(1 if any(one.state is State.ILL for one in found) else 0)
