"""Small accepted submissions for the tests of merge and publish."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kerndata.contracts.code_lists import provinces
from kerndata.merge.supersede import MergeInput
from kerndata.merge.tables import table_of
from kerndata.model.submission import Counts, Delivery, Status, Submission

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CODES = tuple(one.code for one in provinces())

Row = Mapping[str, object]


def figure(province: str, value: str | None, indicator: str = "H3.4", period: str = "2024", **other: object) -> Row:
    """One accepted indicator row."""
    return {
        "indicator_code": indicator,
        "region_level": "provincie",
        "region_code": province,
        "period": period,
        "category": "totaal",
        "value": None if value is None else Decimal(value),
        "unit": "MW",
        "value_status": "definitief",
        "missing_reason": None if value is not None else "geheim",
        "province_code": province,
        "source_file": "wind, land.csv",
        "source_row": 2,
        "source_column": "C",
        "original_value": value or "x",
        "original_unit": "MW",
        "quality_flags": "",
        **other,
    }


def wind_farm(province: str, project_id: str, **other: object) -> Row:
    """One accepted project row."""
    return {
        "project_id": project_id,
        "name": f"Windpark {project_id}",
        "technology": "wind_op_land",
        "province_code": province,
        "capacity_mw": Decimal("12.5"),
        "turbines": 5,
        "phase": 6,
        "source_file": "projecten.xlsx",
        "source_sheet": "Blad1",
        "source_row": 4,
        "quality_flags": "",
        **other,
    }


def submission(sequence: int, province: str, accepted: int, dataset: str = "indicators") -> Submission:
    """A concluded submission whose id and sha256 follow from its place in the order."""
    digest = hashlib.sha256(f"{province}{sequence}{dataset}".encode()).hexdigest()
    delivery = Delivery(province, f"inbox-{province}", f"drop/{dataset}/a.csv", str(sequence), NOW)
    counts = Counts(observed=accepted, accepted=accepted)
    return Submission(
        f"S-{digest[:16]}", sequence, province, delivery, digest, 100, dataset, "a", Status.ACCEPTED, counts, NOW, NOW
    )


def give(
    folder: Path, sequence: int, province: str, rows: Sequence[Row], dataset: str = "indicators", **facts: Any
) -> MergeInput:
    """Write one submission's accepted rows; ``facts`` are other facts of the submission."""
    one = replace(submission(sequence, province, len(rows), dataset), **facts)
    schema = table_of(dataset).schema
    table = pa.Table.from_pylist([{**row, "submission_id": one.id} for row in rows], schema=schema)
    path = folder / f"{one.id}.parquet"
    pq.write_table(table, path)
    return MergeInput(one, path)


def all_twelve(folder: Path, indicator: str = "H3.4", period: str = "2024", first: int = 1) -> list[MergeInput]:
    """Every province reports 100 plus its place in the list."""
    return [
        give(folder, first + place, code, [figure(code, str(100 + place), indicator, period)])
        for place, code in enumerate(CODES)
    ]
