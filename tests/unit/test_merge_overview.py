"""National values: a total only when all twelve are there; what nobody has is absent, never zero."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.merge_rows import CODES, all_twelve, figure, give, wind_farm

from kerndata.merge.engine import MODEST, Relation, engine, open_tables
from kerndata.merge.overview import coverage, national
from kerndata.merge.supersede import MergeInput, merge

Rows = list[dict[str, object]]


def overview(work: Path, inputs: Sequence[MergeInput], projects: Sequence[MergeInput] = ()) -> tuple[Rows, Rows]:
    """National rows and coverage rows; H3.4 and H3.9 are summed, H3.2 is a share."""
    files = {"indicators": merge(inputs, "indicators", work).path, "projects": merge(projects, "projects", work).path}
    with engine(work, MODEST) as connection:
        open_tables(connection, files)
        spread = rows(coverage(connection, CODES))
        return rows(national(connection, {"H3.4", "H3.9"})), spread


def rows(relation: Relation) -> Rows:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def test_all_twelve_give_a_total(tmp_path: Path) -> None:
    (row,), _ = overview(tmp_path, all_twelve(tmp_path))

    assert row["value"] == Decimal(1266)
    assert (row["coverage"], row["is_partial"], row["partial_value"]) == ("12/12", False, None)
    assert (row["region_code"], row["unit"], row["provinces_missing"]) == ("NL01", "MW", None)


def test_a_suppressed_and_a_silent_province_leave_no_total_but_a_partial_sum_with_the_reasons(tmp_path: Path) -> None:
    inputs = [*all_twelve(tmp_path)[:-1], give(tmp_path, 99, "PV20", [figure("PV20", None)])]

    (row,), _ = overview(tmp_path, inputs)

    assert row["value"] is None
    assert row["partial_value"] == Decimal(1266 - 100 - 111)
    assert (row["provinces_with_value"], row["provinces_expected"], row["coverage"]) == (10, 12, "10/12")
    assert row["is_partial"] is True
    assert row["provinces_missing"] == "PV20=geheim;PV31=niet_geleverd"


def test_what_no_province_has_is_absent_and_not_zero(tmp_path: Path) -> None:
    nobody = [give(tmp_path, 50, "PV20", [figure("PV20", None, "H3.9", "2019", missing_reason="onbekend")])]

    found, spread = overview(tmp_path, all_twelve(tmp_path) + nobody)

    assert [row["indicator_code"] for row in found] == ["H3.4"]
    assert {row["missing_reason"] for row in spread if row["indicator_code"] == "H3.9"} == {"onbekend", "niet_geleverd"}


def test_a_share_is_never_summed(tmp_path: Path) -> None:
    found, spread = overview(tmp_path, all_twelve(tmp_path, "H3.2"))

    assert found == []
    assert len([row for row in spread if row["dataset"] == "indicators"]) == 12


def test_a_reported_zero_is_a_value(tmp_path: Path) -> None:
    (row,), _ = overview(tmp_path, [*all_twelve(tmp_path)[1:], give(tmp_path, 99, "PV20", [figure("PV20", "0")])])

    assert (row["value"], row["is_partial"]) == (Decimal(1166), False)


@pytest.mark.parametrize("least", ["nader_voorlopig", "voorlopig", "schatting"])
def test_a_sum_is_as_final_as_its_least_final_part(tmp_path: Path, least: str) -> None:
    later = give(tmp_path, 99, "PV26", [figure("PV26", "5", value_status=least)])

    (row,), _ = overview(tmp_path, [*all_twelve(tmp_path), later])

    assert row["value_status"] == least


def test_decimals_are_summed_exactly(tmp_path: Path) -> None:
    tenths = [give(tmp_path, place, code, [figure(code, "0.1")]) for place, code in enumerate(CODES)]

    (row,), _ = overview(tmp_path, tenths)

    assert row["value"] == Decimal("1.2")


def test_coverage_tells_per_province_what_is_there_and_from_which_submission(tmp_path: Path) -> None:
    given = give(tmp_path, 1, "PV20", [figure("PV20", "7")])
    secret = give(tmp_path, 2, "PV21", [figure("PV21", None)])
    farms = give(tmp_path, 3, "PV24", [wind_farm("PV24", "W1"), wind_farm("PV24", "W2")], "projects")

    _, spread = overview(tmp_path, [given, secret], [farms])

    told = {(row["dataset"], row["province_code"]): row for row in spread}
    assert len(told) == len(spread) == 24
    assert told["indicators", "PV20"]["submission_ids"] == given.submission.id
    assert [told["indicators", code]["status"] for code in CODES[:3]] == ["value", "missing", "not_delivered"]
    assert [told["indicators", code]["missing_reason"] for code in CODES[:3]] == [None, "geheim", "niet_geleverd"]
    assert (told["projects", "PV24"]["status"], told["projects", "PV24"]["rows"]) == ("value", 2)
    assert told["projects", "PV20"]["status"] == "not_delivered"
