"""The province's own file back: marked where something was refused, and unchanged everywhere else."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from kerndata.model.finding import Finding, Severity
from kerndata.model.marks import OWN_COLUMNS, OWN_SHEET
from kerndata.quality.assess import Assessment, assess
from kerndata.quality.marked import Marked, marked_copy
from kerndata.quality.marking.job import Mark, harmless
from kerndata.quality.marking.workbook import add_findings
from kerndata.sources.registry import load_source
from kerndata.sources.schema import DeliverySpec

SOURCE = load_source("noord_holland")
COLUMNS = {
    "Wat": "indicator",
    "Waar": "region",
    "Jaar": "period",
    "Waarde": "value",
    "Eenheid": "unit",
    "Status": "status",
}
HEADER = tuple(COLUMNS)
GOOD = [("H3.4", "Noord-Holland", str(year), "700", "MW", "definitief") for year in range(2005, 2020)]
BAD = ("H3.4", "Noord-Holland", "2020", "99999", "MW", "definitief")


def spec(kind: dict[str, Any], **given: Any) -> DeliverySpec:
    return DeliverySpec.model_validate(
        {"dataset": "indicators", "via": {"bucket": "indicators/*"}, "format": kind, "columns": COLUMNS, **given}
    )


def marked(path: Path, agreed: DeliverySpec) -> tuple[Marked, Assessment]:
    assessed = assess(path, source=SOURCE, spec=agreed, submission_id="S-1", file_name=path.name, judge=False)
    made = marked_copy(path, submission_id="S-1", spec=agreed, assessment=assessed)
    assert made is not None
    assert made.body is not None, made.note_nl
    return made, assessed


def text_of(rows: list[tuple[str, ...]], delimiter: str = ";", end: str = "\r\n") -> str:
    return "".join(delimiter.join(row) + end for row in rows)


@pytest.mark.parametrize(
    ("encoding", "delimiter", "end"),
    [("utf-8", ",", "\n"), ("utf-8-sig", "\t", "\r\n"), ("utf-16", ";", "\r"), ("windows-1252", ";", "\r\n")],
)
def test_a_csv_gets_two_columns_and_keeps_every_byte_of_its_own(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    title, footer = "Overzicht coöperaties ë" + end, "Bron: eigen opgave" + end
    path = tmp_path / f"wind-{encoding}.csv"
    path.write_bytes((title + text_of([HEADER, *GOOD, BAD], delimiter, end) + footer).encode(encoding))
    agreed = spec(
        {"kind": "csv", "delimiter": delimiter, "encoding": "windows-1252"},
        layout={"title_rows": 1, "footers": ["^Bron"]},
    )
    made, _ = marked(path, agreed)
    before, after = (body.decode(encoding).split(end) for body in (path.read_bytes(), made.body or b""))
    assert made.name == "S-1.gemarkeerd.csv"
    assert (after[0], after[-2]) == (before[0], before[-2])
    assert after[1] == delimiter.join([before[1], *OWN_COLUMNS])
    assert all(new.startswith(old) for old, new in zip(before, after, strict=True))
    rows = list(csv.reader(after[2:-2], delimiter=delimiter))
    assert [row[6] for row in rows] == ["overgenomen"] * 15 + ["geweigerd"]
    assert "99999 kan niet" in rows[-1][7]


def test_a_quoted_newline_a_short_row_and_no_last_line_end_are_kept(tmp_path: Path) -> None:
    lines = text_of([(*HEADER, "Opmerking"), *[(*row, '"twee\nregels; ""ja"""') for row in GOOD], BAD]).rstrip("\r\n")
    path = tmp_path / "ragged.csv"
    path.write_text(lines, encoding="utf-8", newline="")
    agreed = spec({"kind": "csv"}, ignored_columns=["Opmerking"])
    assessed = Assessment("ragged.csv", "indicators", _verdict(tmp_path, [*GOOD, BAD]))
    made = marked_copy(path, submission_id="S-1", spec=agreed, assessment=assessed)
    assert made is not None
    rows = list(csv.reader(io.StringIO((made.body or b"").decode(), newline=""), delimiter=";"))
    assert [len(row) for row in rows] == [9] * 17
    assert rows[1][6] == 'twee\nregels; "ja"'
    assert rows[-1][6:8] == ["", "geweigerd"]
    assert not (made.body or b"").endswith(b"\n")


def _verdict(folder: Path, rows: list[tuple[str, ...]]) -> Any:
    path = folder / "plain.csv"
    path.write_text(text_of([HEADER, *rows]), encoding="utf-8", newline="")
    return assess(
        path, source=SOURCE, spec=spec({"kind": "csv"}), submission_id="S-1", file_name="plain.csv", judge=False
    ).verdict


def test_a_corrected_copy_can_be_delivered_and_marked_again(tmp_path: Path) -> None:
    path = tmp_path / "again.csv"
    path.write_text(text_of([HEADER, *GOOD, BAD]), encoding="utf-8", newline="")
    agreed = spec({"kind": "csv"}, ignored_columns=list(OWN_COLUMNS))
    once, _ = marked(path, agreed)
    path.write_bytes(once.body or b"")
    twice, _ = marked(path, agreed)
    assert twice.body == once.body


