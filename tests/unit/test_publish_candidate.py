"""Data files of a release: the same content gives the same bytes, and every file describes itself."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from frictionless import Package
from tests.unit.merge_rows import CODES, all_twelve, figure, give, wind_farm

from kerndata.contracts.contract import load_contract
from kerndata.contracts.schemas import table_schema
from kerndata.merge.engine import Resources
from kerndata.merge.supersede import MergeInput
from kerndata.merge.tables import NAMES
from kerndata.publish import candidate as candidate_module
from kerndata.publish.candidate import Candidate, Previous, build
from kerndata.publish.columns import _columns, _contracted
from kerndata.publish.datapackage import manifest
from kerndata.publish.notes import render
from kerndata.publish.texts import about

DATA = {
    *("aggregates.csv", "corrections.csv", "per_capita.csv", "reconciliation.csv"),
    *("changes.csv", "coverage.csv", "indicators.csv", "indicators.parquet", "national.csv"),
    *("projects.csv", "projects.parquet", "provenance.csv", "provenance.parquet"),
    *("indicators_excel_nl.csv", "indicators_wide.csv", "kerndataset.xlsx", "projects.geojson"),
    *("projects_excel_nl.csv", "quality.json"),
}


def built(
    work: Path,
    inputs: Sequence[MergeInput],
    projects: Sequence[MergeInput] = (),
    previous: Previous | None = None,
    **options: object,
) -> Candidate:
    work.mkdir(exist_ok=True)
    facts = {"code_version": "abc123", **options}
    return build({"indicators": inputs, "projects": projects}, previous, work=work, **facts)


def as_previous(one: Candidate, version: str = "2026.1") -> Previous:
    return Previous(version, {name: one.folder / f"{name}.parquet" for name in ("indicators", "projects")})


def table(candidate: Candidate, name: str) -> list[dict[str, str]]:
    with (candidate.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def inputs(tmp_path: Path) -> list[MergeInput]:
    correction = give(tmp_path, 90, "PV20", [figure("PV20", "0.50"), figure("PV20", None, "H3.5")])
    return [*all_twelve(tmp_path), correction]


@pytest.fixture
def projects(tmp_path: Path) -> list[MergeInput]:
    farms = [wind_farm("PV24", "W1", name='Wind "A", noord'), wind_farm("PV24", "W2", lon=5.25, lat=52.0)]
    return [give(tmp_path, 91, "PV24", farms, "projects")]


def test_a_release_holds_these_data_files(tmp_path: Path, inputs: list[MergeInput]) -> None:
    one = built(tmp_path / "a", inputs)

    assert {file.name for file in one.files} == DATA
    assert {path.name for path in one.folder.iterdir() if path.is_file()} == DATA


@pytest.mark.parametrize("threads", [1, 4])
def test_the_same_submissions_give_the_same_bytes(
    tmp_path: Path, inputs: list[MergeInput], projects: list[MergeInput], threads: int
) -> None:
    one = built(tmp_path / "a", inputs, projects)
    other = built(tmp_path / "b", inputs[::-1], projects, resources=Resources(threads=threads, memory="500MiB"))

    assert one.files == other.files
    assert one.content_hash == other.content_hash
    for version in ("2026.1", "2026.2"):
        assert manifest(one, version) == manifest(other, version)
        assert notes(one, version) == notes(other, version)


def notes(one: Candidate, version: str = "2026.1") -> str:
    return render(about(one, version), one.facts, one.inputs, note=one.note).decode()


def test_csv_is_plain(tmp_path: Path, inputs: list[MergeInput], projects: list[MergeInput]) -> None:
    one = built(tmp_path / "a", inputs, projects)

    text = (one.folder / "indicators.csv").read_bytes().decode("utf-8")
    assert text.startswith("indicator_code,region_level,region_code,period,category,value,unit,")
    assert "\r" not in text
    assert "H3.4,provincie,PV20,2024,totaal,0.5,MW,definitief,,PV20," in text
    assert "H3.5,provincie,PV20,2024,totaal,,MW,definitief,geheim,PV20," in text
    assert '"wind, land.csv"' in text
    assert 'W1,"Wind ""A"", noord",wind_op_land,PV24' in (one.folder / "projects.csv").read_text("utf-8")


def test_csv_and_parquet_say_the_same(tmp_path: Path, inputs: list[MergeInput], projects: list[MergeInput]) -> None:
    one = built(tmp_path / "a", inputs, projects)

    for name in ("indicators", "projects", "provenance"):
        rows = pq.read_table(one.folder / f"{name}.parquet").to_pylist()
        plain = [{key: plainly(value) for key, value in row.items()} for row in rows]
        assert plain == table(one, f"{name}.csv")


def plainly(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value).removesuffix(".0")


def test_new_provenance_is_new_content_but_the_previous_release_is_not(
    tmp_path: Path, inputs: list[MergeInput]
) -> None:
    first = built(tmp_path / "a", inputs)
    same = built(tmp_path / "b", inputs, previous=as_previous(first))
    resent = give(tmp_path, 92, "PV20", [figure("PV20", "0.5")])
    newer = built(tmp_path / "c", [*inputs, resent])

    assert table(first, "changes.csv") != table(same, "changes.csv") == []
    assert first.content_hash == same.content_hash != newer.content_hash


def test_a_late_submission_that_is_wholly_superseded_is_new_content_too(
    tmp_path: Path, inputs: list[MergeInput]
) -> None:
    late = give(tmp_path, 0, "PV20", [figure("PV20", "77")])

    one, other = built(tmp_path / "a", inputs), built(tmp_path / "b", [*inputs, late])

    assert table(one, "indicators.csv") == table(other, "indicators.csv")
    assert other.input_counts[late.submission.id].published == 0
    assert one.content_hash != other.content_hash


def test_the_code_version_is_no_content(tmp_path: Path, inputs: list[MergeInput]) -> None:
    one, other = built(tmp_path / "a", inputs), built(tmp_path / "b", inputs, code_version="def456")

    assert (one.content_hash, one.files) == (other.content_hash, other.files)
    assert manifest(one, "2026.1") != manifest(other, "2026.1")


def test_every_row_of_the_release_has_its_provenance(
    tmp_path: Path, inputs: list[MergeInput], projects: list[MergeInput]
) -> None:
    one = built(tmp_path / "a", inputs, projects)

    origin = table(one, "provenance.csv")
    assert len(origin) == len(table(one, "indicators.csv")) + len(table(one, "projects.csv"))
    hashes = {submission.submission.id: submission.submission.sha256 for submission in (*inputs, *projects)}
    assert all(hashes[row["submission_id"]] == row["sha256"] for row in origin)
    (corrected,) = [row for row in origin if row["indicator_code"] == "H3.4" and row["region_code"] == "PV20"]
    assert (corrected["value"], corrected["original_value"], corrected["source_row"]) == ("0.5", "0.50", "2")


def test_large_provenance_is_parquet_only(
    tmp_path: Path, inputs: list[MergeInput], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidate_module, "PROVENANCE_CSV_ROWS", 3)

    assert {file.name for file in built(tmp_path / "a", inputs).files} == DATA - {"provenance.csv"}


def test_the_data_package_is_valid_and_its_tables_are_as_it_says(
    tmp_path: Path, inputs: list[MergeInput], projects: list[MergeInput]
) -> None:
    one = built(tmp_path / "a", inputs, projects)
    path = one.folder / "datapackage.json"
    path.write_bytes(manifest(one, "2026.1"))
    described = json.loads(path.read_text("utf-8"))
    assert {resource["path"] for resource in described["resources"]} == DATA
    assert (described["version"], described["codeVersion"]) == ("2026.1", "abc123")
    assert described["licenses"][0]["name"] == "CC-BY-4.0"

    package = Package(str(path))
    report = package.validate()

    assert report.valid, report.to_summary()
    assert [task.stats["rows"] for task in report.tasks if task.name == "indicators-csv"] == [13]


@pytest.mark.parametrize("dataset", NAMES)
def test_the_data_package_demands_of_a_core_table_what_its_contract_does(
    tmp_path: Path, inputs: list[MergeInput], projects: list[MergeInput], dataset: str
) -> None:
    described = json.loads(manifest(built(tmp_path / "a", inputs, projects), "2026.1"))
    schemas = {one["path"]: one["schema"] for one in described["resources"] if one.get("schema")}
    told = table_schema(load_contract(dataset))

    for name in (f"{dataset}.csv", f"{dataset}.parquet"):
        assert schemas[name] == {part: told[part] for part in schemas[name]}
        assert schemas[name]["primaryKey"] == list(load_contract(dataset).key)
    excel = {one["name"]: one for one in schemas[f"{dataset}_excel_nl.csv"]["fields"]}
    assert {one["name"]: one for one in told["fields"] if one["type"] != "number"}.items() <= excel.items()
    assert excel["value" if dataset == "indicators" else "capacity_mw"]["decimalChar"] == ","


def test_what_a_contract_forbids_makes_the_data_package_invalid(tmp_path: Path, projects: list[MergeInput]) -> None:
    one = built(tmp_path / "a", [], projects)
    (one.folder / "datapackage.json").write_bytes(manifest(one, "2026.1"))
    path = one.folder / "projects.csv"
    path.write_text(path.read_text("utf-8").replace("wind_op_land", "windmolens"), encoding="utf-8")

    report = Package(str(one.folder / "datapackage.json")).validate()

    found = {error.type for task in report.tasks if task.name == "projects-csv" for error in task.errors}
    assert "constraint-error" in found


def test_a_column_that_the_last_release_did_not_have_is_a_change_where_it_is_filled_in(
    tmp_path: Path, projects: list[MergeInput]
) -> None:
    before = as_previous(built(tmp_path / "a", [], projects))
    later = [
        one.name for one in load_contract("projects").columns if one.name in {"scheme", "res_region", "granted_on"}
    ]
    path = before.files["projects"]
    pq.write_table(pq.read_table(path).drop_columns(later), path)
    farm = give(tmp_path, 92, "PV24", [wind_farm("PV24", "W1", name='Wind "A", noord', scheme="SCE")], "projects")

    changed = table(built(tmp_path / "b", [], [*projects, farm], before), "changes.csv")

    assert [(row["project_id"], row["field"], row["old_value"], row["new_value"]) for row in changed] == [
        ("W1", "scheme", "", "SCE")
    ]


def test_a_column_is_described_once() -> None:
    """By its contract; what means more in another table than in the contract's is described for that table."""
    described = {name for name in _columns() if name in _contracted()}
    assert described == {"region_level", "region_code", "value", "missing_reason"}


