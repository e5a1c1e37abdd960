"""Notices to endpoints that misbehave, from senders that are killed: what became of each, by the receiver's own record.

The receiver and every sender are processes; the engine keeps to its own rules, given a hurried schedule as data. This
command is also the person who resumes endpoints that were paused (401) or disabled (410) and sends dead letters again,
with the functions behind ``kerndata notices``.
"""

import json
import multiprocessing
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased
from tests.notices.measure import enqueue
from tests.notices.messages import SECRET, endpoint_named
from tests.notices.receiver import WAYS
from tests.notices.sender import TIMEOUT, send

from kerndata.ledger import events
from kerndata.ledger.database import Ledger, open_ledger
from kerndata.ledger.tables import AttemptRow, EndpointRow, NoticeRow
from kerndata.notices import desk
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import Endpoint

Lane = tuple[Endpoint, Credentials]
REPOSITORY = Path(__file__).resolve().parents[2]
PER_SUBJECT = 10
OPERATOR = desk.Who("the operator of the trial", "the receiver is well again")
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Row:
    """What became of the notices of one endpoint, by the receiver's own record."""

    endpoint: str
    notices: int
    requests: int
    effective: int
    repeats: int
    dead_letters: int
    twice: int
    changed: int
    lost: int
    out_of_order: int

    @property
    def is_right(self) -> bool:
        """None lost, each effective once with the bytes it was enqueued with, order kept."""
        return not (self.twice or self.changed or self.lost or self.out_of_order)


@dataclass(frozen=True)
class Result:
    """The rows, how often each way of failing was met, senders killed, and breaks in the ledger's chain."""

    rows: Sequence[Row]
    ways: Counter[str]
    kills: int
    seconds: float
    breaks: Sequence[str] = field(default=())

    @property
    def is_right(self) -> bool:
        """Whether every promise held."""
        return not self.breaks and all(row.is_right for row in self.rows)


