"""What a dashboard shows of the exchange at one moment: queues, what waits, what is wrong; counted in the ledger."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kerndata.ledger import alerts
from kerndata.ledger.tables import NoticeRow, ReleaseRow, SubmissionRow
from kerndata.model.alert import AlertKind
from kerndata.model.notice import NoticeStatus


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure; its name says what is counted and in which unit, ``tags`` of what."""

    name: str
    value: float
    tags: dict[str, str] = field(default_factory=dict)


def gauges(session: Session, endpoints: Iterable[str], now: datetime) -> Iterator[Gauge]:
    """Give every gauge, also those that are nought: a dashboard tells silence from nothing by it."""
    yield Gauge("kerndata.watch.at_seconds", now.timestamp())
    counted = select(NoticeRow.endpoint, NoticeRow.status, func.count(), func.min(NoticeRow.created_at))
    waiting = {NoticeStatus.PENDING.value: "waiting", NoticeStatus.DEAD.value: "dead"}
    query = counted.where(NoticeRow.status.in_(waiting)).group_by(NoticeRow.endpoint, NoticeRow.status)
    found = {(name, status): (count, oldest) for name, status, count, oldest in session.execute(query)}
    for name in endpoints:
        for status, told in waiting.items():
            count, oldest = found.get((name, status), (0, now))
            yield Gauge(f"kerndata.notices.{told}", count, {"endpoint": name})
            if told == "waiting":
                yield Gauge("kerndata.notices.oldest_seconds", (now - oldest).total_seconds(), {"endpoint": name})
    still = alerts.count_open(session)
    for kind in AlertKind:
        yield Gauge("kerndata.alerts.open", still[kind], {"kind": kind.value})
    unanswered = (SubmissionRow.concluded_at.is_(None),)
    count, first = session.execute(select(func.count(), func.min(SubmissionRow.received_at)).where(*unanswered)).one()
    yield Gauge("kerndata.deliveries.waiting", count)
    yield Gauge("kerndata.deliveries.oldest_seconds", (now - first).total_seconds() if first else 0)
    published = session.scalar(select(func.max(ReleaseRow.published_at)))
    if published:
        yield Gauge("kerndata.release.age_seconds", (now - published).total_seconds())
