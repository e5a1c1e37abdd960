"""A delivery beside the last one: what came, changed and went, as remarks on the file and never on a row."""

from typing import Any

import pandas as pd
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import load_contract
from kerndata.quality.check import check
from kerndata.quality.places import Kind, place
from kerndata.quality.previous import Comparison, Previous, compare, history_findings
from kerndata.quality.verdict import Verdict, with_findings

INDICATORS = load_contract("indicators")
YEARS = [figure(period=str(year), value=str(100 + year)) for year in range(2000, 2020)]


def verdict_of(*rows: dict[str, Any], dataset: str = "indicators") -> Verdict:
    return check(load_contract(dataset), harmonised(*rows, dataset=dataset), judge=False, threshold_pct=50)


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


def test_a_row_that_is_refused_now_has_not_vanished() -> None:
    assert compared(YEARS, [*YEARS[:19], figure(period="2019", value="-1")]).removed == 0


def test_a_fifth_fewer_and_vanished_keys_are_warnings_on_the_file() -> None:
    found = history_findings(INDICATORS, compared(YEARS, YEARS[:15]))
    assert [(one.rule_id, one.severity, one.row) for one in found] == [
        ("F-ROWS-FEWER", "warning", None),
        ("F-KEYS-VANISHED", "warning", None),
    ]
    assert "heeft 15 gegevens; in uw vorige levering waren het er 20 (25 % minder)" in found[0].message_nl
    assert "niet meer in dit bestand staat: 5. Bijvoorbeeld: H3.4" in found[1].message_nl
    assert [one.rule_id for one in history_findings(INDICATORS, compared(YEARS, YEARS[:16]))] == ["F-KEYS-VANISHED"]


def test_history_changes_no_row() -> None:
    now = verdict_of(*YEARS[:15])
    judged = with_findings(now, history_findings(INDICATORS, compared(YEARS, YEARS[:15])))
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
