"""What disclosure control keeps back is in no file of a release, and nobody can work it out from two of them."""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.unit.merge_rows import CODES, Row, figure, give, wind_farm

from kerndata.merge.protect import Settings
from kerndata.merge.protect import settings as our_settings
from kerndata.merge.supersede import MergeInput
from kerndata.publish.candidate import Candidate, Previous, build

SECRET = "7.654321"


def wind(code: str, production: str, turbines: str = "40", capacity: str = "900") -> list[Row]:
    told = {"H3.3": turbines, "H3.4": capacity, "H3.5": production}
    return [figure(code, value, indicator) for indicator, value in told.items()]


def country(work: Path, first: int = 1, **others: list[Row]) -> list[MergeInput]:
    """Twelve provinces; PV26 has two turbines, PV22 produces the least of the others."""
    rows = {code: wind(code, str(200 + place)) for place, code in enumerate(CODES)}
    rows |= {"PV22": wind("PV22", "30.25"), "PV26": wind("PV26", SECRET, "2")} | others
    return [give(work, first + place, code, rows[code]) for place, code in enumerate(CODES)]


def built(
    work: Path, inputs: Sequence[MergeInput], previous: Candidate | None = None, projects: Sequence[MergeInput] = ()
) -> Candidate:
    work.mkdir()
    files = {"indicators": "indicators.parquet", "projects": "projects.parquet", "national": "national.csv"}
    before = previous and Previous("2026.1", {name: previous.folder / file for name, file in files.items()})
    return build({"indicators": inputs, "projects": projects}, before, work=work, code_version="abc")


