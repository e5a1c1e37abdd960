"""Accepted rows in the order of the release: the same merge as in any order, and nothing is taken on trust."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.merge_rows import Row, figure, give

from kerndata.errors import NotChecked
from kerndata.intake.rows import as_parquet
from kerndata.merge import single
from kerndata.merge.order import columns_of, in_order, rises, sorting
from kerndata.merge.supersede import MergeInput, merge
from kerndata.merge.tables import table_of

TABLE = table_of("indicators")
COLUMNS = columns_of(TABLE)
CELLS = st.sampled_from(["", "a", "B", "é", "zon", "ﬀ", "\U0001f600", "10", "9"])


def kept(one: MergeInput) -> MergeInput:
    """The same submission as intake keeps it."""
    rows = pd.read_parquet(one.path, dtype_backend="pyarrow")
    path = one.path.with_suffix(".ordered")
    path.write_bytes(as_parquet(rows, "indicators"))
    return replace(one, path=path)


def promised(one: MergeInput) -> MergeInput:
    """The same rows as they are, in a file that says that they are in order."""
    rows, path = pq.read_table(one.path), one.path.with_suffix(".promised")
    pq.write_table(rows, path, sorting_columns=sorting(rows.schema, COLUMNS))
    return replace(one, path=path)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=40))
def test_rows_are_put_in_the_order_of_the_database(cells: list[tuple[str, str]]) -> None:
    rows = pa.table({"a": [one for one, _ in cells], "b": [one for _, one in cells], "n": list(range(len(cells)))})

    ordered = in_order(rows.cast(pa.schema([("a", "string"), ("b", "string"), ("n", "int64")])), ["a", "b"])

    assert ordered.to_pylist() == duckdb.sql("FROM rows ORDER BY a, b, n").to_arrow_table().to_pylist()


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(st.tuples(st.sampled_from(["2023", "2024", "2024-Q3"]), CELLS), min_size=1, max_size=30))
def test_a_file_in_order_merges_to_the_same_bytes(tmp_path: Path, keys: set[tuple[str, str]]) -> None:
    rows = [figure("PV20", str(place), period=one, category=other) for place, (one, other) in enumerate(keys)]
    as_delivered = give(tmp_path, 1, "PV20", rows)
    in_its_order = kept(as_delivered)
    folders = [tmp_path / name for name in ("delivered", "ordered")]

    for folder, one in zip(folders, (as_delivered, in_its_order), strict=True):
        folder.mkdir(exist_ok=True)
        assert single.is_ready(one.path, TABLE) == (one is in_its_order)
        assert merge([one], "indicators", folder).rows == len(keys)

    first, second = (folder / "indicators.parquet" for folder in folders)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([figure("PV20", "1"), figure("PV20", "2")], "one key twice"),
        ([figure("PV20", "1", period="2024"), figure("PV20", "2", period="2023")], "out of the order"),
        ([figure("PV20", "1", category=None)], "a key with an empty part"),
        ([figure("PV21", "1")], "rows of PV21 in a submission of PV20"),
        ([figure("PV20", None, missing_reason=None)], "1 missing values without a reason"),
    ],
)
def test_a_file_that_promises_too_much_is_not_published(tmp_path: Path, rows: Sequence[Row], told: str) -> None:
    with pytest.raises(NotChecked, match=told):
        merge([promised(give(tmp_path, 1, "PV20", rows))], "indicators", tmp_path)


def test_a_second_submission_is_merged_row_by_row_as_ever(tmp_path: Path) -> None:
    first = kept(give(tmp_path, 1, "PV20", [figure("PV20", "1", period="2023"), figure("PV20", "2")]))
    second = kept(give(tmp_path, 2, "PV20", [figure("PV20", "3")]))

    rows = pq.read_table(merge([first, second], "indicators", tmp_path).path).to_pylist()

    assert [(row["period"], row["value"]) for row in rows] == [("2023", 1), ("2024", 3)]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["a", "b"], [True, True]),
        (["a", "a"], [True, False]),
        (["b", "a"], [True, False]),
        (["a", None], [True, False]),
    ],
)
def test_rows_are_compared_across_batches(cells: list[str | None], told: list[bool]) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        for cell in cells:
            yield pa.record_batch({"key": pa.array([cell], pa.string())})

    assert [is_rising for _, is_rising in rises(batches(), ["key"])] == told
