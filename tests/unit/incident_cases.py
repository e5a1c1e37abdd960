"""A security event for the tests: its incident, a report as a person fills it in, and each phase as it is sent."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.unit.test_notices_messages import NOW, PUBLISHER, submission

from kerndata.incidents import stix
from kerndata.incidents.report import Report
from kerndata.model.incident import Phase

INCIDENT = UUID("6f1c0c1e-52f4-4a3e-9d27-0f6c3bd0a3c7")
OPENED = datetime.fromisoformat("2026-05-01T08:00:00Z")
FIELDS: dict[str, Any] = {
    "determination": "confirmed",
    "criticality": "low",
    "incident_type": "unauthorized-use",
    "cause": "human-error",
    "confidentiality": "none",
    "integrity": "none",
    "recoverability": "regular",
    "cross_border": "no",
    "measures": ("containment", "victim-notification"),
    "provinces": ("PV27", "PV21"),
    "organisations": 2,
    "individuals": 0,
    "text": "De rijen van een andere provincie zijn geweigerd; niets is gepubliceerd.",
}
REPORT = Report.model_validate(FIELDS)
MODIFIED = {
    Phase.EARLY_WARNING: OPENED,
    Phase.NOTIFICATION: OPENED + timedelta(hours=40),
    Phase.FINAL: OPENED + timedelta(days=9),
}


def objects(
    phase: Phase = Phase.EARLY_WARNING,
    report: Report | None = None,
    *,
    name: str = "drop/indicators/wind_2024.csv",
    facts: dict[str, object] | None = None,
) -> list[dict[str, Any]]:
    """What the envelope of a phase holds: marking, identity, incident."""
    allowed = stix.allowed_facts({"rows": 3} if facts is None else facts)
    incident = stix.Incident(INCIDENT, OPENED, "F-OTHER-PROVINCE", allowed)
    payload = stix.envelope(PUBLISHER, submission(name), incident, phase, MODIFIED[phase], report)
    return list(json.loads(payload)["objects"])


def incident_of(phase: Phase, report: Report | None = None, **options: Any) -> dict[str, Any]:
    """The incident alone."""
    return objects(phase, report, **options)[2]


__all__ = ["FIELDS", "INCIDENT", "NOW", "OPENED", "REPORT", "incident_of", "objects"]
