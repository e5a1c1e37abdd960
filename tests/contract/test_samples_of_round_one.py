"""What goes wrong in the first round of the demo goes wrong in exactly the way that was planted."""

from pathlib import Path

import pytest

from kerndata.contracts.contract import load_contract
from kerndata.errors import FileFault
from kerndata.harmonise import Harmonised, harmonise
from kerndata.local.samples import faults, tables
from kerndata.local.samples.render import ROUND1
from kerndata.quality.evaluate import evaluate
from kerndata.read import read
from kerndata.sources import load_source


def _harmonised(slug: str, key: str) -> Harmonised:
    path: Path = tables.HERE / ROUND1 / slug / key
    source = load_source(slug)
    spec = source.match(key)
    assert spec is not None
    return harmonise(read(path, spec.format), spec, source, "S-0123456789abcdef", path.name)


def test_four_rows_of_gelderland_are_refused_and_the_others_are_kept() -> None:
    found = _harmonised("gelderland", "drop/indicators/kerndataset_2024.csv")
    errors = evaluate(load_contract("indicators"), found).query("severity == 'error'")
    refused = found.rows[found.rows["observation"].isin(errors["observation"])]
    assert sorted(refused["period"]) == sorted(period for _, period in faults.GELDERLAND)
    assert (len(refused), len(found.rows)) == (4, len(tables.figures("PV25")))
    assert {"H-INDICATOR-UNKNOWN", "H-NUMBER-AMBIGUOUS", "H-UNIT-UNKNOWN"} < set(errors["rule_id"])


def test_the_rows_of_zeeland_in_the_inbox_of_limburg_are_refused_whole() -> None:
    with pytest.raises(FileFault) as caught:
        _harmonised("limburg", "drop/indicators/energiecijfers_limburg.csv")
    assert caught.value.rule_id == "F-OTHER-PROVINCE"
    assert caught.value.facts == {"found": "Zeeland", "expected": "Limburg"}
