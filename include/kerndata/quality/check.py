"""Judges one harmonised delivery: Great Expectations decides, our own evaluator must agree on every row and rule."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kerndata.contracts.contract import Contract
from kerndata.errors import NotChecked
from kerndata.harmonise import Harmonised
from kerndata.quality.derive import OBSERVATION, derive
from kerndata.quality.evaluate import failing
from kerndata.quality.findings import collect
from kerndata.quality.places import Kind
from kerndata.quality.validation import Validation, failing_rows, without_rows
from kerndata.quality.verdict import Verdict, conclude

Hits = Mapping[str, npt.NDArray[np.int64]]


def check(
    contract: Contract,
    harmonised: Harmonised,
    *,
    as_of: date | None = None,
    threshold_pct: float | None = None,
    judge: bool = True,
    kind: Kind = Kind.CELLS,
) -> Verdict:
    """The verdict on a delivery.

    ``as_of``: last day that figures may be about. ``threshold_pct``: refused share over which the whole file goes back
    (the contract's without one). ``judge=False`` leaves Great Expectations out, for use offline. ``kind``: how places
    in the file are named.
    Raises NotChecked when the checks failed or disagreed, or when a row lacks what only we could have given it;
    FileFault when there is no observation.
    """
    require_shape(contract, harmonised.rows)
    frame = derive(contract, harmonised.rows, as_of=as_of)
    hits: Hits = failing(contract, frame)
    validation = None
    if judge and len(frame):
        judged, results = _great_expectations(contract, frame)
        hits = agreed(hits, judged)
        validation = Validation(failing_rows(contract, frame, hits), without_rows(results))
    found = collect(contract, frame, hits, harmonised.cell_findings)
    limit = contract.refuse_threshold_pct if threshold_pct is None else threshold_pct
    verdict = conclude(contract, harmonised, frame, found, threshold_pct=limit, kind=kind)
    return replace(verdict, validation=validation)


def agreed(own: Hits, judged: Hits) -> Hits:
    """The judged hits, when both found the same observations for every rule; raises NotChecked otherwise."""
    for rule_id in sorted({*own, *judged}):
        ours, theirs = own.get(rule_id), judged.get(rule_id)
        if ours is None or theirs is None or not np.array_equal(ours, theirs):
            counts = (
                f"{'no answer' if ours is None else len(ours)} and {'no answer' if theirs is None else len(theirs)}"
            )
            raise NotChecked(f"evaluator and Great Expectations disagree on {rule_id}: {counts} failing observations")
    return judged


def require_shape(contract: Contract, rows: pd.DataFrame) -> None:
    """Raise NotChecked when columns, types or provenance are not as the contract says: our fault, not a bad row."""
    missing = [name for name in (*contract.column_names, OBSERVATION) if name not in rows]
    if missing:
        raise NotChecked(f"harmonised rows lack the columns {', '.join(missing)}")
    for column in contract.columns:
        if column.is_provenance and column.required and rows[column.name].isna().any():
            raise NotChecked(f"harmonised rows without {column.name}: no value may lack its origin")
        found = str(getattr(rows[column.name].dtype, "pyarrow_dtype", rows[column.name].dtype))
        if found.replace("large_", "") != column.type:
            raise NotChecked(f"column {column.name} is {found}; the contract says {column.type}")


def _great_expectations(contract: Contract, frame: pd.DataFrame) -> tuple[Hits, Sequence[Any]]:
    try:
        from kerndata.quality.expectations import validate

        return validate(contract, frame)
    except NotChecked:
        raise
    except Exception as error:  # whatever it raises means the same: this delivery was not checked
        raise NotChecked(f"Great Expectations failed: {type(error).__name__}: {error}") from error