def workbook(path: Path, rows: list[tuple[Any, ...]]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Kern cijfers"
    for row in rows:
        sheet.append(row)
    sheet["H2"] = "=SUM(D2:D3)"
    sheet["D17"].comment = Comment("Zelf nagekeken", "Team")
    book.save(path)


XLSX_ROWS = [HEADER, *[(*row[:3], int(row[3]), *row[4:]) for row in GOOD], (*BAD[:3], 99999, *BAD[4:])]


def test_a_workbook_stays_one_with_the_cell_coloured_and_the_reason_at_it(tmp_path: Path) -> None:
    path = tmp_path / "wind.xlsx"
    workbook(path, XLSX_ROWS)
    made, assessed = marked(path, spec({"kind": "xlsx"}, ignored_columns=["kolom H (zonder kop)"]))
    assert made.name == "S-1.gemarkeerd.xlsx"
    book = load_workbook(io.BytesIO(made.body or b""))
    cell = book["Kern cijfers"]["D17"]
    assert cell.fill.fgColor.rgb == "FFF4B6B6"
    assert cell.value == 99999
    assert cell.comment is not None
    assert cell.comment.text.startswith("Zelf nagekeken\n\nGeweigerd: ")
    assert "99999 kan niet" in cell.comment.text
    assert book["Kern cijfers"]["H2"].value == "=SUM(D2:D3)"
    assert book["Kern cijfers"]["D16"].fill.fgColor.rgb != "FFF4B6B6"
    listed = list(book[OWN_SHEET].iter_rows(values_only=True))
    assert len(listed) == 1 + len(assessed.verdict.findings)
    at = next(row for row in listed if row[5] == "I-BOUNDS")
    assert str(at[0]).startswith("blad Kern cijfers, cel D17")


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "same.xlsx"
    workbook(path, XLSX_ROWS)
    agreed = spec({"kind": "xlsx"})
    assert marked(path, agreed)[0].body == marked(path, agreed)[0].body


def test_json_comes_back_as_a_workbook_of_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "wind.json"
    path.write_text(json.dumps([dict(zip(HEADER, row, strict=True)) for row in [*GOOD, BAD]]), encoding="utf-8")
    made, assessed = marked(path, spec({"kind": "json"}))
    sheet = load_workbook(io.BytesIO(made.body or b"")).worksheets[0]
    assert [cell.value for cell in sheet[1]] == list(HEADER)
    assert sheet["D17"].fill.fgColor.rgb == "FFF4B6B6"
    assert assessed.verdict.findings[0].row == 17


def test_a_zip_comes_back_with_each_file_marked(tmp_path: Path) -> None:
    path = tmp_path / "wind.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("goed.csv", text_of([HEADER, *GOOD[:8]]))
        archive.writestr("fout.csv", text_of([HEADER, *GOOD[8:], BAD]))
        archive.writestr("leesmij.txt", "uitleg")
    made, _ = marked(path, spec({"kind": "zip", "members": "*.csv", "inner": {"kind": "csv"}}))
    with zipfile.ZipFile(io.BytesIO(made.body or b"")) as archive:
        assert archive.namelist() == ["fout.csv", "goed.csv", "leesmij.txt"]
        assert archive.read("goed.csv").decode() == text_of([HEADER, *GOOD[:8]])
        assert b"geweigerd" in archive.read("fout.csv")


def test_a_workbook_that_cannot_be_marked_becomes_one_of_its_cells_or_none_with_a_reason(tmp_path: Path) -> None:
    real, broken = tmp_path / "real.csv", tmp_path / "broken.xlsx"
    real.write_text(text_of([HEADER, *GOOD, BAD]), encoding="utf-8", newline="")
    _, assessed = marked(real, spec({"kind": "csv"}))
    broken.write_bytes(b"PK\x03\x04 no workbook")
    made = marked_copy(broken, submission_id="S-1", spec=spec({"kind": "xlsx"}), assessment=assessed)
    assert made is not None
    assert made.body is None
    assert "konden wij niet maken" in made.note_nl


def test_nothing_refused_or_flagged_gives_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "good.csv"
    path.write_text(text_of([HEADER, *GOOD]), encoding="utf-8", newline="")
    agreed = spec({"kind": "csv"})
    assessed = assess(path, source=SOURCE, spec=agreed, submission_id="S-1", file_name="good.csv", judge=False)
    assert marked_copy(path, submission_id="S-1", spec=agreed, assessment=assessed) is None


@pytest.mark.parametrize("text", ["=1+1", "+31", "-x", "@SUM(A1)", "\tx", "\rx"])
def test_what_we_add_is_never_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("gewoon") == "gewoon"


def test_a_value_that_looks_like_a_formula_is_listed_as_text(tmp_path: Path) -> None:
    path = tmp_path / "formula.xlsx"
    workbook(path, XLSX_ROWS)
    agreed = spec({"kind": "xlsx"})
    _, assessed = marked(path, agreed)
    finding = Finding(
        "I-BOUNDS", Severity.ERROR, None, "Kern cijfers", 17, "D", "=cmd|' /C calc'!A0", "=nl", "=en", "Waarde"
    )
    hostile = replace(assessed, verdict=replace(assessed.verdict, findings=(finding,), totals={"I-BOUNDS": 1}))
    made = marked_copy(path, submission_id="S-1", spec=agreed, assessment=hostile)
    assert made is not None
    sheet = load_workbook(io.BytesIO(made.body or b""))[OWN_SHEET]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}


def test_an_error_that_refuses_no_row_is_not_listed_as_refused() -> None:
    book = Workbook(write_only=True)
    told: dict[str, Any] = dict.fromkeys(("member", "sheet", "row", "column", "value")) | {"place": "het bestand"}
    kept = Mark("F-PHASE-BACK-REALISED", "error", **told, message="Dat kan niet.", action="Lever opnieuw.")
    refused = Mark("F-ENCODING", "error", **told, message="Niet te lezen.", action="Lever opnieuw.")
    add_findings(book, [kept, refused], ())
    stream = io.BytesIO()
    book.save(stream)
    listed = [row[1] for row in load_workbook(stream)[OWN_SHEET].iter_rows(min_row=2, values_only=True)]
    assert listed == ["fout, wel overgenomen", "geweigerd"]
