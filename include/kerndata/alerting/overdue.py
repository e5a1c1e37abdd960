"""Provinces that owe something: the alert to our own people, the announcement, the reminder to the province."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kerndata.ledger import alerts, periods
from kerndata.ledger.periods import Delivered
from kerndata.model.alert import AlertKind
from kerndata.notices import announce
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.reminders import Owed, remind
from kerndata.sources.expected import Expected, expected
from kerndata.sources.registry import Source
from kerndata.sources.sjabloon import NAME

_HERE = ZoneInfo("Europe/Amsterdam")
RECENT = timedelta(days=31)
"""What is due longer than this is announced to nobody outside: an exchange that begins late owes years at once."""


def owed(session: Session, sources: Iterable[Source], now: datetime) -> dict[str, list[Owed]]:
    """Give what each province (slug) has not delivered though its last day has passed, oldest first.

    Delivered is a period of which anything was accepted: in its own delivery, or in the template of the same dataset.
    """
    told = periods.delivered(session)
    known = {(one.province, one.delivery, one.counts.period): one for one in told}
    by_template = {
        (one.province, one.dataset, one.counts.period)
        for one in told
        if one.stands and one.delivery.startswith(f"{NAME}_")
    }
    today = now.astimezone(_HERE).date()
    due = (one for one in expected(sources) if one.due_on < today)
    late = [one for one in due if not _has(one, known, by_template)]
    return {
        slug: sorted((_owed(one, known) for one in group), key=lambda one: (one.expected.due_on, one.expected.delivery))
        for slug, group in groupby(late, key=lambda one: one.province)
    }


def watch(session: Session, endpoints: Sequence[Endpoint], sources: Mapping[str, Source], now: datetime) -> list[str]:
    """Open and close the alerts, announce what became overdue of late, remind each province; the slugs that owe."""
    found = owed(session, sources.values(), now)
    alerts.keep(session, AlertKind.PROVINCE_OVERDUE, {slug: _detail(late) for slug, late in found.items()}, now)
    for slug, late in found.items():
        source = sources[slug]
        for one in (each.expected for each in late if each.expected.due_on >= (now - RECENT).date()):
            announce.province_overdue(
                session,
                endpoints,
                province=source.province.code,
                delivery=one.delivery,
                period=one.period,
                due_on=one.due_on,
                now=now,
            )
        remind(session, endpoints, source, late, now)
    return list(found)


def _has(
    one: Expected, known: Mapping[tuple[str, str, str], Delivered], by_template: set[tuple[str, str, str]]
) -> bool:
    own = known.get((one.province, one.delivery, one.period))
    return bool(own and own.stands) or (one.province, one.dataset, one.period) in by_template


def _owed(one: Expected, known: Mapping[tuple[str, str, str], Delivered]) -> Owed:
    own = known.get((one.province, one.delivery, one.period))
    return Owed(one, own.submission_id if own else None)


def _detail(late: Sequence[Owed]) -> str:
    first = late[0].expected
    more = f" and {len(late) - 1} more" if len(late) > 1 else ""
    return f"{first.delivery} {first.period} was due on {first.due_on}{more}"
