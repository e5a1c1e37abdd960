"""The two tables of the core dataset: columns with their types in order, keys, and what counts as a change."""

from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from kerndata.errors import ConfigurationError

DECIMAL = pa.decimal128(28, 9)
_SQL_TYPES = MappingProxyType({pa.string(): "VARCHAR", pa.int64(): "BIGINT", DECIMAL: "DECIMAL(28,9)"})

PROVENANCE = ("submission_id", "source_file", "source_member", "source_sheet", "source_row", "source_column")


@dataclass(frozen=True, slots=True)
class Table:
    """One dataset of the release.

    ``key`` identifies a row; ``compared`` are the columns whose change is a change of the dataset (provenance is not).
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    compared: tuple[str, ...]

    def select(self) -> str:
        """Select list that casts every column to its one type: a column without any value may arrive typed null."""
        return ", ".join(f"CAST({one.name} AS {sql_type(one.type)}) AS {one.name}" for one in self.schema)

    def keys(self, prefix: str = "") -> str:
        """Key columns as SQL, in order."""
        return ", ".join(f"{prefix}{name}" for name in self.key)

    def order(self) -> str:
        """Full order of the released rows: province by province, then the key (one province is merged at a time)."""
        return f"province_code, {self.keys()}"


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name of a column type used here."""
    return _SQL_TYPES[kind]


def table_of(dataset: str) -> Table:
    """Find a dataset's table.

    Raises ConfigurationError with the name when there is none.
    """
    if dataset not in TABLES:
        raise ConfigurationError(f"No dataset {dataset!r}; kerndata.merge.tables knows {', '.join(TABLES)}.")
    return TABLES[dataset]


def _schema(text: str) -> pa.Schema:
    kinds = {"text": pa.string(), "int": pa.int64(), "decimal": DECIMAL}
    pairs = (part.split(":") for part in text.split())
    return pa.schema([(name, kinds[kind]) for name, kind in pairs])


INDICATORS = Table(
    name="indicators",
    schema=_schema(
        "indicator_code:text region_level:text region_code:text period:text category:text value:decimal unit:text "
        "value_status:text missing_reason:text province_code:text submission_id:text source_file:text "
        "source_member:text source_sheet:text source_row:int source_column:text original_value:text "
        "original_unit:text quality_flags:text"
    ),
    key=("indicator_code", "region_level", "region_code", "period", "category"),
    compared=("value", "unit", "value_status", "missing_reason"),
)
PROJECTS = Table(
    name="projects",
    schema=_schema(
        "project_id:text name:text technology:text province_code:text municipality_name:text municipality_code:text "
        "initiator:text capacity_mw:decimal turbines:int expected_production_mwh_per_year:decimal phase:int "
        "commissioned_on:text reference_date:text lon:decimal lat:decimal submission_id:text source_file:text "
        "source_member:text source_sheet:text source_row:int source_column:text quality_flags:text"
    ),
    key=("province_code", "project_id"),
    compared=(
        "name",
        "technology",
        "municipality_name",
        "municipality_code",
        "initiator",
        "capacity_mw",
        "turbines",
        "expected_production_mwh_per_year",
        "phase",
        "commissioned_on",
        "reference_date",
        "lon",
        "lat",
    ),
)
TABLES: MappingProxyType[str, Table] = MappingProxyType({one.name: one for one in (INDICATORS, PROJECTS)})
