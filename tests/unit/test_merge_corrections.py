"""The register of corrections: what it may say, what it does to a row, and when it stops a release."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.unit.merge_rows import all_twelve, figure, give, wind_farm

from kerndata.errors import ConfigurationError, NotChecked
from kerndata.merge.compare import changes
from kerndata.merge.corrections import Correction, read_register, refuse_expired, register
from kerndata.merge.engine import MODEST, engine, open_previous, open_tables
from kerndata.merge.supersede import MergeInput, merge

ENTRY = """
corrections:
  - id: C-2026-001
    dataset: indicators
    key: {indicator_code: H3.4, region_code: PV20, period: 2024}
    column: value
    old: 10.1
    new: 1.1
    reason: a decimal was dropped
    source: mail of 2 March
    expires: 2026-12-31
"""
PROJECT = """
corrections:
  - {id: C-2026-007, dataset: projects, key: {province_code: PV24, project_id: W1}, column: turbines, old: 5, new: 6,
     reason: counted again, source: visit, expires: 2026-12-31}
"""


def entries(text: str = ENTRY) -> tuple[Correction, ...]:
    return read_register(text)


def rows(path: Path) -> dict[str, dict[str, object]]:
    return {row["region_code"]: row for row in pq.read_table(path).to_pylist()}


def wrong(work: Path) -> list[MergeInput]:
    return [*all_twelve(work)[1:], give(work, 40, "PV20", [figure("PV20", "10.1", quality_flags="I-YOY")])]


def test_a_correction_changes_one_cell_and_leaves_a_flag_and_the_origin(tmp_path: Path) -> None:
    inputs = wrong(tmp_path)

    merged = merge(inputs, "indicators", tmp_path, register=entries())

    corrected = rows(merged.path)["PV20"]
    assert corrected["value"] == Decimal("1.1")
    assert corrected["quality_flags"] == "I-YOY;C-2026-001"
    assert (corrected["original_value"], corrected["submission_id"]) == ("10.1", inputs[-1].submission.id)
    assert merged.rows == 12
    assert merged.counts[inputs[-1].submission.id].published == 1
    others = rows(merge(inputs, "indicators", tmp_path).path)
    assert {code: row for code, row in rows(merged.path).items() if code != "PV20"} == {
        code: row for code, row in others.items() if code != "PV20"
    }


def test_the_rows_stay_in_the_order_of_the_key(tmp_path: Path) -> None:
    given = give(tmp_path, 1, "PV20", [figure("PV20", value, period=year) for year, value in YEARS.items()])

    path = merge([given], "indicators", tmp_path, register=entries()).path

    assert pq.read_table(path)["period"].to_pylist() == sorted(YEARS)


YEARS = {"2023": "9", "2025": "11", "2024": "10.1"}


def test_the_guard_looks_at_the_row_that_stands_after_supersession(tmp_path: Path) -> None:
    later = give(tmp_path, 41, "PV20", [figure("PV20", "1.1")])

    with pytest.raises(
        NotChecked, match=r"C-2026-001: value of H3.4.*should be 10.1, found 1.1; that is the corrected"
    ):
        merge([*wrong(tmp_path), later], "indicators", tmp_path, register=entries())


@pytest.mark.parametrize(
    ("key", "found"),
    [("PV20, period: 2023", "no row with this key"), ("PV31, period: 2024", "no row at all")],
)
def test_a_correction_without_its_row_stops_the_release(tmp_path: Path, key: str, found: str) -> None:
    text = ENTRY.replace("PV20, period: 2024", key)

    with pytest.raises(NotChecked, match=f"C-2026-001.*found {found}. The last release stands"):
        merge(all_twelve(tmp_path)[:11], "indicators", tmp_path, register=entries(text))


def test_emptying_a_cell_needs_the_reason_for_its_absence(tmp_path: Path) -> None:
    emptied = ENTRY.replace("new: 1.1", "new: null")
    with pytest.raises(NotChecked, match="C-2026-001: the corrected row would have neither a value nor a"):
        merge(wrong(tmp_path), "indicators", tmp_path, register=entries(emptied))

    reason = (
        emptied.partition("corrections:")[2].replace("001", "002").replace("column: value", "column: missing_reason")
    )
    both = emptied + reason.replace("old: 10.1", "old: null").replace("new: null", "new: onbekend")
    corrected = rows(merge(wrong(tmp_path), "indicators", tmp_path, register=entries(both)).path)["PV20"]
    assert (corrected["value"], corrected["missing_reason"]) == (None, "onbekend")
    assert corrected["quality_flags"] == "I-YOY;C-2026-001;C-2026-002"


def changed(work: Path, dataset: str, inputs: Sequence[MergeInput], text: str) -> list[dict[str, object]]:
    for name in ("old", "new"):
        (work / name).mkdir()
    files = {
        name: {
            one: merge(inputs if one == dataset else (), one, work / name, register=given).path
            for one in ("indicators", "projects")
        }
        for name, given in (("old", ()), ("new", entries(text)))
    }
    with engine(work, MODEST) as connection:
        open_tables(connection, files["new"])
        open_previous(connection, files["old"])
        relation = changes(connection, entries(text))
        return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def test_the_changes_tell_the_reason(tmp_path: Path) -> None:
    (row,) = changed(tmp_path, "indicators", wrong(tmp_path), ENTRY)

    assert (row["cause"], row["reason"]) == ("correction", "C-2026-001: a decimal was dropped")
    assert (row["old_value"], row["new_value"]) == ("10.1", "1.1")


def test_a_correction_of_a_provisional_figure_is_no_revision(tmp_path: Path) -> None:
    inputs = [give(tmp_path, 1, "PV20", [figure("PV20", "10.1", value_status="voorlopig")])]
    status = ENTRY.replace("column: value", "column: value_status").replace("old: 10.1", "old: voorlopig")

    (row,) = changed(tmp_path, "indicators", inputs, status.replace("new: 1.1", "new: definitief"))

    assert (row["cause"], row["new_status"]) == ("correction", "definitief")


def test_a_project_is_corrected_by_column(tmp_path: Path) -> None:
    inputs = [give(tmp_path, 1, "PV24", [wind_farm("PV24", "W1"), wind_farm("PV24", "W2")], "projects")]

    (row,) = changed(tmp_path, "projects", inputs, PROJECT)

    assert (row["field"], row["old_value"], row["new_value"]) == ("turbines", "5", "6")
    assert row["reason"] == "C-2026-007: counted again"


@pytest.mark.parametrize(("today", "holds"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False)])
def test_an_entry_holds_up_to_its_last_day(today: date, holds: bool) -> None:
    if holds:
        refuse_expired(entries(), today)
        return
    with pytest.raises(NotChecked, match=r"C-2026-001 \(until 2026-12-31: a decimal was dropped\). The last release"):
        refuse_expired(entries(), today)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("expires:", "expire:", "line 11, corrections.0.expire: unknown key 'expire'; did you mean 'expires'"),
        ("region_code", "region_cod", "has no key column 'region_cod'; did you mean 'region_code'"),
        ("column: value", "column: vlaue", "'vlaue' of indicators cannot be corrected; did you mean 'value'"),
        ("column: value", "column: source_row", "'source_row' of indicators cannot be corrected"),
        ("old: 10.1", "old: ten", "old: 'ten' is no decimal128"),
        ("new: 1.1", "new: 10.1", "the same as old corrects nothing"),
        ("dataset: indicators", "dataset: indicator", "did you mean 'indicators'"),
        ("    source: mail of 2 March\n", "", "source"),
        ("id: C-2026-001", "id: C1", "line 3, corrections.0.id"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=r"contracts/corrections\.yaml") as caught:
        entries(ENTRY.replace(old, new))

    assert told in str(caught.value)


def test_one_id_and_one_cell_are_used_once() -> None:
    again = ENTRY.partition("corrections:")[2]
    with pytest.raises(ConfigurationError, match="C-2026-001: an id is used once"):
        entries(ENTRY + again)
    with pytest.raises(ConfigurationError, match="C-2026-001 and C-2026-002: these correct one cell"):
        entries(ENTRY + again.replace("001", "002"))


def test_our_own_register_can_be_read() -> None:
    assert [one.id for one in register()] == sorted({one.id for one in register()})
