"""Contract to Great Expectations, which takes 2 to 5 s to import: the suite, and its judgement per row."""

import logging
import warnings
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kerndata.contracts.contract import Contract, Rule
from kerndata.errors import NotChecked
from kerndata.quality.derive import OBSERVATION
from kerndata.quality.distinct import Distinct, distinct

with warnings.catch_warnings():  # version 1.24 imports sre_constants, deprecated since Python 3.11
    warnings.filterwarnings("ignore", "module 'sre_", DeprecationWarning)
    import great_expectations as gx
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

logging.getLogger("great_expectations").setLevel(logging.WARNING)  # else it tells every task about its temporary files

RESULT_FORMAT: Mapping[str, Any] = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [OBSERVATION],
    "exclude_unexpected_values": True,  # cell values stay out of results and logs
}
# Whether a rule is met, and how often not; without the values it would show some of.
COUNTS_ONLY: Mapping[str, Any] = {"result_format": "BASIC", "exclude_unexpected_values": True}


def suite_of(contract: Contract, only: Collection[str] | None = None) -> ExpectationSuite:
    """One expectation per row rule, of all or ``only`` these; the rule id travels in ``meta``."""
    return ExpectationSuite(
        name=f"{contract.dataset}-{contract.version}",
        expectations=[
            ExpectationConfiguration(
                type=str(rule.expectation), kwargs=dict(rule.arguments), meta=_meta(rule)
            ).to_domain_obj()
            for rule in contract.rules
            if only is None or rule.id in only
        ],
    )


def _meta(rule: Rule) -> dict[str, str]:
    return {
        "rule_id": rule.id,
        "about": rule.name,
        "dimension": rule.dimension,
        "severity": rule.severity.value,
        "why": rule.why,
    }


def judge(contract: Contract, frame: pd.DataFrame) -> dict[str, npt.NDArray[np.int64]]:
    """The observations Great Expectations finds failing, per rule; raises what ``validate`` raises."""
    return validate(contract, frame)[0]


def validate(
    contract: Contract, frame: pd.DataFrame
) -> tuple[dict[str, npt.NDArray[np.int64]], list[ExpectationSuiteValidationResult]]:
    """The observations that fail, per rule, and the results they come from; ``frame`` comes from ``derive``.

    Raises NotChecked when an expectation raised, none ran, or not every rule came back.
    """
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("delivery").add_dataframe_asset("rows")
    cells = distinct(frame, [str(rule.arguments["column"]) for rule in contract.rules])
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": cells.cells})
    judged = batch.validate(suite_of(contract), result_format=dict(COUNTS_ONLY))
    failed = {_rule_id(one) for one in judged.results if not one.success}
    if failed:  # which rows they are takes as long as all the rest: asked of these rules only
        named = batch.validate(suite_of(contract, failed), result_format=dict(RESULT_FORMAT))
        again = {_rule_id(one): one for one in named.results}
        judged.results = [again.get(_rule_id(one), one) for one in _without_faults(judged)]
    return _failing(contract, cells, judged), [judged]


def _without_faults(judged: ExpectationSuiteValidationResult) -> list[ExpectationValidationResult]:
    """The results; raises NotChecked when an expectation raised."""
    for one in judged.results:
        if _raised(one.exception_info):
            raise NotChecked(f"Great Expectations raised on {_rule_id(one)}: {one.exception_info}")
    return list(judged.results)


def _failing(
    contract: Contract, cells: Distinct, judged: ExpectationSuiteValidationResult
) -> dict[str, npt.NDArray[np.int64]]:
    """The observations behind the cells that fail; the results are made to count observations too."""
    found: dict[str, npt.NDArray[np.int64]] = {}
    for one in _without_faults(judged):
        rule_id = _rule_id(one)
        column = str(contract.rule(rule_id).arguments["column"])
        rows = _rows(one.result, success=bool(one.success), rule_id=rule_id)
        found[rule_id] = cells.observations_at(column, rows)
        one.result |= _counts(one.result, cells, column, len(found[rule_id]))
    missing = [rule.id for rule in contract.rules if rule.id not in found]
    if missing or not found:
        raise NotChecked(f"Great Expectations ran {len(found)} of {len(contract.rules)} rules; missing: {missing}")
    return found


def _counts(result: Mapping[str, Any], cells: Distinct, column: str, failed: int) -> dict[str, Any]:
    """What Great Expectations would count of every observation, for those counts that this result has."""
    every, missing = len(cells.observations), cells.missing[column]
    judged = every - missing if "missing_count" in result else every
    told = {
        "element_count": every,
        "unexpected_count": failed,
        "missing_count": missing,
        "missing_percent": 100 * missing / every,
        "unexpected_percent": 100 * failed / judged if judged else 0.0,
        "unexpected_percent_nonmissing": 100 * failed / judged if judged else 0.0,
        "unexpected_percent_total": 100 * failed / every,
    }
    return {name: count for name, count in told.items() if name in result}


def _rule_id(one: ExpectationValidationResult) -> str:
    meta = one.expectation_config.meta if one.expectation_config else None
    if not meta or "rule_id" not in meta:
        raise NotChecked("Great Expectations returned a result that names no rule")
    return str(meta["rule_id"])


def _raised(info: Mapping[str, Any] | None) -> bool:
    """``exception_info`` is one record, or one per metric."""
    records = [info or {}, *(one for one in (info or {}).values() if isinstance(one, Mapping))]
    return any(record.get("raised_exception") for record in records)


def _rows(result: Mapping[str, Any], *, success: bool, rule_id: str) -> npt.NDArray[np.int64]:
    """The rows of the table of cells that fail."""
    named = result.get("unexpected_index_list") or []
    found = np.sort(np.array([at for one in named for at in np.atleast_1d(one[OBSERVATION])], dtype=np.int64))
    if success != (len(found) == 0) or int(result.get("unexpected_count", -1)) != len(found):
        raise NotChecked(f"Great Expectations contradicts itself on {rule_id}: success={success}, rows={len(found)}")
    return found
