"""Merge the accepted submissions into one table: per key the newest row stands, and every row is accounted for.

A submission that supersedes ``whole`` replaces every row of the older ones of the same delivery of its province.
A province is merged at a time: its keys are its own (checked), so memory follows the largest province, not the country.
Where only one submission of it stands (``kerndata.merge.single``) its rows are passed on as they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from kerndata.contracts.code_lists import province_of
from kerndata.errors import NotChecked
from kerndata.ledger.releases import InputCounts
from kerndata.merge import single
from kerndata.merge.correct import correct, refuse_unmet
from kerndata.merge.corrections import Correction
from kerndata.merge.engine import MODEST, Connection, Resources, engine, run
from kerndata.merge.parquet import write_parquet
from kerndata.merge.tables import Table, table_of
from kerndata.model.submission import Submission

_BATCH_ROWS = 65_536

# A window over whole rows took two to three times the memory (DESIGN §12): find the winners on the key, then join.
_WINNERS = """
CREATE OR REPLACE TEMP TABLE winners AS
SELECT $key, max(sequence) AS sequence FROM delivered JOIN inputs USING (submission_id) GROUP BY $key
"""
_MERGED = """
SELECT $select FROM (
  SELECT delivered.* FROM delivered JOIN inputs USING (submission_id) SEMI JOIN winners USING ($key, sequence)
) ORDER BY $order
"""
_CORRECTED = """
SELECT * FROM (
  SELECT $select FROM (
    SELECT delivered.* FROM delivered JOIN inputs USING (submission_id) SEMI JOIN winners USING ($key, sequence)
    ANTI JOIN corrected_keys USING ($key)
  ) UNION ALL BY NAME FROM corrected
) ORDER BY $order
"""
_SHARED_REGIONS = """
SELECT region_code, list_sort(list(DISTINCT province_code)) FROM merged
GROUP BY region_level, region_code HAVING count(DISTINCT province_code) > 1 ORDER BY ALL
"""
_UNREASONED = """
SELECT submission_id, count(*) FROM merged WHERE value IS NULL AND missing_reason IS NULL GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class MergeInput:
    """One submission and its accepted rows as Parquet (the columns of ``kerndata.merge.tables``)."""

    submission: Submission
    path: Path


@dataclass(frozen=True, slots=True)
class Merged:
    """One dataset, merged: a sorted Parquet file, its rows, and the counts per submission id."""

    dataset: str
    path: Path
    rows: int
    counts: Mapping[str, InputCounts]


def merge(
    inputs: Sequence[MergeInput],
    dataset: str,
    work: Path,
    resources: Resources = MODEST,
    register: Sequence[Correction] = (),
) -> Merged:
    """Merge submissions into ``work/<dataset>.parquet``; per key the row of the highest sequence stands, corrected.

    Of submissions that a later one superseded whole, no row stands, nor is any read.
    Raises NotChecked, and leaves nothing published, when the inputs break what the checks promise: other rows than
    the ledger counted, rows of another province, one key twice in one submission, a missing value without a reason;
    and when an entry of the ``register`` does not find what it corrects.
    """
    table, target = table_of(dataset), work / f"{dataset}.parquet"
    entries = [one for one in register if one.dataset == dataset]
    refuse_unmet(entries, [province_of(one.submission.province).code for one in standing(inputs)])
    delivered = {one.submission.id: _rows_of(one, table) for one in inputs}
    with engine(work, resources) as connection:
        _register(connection, inputs)
        rows = write_parquet(_all_batches(connection, table, standing(inputs), entries), table.schema, target)
        connection.read_parquet(str(target)).create_view("merged")
        _refuse_the_unchecked(connection, dataset)
        published = dict(connection.sql("SELECT submission_id, count(*) FROM merged GROUP BY ALL").fetchall())
    counts = {
        id_: InputCounts(published.get(id_, 0), rows_ - published.get(id_, 0)) for id_, rows_ in delivered.items()
    }
    return Merged(dataset, target, rows, MappingProxyType(counts))


