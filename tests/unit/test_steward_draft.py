"""``kerndata draft`` on small files: what it is sure of, what it doubts, and what it refuses to guess about."""

import zipfile
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from kerndata.cli import app
from kerndata.errors import ConfigurationError
from kerndata.steward.draft import Draft, draft_of

LONG = "Provincie;Indicator;Jaar;Waarde;Eenheid\n"


def drafted(
    tmp_path: Path, content: str | bytes, name: str = "voorbeeld_2024.csv", dataset: str | None = None
) -> Draft:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return draft_of(path, "drenthe")


def line(draft: Draft, key: str) -> str:
    return next(one.strip() for one in draft.text.splitlines() if one.strip().startswith(f"{key}:"))


def test_a_number_with_two_readings_is_a_doubt_with_both(tmp_path: Path) -> None:
    draft = drafted(tmp_path, LONG + "Drenthe;H3.4;2023;1.351;MW\nDrenthe;H3.4;2024;2.400;MW\n")
    assert line(draft, "thousands") == "thousands: . # twijfel: 2 keer twee lezingen: 1.351 is 1351 of 1,351"
    assert "value" in draft.doubted


def test_one_number_with_both_marks_settles_it(tmp_path: Path) -> None:
    draft = drafted(tmp_path, LONG + "Drenthe;H3.4;2023;1.351;MW\nDrenthe;H3.4;2024;2.400,5;MW\n")
    assert line(draft, "thousands").endswith("# zeker: 1 getallen met dit teken")
    assert "value" not in draft.doubted


def test_a_name_of_the_code_list_is_sure_and_a_likeness_is_not(tmp_path: Path) -> None:
    draft = drafted(tmp_path, LONG + "Drenthe;Groen gas;2023;1;mln m3\nDrenthe;Molens (wind);2023;4;aantal\n")
    assert line(draft, "Groen gas").endswith("H3.13 # zeker: naam in de codelijst")
    assert line(draft, "Molens (wind)").endswith("H3.3 # twijfel: lijkt op H3.3 Windturbines op land")


def test_what_is_like_nothing_is_not_guessed(tmp_path: Path) -> None:
    draft = drafted(tmp_path, LONG + "Drenthe;Fietspaden;2023;1;aantal\n")
    assert "„Fietspaden” lijkt op geen indicator" in draft.text
    assert "vocabulary" not in draft.guesses.tree()


def test_a_legend_settles_marks_and_habit_does_not(tmp_path: Path) -> None:
    rows = "Provincie;Jaar;Wind (MW);Zon (kWp)\nDrenthe;2023;1*;x\nDrenthe;2024;2;.\n* = voorlopig cijfer;;;\n"
    marks = [one for one in drafted(tmp_path, rows).guesses.all if one.path[0] == "marks"]
    assert [(one.path[-1], one.value, one.is_sure) for one in marks] == [
        ("*", "voorlopig", True), ("x", "geheim", False), (".", "onbekend", False)
    ]  # fmt: skip


def test_a_file_that_is_not_utf_8_proposes_its_encoding_as_a_doubt(tmp_path: Path) -> None:
    draft = drafted(tmp_path, (LONG + "Fryslân;H3.4;2023;1;MW\n").encode("windows-1252"))
    assert "twijfel: geen UTF-8" in line(draft, "encoding")


def test_metres_are_told_from_degrees_and_swapped_degrees_put_right(tmp_path: Path) -> None:
    head = "Projectcode;Naam;Techniek;Fase;X;Y\n"
    metres = drafted(tmp_path, head + "1;A;Wind;6;233500;558300\n").guesses.tree()["columns"]
    swapped = drafted(tmp_path, head + "1;A;Wind;6;52,9;6,5\n").guesses.tree()["columns"]
    assert (metres["X"], metres["Y"], swapped["X"], swapped["Y"]) == ("x_rd", "y_rd", "lat", "lon")


def test_what_the_example_does_not_tell_is_said_on_top(tmp_path: Path) -> None:
    draft = drafted(tmp_path, "Jaar;Opgesteld vermogen wind op land\n2023;1,5\n")
    assert "# nog niet volledig: unit: give it by" in draft.text
    assert draft.lacking


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("leeg.csv", b""), ("tekst.csv", b"hallo\nwereld\n"), ("nul.csv", b"a;b\n1;\x002\n"), ("kop.csv", b"a;b\n"),
        ("cijfers.json", b"[1, 2]"), ("half.json", b'{"a": ['), ("bytes.json", b'{"\xff": 1}'),
        ("kapot.xlsx", b"PK\x03\x04kapot"), ("kapot.xls", b"\xd0\xcf\x11\xe0kapot"), ("kapot.parquet", b"PAR1kapot"),
    ],
)  # fmt: skip
def test_a_file_without_a_table_is_refused_with_its_name_or_the_reason(
    tmp_path: Path, name: str, content: bytes
) -> None:
    with pytest.raises(ConfigurationError):
        drafted(tmp_path, content, name)


def test_a_zip_of_something_else_is_to_be_unpacked_first(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", "[]")
    with pytest.raises(ConfigurationError, match=r"a\.zip: pak de zip uit"):
        draft_of(path, "drenthe")


def test_the_command_writes_the_proposal_and_check_runs_with_it(tmp_path: Path) -> None:
    path = tmp_path / "voorbeeld_2024.csv"
    path.write_text(LONG + "Drenthe;H3.4;2023;1,5;MW\n", encoding="utf-8")
    out = tmp_path / "voorstel.yaml"
    run = CliRunner().invoke
    assert run(app, ["draft", str(path), "--province", "drenthe", "--out", str(out)]).exit_code == 0
    assert run(app, ["check", str(path), "--province", "drenthe", "--source", str(out)]).exit_code == 0


def test_a_unit_that_only_a_number_format_shows_is_found(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Indicator", "Provincie", "Jaar", "Waarde"])
    for year in (2023, 2024):
        book.worksheets[0].append(["H3.4", "Drenthe", year, 351.5])
        book.worksheets[0].cell(book.worksheets[0].max_row, 4).number_format = '0.0 "MW"'
    book.save(tmp_path / "wind.xlsx")
    draft = draft_of(tmp_path / "wind.xlsx", "drenthe")
    assert line(draft, "unit_suffix") == "unit_suffix: true # zeker: eenheid in de cel: MW"
    assert line(draft, "decimal").startswith("decimal: ','")  # the format's own point proves nothing
    assert "geen eenheid gevonden" not in draft.text
