"""Security events as STIX 2.1 over TAXII 2.1: ``POST <collection>/objects/``, HTTP Basic.

The connection's address is the collection's: ``https://host/api-root/collections/<id>``. One envelope carries the
publisher's identity, the TLP 2.0 AMBER+STRICT marking and the incident with the OASIS Incident Core extension. Phases
of one incident are new ``modified`` versions of one id. Only what is listed in ``FACTS`` and ``CODES`` may enter a
message: never a cell value, mail address or file content.

Delivered when the server answers 202 and every (id, version) is in its successes or in the collection's manifest: a
server answers *failure* for objects it has already, so after a lost acknowledgement the manifest decides.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import stix2
from urllib3.util import make_headers

from kerndata.model.submission import Submission
from kerndata.notices.channels import Answer, Message
from kerndata.notices.endpoints import Publisher, instant
from kerndata.notices.redact import file_name
from kerndata.notices.transport import Transport

CONTENT_TYPE = "application/taxii+json;version=2.1"

# Fixed objects of the OASIS CTI TC (github.com/oasis-open/cti-stix-common-objects); receivers know them by id.
INCIDENT_CORE = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
AMBER_STRICT = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
AMBER_STRICT_SINCE = "2022-10-01T00:00:00.000Z"

# The facts a message may name. Whole numbers only under names that count: a number can be a cell value too.
FACTS = frozenset(
    {"accepted", "cells", "columns", "files", "findings", "flagged", "members", "observed", "refused", "rows", "sheets"}
)
CODES = frozenset({"expected", "found"})
_PROVINCE = re.compile(r"PV[0-9]{2}")

Version = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Incident:
    """What an early warning tells: the incident's persisted UUIDv4, and when the case was opened."""

    id: UUID
    opened_at: datetime
    rule_id: str
    facts: Mapping[str, int | str]


def allowed_facts(facts: Mapping[str, object]) -> dict[str, int | str]:
    """The part of ``facts`` that may leave the exchange: counts by name, and province codes found and expected."""
    counts: dict[str, int | str] = {
        k: v for k, v in facts.items() if k in FACTS and isinstance(v, int) and not isinstance(v, bool)
    }
    codes = {k: v for k, v in facts.items() if k in CODES and isinstance(v, str) and _PROVINCE.fullmatch(v)}
    return dict(sorted({**counts, **codes}.items()))


def early_warning(publisher: Publisher, submission: Submission, incident: Incident) -> bytes:
    """The TAXII envelope of the first phase; the same bytes for the same case."""
    objects = [_marking(), _identity(publisher), _incident(publisher, submission, incident)]
    return json.dumps({"objects": [json.loads(o.serialize()) for o in objects]}, separators=(",", ":")).encode()


def send(transport: Transport, message: Message, now: datetime) -> Answer:
    """Post the envelope; ask the manifest about whatever the server did not list as a success."""
    reply = transport.request(
        "POST", "/objects/", headers=_headers(transport, message.content_type), body=message.payload
    )
    if reply.status != 202:
        return Answer(reply, confirmed=False)
    missing = _versions(json.loads(message.payload)["objects"]) - _versions(_listed(reply.body, "successes"))
    return Answer(reply, confirmed=not missing or missing <= _manifest(transport, missing))


def _marking() -> Any:
    extension = {"extension_type": "property-extension", "tlp_2_0": "amber+strict"}
    return stix2.MarkingDefinition(
        id=AMBER_STRICT, created=AMBER_STRICT_SINCE, name="TLP:AMBER+STRICT", extensions={TLP_EXTENSION: extension}
    )


def _identity(publisher: Publisher) -> Any:
    return stix2.Identity(
        id=publisher.identity,
        created=instant(publisher.since),
        modified=instant(publisher.since),
        name=publisher.name,
        identity_class="organization",
        sectors=["government-regional"],
        object_marking_refs=[AMBER_STRICT],
    )


def _incident(publisher: Publisher, submission: Submission, incident: Incident) -> Any:
    # No incident type and no criticality: the first is a person's judgement, the second would be an invented figure.
    core = {
        "extension_type": "property-extension",
        "determination": "suspected",
        "investigation_status": "new",
        "detection_methods": ["automated-tool"],
    }
    return stix2.Incident(
        id=f"incident--{incident.id}",
        created_by_ref=publisher.identity,
        created=instant(incident.opened_at),
        modified=instant(incident.opened_at),
        lang="en",
        name=f"Security event in a delivery to {publisher.name}: rule {incident.rule_id}",
        description=_description(submission, incident),
        external_references=[{"source_name": "kerndata", "external_id": submission.id}],
        object_marking_refs=[AMBER_STRICT],
        extensions={INCIDENT_CORE: core},
    )


def _description(submission: Submission, incident: Incident) -> str:
    lines = {
        "Phase": "early warning",
        "Rule": incident.rule_id,
        "Delivered with the credentials of": submission.province,
        "File name": file_name(submission.delivery.name),
        "SHA-256": submission.sha256,
        "Size in bytes": submission.size_bytes,
        "Received": instant(submission.received_at),
    }
    facts = {key.capitalize(): value for key, value in incident.facts.items()}
    return "\n".join(f"{key}: {value}" for key, value in {**lines, **facts}.items())


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
