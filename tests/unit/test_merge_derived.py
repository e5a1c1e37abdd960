"""What a release derives: sums over indicators of one theme, values per inhabitant, final and provisional apart."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.merge_rows import CODES, Row, all_twelve, figure, give

from kerndata.contracts.code_lists import indicators, provinces
from kerndata.contracts.code_lists.derived import Aggregate, Inhabitants, population
from kerndata.contracts.code_lists.derived import aggregates as listed
from kerndata.merge.aggregates import aggregates
from kerndata.merge.engine import MODEST, Relation, engine, open_tables
from kerndata.merge.overview import STATUS_ORDER, coverage, national
from kerndata.merge.per_capita import per_capita
from kerndata.merge.supersede import MergeInput, merge

Rows = list[dict[str, object]]
WIND_AND_SUN = Aggregate("A.X", "resultaten", "", "", "mln kWh", ("H3.5", "H3.10"), "H3.1", "")
POPULATION = (Inhabitants("PV20", 2024, 500_000, "definitief"), Inhabitants("NL01", 2024, 17_000_000, "voorlopig"))


def derived(
    work: Path, inputs: Sequence[MergeInput], people: Sequence[Inhabitants] = POPULATION
) -> tuple[Rows, Rows, Rows]:
    files = {
        name: merge(inputs if name == "indicators" else (), name, work).path for name in ("indicators", "projects")
    }
    with engine(work, MODEST) as connection:
        open_tables(connection, files)
        coverage(connection, CODES)
        totals = rows(national(connection, {"H3.5", "H3.10", "H3.1", "H3.4"}))
        return totals, rows(aggregates(connection, [WIND_AND_SUN])), rows(per_capita(connection, people))


def rows(relation: Relation) -> Rows:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def of(found: Rows, region: str) -> dict[str, object]:
    (row,) = [row for row in found if row["region_code"] == region]
    return row


def everywhere(work: Path, indicator: str, value: str, first: int, **other: object) -> list[MergeInput]:
    return [give(work, first + n, code, [figure(code, value, indicator, **other)]) for n, code in enumerate(CODES)]


def test_a_sum_over_indicators_is_a_total_when_every_part_is_there(tmp_path: Path) -> None:
    inputs = everywhere(tmp_path, "H3.5", "10.5", 1) + everywhere(tmp_path, "H3.10", "4", 20)

    _, sums, _ = derived(tmp_path, inputs)

    assert len(sums) == 13
    assert (of(sums, "PV20")["value"], of(sums, "PV20")["parts_missing"]) == (Decimal("14.5"), None)
    assert (of(sums, "NL01")["value"], of(sums, "NL01")["region_level"]) == (Decimal(174), "land")


def test_a_missing_part_makes_it_partial_also_for_the_country(tmp_path: Path) -> None:
    secret = give(tmp_path, 50, "PV22", [figure("PV22", None, "H3.5")])
    inputs = [*everywhere(tmp_path, "H3.5", "10", 1), *everywhere(tmp_path, "H3.10", "4", 20)[:11], secret]

    _, sums, _ = derived(tmp_path, inputs)

    assert (of(sums, "PV22")["value"], of(sums, "PV22")["partial_value"]) == (None, Decimal(4))
    assert of(sums, "PV22")["parts_missing"] == "H3.5=geheim"
    assert of(sums, "PV31")["parts_missing"] == "H3.10=niet_geleverd"
    assert "NL01" not in {row["region_code"] for row in sums}


def test_a_national_sum_over_one_whole_and_one_partial_part_is_partial(tmp_path: Path) -> None:
    inputs = everywhere(tmp_path, "H3.5", "10", 1) + everywhere(tmp_path, "H3.10", "4", 20)[:11]

    _, sums, _ = derived(tmp_path, inputs)

    country = of(sums, "NL01")
    assert (country["value"], country["partial_value"]) == (None, Decimal(120))
    assert (country["parts_missing"], country["is_partial"]) == ("H3.10=gedeeltelijk", True)


def test_the_whole_shows_what_its_parts_leave_over(tmp_path: Path) -> None:
    facts = [figure("PV20", value, code) for code, value in (("H3.5", "10"), ("H3.10", "4"), ("H3.1", "20"))]

    _, sums, _ = derived(tmp_path, [give(tmp_path, 1, "PV20", facts)])

    assert (of(sums, "PV20")["whole_value"], of(sums, "PV20")["rest_value"]) == (Decimal(20), Decimal(6))


def test_categories_are_not_mixed_into_a_sum(tmp_path: Path) -> None:
    facts = [figure("PV20", "10", "H3.5"), figure("PV20", "3", "H3.5", category="dorp"), figure("PV20", "4", "H3.10")]

    _, sums, people = derived(tmp_path, [give(tmp_path, 1, "PV20", facts)])

    assert of(sums, "PV20")["value"] == Decimal(14)
    assert len([row for row in people if row["indicator_code"] == "H3.5"]) == 1


def test_every_aggregate_adds_like_to_like() -> None:
    known = indicators()
    for one in listed():
        assert {known[part].unit for part in one.parts} == {one.unit}, one.code
        assert {known[part].aggregation for part in one.parts} == {"sum"}, one.code
        assert {known[part].theme for part in one.parts} == {one.theme}, one.code
        assert one.whole is None or known[one.whole].unit == one.unit, one.code
        assert len(one.why) > 40


def test_final_and_provisional_totals_stand_apart(tmp_path: Path) -> None:
    final = everywhere(tmp_path, "H3.5", "10", 1, period="2023")
    mixed = everywhere(tmp_path, "H3.5", "10", 20, period="2024")[:11]
    late = give(tmp_path, 40, "PV31", [figure("PV31", "10", "H3.5", value_status="voorlopig")])

    totals, _, _ = derived(tmp_path, [*final, *mixed, late])

    told = {row["period"]: (row["final_value"], row["provisional_value"], row["provinces_final"]) for row in totals}
    assert told == {"2023": (Decimal(120), None, 12), "2024": (None, Decimal(120), 11)}


def test_a_partial_sum_is_in_neither_column(tmp_path: Path) -> None:
    (row,), _, _ = derived(tmp_path, everywhere(tmp_path, "H3.5", "10", 1)[:11])

    assert (row["final_value"], row["provisional_value"], row["partial_value"]) == (None, None, Decimal(110))


def test_per_thousand_inhabitants(tmp_path: Path) -> None:
    _, _, people = derived(tmp_path, all_twelve(tmp_path))

    assert [row["region_code"] for row in people] == ["NL01", "PV20"]
    assert of(people, "PV20")["value_per_1000_inhabitants"] == Decimal("0.2")
    assert of(people, "NL01")["value_per_1000_inhabitants"] == Decimal("0.074471")
    assert of(people, "PV20")["unit"] == "MW"


def test_it_is_as_final_as_the_less_final_of_value_and_inhabitants(tmp_path: Path) -> None:
    _, _, people = derived(tmp_path, all_twelve(tmp_path))

    assert (of(people, "PV20")["value_status"], of(people, "NL01")["value_status"]) == ("definitief", "voorlopig")


@pytest.mark.parametrize("facts", [{"period": "2024-H1"}, {"period": "2019"}, {"indicator": "H3.2"}])
def test_no_half_year_no_year_without_inhabitants_no_share(tmp_path: Path, facts: dict[str, str]) -> None:
    row: Row = figure("PV20", "10", **facts)  # type: ignore[arg-type]

    assert derived(tmp_path, [give(tmp_path, 1, "PV20", [row])])[2] == []


def test_a_partial_sum_has_no_value_per_inhabitant(tmp_path: Path) -> None:
    assert [row["region_code"] for row in derived(tmp_path, all_twelve(tmp_path)[:11])[2]] == ["PV20"]


def test_the_provinces_add_up_to_the_country_in_our_list_of_inhabitants() -> None:
    years = {one.year for one in population()}
    regions = {one.code for one in provinces()} | {"NL01"}
    assert len(years) >= 4
    for year in years:
        found = {one.region_code: one for one in population() if one.year == year}
        assert set(found) == regions
        country = found.pop("NL01")
        assert sum(one.inhabitants for one in found.values()) == country.inhabitants
        assert {one.status for one in found.values()} == {country.status} < set(STATUS_ORDER)
