"""What changed since the previous release, and why; and whether the sums agree with an independent figure."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.merge_rows import figure, give, wind_farm

from kerndata.merge.compare import changes
from kerndata.merge.engine import MODEST, engine, open_previous, open_tables
from kerndata.merge.reconcile import Agreement, Reference, reconcile
from kerndata.merge.supersede import MergeInput, merge
from kerndata.merge.tables import NAMES

Inputs = Sequence[MergeInput]


def compared(work: Path, old: Inputs, new: Inputs, dataset: str = "indicators") -> list[dict[str, str | None]]:
    files = {}
    for name, inputs in (("old", old), ("new", new)):
        (work / name).mkdir()
        given = {dataset: inputs}
        files[name] = {one: merge(given.get(one, ()), one, work / name).path for one in NAMES}
    with engine(work, MODEST) as connection:
        open_tables(connection, files["new"])
        open_previous(connection, files["old"] if old else {})
        relation = changes(connection)
        return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def one_figure(work: Path, sequence: int, value: str | None, **other: object) -> MergeInput:
    return give(work, sequence, "PV20", [figure("PV20", value, **other)])


def test_the_first_release_adds_everything(tmp_path: Path) -> None:
    (row,) = compared(tmp_path, [], [one_figure(tmp_path, 1, "1.50")])

    assert (row["change"], row["cause"], row["old_value"], row["new_value"]) == ("added", "new_delivery", None, "1.5")


def test_the_same_value_from_a_newer_file_is_no_change(tmp_path: Path) -> None:
    old, new = one_figure(tmp_path, 1, "10"), one_figure(tmp_path, 2, "10", source_file="other.csv", source_row=9)

    assert compared(tmp_path, [old], [old, new]) == []


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("definitief", "definitief", "correction"),
        ("voorlopig", "voorlopig", "correction"),
        ("voorlopig", "definitief", "revision"),
        ("schatting", "voorlopig", "revision"),
        ("definitief", "voorlopig", "correction"),
    ],
)
def test_a_changed_value_is_a_correction_unless_its_status_moved_on(
    tmp_path: Path, before: str, after: str, cause: str
) -> None:
    old = one_figure(tmp_path, 1, "100", value_status=before)
    new = one_figure(tmp_path, 2, "10.1", value_status=after)

    (row,) = compared(tmp_path, [old], [old, new])

    assert (row["change"], row["cause"]) == ("changed", cause)
    assert (row["old_value"], row["new_value"]) == ("100", "10.1")
    assert (row["old_status"], row["new_status"]) == (before, after)
    assert (row["old_submission_id"], row["new_submission_id"]) == (old.submission.id, new.submission.id)


def test_a_status_that_moves_on_without_a_new_value_is_told(tmp_path: Path) -> None:
    old = one_figure(tmp_path, 1, "5", value_status="voorlopig")
    new = one_figure(tmp_path, 2, "5", value_status="definitief")

    (row,) = compared(tmp_path, [old], [old, new])

    assert (row["change"], row["cause"], row["old_value"], row["new_value"]) == ("changed", "revision", "5", "5")


def test_a_value_that_becomes_secret_is_a_change_with_its_reason(tmp_path: Path) -> None:
    old, new = one_figure(tmp_path, 1, "5"), one_figure(tmp_path, 2, None)

    (row,) = compared(tmp_path, [old], [old, new])

    assert (row["new_value"], row["new_missing_reason"], row["cause"]) == (None, "geheim", "correction")


def test_a_value_that_is_gone_is_told(tmp_path: Path) -> None:
    old, other = one_figure(tmp_path, 1, "5"), one_figure(tmp_path, 2, "6", period="2023")

    gone = [row for row in compared(tmp_path, [old], [other]) if row["change"] == "removed"]

    assert [(row["period"], row["old_value"]) for row in gone] == [("2024", "5")]


def test_a_project_is_compared_column_by_column(tmp_path: Path) -> None:
    old = give(tmp_path, 1, "PV20", [wind_farm("PV20", "W1"), wind_farm("PV20", "W2")], "projects")
    changed = wind_farm("PV20", "W1", capacity_mw=Decimal(15), turbines=None)
    new = give(tmp_path, 2, "PV20", [changed, wind_farm("PV20", "W3", name="Windpark 1.50")], "projects")

    found = compared(tmp_path, [old], [old, new], "projects")

    assert [(row["project_id"], row["field"], row["change"], row["old_value"], row["new_value"]) for row in found] == [
        ("W1", "capacity_mw", "changed", "12.5", "15"),
        ("W1", "turbines", "changed", "5", None),
        ("W3", None, "added", None, "Windpark 1.50"),
    ]


NATIONAL = """indicator_code,region_code,period,category,value,partial_value,coverage
H3.4,NL01,2019,totaal,3528,,12/12
H3.5,NL01,2019,totaal,,5000.5,10/12
H3.8,NL01,2024,totaal,27767062,,12/12
"""


@pytest.mark.parametrize(
    ("reference", "agreement", "difference"),
    [
        (Reference("H3.4", "2019", Decimal(3527), Decimal(6)), Agreement.AGREES, Decimal(1)),
        (Reference("H3.4", "2019", Decimal(3527), Decimal("0.5")), Agreement.DIFFERS, Decimal(1)),
        (Reference("H3.5", "2019", Decimal(7000), Decimal(6)), Agreement.PARTIAL, None),
        (Reference("H3.8", "2024", Decimal(27979732), Decimal(6), Decimal(212671)), Agreement.AGREES, Decimal(1)),
        (Reference("H3.4", "2018", Decimal(1), Decimal(6)), Agreement.ABSENT, None),
        (Reference("H3.9", "2019", None, Decimal(6)), Agreement.ABSENT_IN_BOTH, None),
        (Reference("H3.4", "2019", None, Decimal(6)), Agreement.UNEXPECTED, None),
    ],
)
def test_reconciliation_with_cbs(
    tmp_path: Path, reference: Reference, agreement: Agreement, difference: Decimal | None
) -> None:
    national = tmp_path / "national.csv"
    national.write_text(NATIONAL, encoding="utf-8")

    (found,) = reconcile(national, [reference])

    assert (found.agreement, found.difference) == (agreement, difference)
