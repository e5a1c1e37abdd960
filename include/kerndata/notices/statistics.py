"""The visits of a month in the outbox: once per endpoint and month, with the id that the receiver gave for it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import exists, select

from kerndata.errors import ConfigurationError
from kerndata.ledger.database import Ledger
from kerndata.ledger.tables import NoticeRow
from kerndata.notices import outbox
from kerndata.notices.channels import sdg_statistics
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.transport import Transport
from kerndata.notices.visits import Device, count

SUBJECT = "statistics"


def month_passed(
    ledger: Ledger,
    endpoint: Endpoint,
    transport: Transport,
    *,
    month: str,
    log_lines: Iterable[str],
    public_url: str,
    now: datetime,
) -> str | None:
    """Count ``month`` (2026-04) in an access log and enqueue it; the notice's id, None when it was enqueued before.

    Raises ValueError for a month that is not over, ConfigurationError when nothing was got in it (then the log is not
    that of the public address, or not of that month), and Transient when the receiver gives no id: nothing is enqueued
    then, and calling it again is safe. An id of a call that lost to another one at the same time is never used.
    """
    if month >= f"{now.astimezone(UTC):%Y-%m}":
        raise ValueError(f"{month} is not over yet; its visits are counted from the first day after it.")
    key = f"statistics/{month}"
    if _has(ledger, endpoint, key):
        return None
    visits = count(log_lines, month, public_url)
    if not visits:
        raise ConfigurationError(
            f"the access log has no reader of {public_url} in {month}; is it the log of that address? Nothing is told."
        )
    return _enqueue(ledger, endpoint, key, sdg_statistics.reserve(transport), month, visits, now)


def last_month(now: datetime) -> str:
    """Return the month before a moment's own, in UTC: ``2026-04``."""
    return f"{now.astimezone(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"


def _has(ledger: Ledger, endpoint: Endpoint, key: str) -> bool:
    is_there = exists().where(NoticeRow.endpoint == endpoint.name, NoticeRow.business_key == key)
    with ledger.transaction() as session:
        return bool(session.scalar(select(is_there)))


def _enqueue(
    ledger: Ledger,
    endpoint: Endpoint,
    key: str,
    unique_id: str,
    month: str,
    visits: Mapping[tuple[str, Device], int],
    now: datetime,
) -> str | None:
    with ledger.transaction() as session:
        return outbox.enqueue(
            session,
            endpoint=endpoint.name,
            channel=endpoint.channel,
            subject=SUBJECT,
            business_key=key,
            payload=sdg_statistics.report(unique_id, month, visits, now),
            content_type=sdg_statistics.CONTENT_TYPE,
            now=now,
        )
