"""Hand-built deliveries in the contract's shape, for the tests of checks and receipts."""

from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from kerndata.contracts.code_lists import indicators
from kerndata.contracts.contract import load_contract
from kerndata.harmonise import Harmonised

TYPES = {"string": pa.string(), "int64": pa.int64(), "double": pa.float64(), "decimal128(28, 9)": pa.decimal128(28, 9)}
PROVENANCE = {"submission_id": "S-1", "source_file": "wind.xlsx", "source_sheet": "Wind", "quality_flags": ""}


def figure(**cells: Any) -> dict[str, Any]:
    """One good observation: wind capacity of Noord-Holland in 2024; ``cells`` replaces what a test is about."""
    row = {
        "indicator_code": "H3.4", "region_level": "provincie", "region_code": "PV27", "period": "2024",
        "category": "totaal", "value": "700", "value_status": "definitief", "missing_reason": None,
        "province_code": "PV27", "source_column": "F", **PROVENANCE, **cells,
    }  # fmt: skip
    listed = indicators().get(row["indicator_code"])
    row.setdefault("unit", listed.unit if listed else "MW")
    row.setdefault("original_value", row["value"])
    row.setdefault("original_unit", row["unit"])
    return row


def project(**cells: Any) -> dict[str, Any]:
    """One good wind farm."""
    return {
        "project_id": "NH-1", "name": "Windpark", "technology": "wind_op_land", "province_code": "PV27",
        "municipality_name": "Hollands Kroon", "capacity_mw": "30", "turbines": 10, "phase": 6,
        "commissioned_on": "2020-05-14", "reference_date": "2025-01-01", "lon": 4.9, "lat": 52.8, **PROVENANCE, **cells,
    }  # fmt: skip


def harmonised(
    *rows: dict[str, Any],
    dataset: str = "indicators",
    cells: list[tuple[int, str, str, str | None]] = (),  # type: ignore[assignment]
    unmapped: tuple[str, ...] = (),
) -> Harmonised:
    """The rows as a delivery; row numbers of the file start at 2. ``cells``: observation, rule, column, value."""
    columns = load_contract(dataset).columns
    filled = [{"source_row": number + 2, **row} for number, row in enumerate(rows)]
    frame = pd.DataFrame({one.name: _column([row.get(one.name) for row in filled], TYPES[one.type]) for one in columns})
    frame["observation"] = pd.Series(range(len(rows)), dtype=pd.ArrowDtype(pa.int64()))
    found = pd.DataFrame(
        [(*one, None) for one in cells], columns=["observation", "rule_id", "column", "value", "expected"]
    )
    return Harmonised(frame, found, {"header": 1}, unmapped)


def _column(values: list[Any], kind: pa.DataType) -> pd.Series:  # type: ignore[type-arg]
    if pa.types.is_decimal(kind):
        values = [None if value is None else Decimal(value) for value in values]
    return pd.Series(pd.array(values, dtype=pd.ArrowDtype(kind)))