def standing(inputs: Sequence[MergeInput]) -> list[MergeInput]:
    """Leave out what a later submission of the same province and delivery superseded whole."""
    last: dict[tuple[str, str | None], int] = {}
    for one in (item.submission for item in inputs):
        if one.supersedes == "whole":
            delivery = (one.province, one.delivery_name)
            last[delivery] = max(one.sequence, last.get(delivery, one.sequence))
    return [
        item
        for item in inputs
        if item.submission.sequence
        >= last.get((item.submission.province, item.submission.delivery_name), item.submission.sequence)
    ]


def _rows_of(one: MergeInput, table: Table) -> int:
    with pq.ParquetFile(one.path) as file:
        absent = sorted(table.required - set(file.schema_arrow.names))
        rows: int = file.metadata.num_rows
    if absent:
        raise NotChecked(f"{one.submission.id}: the accepted rows lack {', '.join(absent)}; process it again.")
    if rows != one.submission.counts.accepted:
        raise NotChecked(
            f"{one.submission.id}: the ledger counts {one.submission.counts.accepted} accepted rows, its file holds "
            f"{rows}; process it again. Nothing was published."
        )
    return rows


def _register(connection: Connection, inputs: Sequence[MergeInput]) -> None:
    connection.execute("CREATE TABLE inputs (submission_id VARCHAR, sequence BIGINT)")
    connection.execute(
        "INSERT INTO inputs SELECT unnest($ids), unnest($sequences)",
        {"ids": [one.submission.id for one in inputs], "sequences": [one.submission.sequence for one in inputs]},
    )


def _all_batches(
    connection: Connection, table: Table, inputs: Iterable[MergeInput], entries: Sequence[Correction]
) -> Iterator[pa.RecordBatch]:
    def province(one: MergeInput) -> str:
        return province_of(one.submission.province).code

    for code, group in groupby(sorted(inputs, key=lambda one: (province(one), one.submission.sequence)), key=province):
        own, given = [one for one in entries if one.province == code], list(group)
        if len(given) == 1 and not own and single.is_ready(given[0].path, table):
            yield from single.batches(given[0].path, table, given[0].submission.id, code)
        else:
            yield from _batches(connection, table, code, [str(one.path) for one in given], own)


def _batches(
    connection: Connection, table: Table, province: str, paths: list[str], entries: Sequence[Correction]
) -> Iterator[pa.RecordBatch]:
    given = connection.read_parquet(paths, union_by_name=True)
    given.project(", ".join(["*", *table.empty(given.columns)])).create_view("delivered", replace=True)
    strangers = connection.sql("SELECT DISTINCT submission_id, province_code FROM delivered ORDER BY ALL").fetchall()
    known = {id_ for (id_,) in connection.sql("SELECT submission_id FROM inputs").fetchall()}
    for id_, found in strangers:
        if id_ not in known or found != province:
            raise NotChecked(f"{id_}: rows of {found} in a submission of {province}. Nothing was published.")
    run(connection, _WINNERS, table)
    expected = connection.table("winners").count("*").fetchall()[0][0]
    if entries:
        correct(connection, table, entries)
    rows = 0
    relation = run(connection, _CORRECTED if entries else _MERGED, table)
    assert relation is not None
    for batch in relation.to_arrow_reader(_BATCH_ROWS):
        rows += batch.num_rows
        yield batch
    if rows != expected:
        raise NotChecked(
            f"{province}, {table.name}: {rows} rows for {expected} keys; a submission holds one key twice, or a key "
            "with an empty part. Nothing was published."
        )


def _refuse_the_unchecked(connection: Connection, dataset: str) -> None:
    if dataset != "indicators":
        return
    for region, provinces in connection.sql(_SHARED_REGIONS).fetchall():
        raise NotChecked(f"Region {region} is reported by {', '.join(provinces)}: one only may. Nothing was published.")
    for id_, rows in connection.sql(_UNREASONED).fetchall():
        raise NotChecked(f"{id_}: {rows} missing values without a reason. Nothing was published.")
