"""What each province owes, by when; and which periods a verdict is about."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import load_contract
from kerndata.intake.periods import period_counts
from kerndata.ledger.periods import PeriodCount
from kerndata.model.period import period_of
from kerndata.quality.check import check
from kerndata.sources.expected import Expected, due_on, expected, next_working_day
from kerndata.sources.registry import load_source, load_sources
from kerndata.sources.schema import DeliverySpec


def test_every_listed_period_of_every_own_delivery_is_owed_once() -> None:
    sources = load_sources()
    owed = expected(sources.values())
    listed = {
        (slug, spec.dataset, name, period)
        for slug, source in sources.items()
        for name, spec in source.own().items()
        for period in spec.expected_periods
    }
    assert {(one.province, one.dataset, one.delivery, one.period) for one in owed} == listed
    assert len(owed) == len(listed) > 12
    assert owed == sorted(owed)
    assert not [one for one in owed if one.delivery.startswith("sjabloon")]


def test_a_source_says_itself_how_long_its_figures_take() -> None:
    source = load_source("gelderland")
    changed = {name: spec.model_copy(update={"due_days": 31}) for name, spec in source.own().items()}
    first, *_ = expected([replace(source, deliveries=changed)])
    assert first == Expected("gelderland", "indicators", "kerndataset", "2019", date(2020, 1, 31))


@pytest.mark.parametrize(
    ("period", "days", "due"),
    [
        ("2024", 180, date(2025, 6, 30)),  # 29 June 2025 is a Sunday
        ("2025-Q3", 60, date(2025, 12, 1)),  # 29 November 2025 is a Saturday
        ("2025-H2", 90, date(2026, 3, 31)),
        ("2025", 93, date(2026, 4, 7)),  # Good Friday, the weekend and Easter Monday pass
        ("2025", 125, date(2026, 5, 6)),  # 5 May counts in every year in the Algemene termijnenwet
    ],
)
def test_a_due_day_is_a_dutch_working_day(period: str, days: int, due: date) -> None:
    assert due_on(period, days) == due


def test_what_is_no_period_has_no_due_day() -> None:
    with pytest.raises(ValueError, match="'2025-Q7' is no period"):
        due_on("2025-Q7", 1)


def test_christmas_moves_on_past_the_weekend() -> None:
    assert next_working_day(date(2026, 12, 25)) == date(2026, 12, 28)


@pytest.mark.parametrize(
    ("cadence", "period"),
    [("yearly", "2024"), ("half_yearly", "2024-H2"), ("quarterly", "2024-Q3"), ("monthly", "2024-07")],
)
def test_a_day_lies_in_one_period_of_each_cadence(cadence: str, period: str) -> None:
    assert period_of(date(2024, 7, 1), cadence) == period


def _counts(dataset: str, *rows: dict[str, Any]) -> list[PeriodCount]:
    verdict = check(load_contract(dataset), harmonised(*rows, dataset=dataset), judge=False)
    spec = DeliverySpec.model_construct(dataset=dataset, cadence="half_yearly")
    return period_counts(verdict, spec)


def test_figures_count_by_their_own_period_and_those_not_definite_apart() -> None:
    known = [figure(period=str(year), value_status="definitief") for year in range(2000, 2018)]
    found = _counts(
        "indicators",
        *known,
        figure(period="2020", category="a", value_status="voorlopig"),
        figure(period="2020", value="-1", value_status="voorlopig"),
    )
    assert [(one.period, one.accepted, one.refused, one.provisional) for one in found if one.period >= "2017"] == [
        ("2017", 1, 0, 0),
        ("2020", 1, 1, 1),
    ]


def test_a_project_counts_in_the_period_of_its_reference_date() -> None:
    found = _counts(
        "projects", project(reference_date="2024-03-31"), project(project_id="p2", reference_date="2024-12-31")
    )
    assert [(one.period, one.accepted, one.provisional) for one in found] == [("2024-H1", 1, 0), ("2024-H2", 1, 0)]


def test_a_file_of_no_known_delivery_is_about_no_period() -> None:
    verdict = check(load_contract("indicators"), harmonised(figure()), judge=False)
    assert period_counts(verdict, None) == []
