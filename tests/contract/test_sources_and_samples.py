"""Every source's sample deliveries read as exactly the figures they were made from. Names no province by hand."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from kerndata.contracts.code_lists import indicators, provinces
from kerndata.contracts.contract import load_contract
from kerndata.harmonise import Harmonised, harmonise
from kerndata.local.samples import tables
from kerndata.local.samples.render import API, DELIVERIES
from kerndata.quality.evaluate import evaluate
from kerndata.read import read
from kerndata.sources import HttpVia, Source
from kerndata.sources.registry import FOLDER, load_file

SUBMISSION = "S-0123456789abcdef"


@dataclass(frozen=True)
class Sample:
    """One file of one province: ``key`` as the bucket or the API names it."""

    slug: str
    key: str
    path: Path

    def __str__(self) -> str:
        return f"{self.slug}:{self.key}"


def _samples() -> Iterator[Sample]:
    for path in sorted((tables.HERE / DELIVERIES).glob("*/drop/**/*")):
        if path.is_file():
            slug = path.relative_to(tables.HERE / DELIVERIES).parts[0]
            yield Sample(slug, path.relative_to(tables.HERE / DELIVERIES / slug).as_posix(), path)
    for path in sorted((tables.HERE / API).glob("*/*")):
        yield Sample(path.parent.name, "/" + path.relative_to(tables.HERE / API).as_posix(), path)


SAMPLES = tuple(_samples())
SOURCES = tuple(sorted(FOLDER.glob("*.yaml")))


@cache
def _source(slug: str) -> Source:
    return load_file(FOLDER / f"{slug}.yaml")


def _names(sample: Sample) -> list[str]:
    """The deliveries of the source that claim this file."""
    source = _source(sample.slug)
    pulled = [
        name
        for name, spec in source.deliveries.items()
        if isinstance(spec.via, HttpVia) and spec.via.path == sample.key
    ]
    dropped = source.delivery_name(sample.key) if sample.key.startswith("drop/") else None
    return [*pulled, dropped] if dropped else pulled


@cache
def _harmonised(sample: Sample) -> Harmonised:
    source = _source(sample.slug)
    spec = source.deliveries[_names(sample)[0]]
    return harmonise(read(sample.path, spec.format), spec, source, SUBMISSION, sample.path.name)


def _dataset(sample: Sample) -> str:
    return _source(sample.slug).deliveries[_names(sample)[0]].dataset


def _of(dataset: str) -> list[Sample]:
    return [sample for sample in SAMPLES if _dataset(sample) == dataset]


def _cells(rows: pd.DataFrame, columns: list[str]) -> set[tuple[object, ...]]:
    found = rows[columns].astype(object)
    return set(found.where(found.notna(), None).itertuples(index=False, name=None))


def _degrees(farm: tables.Farm) -> tuple[float | None, float | None]:
    return (None if farm.lon is None else float(farm.lon), None if farm.lat is None else float(farm.lat))


def test_all_twelve_provinces_have_a_source() -> None:
    assert {path.stem for path in SOURCES} == {province.slug for province in provinces()}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_source_is_short_and_its_contact_is_a_team(path: Path) -> None:
    source = load_file(path)
    assert 25 <= len(path.read_text(encoding="utf-8").splitlines()) <= 65
    assert source.contact.mail == f"energiedata@{source.province.slug.replace('_', '-')}.example"
    assert {spec.dataset for spec in source.deliveries.values()} == {"indicators", "projects"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_delivery_of_the_source_has_exactly_one_sample(path: Path) -> None:
    claimed = [name for sample in SAMPLES if sample.slug == path.stem for name in _names(sample)]
    assert sorted(claimed) == sorted(load_file(path).own())  # templates are the same for all: tests of their own


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_every_sample_belongs_to_exactly_one_delivery(sample: Sample) -> None:
    assert len(_names(sample)) == 1


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_nothing_is_found_and_no_column_is_left_over(sample: Sample) -> None:
    found = _harmonised(sample)
    assert found.cell_findings.to_dict("records") == []
    assert found.unmapped_columns == ()


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_the_contract_refuses_nothing(sample: Sample) -> None:
    findings = evaluate(load_contract(_dataset(sample)), _harmonised(sample))
    assert findings[findings["severity"] == "error"].to_dict("records") == []


@pytest.mark.parametrize("sample", _of("indicators"), ids=str)
def test_indicators_read_as_exactly_the_figures(sample: Sample) -> None:
    source = _source(sample.slug)
    rows = _harmonised(sample).rows
    columns = ["indicator_code", "period", "value", "value_status", "missing_reason"]
    expected = {
        (one.indicator, one.period, one.value, one.status, one.missing_reason)
        for one in tables.figures(source.province.code)
    }
    assert len(rows) == len(expected)
    assert _cells(rows, columns) == expected
    assert all(isinstance(value, Decimal) for value in rows["value"].dropna())
    assert _cells(rows, ["region_level", "region_code", "province_code", "category"]) == {
        ("provincie", source.province.code, source.province.code, "totaal")
    }
    assert set(rows["period"]) == set(source.deliveries[_names(sample)[0]].expected_periods)


@pytest.mark.parametrize("sample", _of("indicators"), ids=str)
def test_units_are_those_of_the_contract(sample: Sample) -> None:
    for code, unit in _cells(_harmonised(sample).rows, ["indicator_code", "unit"]):
        assert unit == indicators()[str(code)].unit


@pytest.mark.parametrize("sample", _of("projects"), ids=str)
def test_projects_read_as_exactly_the_wind_farms(sample: Sample) -> None:
    source = _source(sample.slug)
    rows = _harmonised(sample).rows
    with_place = {"lon", "lat"} <= set(source.deliveries[_names(sample)[0]].columns.values())
    columns = [
        "project_id", "name", "technology", "province_code", "municipality_name", "municipality_code", "initiator",
        "capacity_mw", "turbines", "expected_production_mwh_per_year", "phase", "commissioned_on", "reference_date",
        "lon", "lat",
    ]  # fmt: skip
    expected = {
        (
            farm.project_id, farm.name, "wind_op_land", farm.province_code, farm.municipality_name, None, None,
            farm.capacity_mw, farm.turbines, farm.expected_production_mwh_per_year, 6, farm.commissioned_on,
            farm.reference_date, *(_degrees(farm) if with_place else (None, None)),
        )
        for farm in tables.farms(source.province.code)
    }  # fmt: skip
    assert len(rows) == len(expected)
    assert _cells(rows, columns) == expected


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_every_observation_says_where_it_stands(sample: Sample) -> None:
    rows = _harmonised(sample).rows
    assert list(rows["observation"]) == list(range(len(rows)))
    assert (rows["source_row"] >= 1).all()
    place = ["source_member", "source_sheet", "source_row", "source_column"]
    assert len(_cells(rows, [*place, "observation"])) == len(rows)
    if _dataset(sample) == "indicators":
        assert len(_cells(rows, place)) == len(rows)
        assert rows["original_value"].notna().all()


def test_together_the_samples_hold_every_figure_and_every_farm() -> None:
    with (tables.HERE / "figures.csv").open(encoding="utf-8", newline="") as stream:
        figures = sum(1 for _ in csv.DictReader(stream))
    assert sum(len(_harmonised(sample).rows) for sample in _of("indicators")) == figures
