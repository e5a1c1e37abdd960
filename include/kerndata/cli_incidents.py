"""The commands about security events: look, decide, and write what a CSIRT is told. Who and why go into the ledger."""

import getpass
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from kerndata.errors import KerndataError

if TYPE_CHECKING:
    from kerndata.ledger.tables import CaseRow

app = typer.Typer(no_args_is_help=True, help="Security events: decide, and tell the CSIRT in time.")
console = Console(width=None if sys.stdout.isatty() else 180)

StackName = Annotated[str, typer.Option("--stack", help="The embedded stack to talk to: main or demo.")]
Name = Annotated[str, typer.Argument(help="The case, such as C-7.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it; the user of this machine when left out.")]
# The choices of the report are those of kerndata.incidents.report; a wrong one is answered with all of them.
Criticality = Annotated[str, typer.Option(help="false-positive, low, moderate, high or extreme.")]
Determination = Annotated[str, typer.Option(help="suspected, confirmed, blocked, failed-attempt or false-positive.")]
IncidentType = Annotated[str, typer.Option("--type", help="Such as policy-violation, unauthorized-use, known-malware.")]
Cause = Annotated[str, typer.Option(help="human-error, malicious-action, system-failure, third-party-failure, …")]
Confidentiality = Annotated[str, typer.Option(help="none, contained, suspected-loss, confirmed-loss, exploited-loss.")]
Integrity = Annotated[str, typer.Option(help="none, potential-modification, partial-modification, …")]
Recoverability = Annotated[str, typer.Option(help="regular, supplemented, extended, not-recoverable, not-applicable.")]
CrossBorder = Annotated[str, typer.Option(help="Does it touch other countries: yes, no or unknown.")]
Measures = Annotated[list[str] | None, typer.Option("--measure", help="Measure taken, such as containment. Repeat it.")]
Provinces = Annotated[list[str] | None, typer.Option("--province", help="Affected province by code: PV27. Repeat it.")]
Organisations = Annotated[int | None, typer.Option(help="Organisations affected; leave out what is not known.")]
Individuals = Annotated[int | None, typer.Option(help="Persons whose data are affected.")]
Words = Annotated[str, typer.Option("--text", help="A few sentences; nothing personal, no secret, no file name.")]


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="The closed ones too.")] = False,
    stack: StackName = "main",
    limit: Annotated[int, typer.Option(help="At most so many, newest first.")] = 50,
) -> None:
    """List the cases: what has to be done about each, and by when."""
    from kerndata.incidents import record
    from kerndata.local.exchange import open_exchange
    from kerndata.local.incident_screens import case_list

    with open_exchange(stack).ledger.transaction() as session:
        console.print(case_list(record.listed(session, closed=everything, limit=limit)))


@app.command()
def show(name: Name, stack: StackName = "main") -> None:
    """Show one case: what happened, what is to be done by when, and each message as it is or would be sent."""
    from kerndata.incidents import record
    from kerndata.local.exchange import open_exchange
    from kerndata.local.incident_screens import case_page

    with open_exchange(stack).ledger.transaction() as session:
        console.print(case_page(record.shown(session, name)))


@app.command()
def decide(
    name: Name,
    significant: Annotated[bool, typer.Option("--significant/--not-significant", help="Send the warning, or close.")],
    why: Annotated[str, typer.Option("--why", help="The reason; it is kept in the ledger and not sent.")],
    by: By = None,
    stack: StackName = "main",
) -> None:
    """Say whether a case is significant: yes sends its early warning, no closes it and sends nothing."""
    from kerndata.incidents import cases
    from kerndata.local.exchange import open_exchange
    from kerndata.model.incident import Decision
    from kerndata.notices.desk import Who
    from kerndata.notices.endpoints import load

    if not why.strip():
        raise KerndataError("Say why: the reason is what the next person reads. Nothing was changed.")
    decision, who = (Decision.SIGNIFICANT if significant else Decision.NOT_SIGNIFICANT), Who(_who(by), why.strip())
    with open_exchange(stack).ledger.transaction() as session:
        _say(cases.decide(session, name, decision, who, load(), datetime.now(UTC)))


@app.command()
def notification(
    name: Name,
    criticality: Criticality,
    confidentiality: Confidentiality,
    integrity: Integrity,
    recoverability: Recoverability,
    determination: Determination = "suspected",
    incident_type: IncidentType = "undetermined",
    cause: Cause = "unknown",
    cross_border: CrossBorder = "unknown",
    measures: Measures = None,
    provinces: Provinces = None,
    organisations: Organisations = None,
    individuals: Individuals = None,
    text: Words = "",
    by: By = None,
    stack: StackName = "main",
) -> None:
    """Write the notification (72 hours): a first assessment of severity and impact. It is sent at once."""
    _write("notification", **locals())


@app.command()
def final(
    name: Name,
    criticality: Criticality,
    confidentiality: Confidentiality,
    integrity: Integrity,
    recoverability: Recoverability,
    determination: Determination,
    cause: Cause,
    incident_type: IncidentType = "undetermined",
    cross_border: CrossBorder = "unknown",
    measures: Measures = None,
    provinces: Provinces = None,
    organisations: Organisations = None,
    individuals: Individuals = None,
    text: Words = "",
    by: By = None,
    stack: StackName = "main",
) -> None:
    """Write the final report (one month): what it was, its cause, what was done. It closes the case."""
    _write("final", **locals())


def _write(phase: str, name: str, by: str | None, stack: str, **fields: Any) -> None:
    """``fields`` are those of the report, by the same names."""
    from kerndata.incidents import phases
    from kerndata.incidents.report import filled_in
    from kerndata.local.exchange import open_exchange
    from kerndata.model.incident import Phase
    from kerndata.notices.endpoints import load

    several = {key: tuple(fields[key] or ()) for key in ("measures", "provinces")}
    report = filled_in(fields | several)
    with open_exchange(stack).ledger.transaction() as session:
        _say(phases.write(session, name, Phase(phase), report, _who(by), load(), datetime.now(UTC)))


def _who(by: str | None) -> str:
    return by or getpass.getuser()


def _say(case: "CaseRow") -> None:
    from kerndata.incidents import watch
    from kerndata.incidents.clock import utc

    left = "; ".join(f"{step} by {utc(deadline)}" for step, deadline in watch.steps(case))
    console.print(f"{case.name} is {case.state}. Still to do: {left or 'nothing'}", highlight=False)
