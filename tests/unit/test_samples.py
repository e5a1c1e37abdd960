"""The sample figures agree with CBS's own national rows, and the rendered files are what the code renders."""

import csv
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

from kerndata.contracts.code_lists import indicators, provinces
from kerndata.local.samples import faults, render, tables

ORACLE = tables.HERE / "cbs_national.csv"
PERIODS = [str(year) for year in range(2019, 2025)]
HALF_A_UNIT_PER_TERM = 6  # CBS rounds each of the twelve rows and the national row on its own
SUPPRESSED = {(code, period) for code in ("H3.5", "H3.6") for period in ("2019", "2020")}


def _oracle(region: str) -> dict[tuple[str, str], Decimal]:
    with ORACLE.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["region_code"] == region]
    return {(row["indicator_code"], row["period"]): Decimal(row["value"]) for row in rows}


def _all() -> Iterator[tables.Figure]:
    for province in provinces():
        yield from tables.figures(province.code)


def _sum(indicator: str, period: str) -> Decimal:
    values = [figure.value for figure in _all() if (figure.indicator, figure.period) == (indicator, period)]
    assert len(values) == 12
    return sum((value for value in values if value is not None), Decimal(0))


@pytest.mark.parametrize("indicator", [f"H3.{number}" for number in range(3, 11)])
def test_the_twelve_provinces_add_up_to_the_national_row(indicator: str) -> None:
    national, nowhere = _oracle("NL01"), _oracle("PV99")
    for period in PERIODS:
        if (indicator, period) in national and (indicator, period) not in SUPPRESSED:
            expected = national[indicator, period] - nowhere.get((indicator, period), 0)
            assert abs(_sum(indicator, period) - expected) <= HALF_A_UNIT_PER_TERM, period


def test_the_measured_sums_of_cbs() -> None:
    assert (_sum("H3.4", "2019"), _oracle("NL01")["H3.4", "2019"]) == (3528, 3527)
    assert (_sum("H3.4", "2024"), _oracle("NL01")["H3.4", "2024"]) == (6955, 6955)
    assert _sum("H3.8", "2024") == 27_767_062
    assert (_oracle("NL01")["H3.8", "2024"], _oracle("PV99")["H3.8", "2024"]) == (27_979_732, 212_671)


def test_two_provinces_are_suppressed_in_wind_production_of_2019_and_2020_and_nothing_else_is() -> None:
    missing = {(one.province, one.indicator, one.period, one.missing_reason) for one in _all() if one.value is None}
    expected = {("PV22", "geheim"), ("PV31", "onbekend")}
    assert missing == {(code, *key, reason) for code, reason in expected for key in SUPPRESSED}


def test_inverter_capacity_is_absent_before_2022() -> None:
    assert {figure.period for figure in _all() if figure.indicator == "H3.9"} == {"2022", "2023", "2024"}


def test_every_figure_is_within_the_bounds_of_its_indicator_and_only_2024_is_provisional() -> None:
    for figure in _all():
        bounds = indicators()[figure.indicator]
        assert figure.value is None or bounds.minimum <= figure.value <= bounds.maximum
        assert figure.status == ("nader_voorlopig" if figure.period == "2024" else "definitief")


def test_every_province_has_wind_farms_and_no_farm_is_listed_twice() -> None:
    by_province = {province.code: tables.farms(province.code) for province in provinces()}
    assert all(by_province.values())
    ids = [farm.project_id for found in by_province.values() for farm in found]
    assert len(ids) == len(set(ids)) == 201


def test_wind_farms_at_sea_and_places_outside_the_netherlands_are_left_out() -> None:
    for farm in (farm for province in provinces() for farm in tables.farms(province.code)):
        assert farm.municipality_name != "Offshore"
        assert (farm.lon is None) == (farm.lat is None)
        assert farm.lon is None or (3 < farm.lon < 8 and farm.lat is not None and 50 < farm.lat < 54)
        assert farm.commissioned_on is None or re.fullmatch(r"(19|20)\d\d", farm.commissioned_on)


def test_rendering_again_gives_the_committed_bytes(tmp_path: Path) -> None:
    render.write(tmp_path)
    for part in (render.DELIVERIES, render.API, render.ROUND1):
        committed = {path.relative_to(tables.HERE): path for path in (tables.HERE / part).rglob("*") if path.is_file()}
        again = {path.relative_to(tmp_path): path for path in (tmp_path / part).rglob("*") if path.is_file()}
        assert committed.keys() == again.keys()
        assert [name for name in committed if committed[name].read_bytes() != again[name].read_bytes()] == []


def test_workbooks_and_zips_hold_no_moment_of_writing() -> None:
    for path, body in render.render().items():
        if path.endswith((".xlsx", ".zip")):
            with zipfile.ZipFile(BytesIO(body)) as archive:
                assert {member.date_time for member in archive.infolist()} == {(2025, 11, 18, 9, 0, 0)}


def test_the_faults_of_round_one_replace_a_good_file_of_the_same_name() -> None:
    files = render.render()
    for path in (path for path in files if path.startswith(render.ROUND1)):
        good = files[path.replace(render.ROUND1, render.DELIVERIES, 1)]
        assert good != files[path]


def test_gelderlands_bad_rows_stay_below_the_threshold() -> None:
    figures = tables.figures("PV25")
    good = render.render()["deliveries/gelderland/drop/indicators/kerndataset_2024.csv"].splitlines()
    changed = [row for row, fine in zip(faults.gelderland(figures).splitlines(), good, strict=True) if row != fine]
    assert len(changed) == len(faults.GELDERLAND) == 4
    assert len(changed) / len(figures) < 0.10


@pytest.mark.parametrize(
    ("value", "marks", "expected"),
    [("1351", ".", "1.351"), ("1234.567", ".", "1.234,567"), ("1234.567", "", "1234,567"), ("-53", "", "-53")],
)
def test_dutch_numbers(value: str, marks: str, expected: str) -> None:
    assert tables.dutch(Decimal(value), thousands="." if marks else "") == expected
