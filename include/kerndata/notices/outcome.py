"""What an answer means, and when to try again: the outcome table of DESIGN §10 as pure functions.

| answer | decision |
|---|---|
| the channel is certain of the effect | delivered |
| no answer, 408, 425, 429, 5xx, a 2xx that does not confirm the effect | retry by the schedule; dead when it is spent,
  and a person is told |
| 401, 403, an address we may not send to | pause the endpoint: its notices wait for a person |
| 410 | disable the endpoint; this notice is dead |
| 3xx (never followed) and every other 4xx | dead: the same bytes would get the same answer |
| SMTP 4xx | retry; SMTP 5xx: dead (RFC 5321 §4.2.1: transient and permanent) |
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from kerndata.notices.endpoints import ScheduleName
from kerndata.notices.transport import Reply

HEALS = frozenset({408, 425, 429})
REFUSED_ENTRY = frozenset({401, 403})
GONE = 410
JITTER = 0.2


class Outcome(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    PAUSE = "pause"
    DISABLE = "disable"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Schedule:
    """``delays[n]`` is the wait before attempt ``n + 1``; the first is zero. ``longest_wait`` bounds a Retry-After.

    ``deadline``: within this time after it was enqueued a notice has to be delivered by law, unless it says otherwise.
    """

    delays: tuple[timedelta, ...]
    longest_wait: timedelta
    deadline: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, why, and for a retry when it falls due. ``gave_up``: dead because its schedule is spent."""

    outcome: Outcome
    reason: str
    due_at: datetime | None = None
    gave_up: bool = field(default=False, compare=False)

    @property
    def heals(self) -> bool:
        """Whether the endpoint failed in a way that heals by itself; every other answer shows that it is there."""
        return self.outcome is Outcome.RETRY or self.gave_up


def _spans(*seconds: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=value) for value in seconds)


_MINUTE, _HOUR = 60, 3600
SCHEDULES = {
    # The schedule of the Standard Webhooks specification: ten attempts in about three days.
    ScheduleName.STANDARD: Schedule(
        _spans(0, 5, 5 * _MINUTE, 30 * _MINUTE, *(hours * _HOUR for hours in (2, 5, 10, 14, 20, 24))),
        longest_wait=timedelta(hours=24),
    ),
    # An early warning has 24 hours by law: soon dense, then every quarter of an hour for that whole day.
    ScheduleName.URGENT: Schedule(
        _spans(0, 5, 10, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, *([15 * _MINUTE] * 95)),
        longest_wait=timedelta(hours=1),
        deadline=timedelta(hours=24),
    ),
}


def decide(
    reply: Reply, *, confirmed: bool, attempt: int, notice_id: str, schedule: Schedule, now: datetime
) -> Decision:
    """What attempt number ``attempt`` (1 = first) comes to; ``confirmed`` is the channel's verdict on the effect."""
    if confirmed:
        return Decision(Outcome.DELIVERED, reply.summary)
    if reply.refused is not None or reply.status in REFUSED_ENTRY:
        return Decision(Outcome.PAUSE, reply.summary)
    if reply.status == GONE:
        return Decision(Outcome.DISABLE, reply.summary)
    if not _heals(reply):
        return Decision(Outcome.DEAD, reply.summary)
    if attempt >= len(schedule.delays):
        return Decision(Outcome.DEAD, f"{reply.summary}; gave up after {attempt} attempts", gave_up=True)
    wait = _wait(reply, attempt, notice_id, schedule, now)
    return Decision(Outcome.RETRY, reply.summary, now + wait)


def _heals(reply: Reply) -> bool:
    status = reply.status
    if status is not None and reply.protocol == "SMTP":
        return status < 500
    return status is None or status in HEALS or status >= 500 or 200 <= status < 300


def _wait(reply: Reply, attempt: int, notice_id: str, schedule: Schedule, now: datetime) -> timedelta:
    wait = schedule.delays[attempt] * jitter(notice_id, attempt)
    asked = retry_after(reply.headers.get("retry-after"), now)
    return wait if asked is None else max(wait, min(asked, schedule.longest_wait))


def jitter(notice_id: str, attempt: int) -> float:
    """A factor from 0.8 to 1.2 that spreads retries; the same for the same notice and attempt on every machine."""
    draw = int.from_bytes(hashlib.sha256(f"{notice_id}:{attempt}".encode()).digest()[:4], "big") / 0xFFFFFFFF
    return 1 - JITTER + 2 * JITTER * draw


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait a Retry-After header asks for, in seconds or as an HTTP date (RFC 9110 §10.2.3); None if unreadable."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), 10**9))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(aware - now, timedelta(0))