def test_the_notes_tell_both_languages_what_is_partial_and_what_changed(
    tmp_path: Path, inputs: list[MergeInput], projects: list[MergeInput]
) -> None:
    first = built(tmp_path / "a", inputs[:11], projects)
    text = notes(first)
    assert "# Kerndataset energietransitie 2026.1" in text
    assert "# Core dataset energy transition 2026.1" in text
    assert "| H3.4 | 2024 | totaal | 11/12 | PV31=niet_geleverd |" in text
    assert "Dit is de eerste uitgave" in text
    assert f"| {inputs[0].submission.id} | Groningen | indicators | 1 | 0 | `{inputs[0].submission.sha256}` |" in text

    second = built(tmp_path / "b", inputs, projects, as_previous(first))
    text = notes(second, "2026.2")
    assert "Landelijke waarden: 1, alle volledig" in text
    assert "| indicators | changed | correction | 1 |" in text
    assert "| indicators | added | new_delivery | 2 |" in text


def test_the_notes_tell_when_a_person_let_the_release_go_and_what_they_wrote(
    tmp_path: Path, inputs: list[MergeInput]
) -> None:
    first = built(tmp_path / "a", inputs[:11])
    one = built(tmp_path / "b", inputs, previous=as_previous(first))

    assert "beoordeeld" not in notes(one)
    assert "beoordeeld en vrijgegeven.\n" in notes(replace(one, note=""))
    text = notes(replace(one, note="Limburg telde dubbel.\nNu goed."))
    assert "beoordeeld en vrijgegeven:\n\n> Limburg telde dubbel.\n> Nu goed.\n\n## Inzendingen" in text
    assert "let it go:\n\n> Limburg telde dubbel.\n> Nu goed.\n\n## Inputs" in text


def test_no_file_names_the_machine_the_folder_or_the_moment(
    tmp_path: Path, inputs: list[MergeInput], projects: list[MergeInput]
) -> None:
    one = built(tmp_path / "a", inputs, projects)

    texts = [path.read_bytes() for path in one.folder.iterdir() if path.is_file()]
    for text in (*texts, manifest(one, "2026.1"), notes(one).encode()):
        assert str(tmp_path).encode() not in text
        assert b"2026-03-02" not in text


def test_nothing_accepted_at_all_still_gives_files_that_describe_themselves(tmp_path: Path) -> None:
    one = built(tmp_path / "a", [])

    assert {row["status"] for row in table(one, "coverage.csv")} == {"not_delivered"}
    assert [row["province_code"] for row in table(one, "coverage.csv")] == list(CODES)
    assert manifest(replace(one, previous=None), "2026.1")
