"""What the commands show: tables made of ledger and release facts. Nothing here decides anything."""

from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal

from rich.markup import escape
from rich.table import Table

from kerndata.contracts.contract import DIMENSIONS
from kerndata.ledger.scores import Scored
from kerndata.local.stack import ProgramStatus, Stack
from kerndata.local.verdicts import Judgement
from kerndata.merge.classification import Classification
from kerndata.merge.reconcile import Reconciliation
from kerndata.model.hold import Hold, HoldState
from kerndata.model.release import Release
from kerndata.model.submission import Status, Submission
from kerndata.publish.trace import Trace
from kerndata.store import keys

DATASETS = ("indicators", "projects")
COLOURS = {
    Status.ACCEPTED: "green",
    Status.PARTLY_ACCEPTED: "yellow",
    Status.REFUSED: "red",
    Status.DUPLICATE: "dim",
    Status.ARCHIVED: "cyan",
    Status.NOT_CHECKED: "magenta",
    Status.WITHDRAWN: "dim",
    Status.WITHDRAWAL: "dim",
}


def programs(name: str, rows: Iterable[ProgramStatus]) -> Table:
    """One row per program of a stack."""
    table = Table("program", "state", "pid", "address", title=f"stack {name}", title_justify="left")
    for row in rows:
        table.add_row(row.name, row.state, str(row.pid or ""), row.address)
    if not table.row_count:
        table.add_row("[dim]never started[/]", "", "", "")
    return table


def addresses(stack: Stack) -> Table:
    """Where people look, and how they log in to Airflow."""
    table = Table("what", "address", title="addresses", title_justify="left")
    for what, address in stack.addresses().items():
        table.add_row(what, address)
    table.add_row("Airflow login", f"engineer / see airflow_password in {stack.paths.secrets.name}")
    return table


def describe(submission: Submission) -> str:
    """The verdict with how many observations were kept of how many."""
    counts = f" {submission.counts.accepted}/{submission.counts.observed}" if submission.counts.observed else ""
    return f"[{COLOURS[submission.status]}]{submission.status.replace('_', ' ')}{counts}[/]"


def release_list(found: Iterable[Release]) -> Table:
    """One row per release."""
    names = ("release", "published", "after", "content, and Data Docs of the newest")
    table = Table(*names, title="releases", title_justify="left")
    for release in found:
        moment = f"{release.published_at:%Y-%m-%d %H:%M:%S} UTC" if release.published_at else "not published"
        if release.withdrawn_at:
            moment += f" [red]withdrawn: {escape(release.withdrawn_why or '')}[/]"
        content = f"{release.content_hash[:16]}\n{_data_docs(release.content_hash, release.previous)}"
        table.add_row(release.version, moment, release.previous or "", content)
    if not table.row_count:
        table.add_row("[dim]none[/]", "nothing is published yet", "", "")
    return table


def _data_docs(content_hash: str, previous: str | None) -> str:
    return "\n".join(f"{keys.QUALITY}/{keys.candidate_docs_key(content_hash, previous, one)}" for one in DATASETS)


def hold_list(found: Iterable[Hold]) -> Table:
    """One row per candidate that waited for a person: why, until when or by whom decided, and where it was asked."""
    table = Table("candidate", "after", "why", "state", "when", "who", "asked in", title="holds", title_justify="left")
    for hold in found:
        reasons = Classification.load(hold.summary).reasons
        why = f"{reasons[0].what}, {reasons[0].where}" + (f" and {len(reasons) - 1} more" if len(reasons) > 1 else "")
        waits = hold.state is HoldState.WAITING
        moment = f"{hold.answer_by if waits or hold.decided_at is None else hold.decided_at:%Y-%m-%d %H:%M} UTC"
        who = hold.decided_by or (f"by {hold.superseded_by[:16]}" if hold.superseded_by else "")
        state = hold.state.replace("_", " ")
        where = f"{hold.run.dag_id}, {hold.run.run_id}"
        table.add_row(
            f"{hold.content_hash[:16]}\n{_data_docs(hold.content_hash, hold.previous)}",
            *(hold.previous, why, state, f"until {moment}" if waits else moment, who, where),
        )
    if not table.row_count:
        table.add_row("[dim]none[/]", "", "nothing has waited for a person", "", "", "", "")
    return table


def receipt_list(found: Iterable[Submission]) -> Table:
    """One row per submission, with the key of its receipt in the province's inbox."""
    names = ("submission", "province", "delivery", "verdict", "receipt, and Data Docs of the newest")
    table = Table(*names, title="receipts", title_justify="left")
    for item in found:
        where = f"{keys.inbox(item.province)}/{keys.receipt_key(item.id, 'html')}" if item.concluded_at else "not yet"
        if item.dataset and item.counts.observed:
            page = keys.submission_docs_key(item.province, item.dataset, item.id, item.revision)
            where = f"{where}\n{keys.QUALITY}/{page}"
        table.add_row(item.id, item.province, item.delivery.name, describe(item), where)
    return table


def score_list(found: Iterable[Scored]) -> Table:
    """One row per outcome, by province and dataset, oldest first; a score is a share of observations."""
    table = Table(title="scores per dimension", title_justify="left")
    for name in ("province", "dataset", "concluded", "submission"):
        table.add_column(name)
    for name in DIMENSIONS.values():
        table.add_column(name, justify="right")
    for one in found:
        moment = f"{one.concluded_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        name = one.submission_id if one.revision == 1 else f"{one.submission_id}, revision {one.revision}"
        scores = (f"{one.scores[name]:.2%}" if name in one.scores else "" for name in DIMENSIONS.values())
        table.add_row(one.province, one.dataset, moment, name, *scores)
    return table


def reconciliation_table(found: Iterable[Reconciliation]) -> Table:
    """One row per national value that CBS knows."""
    table = Table(title="the twelve together against CBS (StatLine, CC BY 4.0)", title_justify="left")
    for name in ("indicator", "period", "sum of the provinces", "CBS less not allocable", "difference", "coverage", ""):
        table.add_column(name, justify="left" if name in {"indicator", "period", "coverage", ""} else "right")
    for one in found:
        reference = one.reference
        theirs = None if reference.value is None else reference.value - reference.not_allocable
        total = _figure(one.national) if one.partial_value is None else f"(partial) {_figure(one.partial_value)}"
        figures = (total, _figure(theirs), _figure(one.difference), one.coverage or "", one.agreement.replace("_", " "))
        table.add_row(reference.indicator_code, reference.period, *figures)
    return table


def judgement_table(found: Iterable[Judgement]) -> Table:
    """What should be so, and whether it is."""
    table = Table("", "what should be so", "what was seen", title="judged", title_justify="left")
    for one in found:
        table.add_row("[green]✓[/]" if one.holds else "[red]✗[/]", one.what, one.seen)
    return table


def seconds_table(seconds: Mapping[str, float]) -> Table:
    """How long things took."""
    table = Table("what", "seconds", title="time", title_justify="left")
    for what, value in seconds.items():
        table.add_row(what, f"{value:.0f}")
    return table


def origin(value: Trace, cell: str | None = None) -> Table:
    """One published value with where it comes from, and what stands there in the archived file."""
    table = Table("", "", title=f"{value.indicator_code} {value.region_code} {value.period}", show_header=False)
    for name in value.__slots__:
        given = getattr(value, name)
        if given is not None:
            table.add_row(name, _figure(given) if isinstance(given, Decimal) else escape(str(given)))
    if cell is not None:
        table.add_row("read from the archived file", escape(cell))
    return table


def _figure(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():,f}"
