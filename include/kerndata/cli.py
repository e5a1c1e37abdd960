"""The command ``kerndata``: for an engineer at a terminal, and for a data steward with a file to check.

Each command imports what it needs when it runs, so that ``kerndata check`` starts without a database or Airflow.
Exit status: 0 as it should be, 1 something is wrong with the data or the exchange, 2 wrong usage or configuration, or
nothing could be checked. Commands that a province uses speak Dutch.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kerndata import __version__, cli_incidents, cli_monitor, cli_notices, cli_releases
from kerndata.errors import ConfigurationError, KerndataError, NotChecked

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The data exchange between the twelve Dutch provinces.",
)
stack_app = typer.Typer(no_args_is_help=True, help="The embedded stack: PostgreSQL, S3, Airflow and the counterparts.")
app.add_typer(stack_app, name="stack")
app.add_typer(cli_monitor.app)
app.add_typer(cli_releases.app)
app.add_typer(cli_notices.app, name="notices")
app.add_typer(cli_incidents.app, name="incidents")
OF_PROVINCES = frozenset({"check", "draft", "template"})
ENGLISH = {ConfigurationError: "Not possible", NotChecked: "Not checked", KerndataError: "Failed"}
DUTCH = {ConfigurationError: "Niet mogelijk", NotChecked: "Niet gecontroleerd", KerndataError: "Mislukt"}
# Into a file or a pipe there is no width to fit: nothing is cut off then.
console = Console(width=None if sys.stdout.isatty() else 180)

StackName = Annotated[str, typer.Option("--stack", help="The embedded stack to talk to: main or demo.")]
Slug = Annotated[str, typer.Option("--province", help="Uw provincie, zoals noord_holland.")]
BasePort = Annotated[int | None, typer.Option("--base-port", help="First of the ports the stack listens on.")]


@app.command()
def version() -> None:
    """Print the version of the code."""
    console.print(__version__)


@stack_app.command("up")
def stack_up(stack: StackName = "main", base_port: BasePort = None) -> None:
    """Start everything that does not run yet, and print the addresses."""
    from kerndata.local.exchange import stack_named
    from kerndata.local.screens import addresses

    chosen = stack_named(stack, base_port)
    chosen.up(progress=lambda step: console.print(f"  {step}", style="dim"))
    console.print(addresses(chosen))


@stack_app.command("down")
def stack_down(stack: Annotated[str | None, typer.Option("--stack", help="Only this stack.")] = None) -> None:
    """Stop every process of the stack, or of all stacks of this checkout."""
    from kerndata.local.exchange import DEMO, MAIN, stack_named

    for name in [stack] if stack else [MAIN, DEMO]:
        stack_named(name).down(progress=lambda step: console.print(f"  {step}", style="dim"))
        console.print(f"{name}: nothing runs")


@stack_app.command("status")
def stack_status(stack: Annotated[str | None, typer.Option("--stack", help="Only this stack.")] = None) -> None:
    """Say what runs and where."""
    from kerndata.local.exchange import DEMO, MAIN, stack_named
    from kerndata.local.screens import programs

    for name in [stack] if stack else [MAIN, DEMO]:
        console.print(programs(name, stack_named(name).status()))


@app.command()
def demo(
    base_port: BasePort = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="Stop the stack at the end instead of leaving it to look at.")
    ] = False,
) -> None:
    """Run the main job end to end on real figures, from an empty exchange to a second release."""
    from kerndata.local.demo import run

    raise typer.Exit(run(console, base_port=base_port, stop=stop))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Het bestand zoals u het wilt leveren.")],
    province: Slug,
    delivery: Annotated[str | None, typer.Option(help="Naam van de levering; anders volgens de bestandsnaam.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Toon alleen JSON: hetzelfde als het ontvangstbewijs (.json).")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Schrijf de bevindingen ook als pagina.")] = None,
    marked: Annotated[Path | None, typer.Option(help="Schrijf uw bestand terug met de fouten gemarkeerd.")] = None,
    previous: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Uw vorige levering, om mee te vergelijken.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Een bronbestand (YAML) in plaats van het onze.")
    ] = None,
) -> None:
    """Controleer een bestand met de regels van de uitwisseling, op uw eigen computer. Er wordt niets verstuurd.

    Afsluitcode: 0 niets geweigerd, 1 er is iets geweigerd, 2 verkeerd gebruik of verkeerde instelling.
    """
    from kerndata.steward.check import check_file, now
    from kerndata.steward.show import show
    from kerndata.steward.write import write_html, write_json, write_marked

    checked = check_file(file, province, delivery, yaml=source, previous=previous)
    receipt = checked.receipt(now())
    if as_json:
        sys.stdout.write(write_json(receipt))
    else:
        show(console, checked)
    told = [write_html(receipt, html) if html else "", write_marked(checked, marked) if marked else ""]
    for line in filter(None, told if not as_json else []):
        console.print(line)
    raise typer.Exit(0 if checked.is_accepted else 1)


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Een voorbeeld van de levering.")],
    province: Slug,
    dataset: Annotated[str | None, typer.Option(help="indicators of projects; anders volgens de koppen.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Schrijf het voorstel hierheen in plaats van naar het scherm.")
    ] = None,
) -> None:
    """Stel het bronbestand (YAML) voor een nieuwe levering voor, met de twijfels erbij als commentaar."""
    from kerndata.steward.draft import draft_of

    text = draft_of(file, province, dataset).text
    if out:
        out.write_text(text, encoding="utf-8")
        console.print(f"Voorstel: {out}. Zoek op twijfel, en controleer het met: kerndata check … --source {out}")
    else:
        sys.stdout.write(text)


@app.command()
def template(
    dataset: Annotated[str, typer.Argument(help="indicators of projects.")],
    province: Slug,
    out: Annotated[Path | None, typer.Option(help="Bestand om te schrijven: .xlsx of .csv.")] = None,
    periods: Annotated[str | None, typer.Option(help="Perioden om klaar te zetten, met komma's: 2023,2024.")] = None,
) -> None:
    """Maak een leeg invulbestand met keuzelijsten en uitleg, dat altijd wordt herkend."""
    from kerndata.sources.registry import load_source
    from kerndata.steward.template import write_template

    console.print(f"Invulbestand: {write_template(dataset, load_source(province), out, periods)}")


@app.command()
def audit(stack: StackName = "main") -> None:
    """Verify the chain of events, every observation, the archive and the releases."""
    from kerndata.local.exchange import open_exchange
    from kerndata.publish.audit import audit as breaches_of

    exchange = open_exchange(stack)
    breaches = breaches_of(exchange.store, exchange.ledger)
    for breach in breaches:
        console.print(f"[red]✗[/] {breach}")
    if breaches:
        raise typer.Exit(1)
    console.print(
        "[green]✓[/] the chain is unbroken, no observation is lost, archive and releases hold what was recorded"
    )


@app.command()
def releases(stack: StackName = "main") -> None:
    """List the releases, newest first."""
    from kerndata.ledger import releases as ledger_releases
    from kerndata.local.exchange import open_exchange
    from kerndata.local.screens import release_list

    with open_exchange(stack).ledger.transaction() as session:
        console.print(release_list(ledger_releases.all_releases(session)))


@app.command()
def holds(stack: StackName = "main") -> None:
    """List the candidates that waited for a person, newest first: what became of them, who decided and when."""
    from kerndata.ledger import holds as ledger_holds
    from kerndata.local.exchange import open_exchange
    from kerndata.local.screens import hold_list

    with open_exchange(stack).ledger.transaction() as session:
        console.print(hold_list(ledger_holds.all_of(session)))


@app.command()
def asof(
    date: Annotated[str, typer.Argument(help="A day (2026-11-24: its end, Dutch time) or a moment with its zone.")],
    stack: StackName = "main",
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Merge what was accepted by then into this folder.")
    ] = None,
) -> None:
    """Show what the dataset looked like on a date: the release of then, and what had been accepted by then."""
    from kerndata.local.asof import end_of, show, write
    from kerndata.local.exchange import open_exchange
    from kerndata.publish.asof import as_of

    moment, exchange = end_of(date), open_exchange(stack)
    found = as_of(exchange.ledger, moment)
    show(console, found)
    if out:
        console.print(f"{write(exchange, found, out)} files in {out}; nothing was published")


@app.command()
def receipts(
    province: Annotated[str | None, typer.Argument(help="Slug of the province; all when left out.")] = None,
    stack: StackName = "main",
    limit: Annotated[int, typer.Option(help="At most so many, newest first.")] = 50,
) -> None:
    """List the submissions with their verdicts and where each receipt is."""
    from kerndata.ledger import submissions
    from kerndata.local.exchange import open_exchange
    from kerndata.local.screens import receipt_list

    with open_exchange(stack).ledger.transaction() as session:
        console.print(receipt_list(submissions.all_of(session, province, limit=limit)))


@app.command()
def scores(
    province: Annotated[str | None, typer.Argument(help="Slug of the province; all when left out.")] = None,
    dataset: Annotated[str | None, typer.Option(help="indicators or projects; both when left out.")] = None,
    stack: StackName = "main",
    limit: Annotated[int, typer.Option(help="At most so many of each province and dataset, the newest.")] = 12,
) -> None:
    """Show how good the deliveries were over time, per province, dataset and dimension."""
    from kerndata.ledger.scores import over_time
    from kerndata.local.exchange import open_exchange
    from kerndata.local.screens import score_list

    with open_exchange(stack).ledger.transaction() as session:
        console.print(score_list(over_time(session, province, dataset, limit)))


@app.command()
def trace(
    indicator: Annotated[str, typer.Argument(help="Indicator code, such as H3.4.")],
    region: Annotated[str, typer.Argument(help="Province by code, name or alias.")],
    period: Annotated[str, typer.Argument(help="Period, such as 2024.")],
    release: Annotated[str | None, typer.Option("--release", help="Version; the latest when left out.")] = None,
    stack: StackName = "main",
) -> None:
    """Follow a published value to the submission, file, sheet, row and hash it came from, and read that cell again."""
    from kerndata.contracts.code_lists import province_of
    from kerndata.local.exchange import open_exchange
    from kerndata.local.screens import origin
    from kerndata.publish.cell import cells, format_in
    from kerndata.publish.trace import trace as trace_value

    exchange = open_exchange(stack)
    found = trace_value(exchange.store, release, indicator, province_of(region).code, period)
    for value, cell in cells(exchange.store, found, format_in(exchange.ledger)).items():
        console.print(origin(value, cell))


def main() -> None:
    """Run the command; every error raised on purpose becomes one message and an exit status."""
    said = DUTCH if set(sys.argv[1:2]) & OF_PROVINCES else ENGLISH
    try:
        app()
    except KerndataError as error:
        kind = next(kind for kind in said if isinstance(error, kind))
        Console(stderr=True).print(f"[red]{said[kind]}:[/] {error}")
        sys.exit(1 if kind is KerndataError else 2)
