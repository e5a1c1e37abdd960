"""Dataset notices as CloudEvents 1.0 in the NL GOV profile 1.1.

``POST …/cloudevents``, ``application/cloudevents+json``, a JWT (HS256) made at send time as bearer token. ``time`` is
the moment the release was published, as the ledger recorded it; ``sequence`` is the version with its parts padded by
zeros, so that text order is release order. The essentials stand in ``data`` too: a known hub drops extension
attributes. Delivered when the hub answers 2xx, or 400 with code ``unique`` on id and source: it has the event already.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from kerndata.errors import ConfigurationError
from kerndata.notices.channels import Answer, Message
from kerndata.notices.endpoints import Publisher, instant
from kerndata.notices.transport import Reply, Transport

CONTENT_TYPE = JSONFormat.CONTENT_TYPE
PUBLISHED = "nl.provincies.kerndataset-gepubliceerd"
WITHDRAWN = "nl.provincies.kerndataset-ingetrokken"
TOKEN_LIFE = timedelta(minutes=5)
# What a duplicate names as not unique; a hub may also say `unique` of something else, which is no delivery.
_IDENTITY = frozenset({"id", "source", "nonFieldErrors", "non_field_errors", ""})


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a notice tells of a release; ``counts`` are rows per dataset and the like."""

    version: str
    content_hash: str
    published_at: datetime
    url: str
    counts: Mapping[str, int]


def published(publisher: Publisher, facts: ReleaseFacts) -> bytes:
    """The event's bytes, the same for the same release."""
    essentials = {
        "version": facts.version,
        "contentHash": facts.content_hash,
        "publishedAt": instant(facts.published_at),
        "sequence": sequence(facts.version),
        "url": facts.url,
        "counts": dict(sorted(facts.counts.items())),
    }
    attributes = {
        "id": f"kerndataset-{facts.version}-{facts.content_hash[:16]}",
        "source": publisher.source,
        "specversion": "1.0",
        "type": PUBLISHED,
        "subject": facts.version,
        "time": essentials["publishedAt"],
        "datacontenttype": "application/json",
        "dataref": facts.url,
        "sequence": essentials["sequence"],
    }
    return _checked(attributes, essentials)


@dataclass(frozen=True, slots=True)
class WithdrawalFacts:
    """What a notice tells of a withdrawal; ``stands`` is the release to use now, if any. The reason is at ``url``."""

    version: str
    content_hash: str
    withdrawn_at: datetime
    url: str
    stands: str | None


def withdrawn(publisher: Publisher, facts: WithdrawalFacts) -> bytes:
    """The event's bytes, the same for the same withdrawal."""
    essentials = {
        "version": facts.version,
        "contentHash": facts.content_hash,
        "withdrawnAt": instant(facts.withdrawn_at),
        "sequence": sequence(facts.version),
        "url": facts.url,
        "stands": facts.stands,
    }
    attributes = {
        "id": f"kerndataset-{facts.version}-{facts.content_hash[:16]}-ingetrokken",
        "source": publisher.source,
        "specversion": "1.0",
        "type": WITHDRAWN,
        "subject": facts.version,
        "time": essentials["withdrawnAt"],
        "datacontenttype": "application/json",
        "dataref": facts.url,
        "sequence": essentials["sequence"],
    }
    return _checked(attributes, essentials)


def sequence(version: str) -> str:
    """``2026.3`` as ``2026.000003``; ValueError when the version is not year.number."""
    year, number = version.split(".")
    return f"{int(year):04d}.{int(number):06d}"


def send(transport: Transport, message: Message, now: datetime) -> Answer:
    """Post the event; delivered on 2xx or when the hub says that it has this id and source already."""
    headers = {
        "Content-Type": message.content_type,
        "Accept": "application/json",
        "Authorization": _bearer(transport, now),
    }
    reply = transport.request("POST", headers=headers, body=message.payload)
    return Answer(reply, confirmed=_accepted(reply) or _has_it_already(reply))


def _checked(attributes: dict[str, Any], data: dict[str, Any]) -> bytes:
    body = json.dumps({**attributes, "data": data}, ensure_ascii=False, separators=(",", ":")).encode()
    JSONFormat().read(CloudEvent, body)
    return body


def _bearer(transport: Transport, now: datetime) -> str:
    credentials = transport.credentials
    if not credentials.secret:
        raise ConfigurationError(
            f"No secret to sign the token for {credentials.url} with: give its connection a password. The notice waits."
        )
    claims = {
        "iss": credentials.username or "kerndata",
        "client_id": credentials.username or "kerndata",
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFE).timestamp()),
    }
    return "Bearer " + jwt.encode(claims, credentials.secret, algorithm="HS256")


def _accepted(reply: Reply) -> bool:
    return reply.status is not None and 200 <= reply.status < 300


def _has_it_already(reply: Reply) -> bool:
    if reply.status != 400:
        return False
    try:
        problem = json.loads(reply.body)
    except ValueError:
        return False
    return isinstance(problem, dict) and any(_is_duplicate(entry) for entry in [problem, *_params(problem)])


def _params(problem: dict[str, Any]) -> list[Any]:
    params = problem.get("invalidParams", problem.get("invalid_params"))
    return params if isinstance(params, list) else []


def _is_duplicate(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("code") == "unique" and str(entry.get("name", "")) in _IDENTITY
