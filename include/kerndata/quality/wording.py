"""Words findings for people: fills a rule's Dutch and English templates and says where in the file it stands."""

import math
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pandas as pd

from kerndata.contracts.code_lists import indicators
from kerndata.contracts.contract import Contract, Rule, delivery_rule
from kerndata.errors import ConfigurationError, FileFault
from kerndata.model.finding import Finding, Severity
from kerndata.quality.derive import arrow

EMPTY = {"nl": "(leeg)", "en": "(empty)"}
ROW = {"nl": "rij", "en": "row"}
COLUMN = {"nl": "kolom", "en": "column"}
# what a template may ask for besides the columns of its row
OWN = (
    "value",
    "expected",
    "column",
    "minimum",
    "maximum",
    "first_place",
    "rival_place",
    "rival_value",
    "capacity_maximum",
)
OF_INDICATOR = {
    "indicator_name_nl": "name_nl",
    "indicator_name_en": "name_en",
    "expected_unit": "unit",
    "bound_minimum": "minimum",
    "bound_maximum": "maximum",
}


@lru_cache(maxsize=10_000, typed=True)  # typed: 4000 and 4000.0 are equal, but not written alike
def shown(value: object, language: str) -> str:
    """A value as people read it: ``1.234,5`` in Dutch, ``1,234.5`` in English; whole numbers from files as they are."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return EMPTY[language]
    if not isinstance(value, Decimal | float):
        return str(value)
    text = f"{Decimal(str(value)).quantize(Decimal('0.001')):,f}".rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def word(contract: Contract, frame: pd.DataFrame, found: pd.DataFrame) -> tuple[Finding, ...]:
    """The findings (``findings.COLUMNS``) with message and place, in that order; ``frame`` comes from ``derive``."""
    rows = _Rows(frame, found["observation"])
    names = ["observation", "rule_id", "severity", "column", "value", "expected"]
    return tuple(_finding(contract, rows, *one) for one in found[names].itertuples(index=False, name=None))


def word_fault(fault: FileFault) -> Finding:
    """The one finding of a file that is refused whole; a fact the fault does not carry reads as unknown."""
    rule = delivery_rule(fault.rule_id)
    row = fault.facts.get("row")
    return Finding(
        rule_id=rule.id,
        severity=Severity.ERROR,
        member=str(fault.facts["member"]) if fault.facts.get("member") else None,
        sheet=None,
        row=int(row) if row is not None else None,
        column=None,
        value=None,
        message_nl=rule.message_nl.format_map(_FaultFacts(fault.facts, "onbekend")),
        message_en=rule.message_en.format_map(_FaultFacts(fault.facts, "unknown")),
    )


def word_unmapped(column: str) -> Finding:
    """The finding for a column of the file that nobody mapped."""
    rule = delivery_rule("F-UNMAPPED-COLUMN")
    facts = {"value": column}
    nl, en = rule.message_nl.format_map(facts), rule.message_en.format_map(facts)
    return Finding(rule.id, rule.severity, None, None, None, None, column, nl, en)


class _FaultFacts(dict[str, Any]):
    def __init__(self, facts: Mapping[str, Any], unknown: str) -> None:
        super().__init__({name: unknown if value in (None, "") else value for name, value in facts.items()})
        self.unknown = unknown

    def __missing__(self, key: str) -> str:
        return self.unknown


class _Rows:
    """The rows that findings are about, and those they point to, as plain Python values."""

    def __init__(self, frame: pd.DataFrame, observations: "pd.Series[int]") -> None:
        about = frame.loc[observations.unique()]
        pointed = pd.concat([about["first_observation"], about["rival_observation"]]).dropna().astype("int64")
        needed = frame.loc[pd.Index(observations).union(pd.Index(pointed)).unique()]
        self._at = {observation: at for at, observation in enumerate(needed.index.tolist())}
        self._needed = needed
        self._columns: dict[str, list[Any]] = {}  # turned into Python values when first asked for

    def __contains__(self, column: str) -> bool:
        return column in self._needed

    def cell(self, column: str, observation: float) -> Any:
        """The cell; None where it is missing or the frame has no such column."""
        if column not in self._columns:
            self._columns[column] = (
                arrow(self._needed, column).to_pylist() if column in self else [None] * len(self._at)
            )
        return self._columns[column][self._at[int(observation)]]

    def place(self, observation: float, language: str) -> str:
        """Where a row stands, as the steward sees it."""
        parts = [self.cell("source_member", observation), self.cell("source_sheet", observation)]
        parts.append(f"{ROW[language]} {self.cell('source_row', observation)}")
        column = self.cell("source_column", observation)
        parts.append(f"{COLUMN[language]} {column}" if column else None)
        return ", ".join(part for part in parts if part)


class _Facts:
    """What the placeholders of one finding's templates stand for; a placeholder nobody knows is a contract error."""

    def __init__(
        self, contract: Contract, rows: _Rows, rule: Rule, observation: int, own: dict[str, Any], language: str
    ):
        self._contract, self._rows, self._rule = contract, rows, rule
        self._observation, self._own, self._language = observation, own, language

    def __getitem__(self, name: str) -> str:
        return shown(self._fact(name), self._language)

    def _fact(self, name: str) -> object:
        if name in OWN:
            return self._own.get(name) if name in ("value", "column") else getattr(self, f"_{name}")()
        if name in OF_INDICATOR:
            code = self._rows.cell("indicator_code", self._observation)
            return getattr(indicators()[code], OF_INDICATOR[name]) if code in indicators() else None
        if name not in self._rows:
            raise ConfigurationError(f"rule {self._rule.id}: its message asks for {{{name}}}, which no row has")
        return self._rows.cell(name, self._observation)

    def _expected(self) -> object:
        known = self._rule.arguments.get("value_set")
        return ", ".join(map(str, known)) if known else self._own.get("expected")

    def _minimum(self) -> object:
        return float(self._rule.arguments["min_value"])

    def _maximum(self) -> object:
        return float(self._rule.arguments["max_value"])

    def _first_place(self) -> object:
        return self._rows.place(self._rows.cell("first_observation", self._observation), self._language)

    def _rival_place(self) -> object:
        return self._rows.place(self._rows.cell("rival_observation", self._observation), self._language)

    def _rival_value(self) -> object:
        return self._rows.cell("original_value", self._rows.cell("rival_observation", self._observation))

    def _capacity_maximum(self) -> object:
        highest = self._contract.settings["capacityMaximumMw"]
        return float(highest[self._rows.cell("technology", self._observation)])


def _finding(
    contract: Contract,
    rows: _Rows,
    observation: int,
    rule_id: str,
    severity: Severity,
    column: str | None,
    value: str | None,
    expected: str | None,
) -> Finding:
    rule = contract.rule(rule_id)
    own = {"value": value, "expected": expected, "column": contract.name_nl(column) if column else None}
    nl, en = (_Facts(contract, rows, rule, observation, own, language) for language in ("nl", "en"))
    return Finding(
        rule_id=rule_id,
        severity=Severity(severity),
        member=rows.cell("source_member", observation),
        sheet=rows.cell("source_sheet", observation),
        row=rows.cell("source_row", observation),
        column=_column(contract, rows, observation, column),
        value=value,
        message_nl=rule.message_nl.format_map(nl),
        message_en=rule.message_en.format_map(en),
    )


def _column(contract: Contract, rows: _Rows, observation: int, column: str | None) -> str | None:
    """The letter of the column where the row has one and the value is meant; else what the column is called."""
    letter = rows.cell("source_column", observation)
    if letter and column in (None, "value"):
        return str(letter)
    return contract.name_nl(column) if column else None
