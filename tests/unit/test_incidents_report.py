"""What a person may write in a report, and when each phase is due."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.unit.incident_cases import FIELDS, REPORT

from kerndata.errors import ConfigurationError, KerndataError
from kerndata.incidents.clock import load_clock
from kerndata.incidents.report import MOST_TEXT, filled_in, unfit
from kerndata.model.incident import Phase

OPENED = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
CLOCK = {"decide_within_hours": 20, "early_warning_hours": 24, "notification_hours": 72, "final_months": 1}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"criticality": "huge"}, "criticality: Input should be 'false-positive', 'low'"),
        ({"cause": "aliens"}, "cause: Input should be 'human-error'"),
        ({"measures": ("prayer",)}, "measures.0: Input should be 'administrative'"),
        ({"provinces": ("PV99",)}, "not all are codes of provinces; known are PV20, PV21"),
        ({"individuals": -1}, "individuals: Input should be greater than or equal to 0"),
        ({"impact": "large"}, "impact"),
    ],
)
def test_what_is_no_choice_is_refused_with_the_choices(changed: dict[str, object], told: str) -> None:
    with pytest.raises(KerndataError) as refused:
        filled_in(FIELDS | changed)
    assert told in str(refused.value)
    assert "Nothing was sent" in str(refused.value)
    assert not [one for one in ("huge", "aliens", "prayer", "PV99", "large") if one in str(refused.value)]


def test_a_report_is_the_same_in_whatever_order_it_was_filled_in() -> None:
    turned = FIELDS | {"measures": ("victim-notification", "containment"), "provinces": ["PV21", "PV27", "PV21"]}
    assert filled_in(turned) == REPORT


@pytest.mark.parametrize(
    "text",
    [
        "Op 2026-05-01 08:00 ontdekt; 1.234.567 rijen en 45,6 MW. Alle 12 provincies zijn gebeld.",
        "Regel F-OTHER-PROVINCE, inzending S-0123456789abcdef, PV27. Daarna is een sleutel vervangen.\nNiets gelekt.",
        "Between 2019-2024 nothing; see NIS2 article 23(4). Provincie Noord-Holland leverde voor Zeeland.",
        "Leverancier Jansen Energie B.V. is op de hoogte.",
        "",
    ],
)
def test_an_ordinary_text_passes(text: str) -> None:
    assert unfit(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("bel j.jansen@provincie.example", "mail address"),
        ("gemeld door jan@intern", "mail address"),
        ("BSN 111222333", "BSN"),
        ("nummer 111 222 333", "long number"),
        ("rekening 12345678901", "long number"),
        ("bel 06-12345678", "telephone number"),
        ("bel 020 - 1234567", "telephone number"),
        ("volgens mevrouw Jansen", "name of a person"),
        ("volgens J.P. de Vries", "name of a person"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln", "secret"),
        ("een\x00teken", "no text"),
        ("a" * (MOST_TEXT + 1), f"{MOST_TEXT + 1} characters, at most {MOST_TEXT}"),
    ],
)
def test_a_text_that_may_not_leave_is_refused_and_says_why_without_repeating_it(text: str, why: str) -> None:
    told = unfit(text)
    assert told is not None
    assert why in told
    assert not [word for word in text.split() if len(word) > 6 and word in told]


def test_deadlines_are_counted_from_when_the_case_was_opened() -> None:
    clock = load_clock()
    assert clock.model_dump() == CLOCK
    assert clock.decide_by(OPENED) == datetime(2026, 2, 1, 4, 30, tzinfo=UTC)
    assert [clock.deadline(phase, OPENED) for phase in Phase] == [
        datetime(2026, 2, 1, 8, 30, tzinfo=UTC),
        datetime(2026, 2, 3, 8, 30, tzinfo=UTC),
        datetime(2026, 2, 28, 8, 30, tzinfo=UTC),
    ]
    assert clock.deadline(Phase.FINAL, datetime(2026, 12, 5, tzinfo=UTC)) == datetime(2027, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"decide_within_hours": 30}, "must hold"),
        ({"notification_hours": 20}, "must hold"),
        ({"final_months": 0}, "final_months"),
        ({"final_weeks": 4}, "final_weeks"),
        ({"decide_within_hours": "soon"}, "decide_within_hours"),
    ],
)
def test_wrong_hours_are_refused_with_the_key(changed: dict[str, object], told: str, tmp_path: Path) -> None:
    path = tmp_path / "incidents.yaml"
    path.write_text(yaml.safe_dump(CLOCK | changed), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        load_clock(path)
