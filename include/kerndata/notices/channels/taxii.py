"""Security events as STIX 2.1 over TAXII 2.1: ``POST <collection>/objects/``, HTTP Basic.

The connection's address is the collection's: ``https://host/api-root/collections/<id>``. What is in the envelope is
said in ``kerndata.incidents.stix``; phases of one incident are new ``modified`` versions of one id.

Delivered when the server answers 202 and every (id, version) is in its successes or in the collection's manifest: a
server answers *failure* for objects it has already, so after a lost acknowledgement the manifest decides.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from urllib3.util import make_headers

from kerndata.notices.channels import Answer, Message
from kerndata.notices.transport import Transport

CONTENT_TYPE = "application/taxii+json;version=2.1"

Version = tuple[str, datetime]


def send(transport: Transport, message: Message, now: datetime) -> Answer:
    """Post the envelope; ask the manifest about whatever the server did not list as a success."""
    reply = transport.request(
        "POST", "/objects/", headers=_headers(transport, message.content_type), body=message.payload
    )
    if reply.status != 202:
        return Answer(reply, confirmed=False)
    missing = _versions(json.loads(message.payload)["objects"]) - _versions(_listed(reply.body, "successes"))
    return Answer(reply, confirmed=not missing or missing <= _manifest(transport, missing))


def _headers(transport: Transport, content_type: str) -> dict[str, str]:
    credentials = transport.credentials
    basic = make_headers(basic_auth=f"{credentials.username or ''}:{credentials.secret or ''}")
    return {"Content-Type": content_type, "Accept": CONTENT_TYPE, "Authorization": basic["authorization"]}


def _manifest(transport: Transport, wanted: set[Version]) -> set[Version]:
    params = {"match[id]": ",".join(sorted({identifier for identifier, _ in wanted})), "match[version]": "all"}
    headers = {k: v for k, v in _headers(transport, CONTENT_TYPE).items() if k != "Content-Type"}
    reply = transport.request("GET", "/manifest/", headers=headers, params=params)
    return _versions(_listed(reply.body, "objects")) if reply.status == 200 else set()


def _listed(body: bytes, key: str) -> list[Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return []
    entries = document.get(key) if isinstance(document, dict) else None
    return entries if isinstance(entries, list) else []


def _versions(entries: Iterable[Any]) -> set[Version]:
    found = (_version(entry) for entry in entries if isinstance(entry, dict))
    return {version for version in found if version is not None}


def _version(entry: dict[str, Any]) -> Version | None:
    # Status and manifest entries say `version`; objects say `modified`, or `created` when they never change.
    moment = entry.get("version", entry.get("modified", entry.get("created")))
    try:
        return str(entry["id"]), datetime.fromisoformat(str(moment))
    except (KeyError, ValueError):
        return None
