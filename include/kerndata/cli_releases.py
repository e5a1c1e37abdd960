"""The commands about releases: check one from outside, make one again, take one back.

``kerndata verify`` needs neither a database nor the exchange: anyone can check what we published.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kerndata import __version__
from kerndata.errors import KerndataError, NotChecked

app = typer.Typer()
console = Console(width=None if sys.stdout.isatty() else 180)

StackName = Annotated[str, typer.Option("--stack", help="The embedded stack to talk to: main or demo.")]
Version = Annotated[str, typer.Argument(help="Version of the release, such as 2026.3.")]
WITHDRAWN = 3


@app.command()
def verify(
    where: Annotated[str, typer.Argument(help="Address of latest.json or of a release's folder, or a local folder.")],
    key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Public key (PEM) to trust instead of the one found."),
    ] = None,
) -> None:
    """Check a release from its own files: every hash, the manifest, the signature, latest.json.

    Exit status: 0 all is as published, 1 something is not, 2 nothing could be checked, 3 genuine but withdrawn.
    """
    import requests

    from kerndata.publish.check import check

    http = requests.Session()
    http.headers["User-Agent"] = f"kerndata-verify/{__version__}"
    try:
        proof = check(where, http, key.read_bytes() if key else None)
    except KerndataError as error:
        raise NotChecked(str(error)) from error
    for fault in proof.faults:
        console.print(f"[red]✗[/] {fault}", highlight=False)
    if proof.faults:
        raise typer.Exit(1)
    trust = "" if key else " (found at its fixed address; compare it with the one you were given, or use --key)"
    console.print(f"[green]✓[/] release {proof.version}: {proof.files} files are as published", highlight=False)
    console.print(f"[green]✓[/] signed by key {proof.signed_by}{trust}", highlight=False)
    if proof.withdrawn is not None:
        console.print(f"[yellow]![/] release {proof.version} was withdrawn: {proof.withdrawn}", highlight=False)
        raise typer.Exit(WITHDRAWN)


@app.command()
def rebuild(version: Version, stack: StackName = "main") -> None:
    """Make a release again from the archived files and compare every file with its checksum."""
    from kerndata.intake.again import accept_again
    from kerndata.local.exchange import open_exchange
    from kerndata.publish.rebuild import rebuild as rebuild_release

    exchange = open_exchange(stack)
    with tempfile.TemporaryDirectory() as folder:
        rebuilt = rebuild_release(
            exchange.store,
            exchange.ledger,
            version,
            accept=lambda submission: accept_again(exchange.store, submission),
            work=Path(folder),
            code_version=__version__,
        )
    for one in rebuilt.differences:
        shown = f"published {one.published or 'never'}, rebuilt {one.rebuilt or 'not'}"
        console.print(f"[red]✗[/] {one.name}: {shown}", highlight=False)
    for cause in rebuilt.causes:
        console.print(f"  likely because {cause}", highlight=False)
    if rebuilt.differences:
        raise typer.Exit(1)
    console.print(f"[green]✓[/] release {version}: all {len(rebuilt.same)} files came out byte for byte the same")


@app.command()
def withdraw(
    version: Version,
    why: Annotated[str, typer.Option("--why", help="The reason, for readers; no names, no figures that must go.")],
    lift: Annotated[
        bool,
        typer.Option("--lift", help="Allow the content of a withdrawn release to be published again, as a new one."),
    ] = False,
    stack: StackName = "main",
) -> None:
    """Take a release back: readers are led to the one before, a tombstone says why, subscribers are told."""
    from kerndata.ledger import withdrawals
    from kerndata.local.exchange import open_exchange
    from kerndata.notices.endpoints import load
    from kerndata.publish.pointer import read_pointer
    from kerndata.publish.release import finish
    from kerndata.publish.tell import Teller
    from kerndata.publish.withdraw import withdraw as withdraw_release

    exchange, now = open_exchange(stack), datetime.now(UTC)
    if lift:
        with exchange.ledger.transaction() as session:
            withdrawals.lift(session, version, why, now)
        console.print(f"the content of {version} may be published again; the next merge does so under a new number")
        return
    told = Teller(load(), exchange.public_url, now)
    finish(exchange.store, exchange.ledger, now=now, announce=told.published)
    withdrawn = withdraw_release(exchange.store, exchange.ledger, version, why=why, now=now, announce=told.withdrawn)
    latest, _ = read_pointer(exchange.store)
    console.print(f"[green]✓[/] release {version} is withdrawn: {withdrawn.withdrawn_why}", highlight=False)
    console.print(f"  latest.json shows {latest.version if latest else 'that no release stands'}", highlight=False)
