"""A delivery beside the last one: what came, changed and went, as remarks on the file and never on a row."""

from typing import Any

import pandas as pd
import pytest
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import load_contract
from kerndata.model.finding import Finding
from kerndata.quality.check import check
from kerndata.quality.places import Kind, place
from kerndata.quality.previous import Comparison, Previous, compare, history_findings
from kerndata.quality.verdict import Verdict, with_findings

YEARS = [figure(period=str(year), value=str(100 + year)) for year in range(2000, 2020)]


def verdict_of(*rows: dict[str, Any], dataset: str = "indicators") -> Verdict:
    return check(load_contract(dataset), harmonised(*rows, dataset=dataset), judge=False, threshold_pct=50)


def findings_of(
    old: list[dict[str, Any]], new: list[dict[str, Any]], dataset: str = "indicators"
) -> tuple[Finding, ...]:
    before, now, contract = verdict_of(*old, dataset=dataset), verdict_of(*new, dataset=dataset), load_contract(dataset)
    previous = Previous("S-0", before.accepted)
    comparison = compare(contract, previous, now.accepted, now.refused)
    return history_findings(contract, comparison, previous, now.accepted)


def compared(old: list[dict[str, Any]], new: list[dict[str, Any]], dataset: str = "indicators") -> Comparison:
    before, now = verdict_of(*old, dataset=dataset), verdict_of(*new, dataset=dataset)
    return compare(load_contract(dataset), Previous("S-0", before.accepted), now.accepted, now.refused)


def counts(found: Comparison) -> tuple[int, int, int, int]:
    return found.added, found.changed, found.removed, found.unchanged


def test_added_changed_removed_and_unchanged_are_counted_by_key() -> None:
    new = [*YEARS[2:19], figure(period="2019", value="1"), figure(period="2020", value="5")]
    found = compared(YEARS, new)
    assert counts(found) == (1, 1, 2, 17)
    assert [(one.old, one.new) for one in found.largest] == [("2.119 MW", "1 MW")]
    assert found.vanished[0] == "H3.4 Opgesteld vermogen wind op land, Noord-Holland, 2000"


def test_the_same_again_changed_nothing() -> None:
    assert counts(compared(YEARS, YEARS)) == (0, 0, 0, 20)


def test_a_value_that_became_unknown_is_a_change() -> None:
    unknown = figure(period="2019", value=None, original_value="x", missing_reason="geheim")
    assert counts(compared(YEARS, [*YEARS[:19], unknown])) == (0, 1, 0, 19)


def test_a_column_that_came_since_is_a_change_where_it_is_filled_in_now() -> None:
    farms = [project(project_id="NH-1"), project(project_id="NH-2")]
    before = verdict_of(*farms, dataset="projects").accepted.drop(columns=["scheme"])
    now = verdict_of({**farms[0], "scheme": "SCE"}, farms[1], dataset="projects")
    contract = load_contract("projects")

    found = compare(contract, Previous("S-0", before), now.accepted, now.refused)

    assert counts(found) == (0, 1, 0, 1)
    assert history_findings(contract, found, Previous("S-0", before), now.accepted) == ()


def test_a_row_that_is_refused_now_has_not_vanished() -> None:
    assert compared(YEARS, [*YEARS[:19], figure(period="2019", value="-1")]).removed == 0


def test_a_fifth_fewer_and_vanished_keys_are_warnings_on_the_file() -> None:
    found = findings_of(YEARS, YEARS[:15])
    assert [(one.rule_id, one.severity, one.row) for one in found] == [
        ("F-ROWS-FEWER", "warning", None),
        ("F-KEYS-VANISHED", "warning", None),
    ]
    assert "heeft 15 gegevens; in uw vorige levering waren het er 20 (25 % minder)" in found[0].message_nl
    assert "niet meer in dit bestand staat: 5. Bijvoorbeeld: H3.4" in found[1].message_nl
    assert [one.rule_id for one in findings_of(YEARS, YEARS[:16])] == ["F-KEYS-VANISHED"]


def test_history_changes_no_row() -> None:
    now = verdict_of(*YEARS[:15])
    judged = with_findings(now, findings_of(YEARS, YEARS[:15]))
    pd.testing.assert_frame_equal(judged.accepted, now.accepted)
    assert (judged.status, judged.counts) == (now.status, now.counts)


def test_projects_are_compared_by_number_and_their_capacity_shown() -> None:
    found = compared([project(), project(project_id="NH-2")], [project(capacity_mw="45")], dataset="projects")
    assert counts(found) == (0, 1, 1, 0)
    assert (found.largest[0].what, found.largest[0].old, found.largest[0].new) == ("Windpark (NH-1)", "30 MW", "45 MW")


