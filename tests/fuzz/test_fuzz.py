"""Broken files by the hundred in every run of the tests, by the thousand in the long one; each gets its reason."""

from random import Random

import pytest
from tests.fuzz.mutate import mutated
from tests.fuzz.pool import outcomes, table
from tests.fuzz.run import run
from tests.fuzz.seeds import seeds


def test_two_hundred_broken_files_each_get_a_verdict_and_a_receipt() -> None:
    found = list(run(range(1, 201), seed=1, whole_every=1000))
    assert [one for one in found if one.problem] == []
    assert {one.kind for one in found} == {"csv", "xlsx", "xls", "ods", "json", "geojson", "parquet", "zip"}
    assert sum(one.status == "refused" for one in found) > 50


def test_every_seed_is_a_good_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.run.mutated", lambda kind, data, others, random: data)
    count = len(seeds())
    found = list(run(range(count, 2 * count), seed=1, whole_every=1000))
    assert [(one.number, one.kind, one.rules) for one in found if one.problem or one.rules] == []


def test_a_seed_gives_the_same_mutants_again() -> None:
    [first, *_] = seeds()
    once, again = (mutated(first.kind, first.data, [first.data], Random("1:2")) for _ in range(2))
    assert once == again


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_five_thousand_broken_files_cost_no_worker() -> None:
    found = list(outcomes(5000, seed=1, jobs=2, whole_every=50))
    print(table(found))
    assert len(found) == 5000
    assert [one for one in found if one.problem] == []
