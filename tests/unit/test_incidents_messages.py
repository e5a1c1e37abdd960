"""What a CSIRT is told in each phase: judged by the standard's own validator, searched for what must never be in it."""

import json
from typing import Any

import pytest
from stix2validator import ValidationOptions, validate_instance
from tests.unit.incident_cases import INCIDENT, OPENED, REPORT, incident_of, objects

from kerndata.incidents import stix
from kerndata.incidents.report import Report
from kerndata.model.incident import Phase
from kerndata.notices.endpoints import load_publisher

TOLD = [(Phase.EARLY_WARNING, None), (Phase.NOTIFICATION, REPORT), (Phase.FINAL, REPORT)]
BSN, MAIL, CELL = "111222333", "j.jansen@provincie.example", "geheime celwaarde"


@pytest.mark.parametrize(("phase", "report"), TOLD)
def test_every_object_of_every_phase_passes_strict_stix_validation(phase: Phase, report: Report | None) -> None:
    for stix_object in objects(phase, report):
        found = validate_instance(stix_object, ValidationOptions(strict=True, version="2.1"))
        assert found.is_valid, [str(error) for error in found.errors]


@pytest.mark.parametrize(("phase", "report"), TOLD)
def test_every_object_of_every_phase_carries_the_official_amber_strict_marking(
    phase: Phase, report: Report | None
) -> None:
    marking, *others = objects(phase, report)
    assert marking == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        "created": "2022-10-01T00:00:00.000Z",
        "name": "TLP:AMBER+STRICT",
        "extensions": {stix.TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": "amber+strict"}},
    }
    assert [one["object_marking_refs"] for one in others] == [[marking["id"]]] * 2


def test_the_phases_are_later_versions_of_one_incident_by_us() -> None:
    told = [objects(phase, report) for phase, report in TOLD]
    incidents = [one[2] for one in told]
    assert {one["id"] for one in incidents} == {f"incident--{INCIDENT}"}
    assert {one["created_by_ref"] for one in incidents} == {load_publisher().identity}
    assert {one["created"] for one in incidents} == {"2026-05-01T08:00:00.000Z"}
    assert incidents[0]["modified"] == incidents[0]["created"]
    assert [one["modified"] for one in incidents] == sorted({one["modified"] for one in incidents})
    assert {json.dumps(one[:2]) for one in told} == {json.dumps(told[0][:2])}


def test_the_early_warning_tells_hash_size_kind_rule_and_counts_and_invents_no_judgement() -> None:
    incident = incident_of(Phase.EARLY_WARNING, facts={"rows": 3, "found": "PV21", "expected": "PV27"})
    assert incident["description"].splitlines() == [
        "Phase: early warning",
        "Rule: F-OTHER-PROVINCE",
        "Delivered with the credentials of: PV27",
        "Kind of file: csv",
        f"SHA-256: {'ab' * 32}",
        "Size in bytes: 2048",
        "Received: 2026-05-01T08:00:00.123Z",
        "Expected: PV27",
        "Found: PV21",
        "Rows: 3",
    ]
    assert incident["extensions"][stix.INCIDENT_CORE] == {
        "extension_type": "property-extension",
        "determination": "suspected",
        "investigation_status": "new",
        "detection_methods": ["automated-tool"],
    }


def test_a_report_is_told_in_the_extension_and_what_that_has_no_place_for_in_the_description() -> None:
    incident = incident_of(Phase.NOTIFICATION, REPORT)
    assert incident["extensions"][stix.INCIDENT_CORE] == {
        "extension_type": "property-extension",
        "determination": "confirmed",
        "investigation_status": "open",
        "detection_methods": ["automated-tool", "human-review"],
        "criticality": 15,
        "incident_types": ["unauthorized-use"],
        "recoverability": "regular",
        "impacted_entity_counts": {"organization": 2, "individual": 0},
    }
    assert incident["description"].splitlines()[-7:] == [
        "Cause: human-error",
        "Confidentiality: none",
        "Integrity: none",
        "Other countries: no",
        "Measures: containment, victim-notification",
        "Provinces affected: PV21, PV27",
        f"Text: {REPORT.text}",
    ]
    assert incident_of(Phase.FINAL, REPORT)["extensions"][stix.INCIDENT_CORE]["investigation_status"] == "closed"


def test_a_number_that_is_not_known_is_not_told_as_zero() -> None:
    unknown = REPORT.model_copy(update={"organisations": None, "individuals": None})
    assert "impacted_entity_counts" not in incident_of(Phase.FINAL, unknown)["extensions"][stix.INCIDENT_CORE]


@pytest.mark.parametrize(("phase", "report"), TOLD)
def test_no_file_name_cell_value_mail_address_or_person_number_gets_into_a_message(
    phase: Phase, report: Report | None
) -> None:
    facts = {"value": CELL, "found": CELL, "rows": CELL, "bsn": int(BSN), "contact": MAIL, "row": int(BSN)}
    text = json.dumps(objects(phase, report, name=f"drop/projects/Jansen {MAIL} {BSN}.jansen", facts=facts)).lower()
    assert [one for one in (CELL, MAIL, "jansen", BSN) if one in text] == []
    assert "kind of file: other" in text


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"rows": 3, "cells": 0}, {"cells": 0, "rows": 3}),
        ({"found": "PV21", "expected": "PV20"}, {"expected": "PV20", "found": "PV21"}),
        ({"found": "PV211", "expected": "Groningen"}, {}),
        ({"rows": True, "reason": "x"}, {}),
    ],
)
def test_only_counts_and_province_codes_are_facts(facts: dict[str, object], kept: dict[str, Any]) -> None:
    assert stix.allowed_facts(facts) == kept


def test_the_same_case_gives_the_same_bytes() -> None:
    assert objects() == objects()
    assert incident_of(Phase.EARLY_WARNING)["created"] == OPENED.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )
