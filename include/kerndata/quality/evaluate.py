"""Judges a contract's row rules on a delivery, vectorised and without Great Expectations: offline, and as its check.

Five kinds of rule are enough, named after the expectations they mirror. All but the null rules let missing values pass.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.contract import Contract, Rule
from kerndata.errors import ConfigurationError
from kerndata.harmonise import Harmonised
from kerndata.quality.columns import arrow
from kerndata.quality.derive import SPARSE, derive
from kerndata.quality.findings import collect

Hits = Mapping[str, npt.NDArray[np.int64]]  # rule id -> the observations that fail it, ascending


def evaluate(contract: Contract, harmonised: Harmonised, *, as_of: date | None = None) -> pd.DataFrame:
    """Every finding on a row: ``observation, rule_id, severity, column, value, expected``; H findings included."""
    frame = derive(contract, harmonised.rows, as_of=as_of)
    return collect(contract, frame, failing(contract, frame), harmonised.cell_findings)


def failing(contract: Contract, frame: pd.DataFrame) -> dict[str, npt.NDArray[np.int64]]:
    """The observations that fail each row rule, on a frame of ``derive``; a rule without any has an empty array."""
    observations = frame.index.to_numpy(dtype=np.int64)
    return {rule.id: np.sort(observations[_fails(contract, rule, frame)]) for rule in contract.rules}


def _fails(contract: Contract, rule: Rule, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    kind = _KINDS.get(str(rule.expectation))
    if kind is None:
        raise ConfigurationError(f"rule {rule.id}: no evaluator for {rule.expectation!r}; known: {', '.join(_KINDS)}")
    column = rule.arguments["column"]
    if column in SPARSE[contract.dataset] and frame[column].isna().all():  # nothing to judge, in most deliveries
        return np.zeros(len(frame), dtype=bool)
    values = arrow(frame, column)
    failed: npt.NDArray[np.bool_] = pc.fill_null(kind(values, rule.arguments), False).to_numpy(zero_copy_only=False)
    return failed


def _null(values: pa.Array, _: Mapping[str, Any]) -> pa.Array:
    return pc.is_null(values)


def _present(values: pa.Array, _: Mapping[str, Any]) -> pa.Array:
    return pc.is_valid(values)


def _outside_set(values: pa.Array, arguments: Mapping[str, Any]) -> pa.Array:
    known = pc.is_in(values, pa.array(arguments["value_set"], values.type))
    return pc.and_(pc.is_valid(values), pc.invert(known))


def _unlike(values: pa.Array, arguments: Mapping[str, Any]) -> pa.Array:
    pattern = re.compile(arguments["regex"])
    seen = pc.unique(values.drop_null())
    fits = pa.array([pattern.search(text) is not None for text in seen.to_pylist()], pa.bool_())
    return pc.invert(fits.take(pc.index_in(values, seen)))


def _beyond(values: pa.Array, arguments: Mapping[str, Any]) -> pa.Array:
    lowest, highest = arguments.get("min_value", -np.inf), arguments.get("max_value", np.inf)
    return pc.or_(pc.less(values, float(lowest)), pc.greater(values, float(highest)))


_KINDS: Mapping[str, Callable[[pa.Array, Mapping[str, Any]], pa.Array]] = {
    "expect_column_values_to_not_be_null": _null,
    "expect_column_values_to_be_null": _present,
    "expect_column_values_to_be_in_set": _outside_set,
    "expect_column_values_to_match_regex": _unlike,
    "expect_column_values_to_be_between": _beyond,
}
