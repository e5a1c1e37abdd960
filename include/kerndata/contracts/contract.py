"""Loads a dataset's contract (ODCS 3.1 YAML in this folder) into the few frozen types the checks and writers use.

Rules of a dataset are quality entries of its own contract; an entry below a property is about that column, an entry at
the schema about the whole row. F and H rules hold for every file and live once, in ``deliveries.odcs.yaml``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml
from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from kerndata.contracts.code_lists import indicators, provinces
from kerndata.errors import ConfigurationError
from kerndata.model.finding import Severity

DATASETS = ("indicators", "projects")
ENGINE = "greatExpectations"
DIMENSIONS: Mapping[str, str] = MappingProxyType(
    # ODCS names on the left, the names scores carry (DESIGN section 5) on the right
    {
        "completeness": "completeness",
        "conformity": "validity",
        "consistency": "consistency",
        "uniqueness": "uniqueness",
        "timeliness": "timeliness",
        "accuracy": "plausibility",
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``type`` is the Arrow type by name, ``name_nl`` what a steward reads.

    ``description`` is English. ``explanation_nl`` and ``example_nl`` are what the template says about it; empty for a
    column that no steward fills in.
    """

    name: str
    name_nl: str
    type: str
    required: bool
    is_provenance: bool
    description: str = ""
    explanation_nl: str = ""
    example_nl: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``expectation`` and ``arguments`` are set for row rules and None and empty for F and H rules.

    ``column`` is the contract column it speaks about (None: the whole row, or the file); templates hold
    ``{placeholders}``. ``why`` is the reason the rule exists and for its bounds, ``source`` where those come from.
    ``judged_by``: ``greatExpectations``, or the module of ours that finds it. ``counts_for_threshold`` is False when
    the refused row loses nothing (a repeated row).
    """

    id: str
    name: str
    dimension: str
    severity: Severity
    column: str | None
    expectation: str | None
    arguments: Mapping[str, Any]
    message_nl: str
    message_en: str
    action_nl: str
    why: str
    source: str
    judged_by: str
    counts_for_threshold: bool = True


@dataclass(frozen=True, slots=True)
class Contract:
    """What a dataset must look like.

    ``rules`` are judged on rows; ``catalogue`` has all by id, F and H too. ``settings``: bounds and lists that the
    rules use, by name; ``setting_notes`` what they mean.
    """

    dataset: str
    version: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...]
    catalogue: Mapping[str, Rule] = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)
    setting_notes: Mapping[str, str] = field(repr=False)
    refuse_threshold_pct: float = 10.0

    @property
    def column_names(self) -> tuple[str, ...]:
        """All columns in order, provenance last."""
        return tuple(column.name for column in self.columns)

    def rule(self, rule_id: str) -> Rule:
        """The rule by id; raises ConfigurationError when the catalogue does not have it."""
        if rule_id not in self.catalogue:
            raise ConfigurationError(f"rule {rule_id!r} is not in the catalogue: add it to contracts/*.odcs.yaml")
        return self.catalogue[rule_id]

    def name_nl(self, column: str) -> str:
        """What a steward calls a column; a name that is not ours (their own header) is returned as it is."""
        return next((one.name_nl for one in self.columns if one.name == column), column)


@cache
def load_contract(dataset: str) -> Contract:
    """The contract of ``indicators`` or ``projects``; raises ConfigurationError naming file and key."""
    if dataset not in DATASETS:
        raise ConfigurationError(f"no contract for {dataset!r}; there is one for {' and '.join(DATASETS)}")
    return read_contract(contract_text(dataset), dataset)


def contract_text(name: str) -> str:
    """The YAML of ``indicators``, ``projects``, ``deliveries`` or ``releases``."""
    return files("kerndata.contracts").joinpath(f"{name}.odcs.yaml").read_text(encoding="utf-8")


def read_contract(text: str, dataset: str) -> Contract:
    """The contract that this YAML holds; raises ConfigurationError naming the rule that is not right."""
    document, table = _document(text, dataset)
    settings = _properties(document.customProperties)
    properties = table.properties or []
    rules = tuple(_rules(table, dataset))
    return Contract(
        dataset=dataset,
        version=str(document.version),
        columns=tuple(_column(one) for one in properties),
        key=_key(properties),
        rules=rules,
        catalogue=MappingProxyType(_by_id([*rules, *delivery_rules()])),
        settings=MappingProxyType(settings),
        setting_notes=MappingProxyType(
            {str(one.property): one.description or "" for one in document.customProperties or []}
        ),
        refuse_threshold_pct=float(settings["refuseThresholdPct"]),
    )


@cache
def delivery_rule(rule_id: str) -> Rule:
    """An F or H rule when no dataset is known yet (an unreadable file); raises ConfigurationError on a miss."""
    found = {rule.id: rule for rule in delivery_rules()}.get(rule_id)
    if found is None:
        raise ConfigurationError(f"rule {rule_id!r} is not in contracts/deliveries.odcs.yaml: add it there")
    return found


@cache
def delivery_rules() -> tuple[Rule, ...]:
    """The F and H rules, in the order of ``deliveries.odcs.yaml``."""
    return _rules_of("deliveries")


@cache
def release_rules() -> Mapping[str, Rule]:
    """The rules on all provinces together, by id, in the order of ``releases.odcs.yaml``."""
    return MappingProxyType(_by_id([*_rules_of("releases")]))


@cache
def release_settings() -> Mapping[str, Any]:
    """The bounds that the rules on all provinces together use."""
    document, _ = _document(contract_text("releases"), "releases")
    return MappingProxyType(_properties(document.customProperties))


def _rules_of(name: str) -> tuple[Rule, ...]:
    return tuple(_rules(_document(contract_text(name), name)[1], name))


def _document(text: str, name: str) -> tuple[OpenDataContractStandard, SchemaObject]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is built in: ten times faster
    document = OpenDataContractStandard(**yaml.load(text, Loader=loader))  # noqa: S506 - both are safe loaders
    if not document.schema_:
        raise ConfigurationError(f"contracts/{name}.odcs.yaml: schema is empty")
    return document, document.schema_[0]


def _properties(given: list[CustomProperty] | None) -> dict[str, Any]:
    return {str(one.property): one.value for one in given or []}


def _column(one: SchemaProperty) -> Column:
    told = _properties(one.customProperties)
    return Column(
        name=str(one.name),
        name_nl=str(one.businessName),
        type=str(one.physicalType),
        required=bool(one.required),
        is_provenance="provenance" in (one.tags or []),
        description=str(one.description or ""),
        explanation_nl=str(told.get("explanationNl", "")),
        example_nl=str(told.get("exampleNl", "")),
    )


def _key(properties: list[SchemaProperty]) -> tuple[str, ...]:
    parts = [(one.primaryKeyPosition or 0, str(one.name)) for one in properties if one.primaryKey]
    return tuple(name for _, name in sorted(parts))


def _rules(table: SchemaObject, contract: str) -> Iterator[Rule]:
    for entry in table.quality or []:
        yield _rule(entry, None, contract)
    for column in table.properties or []:
        for entry in column.quality or []:
            yield _rule(entry, column.name, contract)


def _rule(entry: DataQuality, column: str | None, contract: str) -> Rule:
    custom = _properties(entry.customProperties)
    runs = entry.implementation if entry.engine == ENGINE and isinstance(entry.implementation, dict) else {}
    try:
        return Rule(
            id=str(entry.id),
            name=str(entry.name),
            dimension=DIMENSIONS[str(entry.dimension)],
            severity=Severity(str(entry.severity)),
            column=column,
            expectation=runs.get("type"),
            arguments=MappingProxyType({key: _resolved(value) for key, value in runs.get("kwargs", {}).items()}),
            message_nl=custom["messageNl"],
            message_en=custom["messageEn"],
            action_nl=custom["actionNl"],
            why=custom["why"],
            source=custom["source"],
            judged_by=ENGINE if runs else str(entry.implementation),
            counts_for_threshold=custom.get("countsForThreshold", True),
        )
    except (KeyError, ValueError) as error:
        raise ConfigurationError(
            f"contracts/{contract}.odcs.yaml, rule {entry.id}: {error} is missing or wrong"
        ) from error


def _resolved(value: object) -> object:
    """A value set may name a code list (``@provinces``) instead of repeating it."""
    lists = {"@provinces": [one.code for one in provinces()], "@indicators": list(indicators())}
    return lists.get(value, value) if isinstance(value, str) else value


def _by_id(rules: list[Rule]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in found:
            raise ConfigurationError(f"contracts: rule id {rule.id} is used twice")
        found[rule.id] = rule
    return found
