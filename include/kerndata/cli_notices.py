"""The commands about notices: look, send again, stop and resume an endpoint. Who and why are kept in the ledger."""

import getpass
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from kerndata.errors import KerndataError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from kerndata.notices.desk import Shown, Who

app = typer.Typer(no_args_is_help=True, help="Notices: what was sent to whom, and what waits.")
console = Console(width=None if sys.stdout.isatty() else 180)


class StatusName(StrEnum):
    """What ``list`` can filter on."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


StackName = Annotated[str, typer.Option("--stack", help="The embedded stack to talk to: main or demo.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of notices, such as N-0123456789abcdef.")]
DeadOf = Annotated[str | None, typer.Option("--dead-of", help="Every dead letter of this endpoint instead of ids.")]
EndpointName = Annotated[str, typer.Argument(help="Name of the endpoint, as in notices/endpoints.yaml.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept in the ledger.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it; the user of this machine when left out.")]


@app.command("list")
def list_(
    endpoint: Annotated[str | None, typer.Option(help="Only of this endpoint.")] = None,
    status: Annotated[StatusName | None, typer.Option(help="Only of this status.")] = None,
    stack: StackName = "main",
    limit: Annotated[int, typer.Option(help="At most so many, newest first.")] = 50,
) -> None:
    """List notices, and the endpoints that are stopped or failing."""
    from kerndata.local.exchange import open_exchange
    from kerndata.local.notice_screens import endpoint_list, notice_list
    from kerndata.notices import desk

    with open_exchange(stack).ledger.transaction() as session:
        console.print(notice_list(desk.listed(session, endpoint=endpoint, status=status, limit=limit)))
        console.print(endpoint_list(desk.states(session)))


@app.command()
def show(notice_id: Annotated[str, typer.Argument(help="Id of the notice.")], stack: StackName = "main") -> None:
    """Show one notice: its attempts, what the receiver answered, and the request without secrets."""
    from kerndata.local.exchange import open_exchange
    from kerndata.local.notice_screens import notice_page
    from kerndata.notices import desk

    with open_exchange(stack).ledger.transaction() as session:
        console.print(notice_page(desk.shown(session, notice_id)))


@app.command()
def retry(why: Why, notice_ids: Ids = None, dead_of: DeadOf = None, by: By = None, stack: StackName = "main") -> None:
    """Make notices due now: waiting ones, and dead letters from the start of their schedule."""
    from kerndata.local.exchange import open_exchange
    from kerndata.notices import desk

    with open_exchange(stack).ledger.transaction() as session:
        _say(desk.retry(session, _chosen(session, notice_ids, dead_of), _who(by, why), datetime.now(UTC)))


@app.command()
def replay(why: Why, notice_ids: Ids = None, dead_of: DeadOf = None, by: By = None, stack: StackName = "main") -> None:
    """Send delivered or dead notices once more on purpose; the id stays, so a receiver recognises what it has."""
    from kerndata.local.exchange import open_exchange
    from kerndata.notices import desk

    with open_exchange(stack).ledger.transaction() as session:
        _say(desk.replay(session, _chosen(session, notice_ids, dead_of), _who(by, why), datetime.now(UTC)))


@app.command()
def pause(endpoint: EndpointName, why: Why, by: By = None, stack: StackName = "main") -> None:
    """Send nothing more to an endpoint; its notices wait and spend nothing of their schedule."""
    from kerndata.local.exchange import open_exchange
    from kerndata.notices import desk
    from kerndata.notices.endpoints import load

    with open_exchange(stack).ledger.transaction() as session:
        desk.pause(session, endpoint, load(), _who(by, why), datetime.now(UTC))
    console.print(f"{endpoint} is paused; its notices wait until `kerndata notices resume {endpoint}`")


@app.command()
def resume(endpoint: EndpointName, why: Why, by: By = None, stack: StackName = "main") -> None:
    """Let a paused or disabled endpoint receive again."""
    from kerndata.local.exchange import open_exchange
    from kerndata.notices import desk
    from kerndata.notices.endpoints import load

    with open_exchange(stack).ledger.transaction() as session:
        desk.resume(session, endpoint, load(), _who(by, why), datetime.now(UTC))
    console.print(f"{endpoint} receives again; what is due goes out within a minute")


@app.command("unsubscribe-page")
def unsubscribe_page(
    port: Annotated[int, typer.Option(help="Port on loopback; a proxy with TLS stands before it.")] = 18050,
    stack: StackName = "main",
) -> None:
    """Serve the page behind the unsubscribe link of digests, until it is stopped."""
    import uvicorn

    from kerndata.local.exchange import digest_key, open_exchange
    from kerndata.notices.unsubscribe import create_app

    served = create_app(open_exchange(stack).ledger, digest_key(stack))
    console.print(f"http://127.0.0.1:{port} takes unsubscribe links; stop it with Ctrl+C")
    # No access log: it would hold names of readers.
    uvicorn.run(served, host="127.0.0.1", port=port, access_log=False, log_level="warning", server_header=False)


def _who(by: str | None, why: str) -> "Who":
    from kerndata.notices.desk import Who

    if not why.strip():
        raise KerndataError("Say why: the reason is what the next person reads. Nothing was changed.")
    return Who(by or getpass.getuser(), why.strip())


def _chosen(session: "Session", ids: list[str] | None, dead_of: str | None) -> list[str]:
    from kerndata.notices import desk

    if bool(ids) == bool(dead_of):
        raise KerndataError("Name notices, or an endpoint with --dead-of: one of both. Nothing was changed.")
    chosen = desk.dead_of(session, dead_of) if dead_of else list(ids or [])
    if not chosen:
        raise KerndataError(f"{dead_of} has no dead letters. Nothing was changed.")
    return chosen


def _say(done: Iterable["Shown"]) -> None:
    for one in done:
        state = one.endpoint.state if one.endpoint else "active"
        halted = f", but {one.notice.endpoint} is {state}" if state != "active" else ""
        turn = f", after {one.waits_for} on the same subject" if one.waits_for else ""
        console.print(f"{one.notice.id} is due now{turn}{halted}", highlight=False)
