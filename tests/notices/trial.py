"""The long trial over all channels: six real receivers that fail, senders that are killed, and what the receivers have.

Nothing is taken from the sender on trust but how often it tried: see ``lanes`` for whose record decides.
"""

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from sqlalchemy import select
from tests.notices import chaos
from tests.notices.lanes import HOW, Lane, lanes, shares

from kerndata.ledger import events
from kerndata.ledger.database import Ledger, open_ledger
from kerndata.ledger.tables import AttemptRow, NoticeRow
from kerndata.notices.credentials import Credentials


@dataclass(frozen=True)
class Row:
    """What became of the notices of one channel."""

    channel: str
    notices: int
    attempts: int
    failed: int
    effective: int
    repeats: int
    twice: int
    lost: int
    superseded: int
    dead_letters: int
    out_of_order: int
    kills: int

    @property
    def is_right(self) -> bool:
        """None lost, each effective once, order kept."""
        return not (self.twice or self.lost or self.out_of_order)


@dataclass(frozen=True)
class Result:
    """The rows, how long it took, and breaks in the ledger's chain."""

    rows: Sequence[Row]
    seconds: float
    breaks: Sequence[str] = field(default=())

    @property
    def is_right(self) -> bool:
        """Whether every promise held."""
        return not self.breaks and all(row.is_right for row in self.rows)


def run(
    ledger_url: str, folder: Path, collection: Credentials, *, notices: int, failing: float, kills: int, seed: int = 1
) -> Result:
    """Do the whole trial on an empty, migrated ledger and an empty TAXII collection; raises when it does not end."""
    ledger, started, counts = open_ledger(ledger_url), time.monotonic(), shares(notices)
    with lanes(folder, collection, failing, seed) as made:
        for lane in made:
            lane.put(ledger, counts[lane.channel])
        ways = [(lane.endpoint, lane.credentials) for lane in made]
        superseding = [lane.endpoint.name for lane in made if lane.channel == "sdg_pdc"]
        killed = chaos.tend(ledger_url, ways, notices, kills, random.Random(seed), superseding)
        rows = [judge(ledger, lane, lane.had(counts[lane.channel]), killed[lane.endpoint.name]) for lane in made]
    with ledger.transaction() as session:
        breaks = events.verify(session)
    return Result(rows, time.monotonic() - started, breaks)


def judge(ledger: Ledger, lane: Lane, had: Sequence[int], kills: int) -> Row:
    """Compare what a receiver has, in its order, with what was enqueued for it."""
    with ledger.transaction() as session:
        mine = NoticeRow.endpoint == lane.endpoint.name
        known = session.execute(select(NoticeRow.id, NoticeRow.status).where(mine).order_by(NoticeRow.sequence)).all()
        tried = select(NoticeRow.id, AttemptRow.outcome).join(NoticeRow, AttemptRow.notice_id == NoticeRow.id)
        outcomes = session.execute(tried.where(mine)).all()
    numbers = {identity: number for number, (identity, _) in enumerate(known)}
    letters = {numbers[identity] for identity, outcome in outcomes if outcome in ("dead", "disable")}
    superseded = {numbers[identity] for identity, status in known if status == "dead"}
    wanted = set(numbers.values())
    times = Counter(had)
    again = sum(count - 1 for count in times.values())
    is_last = lane.per_subject or list(had[-1:]) == [len(known) - 1]  # all on one subject: what stands is the newest
    may_repeat = lane.channel == "mail"  # at least once, and the same Message-ID: one mail to who reads it
    return Row(
        lane.channel,
        notices=len(known),
        attempts=len(outcomes),
        failed=sum(outcome != "delivered" for _, outcome in outcomes),
        effective=len(times.keys() & wanted),
        repeats=again if may_repeat else 0,
        twice=(0 if may_repeat else again) + len(times.keys() - wanted),
        lost=len(wanted - times.keys() - superseded),
        superseded=len(superseded - times.keys()),
        dead_letters=len(letters),
        out_of_order=_overtaken(lane, [one for one in dict.fromkeys(had) if one not in letters])
        + int(lane.channel == "sdg_pdc" and not is_last),
        kills=kills,
    )


def _overtaken(lane: Lane, had: Sequence[int]) -> int:
    """How many took effect after a later one on the same subject."""
    latest: dict[str, int] = {}
    wrong = 0
    for number in had:
        subject = lane.subject(number)
        wrong += number < latest.get(subject, -1)
        latest[subject] = max(number, latest.get(subject, -1))
    return wrong


def table(result: Result) -> str:
    """The table, and whose record each row is."""
    names = [one.name for one in fields(Row)]
    rows = [[str(getattr(row, name)) for name in names] for row in result.rows]
    total = ["all", *(str(sum(getattr(row, name) for row in result.rows)) for name in names[1:])]
    lines = [
        " ".join(f"{cell:>14}" for cell in line) for line in ([one.replace("_", " ") for one in names], *rows, total)
    ]
    lines += ["", *(f"{row.channel}: {HOW[row.channel]}" for row in result.rows)]
    lines += [f"{result.seconds:.0f} s; chain of events: {'; '.join(result.breaks) or 'unbroken'}"]
    lines += [
        "order is judged over the notices that were never a dead letter: sending those again is a person's choice"
    ]
    return "\n".join(lines)
