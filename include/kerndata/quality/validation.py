"""What Great Expectations said of one set of rows, without any of their values: for engineers, in the Data Docs.

Nothing here imports Great Expectations: whoever checks a file offline has no need of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from kerndata.contracts.contract import Contract

MOST_ROWS = 200  # of one rule that are named; all are counted
ROW = "source_row"


@dataclass(frozen=True, slots=True)
class FailingRows:
    """The rows that do not meet one rule: how many, and of the first ``MOST_ROWS`` the key and the row in the file."""

    rule_id: str
    count: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Validation:
    """What was judged of one set of rows.

    ``results``: one ``ExpectationSuiteValidationResult`` per share of the rules, of which ``without_rows`` took the
    rows away; none where something else judged.
    """

    failing: tuple[FailingRows, ...]
    results: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What a page tells beside the suite: ``about`` in order, ``scores`` 0 to 1, ``totals`` of all rules not met."""

    title: str
    about: Mapping[str, str]
    scores: Mapping[str, float] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)


def failing_rows(
    contract: Contract, frame: pd.DataFrame, hits: Mapping[str, npt.NDArray[np.int64]]
) -> tuple[FailingRows, ...]:
    """Return, for each rule of ``hits`` that a row does not meet, those rows by the contract's key.

    ``frame``: rows by observation, as ``derive`` gives them.
    """
    columns = (*contract.key, *((ROW,) if ROW in frame else ()))
    found = []
    for rule_id, observations in hits.items():
        if len(observations):
            named = frame.loc[observations[:MOST_ROWS]]
            cells = [pa.array(named[name], from_pandas=True).to_pylist() for name in columns]
            rows = tuple(tuple("" if one is None else str(one) for one in row) for row in zip(*cells, strict=True))
            found.append(FailingRows(rule_id, len(observations), columns, rows))
    return tuple(found)


def without_rows(results: Sequence[Any]) -> tuple[Any, ...]:
    """Take from every answer what names or repeats rows; counts stay. The results themselves are changed."""
    counts = ("element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent")
    for one in (one for result in results for one in result.results):
        one.result = {name: one.result[name] for name in counts if name in one.result}
    return tuple(results)
