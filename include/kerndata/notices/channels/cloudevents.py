"""Events as CloudEvents 1.0 in the NL GOV profile 1.1; what they tell is in kerndata.notices.payloads.

``POST …/cloudevents``, ``application/cloudevents+json``, a JWT (HS256) made at send time as bearer token. ``time`` is
the moment it happened, as the ledger recorded it; ``sequence`` is the release's version with its parts padded by zeros,
so that text order is release order. The essentials stand in ``data`` too: a known hub drops extension attributes.
Delivered when the hub answers 2xx, or 400 with code ``unique`` on id and source: it has the event already.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import jwt
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from kerndata.errors import ConfigurationError
from kerndata.notices.channels import Answer, Message
from kerndata.notices.endpoints import Language, Publisher
from kerndata.notices.payloads import Payload, schema_name
from kerndata.notices.transport import Reply, Transport

CONTENT_TYPE = JSONFormat.CONTENT_TYPE
TYPES = "nl.provincies"
TOKEN_LIFE = timedelta(minutes=5)
# What a duplicate names as not unique; a hub may also say `unique` of something else, which is no delivery.
_IDENTITY = frozenset({"id", "source", "nonFieldErrors", "non_field_errors", ""})


def event(publisher: Publisher, payload: Payload, language: Language = "nl") -> bytes:
    """The event's bytes, the same for the same payload; refused by the standard's own library when it is no event."""
    data = payload.told(language).model_dump(mode="json", by_alias=True)
    attributes = {
        "id": payload.identity,
        "source": publisher.source,
        "specversion": "1.0",
        "type": f"{TYPES}.{payload.name}",
        "subject": payload.subject,
        "time": payload.happened_at,
        "datacontenttype": "application/json",
        "dataschema": f"{publisher.schemas.rstrip('/')}/{schema_name(type(payload))}",
        "dataref": data.get("url"),
        "sequence": data.get("sequence"),
    }
    given = {name: told for name, told in attributes.items() if told is not None}
    body = json.dumps({**given, "data": data}, ensure_ascii=False, separators=(",", ":")).encode()
    JSONFormat().read(CloudEvent, body)
    return body


def send(transport: Transport, message: Message, now: datetime) -> Answer:
    """Post the event; delivered on 2xx or when the hub says that it has this id and source already."""
    headers = {
        "Content-Type": message.content_type,
        "Accept": "application/json",
        "Authorization": _bearer(transport, now),
    }
    reply = transport.request("POST", headers=headers, body=message.payload)
    return Answer(reply, confirmed=_accepted(reply) or _has_it_already(reply))


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
