"""What a contract demands of a column of the published files, apart from Great Expectations.

Only rules that refuse a row demand anything: a published value may well be unusual. From these come the Frictionless
and JSON schemas (``kerndata.contracts.schemas``) and the bounds of the templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kerndata.contracts.contract import Column, Contract, Rule
from kerndata.model.finding import Severity

# Columns of the checks that only restate a column of the contract as a float64.
RESTATED: Mapping[str, str] = MappingProxyType(
    {
        "lon_degrees": "lon", "lat_degrees": "lat", "turbine_count": "turbines",
        "production_mwh": "expected_production_mwh_per_year", "stored_mwh": "storage_mwh",
        "owned_pct": "local_ownership_pct",
    }
)  # fmt: skip
MAY_BE_EMPTY = frozenset({"quality_flags"})  # always there, and an empty text in most rows


@dataclass(frozen=True, slots=True)
class Constraint:
    """What holds for every value of a column; None where nothing does. ``pattern`` fits the whole text."""

    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[Any, ...] | None = None
    pattern: str | None = None


def constraint_of(contract: Contract, column: Column, *, usual: bool = False) -> Constraint:
    """The constraint on a column; ``usual``: with the bounds of warnings too, for who fills in a template."""
    told = [one for one in contract.rules if _about(one) == column.name and (usual or one.severity is Severity.ERROR)]
    between = [one.arguments for one in told if one.expectation == "expect_column_values_to_be_between"]
    sets = [one.arguments["value_set"] for one in told if one.expectation == "expect_column_values_to_be_in_set"]
    forms = [one.arguments["regex"] for one in told if one.expectation == "expect_column_values_to_match_regex"]
    asked = any(one.expectation == "expect_column_values_to_not_be_null" for one in told)
    return Constraint(
        required=asked or (column.required and column.name not in MAY_BE_EMPTY),
        minimum=max((float(one["min_value"]) for one in between if "min_value" in one), default=None),
        maximum=min((float(one["max_value"]) for one in between if "max_value" in one), default=None),
        values=tuple(sets[0]) if sets else None,
        pattern=_whole(forms[0]) if forms else None,
    )


def column_of(contract: Contract, name: str) -> Column:
    """The column of that name; raises KeyError when the contract has none."""
    return {one.name: one for one in contract.columns}[name]


def _about(rule: Rule) -> str:
    judged = str(rule.arguments.get("column"))
    return RESTATED.get(judged, judged)


def _whole(regex: str) -> str:
    """The same pattern without Python's own anchors and groups: Table Schema and JSON Schema know neither."""
    return "^" + regex.removeprefix(r"\A").removesuffix(r"\Z").replace("(?:", "(") + "$"
