"""A case as STIX 2.1: each phase is one envelope with our identity, the marking TLP:AMBER+STRICT and the incident.

The incident has the OASIS Incident Core extension 2.0. Only what is listed here enters a message: of the file its hash,
size and kind and never its name, which can be anything; of the facts counts and province codes; of a report its
choices, numbers and guarded text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import stix2

from kerndata.contracts.code_lists import province_of
from kerndata.incidents.report import Report
from kerndata.model.incident import Phase
from kerndata.model.submission import Submission
from kerndata.notices.endpoints import Publisher, instant

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
KINDS = frozenset({
    "csv", "doc", "docx", "geojson", "html", "json", "jsonl", "ndjson", "ods", "parquet", "pdf", "tsv", "txt", "xls",
    "xlsb", "xlsm", "xlsx", "xml", "zip",
})  # fmt: skip
# Appendix B of the extension: five qualitative values.
CRITICALITY = {"false-positive": 0, "low": 15, "moderate": 40, "high": 70, "extreme": 95}
_STATUS = {Phase.EARLY_WARNING: "new", Phase.NOTIFICATION: "open", Phase.FINAL: "closed"}
_PROVINCE = re.compile(r"PV[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Incident:
    """What every phase tells: the incident's persisted UUIDv4, when the case was opened, the rule, counts."""

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


def envelope(
    publisher: Publisher,
    submission: Submission,
    incident: Incident,
    phase: Phase = Phase.EARLY_WARNING,
    modified: datetime | None = None,
    report: Report | None = None,
) -> bytes:
    """The TAXII envelope of one phase; the same bytes for the same case.

    ``modified``: the version, from when the case was opened unless given; ``report``: of every phase but the first.
    """
    objects = [_marking(), _identity(publisher), _incident(publisher, submission, incident, phase, modified, report)]
    return json.dumps({"objects": [json.loads(o.serialize()) for o in objects]}, separators=(",", ":")).encode()


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


def _incident(
    publisher: Publisher,
    submission: Submission,
    incident: Incident,
    phase: Phase,
    modified: datetime | None,
    report: Report | None,
) -> Any:
    lines = [*_facts(phase, submission, incident), *(_told(report) if report else ())]
    return stix2.Incident(
        id=f"incident--{incident.id}",
        created_by_ref=publisher.identity,
        created=instant(incident.opened_at),
        modified=instant(modified or incident.opened_at),
        lang="en",
        name=f"Security event in a delivery to {publisher.name}: rule {incident.rule_id}",
        description="\n".join(f"{key}: {value}" for key, value in lines),
        external_references=[{"source_name": "kerndata", "external_id": submission.id}],
        object_marking_refs=[AMBER_STRICT],
        extensions={INCIDENT_CORE: _core(phase, report)},
    )


def _core(phase: Phase, report: Report | None) -> dict[str, Any]:
    """The extension; before a person judged it says no type and no criticality, which would be invented."""
    core = {
        "extension_type": "property-extension",
        "determination": report.determination if report else "suspected",
        "investigation_status": _STATUS[phase],
        "detection_methods": ["automated-tool", "human-review"] if report else ["automated-tool"],
    }
    if report is None:
        return core
    counted = {"organization": report.organisations, "individual": report.individuals}
    known = {key: number for key, number in counted.items() if number is not None}
    judged = {
        "criticality": CRITICALITY[report.criticality],
        "incident_types": [report.incident_type],
        "recoverability": report.recoverability,
    }
    return core | judged | ({"impacted_entity_counts": known} if known else {})


def _facts(phase: Phase, submission: Submission, incident: Incident) -> Iterator[tuple[str, object]]:
    yield "Phase", phase.words
    yield "Rule", incident.rule_id
    yield "Delivered with the credentials of", province_of(submission.province).code
    yield "Kind of file", _kind(submission)
    yield "SHA-256", submission.sha256
    yield "Size in bytes", submission.size_bytes
    yield "Received", instant(submission.received_at)
    yield from ((key.capitalize(), value) for key, value in incident.facts.items())


def _told(report: Report) -> Iterator[tuple[str, object]]:
    """What the extension has no place for."""
    yield "Cause", report.cause
    yield "Confidentiality", report.confidentiality
    yield "Integrity", report.integrity
    yield "Other countries", report.cross_border
    yield "Measures", ", ".join(report.measures) or "none yet"
    yield "Provinces affected", ", ".join(report.provinces) or "not known"
    if report.text:
        yield "Text", report.text


def _kind(submission: Submission) -> str:
    """The kind of file by its extension, as far as it is one of those that exist: a name can be anything."""
    if submission.delivery.place.startswith("pull:"):
        return "answer of an API"
    kind = PurePosixPath(submission.delivery.name).suffix.lower().removeprefix(".")
    return kind if kind in KINDS else "other"
