"""The two tables of the core dataset, from their contracts: columns with types in order, keys, what is a change."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import pyarrow as pa

from kerndata.contracts.contract import load_contract
from kerndata.errors import ConfigurationError

NAMES = ("indicators", "projects")
DECIMAL = pa.decimal128(28, 9)
_KINDS = MappingProxyType({str(one): one for one in (pa.string(), pa.int64(), pa.float64(), DECIMAL)})
_SQL_TYPES = MappingProxyType(
    {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.float64(): "DOUBLE", DECIMAL: "DECIMAL(28,9)"}
)


@dataclass(frozen=True, slots=True)
class Table:
    """One dataset of the release.

    ``key`` identifies a row; ``compared`` are the columns whose change is a change of the dataset (provenance is not).
    Accepted rows have the ``required`` columns; one that came into the contract later may be absent from older ones.
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    compared: tuple[str, ...]
    required: frozenset[str]

    @property
    def keys(self) -> str:
        """Key columns as SQL, in order."""
        return ", ".join(self.key)

    @property
    def select(self) -> str:
        """Select list that casts every column to its one type: a column without any value may arrive typed null."""
        return ", ".join(f"CAST({one.name} AS {_SQL_TYPES[one.type]}) AS {one.name}" for one in self.schema)

    def empty(self, given: Collection[str]) -> list[str]:
        """Select list of the columns that are not ``given``, empty: they were not delivered."""
        return [f"CAST(NULL AS {_SQL_TYPES[one.type]}) AS {one.name}" for one in self.schema if one.name not in given]

    @property
    def order(self) -> str:
        """Full order of the released rows: province by province (one is merged at a time), then the key."""
        return f"province_code, {self.keys}"


@cache
def table_of(dataset: str) -> Table:
    """Make a dataset's table from its contract.

    Raises ConfigurationError for a dataset without a contract, or a column type that the merge does not know.
    """
    contract = load_contract(dataset)
    unknown = [f"{one.name}: {one.type}" for one in contract.columns if one.type not in _KINDS]
    if unknown:
        raise ConfigurationError(
            f"contracts/{dataset}.odcs.yaml: the merge does not know {', '.join(unknown)}; it knows "
            f"{', '.join(_KINDS)} (kerndata.merge.tables)."
        )
    return Table(
        name=dataset,
        schema=pa.schema([(one.name, _KINDS[one.type]) for one in contract.columns]),
        key=contract.key,
        compared=tuple(one.name for one in contract.columns if not one.is_provenance and one.name not in contract.key),
        required=frozenset(one.name for one in contract.columns if one.required),
    )
