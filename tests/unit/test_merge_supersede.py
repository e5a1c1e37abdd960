"""Merging: the newest row per key stands, and every accepted row is accounted for."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.merge_rows import CODES, figure, give, wind_farm

from kerndata.errors import ConfigurationError, NotChecked
from kerndata.ledger.releases import InputCounts
from kerndata.merge.corrections import read_register
from kerndata.merge.engine import Resources
from kerndata.merge.supersede import Merged, MergeInput, merge
from kerndata.merge.tables import table_of


def values(merged: Merged) -> dict[tuple[str, str], Decimal]:
    rows = pq.read_table(merged.path).to_pylist()
    return {(row["region_code"], row["period"]): row["value"] for row in rows}


def test_a_later_submission_supersedes_row_by_row_and_keeps_what_it_does_not_mention(tmp_path: Path) -> None:
    first = give(tmp_path, 1, "PV20", [figure("PV20", "1", period="2023"), figure("PV20", "2", period="2024")])
    second = give(tmp_path, 2, "PV20", [figure("PV20", "3", period="2024")])

    merged = merge([second, first], "indicators", tmp_path)

    assert values(merged) == {("PV20", "2023"): 1, ("PV20", "2024"): 3}
    assert merged.rows == 2
    assert merged.counts == {
        first.submission.id: InputCounts(published=1, superseded=1),
        second.submission.id: InputCounts(published=1, superseded=0),
    }


def test_a_missing_value_supersedes_a_figure_too(tmp_path: Path) -> None:
    inputs = [give(tmp_path, 1, "PV20", [figure("PV20", "1")]), give(tmp_path, 2, "PV20", [figure("PV20", None)])]

    assert values(merge(inputs, "indicators", tmp_path)) == {("PV20", "2024"): None}


def test_the_order_follows_the_sequence_and_not_the_list_or_the_id(tmp_path: Path) -> None:
    inputs = [give(tmp_path, place, "PV31", [figure("PV31", str(place))]) for place in (9, 10, 3)]

    assert values(merge(inputs, "indicators", tmp_path)) == {("PV31", "2024"): 10}


def test_projects_are_merged_by_province_and_project_id(tmp_path: Path) -> None:
    inputs = [
        give(tmp_path, 1, "PV20", [wind_farm("PV20", "W1"), wind_farm("PV20", "W2")], "projects"),
        give(tmp_path, 2, "PV21", [wind_farm("PV21", "W1", name="Fryslân")], "projects"),
        give(tmp_path, 3, "PV20", [wind_farm("PV20", "W2", turbines=6)], "projects"),
    ]

    rows = pq.read_table(merge(inputs, "projects", tmp_path).path).to_pylist()

    assert [(row["province_code"], row["project_id"], row["turbines"]) for row in rows] == [
        ("PV20", "W1", 5),
        ("PV20", "W2", 6),
        ("PV21", "W1", 5),
    ]


def test_nothing_accepted_gives_an_empty_table_with_all_columns(tmp_path: Path) -> None:
    merged = merge([], "indicators", tmp_path)

    assert merged.rows == 0
    assert pq.read_schema(merged.path).names[:3] == ["indicator_code", "region_level", "region_code"]


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_bytes_depend_on_neither_threads_nor_the_order_of_the_list(tmp_path: Path, threads: int) -> None:
    inputs = [
        give(
            tmp_path,
            place,
            code,
            [figure(code, str(n), period=str(2000 + n % 25), category=str(n)) for n in range(999)],
        )
        for place, code in enumerate(CODES * 2)
    ]
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()

    merge(inputs, "indicators", one, Resources(threads=2))
    merge(inputs[::-1], "indicators", other, Resources(threads=threads))

    assert (one / "indicators.parquet").read_bytes() == (other / "indicators.parquet").read_bytes()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=st.lists(st.dictionaries(st.integers(2019, 2024), st.integers(-5, 5), max_size=6), max_size=6))
def test_published_and_superseded_are_all_accepted_rows(tmp_path: Path, deliveries: list[dict[int, int]]) -> None:
    inputs = [
        give(tmp_path, place, "PV24", [figure("PV24", str(v), period=str(year)) for year, v in one.items()])
        for place, one in enumerate(deliveries)
    ]

    merged = merge(inputs, "indicators", tmp_path)

    newest = {("PV24", str(year)): value for one in deliveries for year, value in one.items()}
    assert values(merged) == newest
    for one in inputs:
        counts = merged.counts[one.submission.id]
        assert counts.published + counts.superseded == one.submission.counts.accepted
    assert sum(counts.published for counts in merged.counts.values()) == merged.rows


@pytest.mark.parametrize(
    ("deliveries", "standing"),
    [
        ([("rows", "a", 2023), ("whole", "a", 2024)], [2024]),
        ([("whole", "a", 2023), ("rows", "a", 2024)], [2023, 2024]),
        ([("whole", "a", 2022), ("whole", "a", 2023), ("rows", "a", 2024)], [2023, 2024]),
        ([("rows", "b", 2022), ("whole", "a", 2023), ("whole", "a", 2024)], [2022, 2024]),
    ],
)
def test_a_whole_delivery_replaces_every_row_of_the_older_ones_of_that_delivery_alone(
    tmp_path: Path, deliveries: list[tuple[str, str, int]], standing: list[int]
) -> None:
    inputs = [
        give(tmp_path, place, "PV20", [figure("PV20", "1", period=str(year))], supersedes=how, delivery_name=name)
        for place, (how, name, year) in enumerate(deliveries)
    ]
    neighbour = give(tmp_path, 0, "PV21", [figure("PV21", "1", period="2019")])

    merged = merge([*reversed(inputs), neighbour], "indicators", tmp_path)

    assert values(merged) == {("PV20", str(year)): 1 for year in standing} | {("PV21", "2019"): 1}
    for one, (_, _, year) in zip(inputs, deliveries, strict=True):
        assert merged.counts[one.submission.id] == InputCounts(int(year in standing), int(year not in standing))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deliveries=st.lists(
        st.tuples(st.booleans(), st.dictionaries(st.integers(2019, 2024), st.integers(-5, 5), min_size=1)), max_size=6
    )
)
def test_whole_or_row_by_row_every_accepted_row_is_published_or_superseded(
    tmp_path: Path, deliveries: list[tuple[bool, dict[int, int]]]
) -> None:
    inputs, standing = [], dict[tuple[str, str], int]()
    for place, (is_whole, figures) in enumerate(deliveries):
        rows = [figure("PV24", str(value), period=str(year)) for year, value in figures.items()]
        inputs.append(give(tmp_path, place, "PV24", rows, supersedes="whole" if is_whole else "rows"))
        told = {("PV24", str(year)): value for year, value in figures.items()}
        standing = told if is_whole else standing | told

    merged = merge(inputs, "indicators", tmp_path)

    assert values(merged) == standing
    for one in inputs:
        counts = merged.counts[one.submission.id]
        assert counts.published + counts.superseded == one.submission.counts.accepted


def test_one_key_twice_in_a_submission_is_not_published(tmp_path: Path) -> None:
    twice = give(tmp_path, 1, "PV20", [figure("PV20", "1"), figure("PV20", "2")])

    with pytest.raises(NotChecked, match="2 rows for 1 keys"):
        merge([twice], "indicators", tmp_path)


def test_rows_of_another_province_are_not_published(tmp_path: Path) -> None:
    stray = give(tmp_path, 1, "PV20", [figure("PV21", "1")])

    with pytest.raises(NotChecked, match="rows of PV21 in a submission of PV20"):
        merge([stray], "indicators", tmp_path)


def test_one_region_reported_by_two_provinces_is_not_published(tmp_path: Path) -> None:
    inputs = [
        give(tmp_path, 1, "PV20", [figure("PV20", "1")]),
        give(tmp_path, 2, "PV21", [figure("PV20", "1", province_code="PV21")]),
    ]

    with pytest.raises(NotChecked, match="Region PV20 is reported by PV20, PV21"):
        merge(inputs, "indicators", tmp_path)


def test_a_missing_value_without_a_reason_is_not_published(tmp_path: Path) -> None:
    silent = give(tmp_path, 1, "PV20", [figure("PV20", None, missing_reason=None)])

    with pytest.raises(NotChecked, match="1 missing values without a reason"):
        merge([silent], "indicators", tmp_path)


def test_other_rows_than_the_ledger_counted_are_not_published(tmp_path: Path) -> None:
    given_ = give(tmp_path, 1, "PV20", [figure("PV20", "1")])
    counted = replace(given_.submission, counts=replace(given_.submission.counts, accepted=2))

    with pytest.raises(NotChecked, match="counts 2 accepted rows, its file holds 1"):
        merge([replace(given_, submission=counted)], "indicators", tmp_path)


def test_an_unknown_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'indicator'"):
        merge([], "indicator", tmp_path)


def without(one: MergeInput, *columns: str) -> MergeInput:
    """The submission as older code kept it, before these columns were in the contract."""
    pq.write_table(pq.read_table(one.path).drop_columns(list(columns)), one.path)
    return one


def test_a_column_that_came_later_is_empty_in_older_deliveries(tmp_path: Path) -> None:
    later = {"scheme": "SDE++", "storage_mwh": Decimal("1.5"), "granted_on": "2021"}
    farms = [wind_farm("PV24", name, **later) for name in ("W1", "W2")]
    old = without(give(tmp_path, 1, "PV24", farms, "projects"), *later)
    new = give(tmp_path, 2, "PV24", farms[1:], "projects")
    alone = without(give(tmp_path, 3, "PV25", [wind_farm("PV25", "W1", **later)], "projects"), *later)

    merged = merge([old, new, alone], "projects", tmp_path)

    rows = pq.read_table(merged.path).to_pylist()
    assert [(row["project_id"], row["scheme"], row["storage_mwh"], row["granted_on"]) for row in rows] == [
        ("W1", None, None, None),
        ("W2", "SDE++", Decimal("1.5"), "2021"),
        ("W1", None, None, None),
    ]
    assert pq.read_schema(merged.path).names == table_of("projects").schema.names
    assert [row["name"] for row in rows] == ["Windpark W1", "Windpark W2", "Windpark W1"]


def test_a_correction_finds_its_row_in_an_older_delivery_too(tmp_path: Path) -> None:
    old = without(give(tmp_path, 1, "PV24", [wind_farm("PV24", "W1")], "projects"), "scheme")
    entries = read_register("""
corrections:
  - {id: C-2026-004, dataset: projects, key: {province_code: PV24, project_id: W1}, column: scheme, old: null, new: SCE,
     reason: told by the province, source: mail, expires: 2026-12-31}
""")

    [row] = pq.read_table(merge([old], "projects", tmp_path, register=entries).path).to_pylist()

    assert (row["scheme"], row["quality_flags"]) == ("SCE", "C-2026-004")


def test_a_delivery_without_a_required_column_is_refused(tmp_path: Path) -> None:
    broken = without(give(tmp_path, 1, "PV24", [wind_farm("PV24", "W1")], "projects"), "phase", "scheme")
    with pytest.raises(NotChecked, match="the accepted rows lack phase; process it again"):
        merge([broken], "projects", tmp_path)
    unvalued = without(give(tmp_path, 2, "PV20", [figure("PV20", "1")]), "value")
    with pytest.raises(NotChecked, match="1 missing values without a reason"):
        merge([unvalued], "indicators", tmp_path)
