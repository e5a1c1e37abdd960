"""What every published column means, from ``columns.csv`` beside this module."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from kerndata.errors import ConfigurationError

# The columns of the wide table: a year, half year or quarter.
_PERIOD = re.compile(r"\d{4}(-[QH][1-4])?")


def column(name: str) -> Mapping[str, str]:
    """Give type, Dutch title, description and allowed values; ConfigurationError for a column nobody described."""
    if name in _columns():
        return _columns()[name]
    if _PERIOD.fullmatch(name):
        told = {"name": name, "type": "number", "title_nl": name, "values": ""}
        return told | {"description": f"The value for {name}; empty when there is none (indicators.csv says why)"}
    raise ConfigurationError(f"Column {name!r} has no description; add it to include/kerndata/publish/columns.csv.")


@cache
def _columns() -> Mapping[str, Mapping[str, str]]:
    with files(__package__).joinpath("columns.csv").open(encoding="utf-8") as file:
        return MappingProxyType({row["name"]: row for row in csv.DictReader(file)})