def run(
    ledger_url: str, folder: Path, *, notices: int, endpoints: int, failing: float, kills: int, seed: int = 1
) -> Result:
    """Do the whole trial on an empty, migrated ledger; raises when it does not come to an end."""
    ledger, journal, started = open_ledger(ledger_url), folder / "journal.jsonl", time.monotonic()
    chosen = [endpoint_named(f"hub-{n + 1}") for n in range(endpoints)]
    shares = [notices // endpoints + (n < notices % endpoints) for n in range(endpoints)]
    for endpoint, share in zip(chosen, shares, strict=True):
        enqueue(ledger, endpoint, share, max(1, share // PER_SUBJECT))
    with receiver(journal, failing, seed) as base:
        ways_in = [
            Credentials(f"{base}/{one.name}/cloudevents", "kerndata", SECRET, allow_private=True) for one in chosen
        ]
        killed = tend(ledger_url, list(zip(chosen, ways_in, strict=True)), notices, kills, random.Random(seed)).total()
        counts = requests.get(f"{base}/counts", timeout=10).json()
    found = rows(ledger, chosen, journal, counts)
    ways = Counter[str]()
    for name, count in counts.items():
        ways[name.split()[1]] += count
    with ledger.transaction() as session:
        breaks = events.verify(session)
    return Result(found, ways, killed, time.monotonic() - started, breaks)


def table(result: Result) -> str:
    """The table, and below it what happened to the requests."""
    heads = ("endpoint", "notices", "requests", "effective", "repeats", "dead letters", "twice", "changed", "lost")
    lines = [" ".join(f"{head:>12}" for head in (*heads, "out of order"))]
    lines += [" ".join(f"{value:>12}" for value in vars(row).values()) for row in result.rows]
    total = [sum(vars(row)[name] for row in result.rows) for name in list(vars(result.rows[0]))[1:]]
    lines.append(" ".join(f"{value:>12}" for value in ("all", *total)))
    told = {"plain": "as it should be", "locked_out": "401 meanwhile", **WAYS}
    lines += ["", *(f"{result.ways[way]:>8}  {said}" for way, said in told.items())]
    asked = sum(result.ways.values())
    failed = asked - result.ways["plain"]
    lines += ["", f"{failed} of {asked} requests failed ({failed / asked:.0%}); {result.kills} senders were killed"]
    lines += [f"{result.seconds:.0f} s; chain of events: {'; '.join(result.breaks) or 'unbroken'}"]
    lines += [
        "order is judged over the notices that were never a dead letter: sending those again is a person's choice"
    ]
    return "\n".join(lines)


@contextmanager
def receiver(journal: Path, failing: float, seed: int) -> Iterator[str]:
    options = {"journal": journal, "failing": failing, "hang": 1.5 * TIMEOUT.total_seconds(), "seed": seed}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "tests.notices.receiver", *words]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise RuntimeError("the receiver has no output to read its port from")
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


class Senders:
    """One process per endpoint; one that is killed is followed by another, as the next minute's run would."""

    def __init__(self, ledger_url: str, lanes: Sequence[Lane]) -> None:
        self._ledger_url, self._lanes = ledger_url, {endpoint.name: (endpoint, way) for endpoint, way in lanes}
        self.running: dict[str, Any] = {}
        for name in self._lanes:
            self.start(name)

    def start(self, name: str) -> None:
        """Start the sender of one endpoint."""
        arguments = (self._ledger_url, *self._lanes[name])
        self.running[name] = _CONTEXT.Process(target=send, args=arguments, daemon=True)
        self.running[name].start()

    def kill(self, name: str) -> None:
        """SIGKILL, wherever it is."""
        self.running[name].kill()
        self.running[name].join()


@contextmanager
def _senders(ledger_url: str, lanes: Sequence[Lane]) -> Iterator[Senders]:
    _CONTEXT.set_forkserver_preload(["tests.notices.sender"])
    senders = Senders(ledger_url, lanes)
    try:
        yield senders
    finally:
        for name in senders.running:
            senders.kill(name)


def tend(
    ledger_url: str,
    lanes: Sequence[Lane],
    notices: int,
    kills: int,
    draw: random.Random,
    superseding: Collection[str] = (),
) -> Counter[str]:
    """Send all there is, kill senders over the first nine tenths of the work, and do the operator's part; the kills.

    ``superseding``: endpoints where a later notice takes the place of the earlier ones, so that of their dead letters
    only one that nothing came after is sent again.
    """
    ledger, marks = open_ledger(ledger_url), [int(notices * 0.9 * (n + 1) / (kills + 1)) for n in range(kills)]
    killed, deadline = Counter[str](), time.monotonic() + 120 + notices / 5
    with _senders(ledger_url, lanes) as senders:
        while (left := _left(ledger, superseding)).total():
            if time.monotonic() > deadline:
                raise RuntimeError(f"not delivered in time, by status: {left}")
            if crashed := [name for name, one in senders.running.items() if not one.is_alive()]:
                raise RuntimeError(f"senders ended by themselves: {crashed}")
            if killed.total() < kills and notices - left.total() >= marks[killed.total()] and (busy := _busy(ledger)):
                name = draw.choice(busy)
                senders.kill(name)
                senders.start(name)
                killed[name] += 1
            _operate(ledger, superseding, all_dead=not left["pending"])
            time.sleep(0.1)
    return killed


def _wanted(superseding: Collection[str]) -> ColumnElement[bool]:
    """Not a dead letter of which a later one has taken the place."""
    later = aliased(NoticeRow)
    has_later = select(later.id).where(later.endpoint == NoticeRow.endpoint, later.sequence > NoticeRow.sequence)
    is_over = (NoticeRow.status == "dead") & NoticeRow.endpoint.in_(superseding) & has_later.exists()
    return ~is_over


def _left(ledger: Ledger, superseding: Collection[str]) -> Counter[str]:
    with ledger.transaction() as session:
        query = select(NoticeRow.status, func.count()).where(NoticeRow.status != "delivered", _wanted(superseding))
        return Counter(dict(session.execute(query.group_by(NoticeRow.status)).all()))


def _busy(ledger: Ledger) -> list[str]:
    """The endpoints with something left."""
    with ledger.transaction() as session:
        return sorted(session.scalars(select(NoticeRow.endpoint).where(NoticeRow.is_first).distinct()))


def _operate(ledger: Ledger, superseding: Collection[str], *, all_dead: bool) -> None:
    """Resume what was stopped; once only dead letters are left, send them again."""
    now = datetime.now(UTC)
    with ledger.transaction() as session:
        stopped = list(session.scalars(select(EndpointRow.name).where(EndpointRow.state != "active")))
        for name in stopped:
            desk.resume(session, name, [], OPERATOR, now)
        if all_dead:
            dead = select(NoticeRow.id).where(NoticeRow.status == "dead", _wanted(superseding))
            desk.replay(session, session.scalars(dead.order_by(NoticeRow.sequence)).all(), OPERATOR, now)


def rows(ledger: Ledger, endpoints: Sequence[Endpoint], journal: Path, counts: dict[str, int]) -> list[Row]:
    seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in journal.read_text().splitlines():
        entry = json.loads(line)
        seen[entry["endpoint"]].append(entry)
    asked = Counter[str]()
    for name, count in counts.items():
        asked[name.split()[0]] += count
    return [_row(ledger, one.name, seen[one.name], asked[one.name]) for one in endpoints]


def _row(ledger: Ledger, endpoint: str, seen: Sequence[dict[str, Any]], asked: int) -> Row:
    with ledger.transaction() as session:
        keys = set(session.scalars(select(NoticeRow.business_key).where(NoticeRow.endpoint == endpoint)))
        dead = select(NoticeRow.business_key).join(AttemptRow, AttemptRow.notice_id == NoticeRow.id)
        dead = dead.where(NoticeRow.endpoint == endpoint, AttemptRow.outcome.in_(["dead", "disable"]))
        letters = {int(key) for key in session.scalars(dead)}
    effects = [entry for entry in seen if entry["what"] == "effect"]
    times = Counter(entry["number"] for entry in effects)
    what = Counter(entry["what"] for entry in seen)
    return Row(
        endpoint,
        notices=len(keys),
        requests=asked,
        effective=len(times),
        repeats=what["repeat"],
        dead_letters=len(letters),
        twice=sum(count > 1 for count in times.values()),
        changed=what["changed"],
        lost=len({int(key) for key in keys} - set(times)),
        out_of_order=_out_of_order([entry for entry in effects if entry["number"] not in letters]),
    )


def _out_of_order(effects: Sequence[dict[str, Any]]) -> int:
    latest: dict[str, int] = {}
    wrong = 0
    for entry in effects:
        wrong += entry["number"] < latest.get(entry["subject"], -1)
        latest[entry["subject"]] = max(entry["number"], latest.get(entry["subject"], -1))
    return wrong
