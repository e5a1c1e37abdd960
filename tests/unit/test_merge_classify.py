"""What changed against the last release is classified, and what passes a threshold is a reason for a person to look."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.merge_rows import CODES, all_twelve, figure, give, wind_farm

from kerndata.errors import ConfigurationError
from kerndata.merge.classification import Classification, Tally
from kerndata.merge.classify import classify
from kerndata.merge.compare import changes
from kerndata.merge.engine import MODEST, engine, open_previous, open_tables
from kerndata.merge.reconcile import Agreement, Reconciliation, Reference
from kerndata.merge.supersede import MergeInput, merge
from kerndata.merge.tables import NAMES
from kerndata.merge.thresholds import FILE, load_thresholds
from kerndata.publish.writers import write_csv

YEARS = tuple(str(year) for year in range(2001, 2021))
Inputs = Sequence[MergeInput]


def compared(
    work: Path,
    old: Inputs,
    new: Inputs,
    dataset: str = "indicators",
    *,
    reconciled: Sequence[Reconciliation] = (),
    **thresholds: Any,
) -> Classification:
    before, after = merged(work / "old", {dataset: old}), merged(work / "new", {dataset: new})
    with engine(work, MODEST) as connection:
        open_tables(connection, after)
        open_previous(connection, before if old else {})
        write_csv(changes(connection), work / "changes.csv")
    return classify(
        work / "changes.csv",
        before if old else {},
        after,
        previous="2026.1" if old else None,
        thresholds=load_thresholds().model_copy(update=thresholds),
        work=work,
        reconciled=reconciled,
    )


def merged(work: Path, inputs: Mapping[str, Inputs]) -> dict[str, Path]:
    work.mkdir(parents=True)
    return {one: merge(inputs.get(one, ()), one, work).path for one in NAMES}


def years(work: Path, sequence: int, values: dict[str, str | None], province: str = "PV20", **other: Any) -> MergeInput:
    rows = [figure(province, value, period=year, **other) for year, value in values.items()]
    return give(work, sequence, province, rows)


def tally(found: Classification, province: str = "PV20", dataset: str = "indicators") -> Tally:
    [one] = [one for one in found.tallies if (one.province, one.dataset) == (province, dataset)]
    return one


def test_the_first_release_is_all_new_and_never_waits(tmp_path: Path) -> None:
    found = compared(tmp_path, [], all_twelve(tmp_path), vanished_altogether=1, beyond_band_altogether=1)

    assert (found.previous, found.reasons, found.largest) == (None, [], [])
    assert tally(found) == Tally("indicators", "PV20", 0, 1, 1, 0, 0, 0)


def test_every_changed_key_is_in_one_class(tmp_path: Path) -> None:
    old = years(tmp_path, 1, {"2001": "100", "2002": "100", "2003": "100", "2004": None, "2005": "100", "2006": "0"})
    new = years(
        tmp_path,
        2,
        {"2001": "110", "2002": "111", "2003": None, "2004": "5", "2005": "100", "2006": "1", "2007": "1"},
    )

    found = compared(tmp_path, [old], [old, new])

    assert tally(found) == Tally("indicators", "PV20", had=6, has=7, new=2, within=1, beyond=2, vanished=1)
    assert [(one.period, one.kind, one.old, one.new, one.moved_pct) for one in found.largest] == [
        ("2006", "beyond", "0", "1", None),
        ("2002", "beyond", "100", "111", "11.0"),
        ("2003", "vanished", "100", None, None),
    ]


@pytest.mark.parametrize(
    ("status", "within", "beyond"),
    [
        ("definitief", "90", "89"),
        ("nader_voorlopig", "115", "116"),
        ("voorlopig", "75", "74"),
        ("schatting", "150", "151"),
    ],
)
def test_a_provisional_figure_may_move_further_than_a_final_one(
    tmp_path: Path, status: str, within: str, beyond: str
) -> None:
    old = years(tmp_path, 1, {"2001": "100", "2002": "100"}, value_status=status)
    new = years(tmp_path, 2, {"2001": within, "2002": beyond})

    one = tally(compared(tmp_path, [old], [old, new]))

    assert (one.within, one.beyond) == (1, 1)


def test_a_project_counts_once_by_its_worst_column(tmp_path: Path) -> None:
    old = give(tmp_path, 1, "PV20", [wind_farm("PV20", one) for one in ("W1", "W2", "W3")], "projects")
    grown = wind_farm("PV20", "W1", name="Windpark nieuw", capacity_mw=Decimal(16), turbines=50)
    renamed = wind_farm("PV20", "W2", name="7", turbines=90)
    new = give(tmp_path, 2, "PV20", [grown, renamed], "projects", supersedes="whole")

    found = compared(tmp_path, [old], [old, new], "projects")

    assert tally(found, dataset="projects") == Tally("projects", "PV20", 3, 2, 0, 1, 1, 1)
    assert [(one.project, one.field, one.kind) for one in found.largest] == [
        ("W1", "capacity_mw", "beyond"),
        ("W3", None, "vanished"),
    ]


@pytest.mark.parametrize(("moved", "waits"), [(2, False), (3, True)])
def test_a_province_that_revises_much_is_a_reason_and_a_little_is_none(tmp_path: Path, moved: int, waits: bool) -> None:
    old = years(tmp_path, 1, dict.fromkeys(YEARS, "100"))
    new = years(tmp_path, 2, dict.fromkeys(YEARS[:moved], "150"))

    reasons = compared(tmp_path, [old], [old, new]).reasons

    told = [(one.what, one.where, one.seen, one.threshold) for one in reasons]
    assert told == ([("revised beyond the band", "PV20", "3 of 20 indicators (15 %)", "5 % and 3")] if waits else [])


def test_a_small_share_of_a_large_province_is_no_reason_until_it_is_much_altogether(tmp_path: Path) -> None:
    many = {str(year): "100" for year in range(1900, 2000)}
    old = years(tmp_path, 1, many)
    new = years(tmp_path, 2, dict.fromkeys(list(many)[:4], "150"))

    assert compared(tmp_path / "a", [old], [old, new]).reasons == []
    [reason] = compared(tmp_path / "b", [old], [old, new], beyond_band_altogether=4).reasons
    assert (reason.where, reason.seen, reason.threshold) == ("NL01", "4 altogether", "4")


def test_values_that_vanish_are_a_reason(tmp_path: Path) -> None:
    old = years(tmp_path, 1, dict.fromkeys(YEARS, "100"))
    new = years(tmp_path, 2, dict.fromkeys(YEARS[:3], None))

    [reason] = compared(tmp_path, [old], [old, new]).reasons

    assert (reason.what, reason.seen) == ("vanished", "3 of 20 indicators (15 %)")


def test_a_province_that_falls_out_is_a_reason_of_its_own(tmp_path: Path) -> None:
    inputs = all_twelve(tmp_path)

    [reason] = compared(tmp_path, inputs, inputs[1:]).reasons

    assert (reason.what, reason.where, reason.seen) == ("a province fell out", CODES[0], "all 1 indicators are gone")


def test_one_figure_of_another_size_is_a_reason_however_many_there_are(tmp_path: Path) -> None:
    old = years(tmp_path, 1, dict.fromkeys(YEARS, "10.1"))
    new = years(tmp_path, 2, {"2001": "1.1"})

    [reason] = compared(tmp_path, [old], [old, new]).reasons

    assert (reason.what, reason.seen) == ("a figure of another size", "1, at most 9 times larger or smaller")


@pytest.mark.parametrize(("period", "waits"), [("2024", True), ("2023", False)])
def test_a_national_value_that_now_differs_from_its_reference_is_a_reason_when_this_candidate_changed_it(
    tmp_path: Path, period: str, waits: bool
) -> None:
    old = give(tmp_path, 1, "PV20", [figure("PV20", "100"), figure("PV20", "100", period="2023")])
    new = give(tmp_path, 2, "PV20", [figure("PV20", "101")])
    reference = Reference("H3.4", period, Decimal(90), Decimal(6))
    differs = Reconciliation(reference, Decimal(101), None, "12/12", Decimal(11), Agreement.DIFFERS)
    agrees = replace(differs, agreement=Agreement.AGREES)

    assert bool(compared(tmp_path / "a", [old], [old, new], reconciled=[differs]).reasons) is waits
    assert compared(tmp_path / "b", [old], [old, new], reconciled=[agrees]).reasons == []


def test_it_survives_the_ledger(tmp_path: Path) -> None:
    old = years(tmp_path, 1, dict.fromkeys(YEARS, "100"))
    found = compared(tmp_path, [old], [old, years(tmp_path, 2, dict.fromkeys(YEARS, "150"))])

    assert Classification.load(found.dump()) == found


@pytest.mark.parametrize(
    ("line", "told"),
    [("answer_within_hours: 72", "answer_within_hours"), ("province_gone: true", "province_gone")],
)
def test_a_misspelt_or_impossible_threshold_is_refused_by_name(tmp_path: Path, line: str, told: str) -> None:
    for number, wrong in enumerate((line.replace(told, told[:-1]), f"{told}: -1")):
        path = tmp_path / f"{number}.yaml"
        path.write_text(FILE.read_text(encoding="utf-8").replace(line, wrong), encoding="utf-8")
        with pytest.raises(ConfigurationError, match=told[:-1]):
            load_thresholds(path)
