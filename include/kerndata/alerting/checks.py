"""What is looked at every minute: each check gives what is wrong now, by subject, with one sentence about it.

An alert opens when a check first finds it and closes when it no longer does. What happens at a moment (an endpoint that
is paused, an audit that fails, a case that opens) opens its alert there and then, and is not here.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from kerndata.alerting.policy import Thresholds
from kerndata.ledger import alerts, failures, holds, releases, submissions
from kerndata.model.alert import AlertKind
from kerndata.model.hold import HoldState
from kerndata.publish import holding

EXCHANGE = "kerndata"
HASH_SHOWN = 16


@dataclass(frozen=True, slots=True)
class Look:
    """What a check may look at: the ledger's session, the moment, the thresholds, the code and the work folder."""

    session: Session
    now: datetime
    thresholds: Thresholds
    code_version: str
    work: Path


Found = Mapping[str, str]


def unanswered(look: Look) -> Found:
    """Deliveries without a receipt for longer than they should be, per province; also those that are not checked."""
    limit = look.now - timedelta(minutes=look.thresholds.unanswered_minutes)
    late: dict[str, list[datetime]] = {}
    for one in submissions.unanswered(look.session, limit):
        late.setdefault(one.province, []).append(one.received_at)
    return {
        slug: f"{len(moments)} of {slug} have no receipt, the oldest since {min(moments):%Y-%m-%d %H:%M} UTC"
        for slug, moments in late.items()
    }


def failing(look: Look) -> Found:
    """Dags of which a task failed in several runs in a row."""
    return {
        one.dag_id: f"{one.task_id} failed in {one.count} runs in a row, since {one.since:%Y-%m-%d %H:%M} UTC"
        for one in failures.failing(look.session, look.thresholds.failures, look.now)
    }


def held(look: Look) -> Found:
    """The candidate that waits for a person, if one does."""
    return {
        one.content_hash[
            :HASH_SHOWN
        ]: f"held against {one.previous}; to be answered by {one.answer_by:%Y-%m-%d %H:%M} UTC"
        for one in holds.all_of(look.session)
        if one.state is HoldState.WAITING and one.answer_by > look.now
    }


def merge_late(look: Look) -> Found:
    """Accepted rows that are neither published, nor held, nor refused by a person, for longer than a merge takes."""
    since = releases.news_since(look.session)
    limit = look.now - timedelta(minutes=look.thresholds.merge_minutes)
    if since is None or max(since, *_decisions(look.session, since)) > limit or held(look):
        return {}
    if not holding.has_news(look.session, look.code_version, look.now):
        return {}
    return {EXCHANGE: f"what was accepted on {since:%Y-%m-%d %H:%M} UTC is not in a release yet"}


def disk(look: Look) -> Found:
    """The disk on which this worker does its work."""
    usage = shutil.disk_usage(look.work)
    share = 100 * (usage.total - usage.free) / usage.total
    told = f"{share:.0f} % of {usage.total / 2**30:.0f} GiB is used, {usage.free / 2**30:.1f} GiB is free"
    return {"work": told} if share >= look.thresholds.disk_pct else {}


CHECKS: Mapping[AlertKind, Callable[[Look], Found]] = {
    AlertKind.DELIVERIES_UNANSWERED: unanswered,
    AlertKind.RUNS_FAILING: failing,
    AlertKind.HOLD_WAITING: held,
    AlertKind.MERGE_LATE: merge_late,
    AlertKind.DISK_NEARLY_FULL: disk,
}


def run(look: Look) -> None:
    """Open and close the alerts of every check."""
    for kind, check in CHECKS.items():
        alerts.keep(look.session, kind, check(look), look.now)


def _decisions(session: Session, since: datetime) -> list[datetime]:
    """When candidates were decided: a merge has its time again from there."""
    return [one.decided_at for one in holds.all_of(session) if one.decided_at and one.decided_at > since] or [since]
