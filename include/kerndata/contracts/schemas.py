"""The contracts as schemas that other tools know: Table Schema (Frictionless) and JSON Schema of the published rows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kerndata.contracts.code_lists import Indicator, indicators
from kerndata.contracts.constraints import Constraint, constraint_of
from kerndata.contracts.contract import Column, Contract

TYPES: Mapping[str, str] = MappingProxyType(
    {"string": "string", "int64": "integer", "double": "number", "decimal128(28, 9)": "number"}
)


def table_schema(contract: Contract) -> dict[str, Any]:
    """The Table Schema of the dataset's published CSV; an empty cell is a missing value."""
    fields = [_field(one, constraint_of(contract, one)) for one in contract.columns]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "title": f"Kerndataset energietransitie: {contract.dataset} {contract.version}",
        "fieldsMatch": "equal",
        "fields": fields,
        "primaryKey": list(contract.key),
        "missingValues": [""],
    }


def _field(column: Column, held: Constraint) -> dict[str, Any]:
    told = {
        "required": held.required or None,
        "minimum": _number(held.minimum),
        "maximum": _number(held.maximum),
        "enum": list(held.values) if held.values else None,
        "pattern": held.pattern,
    }
    field = {"name": column.name, "type": TYPES[column.type], "title": column.name_nl}
    constraints = {name: value for name, value in told.items() if value is not None}
    return field | {"description": column.description} | ({"constraints": constraints} if constraints else {})


def json_schema(contract: Contract) -> dict[str, Any]:
    """The JSON Schema of one published row as an object; a missing value is null."""
    rules = _indicator_rules(contract) if contract.dataset == "indicators" else _project_rules(contract)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Kerndataset energietransitie: a row of {contract.dataset} {contract.version}",
        "type": "object",
        "additionalProperties": False,
        "required": list(contract.column_names),
        "properties": {one.name: _property(one, constraint_of(contract, one)) for one in contract.columns},
        "allOf": rules,
    }


def _property(column: Column, held: Constraint) -> dict[str, Any]:
    kind = TYPES[column.type]
    values = None if held.values is None else [*held.values, *([] if held.required else [None])]
    told = {
        "title": column.name_nl,
        "description": column.description,
        "type": kind if held.required or column.required else [kind, "null"],
        "minimum": _number(held.minimum),
        "maximum": _number(held.maximum),
        "enum": values,
        "pattern": held.pattern,
    }
    return {name: value for name, value in told.items() if value is not None}


def _indicator_rules(contract: Contract) -> list[dict[str, Any]]:
    """A value or a reason, not both; and per indicator its unit and the bounds that refuse."""
    known = {"properties": {"value": {"type": "number"}}}
    either = {
        "if": known,
        "then": {"properties": {"missing_reason": {"type": "null"}}},
        "else": {"properties": {"missing_reason": {"type": "string"}}},
    }
    return [either, *(_of_indicator(one) for one in indicators().values())]


def _of_indicator(one: Indicator) -> dict[str, Any]:
    held: dict[str, Any] = {"unit": {"const": one.unit}}
    if one.bound_kind == "hard":
        held["value"] = {"minimum": _number(float(one.minimum)), "maximum": _number(float(one.maximum))}
    return {"if": {"properties": {"indicator_code": {"const": one.code}}}, "then": {"properties": held}}


def _project_rules(contract: Contract) -> list[dict[str, Any]]:
    """A place has both numbers; a capacity is above zero and at most the highest of its technology."""
    nowhere = {"properties": {"lon": {"type": "null"}}}
    place = {"if": nowhere, "then": {"properties": {"lat": {"type": "null"}}}}
    other = {"if": {"properties": {"lat": {"type": "null"}}}, "then": nowhere}
    capacities = [
        {
            "if": {"properties": {"technology": {"const": technology}}},
            "then": {"properties": {"capacity_mw": {"exclusiveMinimum": 0, "maximum": most}}},
        }
        for technology, most in contract.settings["capacityMaximumMw"].items()
    ]
    return [place, other, *capacities]


def _number(value: float | None) -> float | int | None:
    """Whole numbers without a point: the same text whatever wrote the bound."""
    return int(value) if value is not None and value.is_integer() else value
