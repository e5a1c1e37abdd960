"""A reminder in Dutch to a province that owes something: what, since when, and what to do; at most once a fortnight."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from itertools import groupby

from sqlalchemy.orm import Session

from kerndata.notices import outbox
from kerndata.notices.channels.mail import CONTENT_TYPE
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.letter import letter
from kerndata.quality.exchange import Exchange, load_exchange
from kerndata.sources.expected import Expected
from kerndata.sources.registry import Source
from kerndata.sources.via import BucketVia
from kerndata.store import keys

FORTNIGHT = 14
_DATASETS = {"indicators": "indicatoren", "projects": "projecten"}


@dataclass(frozen=True, slots=True)
class Owed:
    """One period that is overdue; ``refused``: the submission that had it and of which nothing of it was accepted."""

    expected: Expected
    refused: str | None = None


def remind(
    session: Session, endpoints: Iterable[Endpoint], source: Source, owed: Sequence[Owed], now: datetime
) -> str | None:
    """Enqueue the reminder to the province's contact; the notice's id.

    None when it had one this fortnight, or when no endpoint subscribes to reminders.
    """
    endpoint = next((one for one in endpoints if "reminder" in one.subscribes), None)
    if endpoint is None or not owed:
        return None
    fortnight = date.fromordinal(now.date().toordinal() // FORTNIGHT * FORTNIGHT)
    key = f"reminder/{source.province.slug}/{fortnight}"
    return outbox.enqueue(
        session,
        endpoint=endpoint.name,
        channel=endpoint.channel,
        subject=f"reminder/{source.province.slug}",
        business_key=key,
        payload=message(source, owed, key, now, load_exchange()),
        content_type=CONTENT_TYPE,
        now=now,
    )


def message(source: Source, owed: Sequence[Owed], key: str, now: datetime, exchange: Exchange) -> bytes:
    """The complete mail, the same bytes for the same key, moment and debt."""
    count = len(owed)
    what = "1 periode" if count == 1 else f"{count} perioden"
    return letter(
        exchange,
        to=Address(source.contact.team, addr_spec=source.contact.mail),
        subject=f"Herinnering: {what} van {source.province.name} nog niet ontvangen",
        key=key.replace("/", "."),
        date=now,
        language="nl",
        text="\n\n".join(_parts(source, owed, exchange)) + "\n",
        reply_to=Address(exchange.contact.team, addr_spec=exchange.contact.mail),
    ).as_bytes()


def _parts(source: Source, owed: Sequence[Owed], exchange: Exchange) -> Iterator[str]:
    yield f"Wij verwachten van {source.province.name} deze gegevens en hebben ze nog niet:"
    by_delivery = sorted(owed, key=lambda one: (one.expected.delivery, one.expected.period))
    for delivery, group in groupby(by_delivery, key=lambda one: one.expected.delivery):
        yield _delivery(source, delivery, list(group))
    if refused := sorted({one.refused for one in owed if one.refused}):
        yield f"Geleverd maar geweigerd: {', '.join(refused)}. In de map receipts staat per inzending wat er mis was."
    yield (
        "Is er een andere dag afgesproken, of komt een periode niet? Laat het ons weten, dan vragen wij er niet meer "
        f"om. Ook voor vragen: {exchange.told_nl}."
    )
    yield (
        "Tot die tijd blijft in de landelijke dataset staan wat u eerder leverde; wat ontbreekt, staat er als niet "
        "geleverd. U krijgt deze herinnering hooguit eens in de twee weken, zolang er iets ontbreekt."
    )


def _delivery(source: Source, name: str, owed: Sequence[Owed]) -> str:
    spec = source.deliveries[name]
    lines = [f"{_DATASETS[spec.dataset].capitalize()}, levering {name}:"]
    lines += [f"* {one.expected.period}, verwacht op {_day(one.expected.due_on)}" for one in owed]
    if isinstance(spec.via, BucketVia):
        where = f"{keys.inbox(source.province.slug)}/{keys.DROP}{spec.via.bucket}"
        lines.append(f"Zet het bestand in uw postbus als {where}. Alle perioden mogen in één bestand.")
    else:
        lines.append("Wij halen dit zelf op bij uw API: zet het daar klaar, dan is de volgende keer raak.")
    return "\n".join(lines)


def _day(day: date) -> str:
    return f"{day:%d-%m-%Y}"
