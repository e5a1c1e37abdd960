"""A new delivery of a format that is read already: one YAML, drafted from its example, and that example as fixture."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from kerndata.harmonise.units import UNITS
from kerndata.model.submission import Status
from kerndata.sources.registry import FOLDER, Source, load_file, load_sources
from kerndata.steward.check import check_file
from kerndata.steward.draft import draft_of

EXAMPLE = """Energiecijfers provincie Zeeland
Regio;Jaar;Publieke laadpunten (aantal);Groen gas (mln m3)
Zeeland;2023;4.210;1,5
Zeeland;2024;5.350;2,25
Bron: provincie Zeeland
"""


@pytest.fixture
def added(tmp_path: Path) -> Path:
    """The folder of sources with one YAML changed: the drafted delivery pasted below the others; nothing else."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for path in FOLDER.glob("*.yaml"):
        shutil.copy(path, folder)
    (tmp_path / "laadpunten_2024.csv").write_text(EXAMPLE, encoding="utf-8")
    drafted = draft_of(tmp_path / "laadpunten_2024.csv", "zeeland").text
    pasted = drafted.split("deliveries:\n", 1)[1]
    target = folder / "zeeland.yaml"
    target.write_text(target.read_text(encoding="utf-8") + pasted, encoding="utf-8")
    return folder


def test_it_is_recognised_checked_and_read_right(added: Path) -> None:
    fixture = added.parent / "laadpunten_2024.csv"
    source = load_sources(added)["zeeland"]
    assert source.delivery_name("drop/indicators/laadpunten_2025.csv") == "laadpunten"
    checked = check_file(fixture, "zeeland", yaml=added / "zeeland.yaml")
    assert (checked.delivery, checked.assessment.verdict.status) == ("laadpunten", Status.ACCEPTED)
    rows = checked.assessment.verdict.accepted
    assert set(zip(rows["indicator_code"], rows["period"], rows["value"], strict=True)) == {
        ("H3.17", "2023", Decimal(4210)), ("H3.17", "2024", Decimal(5350)),
        ("H3.13", "2023", Decimal("1.5")), ("H3.13", "2024", Decimal("2.25")),
    }  # fmt: skip


def test_the_other_provinces_are_what_they_were(added: Path) -> None:
    before, after = load_sources(), load_sources(added)
    assert {slug for slug in before if before[slug] != after[slug]} == {"zeeland"}
    assert set(after["zeeland"].own()) - set(before["zeeland"].own()) == {"laadpunten"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_unit_a_source_names_is_one_we_convert(path: Path) -> None:
    source: Source = load_file(path)
    named = {
        unit
        for spec in source.own().values()
        for unit in [*spec.vocabulary.unit.values(), *spec.units.values(), *filter(None, [spec.constants.get("unit")])]
    }
    assert named <= set(UNITS)
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["province"] == source.province.code