def test_a_place_reads_as_whoever_opens_the_file_sees_it() -> None:
    assert place(Kind.CELLS, None, "Kerncijfers", 12, "AB") == "blad Kerncijfers, cel AB12"
    assert place(Kind.LINES, None, None, 12, "C", "Waarde") == "rij 12, kolom C (Waarde)"
    assert place(Kind.LINES, "a.csv", None, 12, None) == "bestand a.csv, rij 12"
    assert place(Kind.RECORDS, None, None, 12, "C", "waarde") == "record 11, veld waarde"
    assert place(Kind.CELLS, None, None, None, None) == ""


@pytest.mark.parametrize(
    ("value", "rule_id", "told"),
    [
        ("2,14", "F-HISTORY-FACTOR", "H3.4, 2020: 2,14 MW (2019: 2.119)"),
        ("210", "F-HISTORY-DIGIT", "H3.4, 2020: 210 MW (2019: 2.119)"),
        ("1300", "F-HISTORY-JUMP", "H3.4, 2020: 1.300 MW (2019: 2.119)"),
    ],
)
def test_a_file_of_one_year_is_held_against_the_years_delivered_before(value: str, rule_id: str, told: str) -> None:
    found = findings_of(YEARS, [figure(period="2020", value=value.replace(",", "."))])
    [one] = [one for one in found if one.rule_id.startswith("F-HISTORY")]
    assert (one.rule_id, one.severity, one.row) == (rule_id, "warning", None)
    assert told in one.message_nl


def test_what_a_file_shows_by_itself_is_not_told_again_from_history() -> None:
    new = [*YEARS[:-1], figure(period="2019", value="2.1")]
    assert [one.rule_id for one in verdict_of(*new).findings] == ["I-UNIT-FACTOR"]
    assert findings_of(YEARS[:-1], new) == ()


def test_a_value_that_was_revised_to_another_size_is_told() -> None:
    one_year = [figure(period="2019", value="10.1")]
    found = findings_of(one_year, [figure(period="2019", value="1.1")])
    assert [one.rule_id for one in found] == ["F-HISTORY-DIGIT"]
    assert "1,1 MW (vorige levering: 10,1)" in found[0].message_nl
    assert findings_of(one_year, [figure(period="2019", value="11")]) == ()


def test_last_years_file_with_a_new_year_on_it_is_told() -> None:
    sizes = {"H3.3": "210", "H3.4": "400", "H3.8": "300000"}
    old = [figure(indicator_code=code, period="2018", value=size) for code, size in sizes.items()]
    new = [figure(indicator_code=code, period="2019", value=size) for code, size in sizes.items()]
    found = [one for one in findings_of(old, new) if one.rule_id == "F-HISTORY-COPY"]
    assert "2019" in found[0].message_nl
    assert ": 3. Bijvoorbeeld: H3.3" in found[0].message_nl
    other = [figure(indicator_code=code, period="2019", value=str(int(size) + 5)) for code, size in sizes.items()]
    assert "F-HISTORY-COPY" not in {one.rule_id for one in findings_of(old, other)}


def test_a_realised_project_that_is_a_plan_again_is_an_error_on_the_file() -> None:
    old = [project(project_id=f"NH-{phase}", phase=phase) for phase in (3, 4, 6, 7, 8)]
    new = [project(project_id=f"NH-{was}", phase=now) for was, now in ((3, 2), (4, 5), (6, 5), (7, 1), (8, 6))]
    found = {one.rule_id: one for one in findings_of(old, new, dataset="projects")}
    assert {rule_id: one.severity for rule_id, one in found.items()} == {
        "F-PHASE-BACK-REALISED": "error",
        "F-PHASE-BACK": "warning",
    }
    assert "Windpark (NH-6): fase 6 werd 5" in found["F-PHASE-BACK-REALISED"].message_nl
    assert ": 2. Bijvoorbeeld: Windpark (NH-3): fase 3 werd 2; Windpark (NH-8)" in found["F-PHASE-BACK"].message_nl


def test_a_project_may_vanish_when_it_was_cancelled_and_change_by_a_fifth() -> None:
    old = [project(project_id="NH-1"), project(project_id="NH-2", phase=7), project(project_id="NH-3", phase=3)]
    found = {one.rule_id: one for one in findings_of(old, [project(capacity_mw="37")], dataset="projects")}
    assert set(found) == {"F-ROWS-FEWER", "F-KEYS-VANISHED", "F-CAPACITY-CHANGED"}
    assert ": 1. Bijvoorbeeld: Windpark (NH-3)." in found["F-KEYS-VANISHED"].message_nl
    assert "meer dan 20 % veranderde" in found["F-CAPACITY-CHANGED"].message_nl
    assert "30 werd 37 MW" in found["F-CAPACITY-CHANGED"].message_nl
    assert findings_of(old[:1], [project(capacity_mw="36")], dataset="projects") == ()
