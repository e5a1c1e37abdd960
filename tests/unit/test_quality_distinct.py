"""Great Expectations sees each different cell once; what it says of a cell holds for every row that has it."""

import numpy as np
import pandas as pd
import pyarrow as pa
from tests.unit.quality_rows import figure, harmonised

from kerndata.contracts.contract import load_contract
from kerndata.quality.derive import OBSERVATION, derive
from kerndata.quality.distinct import distinct
from kerndata.quality.expectations import validate

TEXT = pd.ArrowDtype(pa.string())


def frame() -> pd.DataFrame:
    index = pd.Index([7, 3, 5, 9, 1], name=OBSERVATION)
    texts = pd.array(["a", None, "a", "b", None], dtype=TEXT)
    return pd.DataFrame({"text": texts, "number": [1.5, np.nan, 1.5, 2.5, 3.5]}, index=index)


def test_each_cell_stands_once_on_top_and_the_last_one_fills_the_rest() -> None:
    found = distinct(frame(), ["text", "number", "text"])
    assert found.counts == {"text": 3, "number": 4}
    assert found.missing == {"text": 2, "number": 1}
    assert found.cells["text"].to_list() == ["a", pd.NA, "b", "b"]
    assert found.cells["text"].dtype == TEXT
    assert found.cells["number"].to_list()[2:] == [2.5, 3.5]
    assert found.cells["number"].dtype == np.float64


def test_a_cell_leads_to_every_observation_that_has_it_and_what_fills_the_rest_to_none() -> None:
    found = distinct(frame(), ["text", "number"])
    assert found.observations_at("text", np.array([0])).tolist() == [5, 7]
    assert found.observations_at("text", np.array([1, 3])).tolist() == [1, 3]
    assert found.observations_at("number", np.array([], dtype=np.int64)).tolist() == []


def test_results_count_rows_and_not_cells() -> None:
    contract = load_contract("indicators")
    rows = [*(figure(unit="kWh") for _ in range(3)), figure(), figure(unit="GJ")]
    failing, [judged] = validate(contract, derive(contract, harmonised(*rows).rows))
    [unit] = [one.result for one in judged.results if one.expectation_config.meta["rule_id"] == "I-UNIT"]
    assert failing["I-UNIT"].tolist() == [0, 1, 2, 4]
    assert (unit["element_count"], unit["unexpected_count"], unit["unexpected_percent"]) == (5, 4, 80.0)
