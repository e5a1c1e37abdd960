"""A digest of releases by mail, for readers as ``readers.yaml`` says: one mail per reader and period with news in it.

At least once: the bytes and the Message-ID are fixed here, so that a mail that comes twice is the same mail. Every mail
can be unsubscribed from with one click (RFC 8058), without a login: the link holds a token that only we can make. Who
unsubscribed is in the chain of events and gets nothing more; ``readers.yaml`` is not changed for it.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from email.policy import SMTP
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from kerndata.errors import ConfigurationError
from kerndata.ledger import events, releases
from kerndata.ledger.tables import EventRow
from kerndata.model.release import Release
from kerndata.notices import outbox
from kerndata.notices.channels.mail import CONTENT_TYPE
from kerndata.notices.endpoints import Endpoint, Language
from kerndata.notices.letter import letter
from kerndata.quality.exchange import Exchange, load_exchange
from kerndata.sources.contact import Address
from kerndata.store import keys

FILE = Path(__file__).with_name("readers.yaml")
UNSUBSCRIBED = "reader.unsubscribed"
_HERE = ZoneInfo("Europe/Amsterdam")
_WHOLE_LINES = SMTP.clone(max_line_length=998)  # a folded link would be encoded, and no mail program would follow it


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reader(_Strict):
    """Who gets a digest, and how often."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    mail: Address
    language: Language = "nl"
    every: Literal["day", "week", "month"] = "week"


class Readers(_Strict):
    """All readers; ``unsubscribe``: the address that takes the one-click POST."""

    unsubscribe: Annotated[str, Field(pattern=r"^https://[^\s?#]+$")] | None
    readers: tuple[Reader, ...]


class Period(_Strict):
    """The last whole day, week or month before a moment, in local time; ``label`` names it."""

    label: str
    begin: datetime
    end: datetime


def load_readers(path: Path = FILE) -> Readers:
    """Read the file; raises ConfigurationError naming the file and every wrong key."""
    try:
        found = Readers.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"notices/{path.name}: {error}") from error
    names = [one.name for one in found.readers]
    if len(names) != len(set(names)) or (names and found.unsubscribe is None):
        raise ConfigurationError(
            f"notices/{path.name}: give `unsubscribe` an address and every reader a name of its own"
        )
    return found


def last_period(every: str, now: datetime) -> Period:
    """The period that a digest made now is about."""
    today = now.astimezone(_HERE).date()
    if every == "day":
        begin, end = today - timedelta(days=1), today
    elif every == "week":
        end = today - timedelta(days=today.weekday())
        begin = end - timedelta(days=7)
    else:
        end = today.replace(day=1)
        begin = (end - timedelta(days=1)).replace(day=1)
    label = {"day": f"{begin}", "week": f"{begin:%G-W%V}", "month": f"{begin:%Y-%m}"}[every]
    first, last = (datetime.combine(day, time.min, _HERE) for day in (begin, end))
    return Period(label=label, begin=first, end=last)


def mail_digests(
    session: Session, endpoints: Iterable[Endpoint], readers: Readers, *, base_url: str, key: bytes, now: datetime
) -> list[str]:
    """Enqueue the digest of the last period for every reader who has not had it; ids of the new notices.

    ``key`` makes the tokens of the links; ``base_url``: public address of the bucket with releases.
    """
    endpoint = next((one for one in endpoints if "digest" in one.subscribes), None)
    known, made = releases.all_releases(session), []
    for reader in readers.readers if endpoint else ():
        period = last_period(reader.every, now)
        news = [one for one in known if _moments(one, period)]
        if endpoint is None or not news or has_unsubscribed(session, reader.name):
            continue
        link = f"{readers.unsubscribe}?{urlencode({'reader': reader.name, 'token': token(key, reader.name)})}"
        made.append(
            outbox.enqueue(
                session,
                endpoint=endpoint.name,
                channel=endpoint.channel,
                subject=f"digest/{reader.name}",
                business_key=f"digest/{reader.name}/{period.label}",
                payload=message(reader, period, news, base_url, link, load_exchange()),
                content_type=CONTENT_TYPE,
                now=now,
            )
        )
    return [one for one in made if one is not None]


def token(key: bytes, reader: str) -> str:
    """What proves that an unsubscribe link is ours."""
    return hmac.new(key, f"unsubscribe/{reader}".encode(), hashlib.sha256).hexdigest()[:32]


def unsubscribe(session: Session, reader: str, given: str, *, key: bytes, now: datetime) -> bool:
    """Enter that a reader wants no more digests; False for a token that is not ours. Twice is once."""
    if not hmac.compare_digest(given.encode(), token(key, reader).encode()):
        return False
    events.lock(session)
    if not has_unsubscribed(session, reader):
        events.append(session, UNSUBSCRIBED, reader, {}, now)
    return True


def has_unsubscribed(session: Session, reader: str) -> bool:
    """Whether a reader wants no more digests."""
    is_there = exists().where(EventRow.kind == UNSUBSCRIBED, EventRow.subject == reader)
    return bool(session.scalar(select(is_there)))


def message(
    reader: Reader, period: Period, news: Sequence[Release], base_url: str, link: str, exchange: Exchange
) -> bytes:
    """The complete mail, the same bytes for the same reader, period and news."""
    nl = reader.language == "nl"
    end = "Geen mail meer? Meld u af met één klik" if nl else "No more mail? Unsubscribe with one click"
    lines = [line for one in news for line in _lines(one, period, base_url, reader.language)]
    mail = letter(
        exchange,
        to=reader.mail,
        subject=f"{exchange.name}: {'nieuws' if nl else 'news'} {period.label}",
        key=f"digest.{reader.name}.{period.label}",
        date=period.end,
        language=reader.language,
        text="\n".join([*lines, "", f"{end}: {link}", ""]),
        policy=_WHOLE_LINES,
    )
    mail["List-Unsubscribe"] = f"<{link}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail.as_bytes()


def _moments(release: Release, period: Period) -> dict[str, datetime]:
    """What happened to a release in a period."""
    found = {"published": release.published_at, "withdrawn": release.withdrawn_at}
    return {what: at for what, at in found.items() if at is not None and period.begin <= at < period.end}


_WORDS: dict[Language, dict[str, str]] = {
    "nl": {"published": "gepubliceerd", "withdrawn": "ingetrokken"},
    "en": {"published": "published", "withdrawn": "withdrawn"},
}


def _lines(release: Release, period: Period, base_url: str, language: Language) -> list[str]:
    files = {"published": "index.html" if language == "nl" else "en.html", "withdrawn": keys.TOMBSTONE_PAGE}
    return [
        f"{at.astimezone(_HERE):%Y-%m-%d} {release.version} {_WORDS[language][what]}: "
        f"{base_url.rstrip('/')}/{keys.release_key(release.version, files[what])}"
        for what, at in _moments(release, period).items()
    ]
