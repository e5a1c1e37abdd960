"""What every published column means: from the contracts, and what they do not hold from ``columns.csv`` beside this.

A column that means more in another table than in the contract's (a region is a province there, and may be the
Netherlands in a sum) stands in ``columns.csv`` too; the contract's own tables are described by the contract.
"""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from kerndata.contracts.contract import DATASETS, load_contract
from kerndata.contracts.schemas import table_schema
from kerndata.errors import ConfigurationError

# The columns of the wide table: a year, half year or quarter.
_PERIOD = re.compile(r"\d{4}(-[QH][1-4])?")


def column(name: str) -> Mapping[str, str]:
    """Give type, Dutch title, description and allowed values; ConfigurationError for a column nobody described."""
    if name in _columns():
        return _columns()[name]
    if name in _contracted():
        return _contracted()[name]
    if _PERIOD.fullmatch(name):
        told = {"name": name, "type": "number", "title_nl": name, "values": ""}
        return told | {"description": f"The value for {name}; empty when there is none (indicators.csv says why)"}
    raise ConfigurationError(f"Column {name!r} has no description; add it to include/kerndata/publish/columns.csv.")


@cache
def _contracted() -> Mapping[str, Mapping[str, str]]:
    every = [one for name in DATASETS for one in table_schema(load_contract(name))["fields"]]
    return MappingProxyType({one["name"]: _told(one) for one in reversed(every)})


def _told(field: Mapping[str, Any]) -> Mapping[str, str]:
    values = "|".join(str(one) for one in field.get("constraints", {}).get("enum", ()))
    told = {"name": field["name"], "type": field["type"], "title_nl": field["title"], "values": values}
    return told | {"description": field["description"]}


@cache
def _columns() -> Mapping[str, Mapping[str, str]]:
    with files(__package__).joinpath("columns.csv").open(encoding="utf-8") as file:
        return MappingProxyType({row["name"]: row for row in csv.DictReader(file)})
