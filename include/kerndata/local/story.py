"""The main job as a story that the demo tells and the end-to-end tests check: two rounds of real deliveries.

Round 1: ten provinces deliver well, Gelderland sends a file with bad rows, Limburg sends the rows of Zeeland. That is a
security event: a person decides that it is significant, which warns the CSIRT.
Round 2: Gelderland and Limburg send their corrections, and the person reports to the CSIRT what it was. Everything in
between is done by the Dags.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from kerndata.errors import KerndataError
from kerndata.incidents import cases, phases, record
from kerndata.incidents.report import filled_in
from kerndata.ledger import releases, submissions
from kerndata.local.samples.tables import HERE as SAMPLES
from kerndata.local.stack import Stack
from kerndata.model.incident import Decision, Phase
from kerndata.model.release import Release
from kerndata.model.submission import Submission
from kerndata.notices.desk import Who
from kerndata.notices.endpoints import load
from kerndata.sources.registry import load_sources
from kerndata.store import keys

T = TypeVar("T")
Tick = Callable[[], None]
"""Called about once a second while waiting, to show progress."""

POLL_SECONDS = 1.0
ENGINEER = "engineer"  # as the user of the embedded Airflow
FOUND = {
    "determination": "confirmed",
    "criticality": "low",
    "incident_type": "unintentional",
    "cause": "human-error",
    "confidentiality": "none",
    "integrity": "none",
    "recoverability": "regular",
    "cross_border": "no",
    "provinces": ("PV29", "PV31"),
    "measures": ("containment", "external-outreach"),
}
REPORTED = {
    Phase.NOTIFICATION: "A province delivered the rows of its neighbour. They were refused; nothing was published.",
    Phase.FINAL: "The wrong file was taken from a shared folder. The province has delivered its own rows since.",
}


@dataclass(frozen=True, slots=True)
class Drop:
    """One file that a province puts in its bucket, or that its API serves from now on."""

    slug: str
    name: str
    path: Path
    by_api: bool


def first_round() -> list[Drop]:
    """Return what the provinces deliver first: the planted faults in place of the good files of the same name."""
    planted = {drop.name + drop.slug: drop for drop in _drops("round1")}
    return [planted.get(drop.name + drop.slug, drop) for drop in _drops("deliveries")] + _served()


def second_round() -> list[Drop]:
    """Return the corrections: the good files that the planted ones stood in for."""
    corrected = {(drop.slug, drop.name) for drop in _drops("round1")}
    return [drop for drop in _drops("deliveries") if (drop.slug, drop.name) in corrected]


def deliver(stack: Stack, drops: list[Drop]) -> None:
    """Deliver as the provinces do: each with its own identity, or by its own API; then look without waiting a minute.

    A landing by API is started by hand here, as an engineer may; by itself it runs at the hour in its source.
    """
    for drop in drops:
        if drop.by_api:
            target = stack.paths.province_api / drop.slug / drop.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(drop.path, target)
            continue
        content_type = "application/octet-stream"
        stack.province_store(drop.slug).put(keys.inbox(drop.slug), drop.name, drop.path, content_type=content_type)
    airflow = stack.airflow_api()
    for slug in sorted({drop.slug for drop in drops if drop.by_api}):
        airflow.trigger(f"land_{slug}")
    if any(not drop.by_api for drop in drops):
        airflow.trigger("watch_inboxes")


def landings() -> list[str]:
    """Return the ids of the landing Dags."""
    return [f"land_{slug}" for slug in load_sources()]


def merge_now(stack: Stack) -> None:
    """Start the net by hand instead of waiting up to five minutes for it, as an engineer may."""
    stack.airflow_api().trigger("merge_kerndataset_net")


def decide_incident(stack: Stack, timeout: timedelta) -> str:
    """Decide as a person does that the rows of another province are significant; return the case's name."""

    def decided() -> str:
        with stack.ledger().transaction() as session:
            [case] = record.listed(session)
            who = Who(ENGINEER, "Limburg delivered the rows of Zeeland; we asked who has its key.")
            return cases.decide(session, case.name, Decision.SIGNIFICANT, who, load(), datetime.now(UTC)).name

    return _wait(decided, lambda: None, timeout, "a decision about the case of Limburg", stack)


def report_incident(stack: Stack, case: str, timeout: timedelta) -> None:
    """Write the notification and the final report as a person does; that closes the case."""

    def reported() -> bool:
        for phase, text in REPORTED.items():
            with stack.ledger().transaction() as session:
                report = filled_in({**FOUND, "text": text})
                phases.write(session, case, phase, report, ENGINEER, load(), datetime.now(UTC))
        return True

    _wait(reported, lambda: None, timeout, f"the reports about case {case}", stack)


def wait_for_receipts(stack: Stack, count: int, tick: Tick, timeout: timedelta) -> list[Submission]:
    """Wait until ``count`` submissions are concluded; return them, oldest first."""

    def concluded() -> list[Submission] | None:
        with stack.ledger().transaction() as session:
            done = [item for item in submissions.all_of(session, limit=count + 100) if item.concluded_at]
        return sorted(done, key=lambda item: item.sequence) if len(done) >= count else None

    return _wait(concluded, tick, timeout, f"{count} receipts", stack)


def wait_for_release(stack: Stack, after: str | None, tick: Tick, timeout: timedelta) -> Release:
    """Wait until a release newer than ``after`` is published; return it."""

    def newer() -> Release | None:
        with stack.ledger().transaction() as session:
            found = releases.latest(session)
        return found if found and found.version != after else None

    return _wait(newer, tick, timeout, f"a release after {after or 'none'}", stack)


def wait_for_notices(stack: Stack, count: int, tick: Tick, timeout: timedelta) -> int:
    """Wait until ``count`` notices are delivered and none is pending; return how many were."""
    from kerndata.notices import outbox

    def delivered() -> int | None:
        with stack.ledger().transaction() as session:
            tally = outbox.tally(session)
        done = tally.get("delivered", 0)
        return done if done >= count and not tally.get("pending") else None

    return _wait(delivered, tick, timeout, f"{count} delivered notices", stack)


def _wait(look: Callable[[], T | None], tick: Tick, timeout: timedelta, what: str, stack: Stack) -> T:
    deadline = time.monotonic() + timeout.total_seconds()
    while (found := _when_it_answers(look)) is None:
        if time.monotonic() > deadline:
            raise KerndataError(
                f"waited {timeout.total_seconds():.0f} s for {what} in vain. What was delivered is kept; look at "
                f"the runs in {stack.addresses()['Airflow']} and at the logs in {stack.paths.logs}."
            )
        _when_it_answers(tick)
        time.sleep(POLL_SECONDS)
    return found


def _when_it_answers(ask: Callable[[], T | None]) -> T | None:
    """Ask the ledger; None while its database is being restarted, which a wait outlives."""
    try:
        return ask()
    except OperationalError:
        return None


def _drops(folder: str) -> list[Drop]:
    return sorted(_files(SAMPLES / folder, by_api=False), key=lambda drop: (drop.slug, drop.name))


def _served() -> list[Drop]:
    return sorted(_files(SAMPLES / "api", by_api=True), key=lambda drop: (drop.slug, drop.name))


def _files(root: Path, *, by_api: bool) -> Iterator[Drop]:
    for path in root.rglob("*"):
        slug, *rest = path.relative_to(root).parts
        if path.is_file() and slug in load_sources():
            yield Drop(slug, "/".join(rest), path, by_api)