def table(one: Candidate, name: str) -> list[dict[str, str]]:
    with (one.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, and of what is packed in a workbook."""
    yield path.name, path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as packed:
            yield from ((f"{path.name}: {name}", packed.read(name)) for name in packed.namelist())


def hidden(one: Candidate) -> set[tuple[str, str]]:
    rows = table(one, "indicators.csv")
    return {(row["indicator_code"], row["region_code"]) for row in rows if "D-SUPPRESSED" in row["quality_flags"]}


def total(one: Candidate, indicator: str = "H3.5") -> dict[str, str]:
    (row,) = [row for row in table(one, "national.csv") if row["indicator_code"] == indicator]
    return row


def test_too_few_units_hide_a_value_everywhere_and_the_total_stays(tmp_path: Path) -> None:
    one = built(tmp_path / "a", country(tmp_path))

    assert hidden(one) == {("H3.5", "PV26"), ("H3.5", "PV22")}
    for path in one.folder.iterdir():
        for name, body in contents(path):
            assert SECRET.encode() not in body, name
    for name in ("indicators", "provenance"):
        rows = pq.read_table(one.folder / f"{name}.parquet").to_pylist()
        (row,) = [row for row in rows if row["indicator_code"] == "H3.5" and row["region_code"] == "PV26"]
        assert (row["value"], row["original_value"]) == (None, None)
    assert total(one)["value"] == str(
        Decimal(SECRET) + Decimal("30.25") + sum(200 + n for n in range(12) if n not in (2, 6))
    )
    assert (total(one)["coverage"], total(one)["provinces_withheld"]) == ("12/12", "PV22;PV26")
    assert not [
        row for row in table(one, "per_capita.csv") if (row["indicator_code"], row["region_code"]) in hidden(one)
    ]
    spread = [
        row for row in table(one, "coverage.csv") if row["indicator_code"] == "H3.5" and row["province_code"] == "PV26"
    ]
    assert [(row["status"], row["missing_reason"]) for row in spread] == [("missing", "geheim")]


def test_the_rows_keep_their_order_and_their_number(tmp_path: Path) -> None:
    one = built(tmp_path / "a", country(tmp_path))

    keys = [(row["province_code"], row["indicator_code"]) for row in table(one, "indicators.csv")]
    assert keys == sorted(keys)
    assert len(keys) == 36


def test_a_partial_sum_holds_nothing_that_is_kept_back(tmp_path: Path) -> None:
    one = built(tmp_path / "a", country(tmp_path)[:-1])

    assert hidden(one) == {("H3.5", "PV26")}
    assert total(one)["partial_value"] == str(Decimal("30.25") + sum(200 + n for n in range(11) if n not in (2, 6)))
    assert total(one)["provinces_missing"] == "PV26=geheim;PV31=niet_geleverd"


@pytest.mark.parametrize(("megawatt", "is_hidden"), [("721", True), ("719", False)])
def test_one_party_with_nearly_all_capacity_hides_the_production(
    tmp_path: Path, megawatt: str, is_hidden: bool
) -> None:
    inputs = country(tmp_path, PV26=wind("PV26", "80"))
    farms = [
        wind_farm("PV26", f"W{n}", capacity_mw=Decimal(size), initiator="Windpark BV", commissioned_on="2020-05")
        for n, size in enumerate((megawatt, "0.5", "0.5"))
    ]

    one = built(tmp_path / "a", inputs, projects=[give(tmp_path, 90, "PV26", farms, "projects")])

    assert (("H3.5", "PV26") in hidden(one)) is is_hidden


def test_a_farm_that_did_not_run_yet_dominates_nothing(tmp_path: Path) -> None:
    farm = wind_farm("PV26", "W1", capacity_mw=Decimal(800), commissioned_on="2025-01")
    inputs = country(tmp_path, PV26=wind("PV26", "80"))

    assert hidden(built(tmp_path / "a", inputs, projects=[give(tmp_path, 90, "PV26", [farm], "projects")])) == set()


def test_the_same_content_after_itself_is_the_same_release(tmp_path: Path) -> None:
    first = built(tmp_path / "a", country(tmp_path))
    again = built(tmp_path / "b", country(tmp_path), first)

    assert again.content_hash == first.content_hash
    assert hidden(again) == hidden(first)
    assert table(again, "changes.csv") == []


def test_the_cover_stays_when_another_would_be_cheaper_now(tmp_path: Path) -> None:
    """In the first release PV22 covers PV26. Now PV31 produces less; PV22 in the open would give PV26 of then away."""
    first = built(tmp_path / "a", country(tmp_path))
    later = give(tmp_path, 60, "PV31", wind("PV31", "3.5"))

    second = built(tmp_path / "b", [*country(tmp_path), later], first)

    assert {("H3.5", "PV22"), ("H3.5", "PV26")} <= hidden(second)


def test_the_cover_stays_when_what_it_covers_has_grown(tmp_path: Path) -> None:
    first = built(tmp_path / "a", country(tmp_path))
    grown = give(tmp_path, 60, "PV26", wind("PV26", "300", "30"))

    second = built(tmp_path / "b", [*country(tmp_path), grown], first)

    assert ("H3.5", "PV22") in hidden(second), "with PV22 in the open the first release tells what PV26 was"
    assert ("H3.5", "PV26") in hidden(second), "PV22 alone follows from the total; the other ten are known already"


def test_the_secret_part_of_a_whole_takes_another_part_with_it(tmp_path: Path) -> None:
    parts = [figure("PV20", None, "H3.8", category="dak"), figure("PV20", "40", "H3.8", category="veld")]
    inputs = [give(tmp_path, 1, "PV20", [figure("PV20", "100", "H3.8"), *parts])]

    rows = table(built(tmp_path / "a", inputs), "indicators.csv")

    assert {row["category"]: row["value"] for row in rows} == {"dak": "", "totaal": "100", "veld": ""}


def test_what_the_contract_says_is_read_strictly() -> None:
    assert our_settings().minimumUnits == 3
    with pytest.raises(ValueError, match="did you mean 'minimumUnits'"):
        Settings.model_validate({"minimumUnit": 3, "dominancePct": 80, "widthPct": 10})
