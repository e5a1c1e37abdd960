"""Closed vocabularies: what is not known is refused with what was expected; regions of another level are named."""

from pathlib import Path

import pytest
from tests.unit.harmonise_files import HEADER, found, harmonised

OWN = "H3.4;Drenthe;2023;1;MW\n"


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("GM0106", "een gemeente"), ("gemeente Assen", "een gemeente"), ("Groningen (gemeente)", "een gemeente"),
        ("NL01", "heel Nederland"), ("PV99", "wat niet in te delen is"), ("CR07", "een ander soort gebied"),
    ],
)  # fmt: skip
def test_a_region_of_another_level_is_refused_and_named(tmp_path: Path, name: str, level: str) -> None:
    result = harmonised(tmp_path, HEADER + OWN + f"H3.4;{name};2024;1;MW\n")
    assert found(result) == [(1, "H-REGION-LEVEL", "region_code", name)]
    assert result.cell_findings["expected"].tolist() == [level]


@pytest.mark.parametrize(
    "name", ["Drenthe", "PV22", "PV22  ", "drenthe", "Drenthe (PV)", "Drenthe (provincie)", "Provincie Drenthe"]
)
def test_a_province_is_known_by_all_its_names(tmp_path: Path, name: str) -> None:
    assert harmonised(tmp_path, HEADER + f"H3.4;{name};2023;1;MW\n").rows["region_code"].tolist() == ["PV22"]


def test_groningen_among_municipalities_has_two_readings_unless_it_says_which(tmp_path: Path) -> None:
    rows = "".join(f"H3.4;{name};2023;1;MW\n" for name in ("Groningen", "GM0037", "Groningen (PV)", "PV20"))
    result = harmonised(tmp_path, HEADER + rows, province="Groningen")
    assert [one[:2] for one in found(result)] == [(0, "H-REGION-AMBIGUOUS"), (1, "H-REGION-LEVEL")]
    alone = harmonised(tmp_path, HEADER + "H3.4;Groningen;2023;1;MW\nH3.4;Gronigen;2024;1;MW\n", province="Groningen")
    assert [one[:2] for one in found(alone)] == [(1, "H-REGION-UNKNOWN")]


def test_a_miss_names_the_known_values_and_the_one_it_looks_like(tmp_path: Path) -> None:
    result = harmonised(tmp_path, HEADER + OWN + "Vermogen wint;Drenthe;2024;1;MW\nZon, dak;Drenthe;2024;1;MW\n")
    assert result.cell_findings["expected"].tolist() == [
        "Vermogen wind; Productie wind (bedoelt u „Vermogen wind”?)",
        "Vermogen wind; Productie wind",
    ]


def test_a_year_of_two_digits_is_refused_with_both_readings(tmp_path: Path) -> None:
    result = harmonised(tmp_path, HEADER + OWN + "H3.4;Drenthe;24;1;MW\n")
    assert found(result) == [(1, "H-DATE-AMBIGUOUS", "period", "24")]
    assert result.cell_findings["expected"].tolist() == ["1924 of 2024"]


def test_a_merged_label_holds_for_every_row_and_a_merged_value_for_none(tmp_path: Path) -> None:
    merged = "H3.4;Drenthe;2024 (samengevoegde cel);12 (samengevoegde cel);MW\n"
    result = harmonised(tmp_path, HEADER + OWN + merged)
    assert result.rows["period"].tolist() == ["2023", "2024"]
    assert found(result) == [(1, "H-NUMBER-INVALID", "value", "12 (samengevoegde cel)")]


def test_a_unit_is_known_in_brackets_and_by_its_usual_names(tmp_path: Path) -> None:
    units = ("[GWh]", "in GWh", "miljoen kWh", "mln. kWh")
    rows = "".join(f"H3.5;Drenthe;{2010 + at};1;{unit}\n" for at, unit in enumerate(units))
    result = harmonised(tmp_path, HEADER + rows)
    assert [str(value).rstrip("0") for value in result.rows["value"]] == ["1."] * 4
    refused = harmonised(tmp_path, HEADER + "H3.5;Drenthe;2024;1;1.000 kWh\nH3.4;Drenthe;2024;1;MW/MWp\n")
    assert [one[1] for one in found(refused)] == ["H-UNIT-UNKNOWN"] * 2
