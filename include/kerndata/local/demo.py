"""``kerndata demo``: the main job, told and judged. Exit status 0 only when everything was as it should be."""

import shutil
import time
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.live import Live

from kerndata.ledger import releases, submissions
from kerndata.local import screens, story, verdicts
from kerndata.local.exchange import DEMO, stack_named
from kerndata.local.progress import Board
from kerndata.local.stack import Stack
from kerndata.local.verdicts import Judgement
from kerndata.model.release import Release
from kerndata.model.submission import Submission
from kerndata.store import keys

PATIENCE = timedelta(minutes=6)
SETTLING = timedelta(minutes=8)  # the net merges every five minutes


@dataclass
class Told:
    """What happened, for the summary."""

    first: Release
    second: Release
    submissions: list[Submission]
    seconds: dict[str, float] = field(default_factory=dict)


class Watch:
    """Shows a board of provinces × stages while the Dags work; without a terminal it prints a line per change."""

    def __init__(self, console: Console, stack: Stack, drops: list[story.Drop], since: int) -> None:
        self.console, self.stack, self.since = console, stack, since
        self.board = Board([drop.slug for drop in drops])
        self.live = Live(self.board.render(), console=console, transient=False, auto_refresh=False)
        self._shown = ""

    def __enter__(self) -> "Watch":
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def tick(self) -> None:
        """Read the ledger and show what changed."""
        with self.stack.ledger().transaction() as session:
            found = [item for item in submissions.all_of(session) if item.sequence > self.since]
            latest = releases.latest(session)
        self.board.update(found, latest.version if latest else None)
        if self.console.is_terminal:
            self.live.update(self.board.render(), refresh=True)
        elif self.board.line() != self._shown:
            self._shown = self.board.line()
            self.console.print(f"  {self._shown}")


def run(console: Console, *, base_port: int | None, stop: bool) -> int:
    """Tell the story on a fresh demo state; return the exit status."""
    stack = stack_named(DEMO, base_port)
    started = time.monotonic()
    fresh(console, stack)
    try:
        told = tell(console, stack)
        judgements = verdicts.judge(stack, told.first, told.second, told.submissions)
    except BaseException:
        console.print("[red]The demo broke off; its stack is stopped, its logs stay in .state/demo/logs.[/]")
        stack.down()
        raise
    told.seconds["altogether"] = time.monotonic() - started
    summary(console, stack, told, judgements)
    if stop:
        stack.down(progress=lambda step: console.print(f"  {step}", style="dim"))
    else:
        console.print("The demo stack stays up to look at; [bold]make down[/] stops it.")
    return 0 if all(judgement.holds for judgement in judgements) else 1


def fresh(console: Console, stack: Stack) -> None:
    """Start an empty demo stack; whatever an earlier demo left is stopped and removed, ``make up`` is not touched."""
    console.rule("An empty exchange", align="left")
    stack.down()
    shutil.rmtree(stack.state, ignore_errors=True)
    stack.up(progress=lambda step: console.print(f"  {step}", style="dim"))
    stack.airflow_api().wait_for_dags(
        [
            *story.landings(),
            "watch_inboxes",
            "merge_kerndataset",
            "deliver_notices",
            "handle_incident",
            "pull_reference",
        ]
    )


def tell(console: Console, stack: Stack) -> Told:
    """Both rounds, from the first drop to the last notice."""
    seconds: dict[str, float] = {}
    run = stack.airflow_api().trigger("pull_reference")
    stack.airflow_api().wait("pull_reference", run, timeout_seconds=PATIENCE.total_seconds())
    console.print("  the national figures of CBS are pulled, to hold the sums of the provinces against")
    console.rule("Round 1: twelve provinces deliver", align="left")
    first_drops = story.first_round()
    begin = time.monotonic()
    story.deliver(stack, first_drops)
    with Watch(console, stack, first_drops, since=0) as watch:
        story.wait_for_receipts(stack, len(first_drops), watch.tick, PATIENCE)
        seconds["first drop to last receipt"] = time.monotonic() - begin
        first = story.wait_for_release(stack, None, watch.tick, PATIENCE)
        seconds["first drop to release"] = time.monotonic() - begin
        watch.tick()
    console.print(
        f"  release [bold]{first.version}[/] is published; what Gelderland and Limburg lack is marked, not summed"
    )
    case = story.decide_incident(stack, PATIENCE)
    console.print(f"  Limburg sent the rows of Zeeland: case [bold]{case}[/] is significant, the CSIRT is warned")
    console.rule("Round 2: the corrections come in", align="left")
    corrections = story.second_round()
    known = len(first_drops)
    begin = time.monotonic()
    story.deliver(stack, corrections)
    with Watch(console, stack, corrections, since=known) as watch:
        found = story.wait_for_receipts(stack, known + len(corrections), watch.tick, PATIENCE)
        story.merge_now(stack)
        second = story.wait_for_release(stack, first.version, watch.tick, SETTLING)
        seconds["correction to release"] = time.monotonic() - begin
        watch.tick()
    console.print(f"  release [bold]{second.version}[/] is published, with all twelve provinces")
    story.report_incident(stack, case, PATIENCE)
    console.print(f"  case [bold]{case}[/] is closed: the CSIRT gets the notification and the final report")
    story.wait_for_notices(stack, verdicts.NOTICES, lambda: None, PATIENCE)
    return Told(first, second, found, seconds)


def checksums(stack: Stack, release: Release) -> bytes:
    """Return SHA256SUMS of a release: equal for two stacks when every file is."""
    return stack.exchange_store().read(keys.PUBLISHED, keys.release_key(release.version, "SHA256SUMS"))


def summary(console: Console, stack: Stack, told: Told, judgements: list[Judgement]) -> None:
    """Receipts, reconciliation, what was judged, addresses."""
    console.rule("What came of it", align="left")
    console.print(screens.receipt_list(told.submissions))
    console.print(screens.reconciliation_table(verdicts.reconciled(stack, told.second)))
    console.print(screens.judgement_table(judgements))
    console.print(screens.seconds_table(told.seconds))
    console.print(screens.addresses(stack))
