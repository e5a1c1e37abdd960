"""A province that owes a period has one alert, one announcement per period and one reminder a fortnight; no more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise

import pytest
from sqlalchemy import select, text

from kerndata.alerting.overdue import watch
from kerndata.ledger import Ledger, alerts, submissions
from kerndata.ledger.periods import PeriodCount
from kerndata.ledger.tables import Base, NoticeRow
from kerndata.model.alert import AlertKind
from kerndata.model.submission import Counts, Delivery, Status
from kerndata.notices.endpoints import load
from kerndata.sources.registry import Source, load_source

pytestmark = pytest.mark.stack

# 2024 is due on 30 June 2025 and 2025 on 29 June 2026, a Monday
JUNE, JULY = datetime(2026, 6, 30, 1, 0, tzinfo=UTC), datetime(2026, 7, 14, 1, 0, tzinfo=UTC)
ENDPOINTS = tuple(
    one.model_copy(update={"subscribes": ("overdue",)}) if one.channel == "webhook" else one for one in load()
)


@pytest.fixture(autouse=True)
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)}"))


def only(slug: str, *periods: str) -> Source:
    """A province that owes these periods by one delivery of indicators of its own, and has the templates."""
    found = load_source(slug)
    name, spec = next((name, one) for name, one in found.own().items() if one.dataset == "indicators")
    templates = {key: one for key, one in found.deliveries.items() if key in found.templates}
    return replace(found, deliveries={name: spec.model_copy(update={"expected_periods": periods}), **templates})


def night(ledger: Ledger, now: datetime, *sources: Source) -> list[str]:
    with ledger.transaction() as session:
        return watch(session, ENDPOINTS, {one.province.slug: one for one in sources}, now)


def delivered(ledger: Ledger, who: Source, period: str, *, name: str | None = None, accepted: int = 1) -> None:
    name = name or next(iter(who.own()))
    counts = PeriodCount(period, accepted, 1 - accepted, 0)
    status = Status.ACCEPTED if accepted else Status.REFUSED
    with ledger.transaction() as session:
        slug = who.province.slug
        one = submissions.register(
            session,
            Delivery(slug, f"inbox-{slug}", f"drop/{name}", period + str(accepted), JUNE),
            sha256=f"{period}{accepted}",
            size_bytes=1,
            dataset="indicators",
            delivery_name=name,
            now=JUNE,
        )
        given = {"status": status, "counts": Counts(1, accepted, 1 - accepted), "by_period": [counts], "findings": []}
        submissions.conclude(session, one.id, dataset="indicators", now=JUNE, **given)  # type: ignore[arg-type]


def outbox(ledger: Ledger, prefix: str) -> list[NoticeRow]:
    with ledger.transaction() as session:
        rows = select(NoticeRow).where(NoticeRow.business_key.startswith(prefix)).order_by(NoticeRow.sequence)
        return list(session.scalars(rows))


def opened(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.transaction() as session:
        return [(row.kind, row.subject, row.detail) for row in alerts.opened(session)]


def test_what_was_due_yesterday_is_told_to_all_three_once(ledger: Ledger) -> None:
    gelderland = only("gelderland", "2024", "2025")
    delivered(ledger, gelderland, "2024")
    assert night(ledger, JUNE - timedelta(days=1), gelderland) == []
    for hour in range(3):
        assert night(ledger, JUNE + timedelta(hours=hour), gelderland) == ["gelderland"]

    assert opened(ledger) == [
        (AlertKind.PROVINCE_OVERDUE, "gelderland", "kerndataset 2025 was due on 2026-06-29"),
    ]
    assert [one.business_key for one in outbox(ledger, "overdue/")] == ["overdue/PV25/kerndataset/2025"]
    [reminder] = outbox(ledger, "reminder/")
    mail = message_from_bytes(reminder.payload, _class=EmailMessage, policy=policy.default)
    assert "energiedata@gelderland.example" in str(mail["To"])
    assert (mail["Subject"], mail["Content-Language"]) == (
        "Herinnering: 1 periode van Gelderland nog niet ontvangen",
        "nl",
    )
    told = mail.get_content()
    assert "* 2025, verwacht op 29-06-2026" in told
    assert "inbox-gelderland/drop/indicators/kerndataset_*.csv" in told
    assert "2024" not in told


def test_it_is_over_when_it_was_delivered_also_by_the_template(ledger: Ledger) -> None:
    gelderland = only("gelderland", "2024", "2025")
    night(ledger, JUNE, gelderland)
    delivered(ledger, gelderland, "2024")
    delivered(ledger, gelderland, "2025", name="sjabloon_indicators_csv")
    assert night(ledger, JUNE, gelderland) == []
    assert opened(ledger) == []


def test_what_was_refused_whole_is_still_owed_and_the_reminder_says_which(ledger: Ledger) -> None:
    gelderland = only("gelderland", "2025")
    delivered(ledger, gelderland, "2025", accepted=0)
    assert night(ledger, JUNE, gelderland) == ["gelderland"]
    [reminder] = outbox(ledger, "reminder/")
    mail = message_from_bytes(reminder.payload, _class=EmailMessage, policy=policy.default)
    assert "Geleverd maar geweigerd: S-" in mail.get_content()


def test_a_reminder_comes_again_after_a_fortnight_and_never_sooner(ledger: Ledger) -> None:
    gelderland = only("gelderland", "2025")
    for day in range(29):
        night(ledger, JUNE + timedelta(days=day), gelderland)
    reminders = [one.business_key for one in outbox(ledger, "reminder/")]
    assert len(reminders) in (2, 3)
    days = [datetime.fromisoformat(key.rpartition("/")[2]) for key in reminders]
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=14)}
    assert len(outbox(ledger, "overdue/")) == 1


def test_an_exchange_that_begins_late_announces_no_old_debts_and_sends_one_mail_each(ledger: Ledger) -> None:
    years = [str(year) for year in range(2019, 2025)]
    sources = [only("gelderland", *years), only("zeeland", *years)]
    assert night(ledger, JULY, *sources) == ["gelderland", "zeeland"]
    assert outbox(ledger, "overdue/") == []
    assert [one.subject for one in outbox(ledger, "reminder/")] == ["reminder/gelderland", "reminder/zeeland"]
    zeeland = message_from_bytes(
        outbox(ledger, "reminder/zeeland")[0].payload, _class=EmailMessage, policy=policy.default
    )
    assert "Wij halen dit zelf op bij uw API" in zeeland.get_content()
    assert "Herinnering: 6 perioden" in str(zeeland["Subject"])
