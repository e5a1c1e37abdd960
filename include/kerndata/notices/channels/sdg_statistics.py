"""Monthly visits and downloads for the European Commission's collect API (Implementing Regulation (EU) 2020/1121).

The connection's address is the API's, with the version of it that we use: ``https://host/v1``; its password is the key
(``x-api-key``). ``GET /unique-id`` gives the id of one reference period; it is asked for once, before the message is
enqueued, and stands in the message. ``POST /statistics/information-services`` with an id that the receiver has already
replaces what it has: a resend after a lost acknowledgement counts nothing twice. Delivered on 200.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby

from kerndata.errors import ConfigurationError, Transient
from kerndata.notices.channels import Answer, Message
from kerndata.notices.transport import Transport
from kerndata.notices.visits import Device

CONTENT_TYPE = "application/json"
UNIQUE_ID = "/unique-id"
STATISTICS = "/statistics/information-services"
# We look at no address, so we know no country. ISO 3166-1 leaves ZZ to its users: it is no country's.
NO_COUNTRY = "ZZ"
_LONGEST_ID = 100


def send(transport: Transport, message: Message, now: datetime) -> Answer:
    """Post the month's figures; the id in them makes a repetition harmless."""
    del now  # what is sent was fixed when it was enqueued
    headers = _headers(transport) | {"Content-Type": message.content_type}
    reply = transport.request("POST", STATISTICS, headers=headers, body=message.payload)
    return Answer(reply, confirmed=reply.status == 200)


def reserve(transport: Transport) -> str:
    """Ask for the id of a period; raises Transient, with what was answered, when there is none: ask again later."""
    reply = transport.request("GET", UNIQUE_ID, headers=_headers(transport))
    try:
        said = json.loads(reply.body) if reply.status == 200 else None
    except ValueError:
        said = None
    found = said.get("unique-id") if isinstance(said, dict) else said
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_ID:
        raise Transient(f"{transport.credentials.url} gave no id for the period ({reply.summary}); nothing was sent.")
    return found


def report(unique_id: str, month: str, visits: Mapping[tuple[str, Device], int], now: datetime) -> bytes:
    """The message of one month (2026-04): per page or file the number of visits by kind of device."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(seconds=1)
    sources = [
        {
            "sourceUrl": url,
            "statistics": [
                {"nbVisits": visits[key], "originatingCountry": NO_COUNTRY, "deviceType": key[1]} for key in keys
            ],
        }
        for url, keys in groupby(sorted(visits), key=lambda key: key[0])
    ]
    document = {
        "uniqueId": unique_id,
        "referencePeriod": {"startDate": _moment(first), "endDate": _moment(last)},
        "transferDate": _moment(now),
        "transferType": "API",
        "nbEntries": len(sources),
        "sources": sources,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _headers(transport: Transport) -> dict[str, str]:
    credentials = transport.credentials
    if not credentials.secret:
        raise ConfigurationError(
            f"No key for {credentials.url}: give its connection the password that its owner issued. The notice waits."
        )
    return {"x-api-key": credentials.secret, "Accept": "application/json"}
