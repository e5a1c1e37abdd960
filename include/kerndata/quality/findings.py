"""Joins what the contract's rules found on rows with what harmonising found on cells."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kerndata.contracts.contract import Contract, Rule
from kerndata.model.finding import Severity
from kerndata.quality.columns import arrow
from kerndata.quality.wording import shown

COLUMNS = ("observation", "rule_id", "severity", "column", "value", "expected")
NOT_NULL = "expect_column_values_to_not_be_null"
ONE_CAUSE_FROM = 3  # so many findings of one rule over one and the same value are one thing to repair
# A wrong file of millions of rows must not cost a worker its memory: of one rule so many findings are worded, the
# rest is counted. 100,000 rows of nonsense took 44 s and 1.5 GB when all 500,000 were (measured, 2026).
MOST_PER_RULE = 10_000
ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def collect(
    contract: Contract, frame: pd.DataFrame, hits: Mapping[str, npt.NDArray[np.int64]], cells: pd.DataFrame
) -> pd.DataFrame:
    """All findings (``COLUMNS``), sorted by what to fix first.

    Errors before warnings before the rest; then the rule that one cause makes hit many rows (one wrong unit for a whole
    column is one repair), then the rule with most findings; then the place.
    """
    parts = [_on_cells(contract, cells)]
    parts += [_on_rows(contract.rule(rule_id), frame, failed) for rule_id, failed in hits.items() if len(failed)]
    return _sorted(_without_echoes(contract, pd.concat(parts, ignore_index=True)))


def _on_cells(contract: Contract, cells: pd.DataFrame) -> pd.DataFrame:
    names = ("observation", "rule_id", "column", "value", "expected")
    found = pd.DataFrame({name: pd.Series(_texts(cells, name), dtype=object) for name in names})
    found["observation"] = found["observation"].astype("int64")
    found["severity"] = found["rule_id"].map(lambda rule_id: contract.rule(rule_id).severity)
    return found[list(COLUMNS)]


def _texts(cells: pd.DataFrame, name: str) -> list[Any]:
    if name not in cells:
        return [None] * len(cells)
    return list(arrow(cells, name).to_pylist())


def _on_rows(rule: Rule, frame: pd.DataFrame, failed: npt.NDArray[np.int64]) -> pd.DataFrame:
    written = "original_value" if rule.column in (None, "value") and "original_value" in frame else rule.column
    values = _texts(frame.loc[failed], written) if written else [None] * len(failed)
    found = pd.DataFrame({"observation": failed, "rule_id": rule.id, "severity": rule.severity})
    found["column"] = pd.Series([rule.column] * len(failed), dtype=object)
    texts = {one: None if one is None else shown(one, "nl") for one in set(values)}
    found["value"] = pd.Series([texts[one] for one in values], dtype=object)
    found["expected"] = pd.Series([None] * len(failed), dtype=object)
    return found


def _without_echoes(contract: Contract, found: pd.DataFrame) -> pd.DataFrame:
    """Drop row findings that only repeat that harmonising could not understand a cell.

    A cell that was not understood is null afterwards: "empty" would be wrong, and one reason per fault is enough.
    """
    by_harmonise = found["rule_id"].str.startswith("H-") & (found["severity"] == Severity.ERROR)
    doubted = found[by_harmonise]
    if doubted.empty:
        return found
    empty = {rule.id for rule in contract.rules if rule.expectation == NOT_NULL}
    cells = set(zip(doubted["observation"].tolist(), doubted["column"].tolist(), strict=True))
    pairs = zip(found["observation"].tolist(), found["column"].tolist(), strict=True)
    same_cell = [pair in cells for pair in pairs]
    same_row = found["observation"].isin(set(doubted["observation"])) & found["rule_id"].isin(empty)
    echo = ~found["rule_id"].str.startswith("H-") & (np.array(same_cell) | same_row)
    return found[~echo]


def _sorted(found: pd.DataFrame) -> pd.DataFrame:
    rules = found.groupby("rule_id", sort=False)
    many, values = rules["rule_id"].transform("size"), rules["value"].transform("nunique")
    one_cause = (many >= ONE_CAUSE_FROM) & (values == 1)
    keyed = found.assign(_rank=found["severity"].map(ORDER), _several=~one_cause, _many=-many)
    order = ["_rank", "_several", "_many", "rule_id", "observation"]
    return keyed.sort_values(order, kind="stable", ignore_index=True)[list(COLUMNS)]
