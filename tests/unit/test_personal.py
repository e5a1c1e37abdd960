"""Personal data and formulas: found where they are, not where they are not, and never repeated anywhere."""

import csv
import json
import zipfile
from dataclasses import astuple
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from kerndata.intake.process import SECURITY_RULES
from kerndata.local.samples.tables import HERE
from kerndata.model.submission import Status
from kerndata.quality.assess import Assessment, assess
from kerndata.quality.payload import formulas, is_formula
from kerndata.quality.personal import Setting, is_private, kind_of_text, kinds, masked, passes_eleven_test
from kerndata.sources.formats import XlsxFormat
from kerndata.sources.layout import Layout
from kerndata.sources.registry import load_source
from kerndata.sources.schema import DeliverySpec
from kerndata.sources.via import BucketVia

BSN = "123456782"  # the example of the test itself, which nobody has
PHONE, MAIL = "06-12345678", "jan@post.example"


def found(*cells: str | None, header: str = "", numbers: bool = False) -> list[str | None]:
    kept: list[str | None] = kinds(pa.array(cells, pa.string()), Setting(header, numbers)).to_pylist()
    return kept


@pytest.mark.parametrize(
    ("number", "passes"),
    [(BSN, True), ("111222333", True), ("123456789", False), ("000000000", False), ("010464554", True),
     ("10464554", True)],
)  # fmt: skip
def test_the_eleven_test(number: str, passes: bool) -> None:
    assert passes_eleven_test(number) is passes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"eigenaar {BSN}", "bsn"),
        (f"BSN {BSN}", "bsn"),
        ("bsn: 10464554", "bsn"),
        ("BSN 1234.56.782", "bsn"),
        (MAIL, "mail"),
        ("vraag info+wind@a.b.example", "mail"),
        *((one, "phone") for one in (PHONE, "0612345678", "06 1234 5678", "+31 6 12345678", "+31(0)6-12345678")),
        *((one, "phone") for one in ("0031 20 1234567", "020-1234567", "(0344) 123456", "bel 050 123 4567")),
    ],
)
def test_personal_data_is_found(text: str, kind: str) -> None:
    assert kind_of_text(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        BSN,  # a number alone may be anything
        "eigenaar 123456789",
        f"KvK {BSN}",
        f"1{BSN}",
        f"{BSN},5",
        f"-{BSN}",
        "WRI-1005302",
        "0344200000012345",  # BAG
        "6.918056",
        "093456 463123",  # RD
        "1.234.567,8 MW",
        "31-12-2024",
        "2024-Q3",
        "12@34",
        "WP-020-1234567",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert kind_of_text(text) is None


PASSING = [f"{number:09}" for number in range(100_000_000, 100_000_400) if passes_eleven_test(str(number))]


def test_a_column_of_numbers_that_all_pass_is_one_of_bsns() -> None:
    assert len(PASSING) > 20
    assert found(*PASSING) == ["bsn"] * len(PASSING)
    assert set(found(*PASSING, header="RSIN")) == {None}
    assert set(found(*PASSING[:4])) == {None}
    assert found(PASSING[0], header="Burgerservicenummer") == ["bsn"]


def test_a_column_of_project_numbers_is_not() -> None:
    assert set(found(*(str(number) for number in range(100_000_000, 100_001_000)))) == {None}


def test_the_real_figures_and_names_hold_none() -> None:
    for path in sorted(HERE.glob("*.csv")):
        header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
        for name, *cells in zip(header, *rows, strict=True):
            assert set(found(*cells, header=name)) == {None}
            assert formulas(pa.array(cells, pa.string())).true_count == 0
            assert [one for one in cells if is_private(one)] == []


@pytest.mark.parametrize(
    "name",
    ["J. Jansen", "J.P. de Vries", "A.B.C. van der Berg-Smit", "dhr. Jansen", "Mevr. J. Jansen", "fam. De Boer",
     "J. en M. de Vries", "Jansen, J.P.", "de heer Jansen", "Erven Jansen", "K. 't Hart"],
)  # fmt: skip
def test_a_private_initiator_is_recognised(name: str) -> None:
    assert is_private(name)


@pytest.mark.parametrize(
    "name",
    ["Windpark X B.V.", "E.ON", "Vattenfall", "J. Jansen Holding", "Kwekerij J. Jansen", "Gemeente Emmen",
     "Coöperatie De Wieken U.A.", "VOF J. en P. Jansen", "N.V. Nuon", "Stichting Dhr. Jansen", "RWE", ""],
)  # fmt: skip
def test_an_organisation_is_not(name: str) -> None:
    assert not is_private(name)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "+SUM(1;2)", "-2+3+cmd|' /C calc'!A0", "-A1+B2", "\t=1+1", "\r=1+1",
     "＝1+1", '=HYPERLINK("http://a.example")', "- SUM(1)", "+A1"],
)  # fmt: skip
def test_a_formula_is_recognised(text: str) -> None:
    assert is_formula(text)


@pytest.mark.parametrize(
    "text",
    ["-", "--", "+", "=", "-5", "+5", "-1.234,5 MW", "- nader te bepalen", "-5 (schatting)", "+31 6 12345678", "-12%",
     "12=3", "a@b", "-1,5E+3", "± 5", "- 5", "-n.v.t."],
)  # fmt: skip
def test_signs_numbers_and_remarks_are_no_formulas(text: str) -> None:
    assert not is_formula(text)


def test_a_message_repeats_nothing_personal() -> None:
    hidden = masked(f"gevonden: {MAIL}, {PHONE}, {BSN}, 123456789, levering 20240104.csv")
    assert hidden == "gevonden: •••, •••, •••, 123456789, levering 20240104.csv"


COLUMNS = {
    "id": "project_id", "naam": "name", "techniek": "technology", "provincie": "region", "fase": "phase",
    "initiatiefnemer": "initiator", "mw": "capacity_mw", "gemeente": "municipality_name",
}  # fmt: skip
SPEC = DeliverySpec.model_validate(
    {
        "dataset": "projects",
        "via": {"bucket": "projects/*.csv"},
        "format": {"kind": "csv"},
        "columns": COLUMNS,
        "refuse_threshold_pct": 90,
        "ignored_columns": ["opmerking"],
    }
)
GOOD = "P{0};Park {0};wind_op_land;Drenthe;6;Windpark X B.V.;{0};Assen"


def delivered(folder: Path, *rows: str, head: str = "") -> Assessment:
    path = folder / "projecten.csv"
    lines = [";".join([*COLUMNS, "opmerking", *([head] if head else [])])]
    lines += [GOOD.format(number) + ";" + (";" if head else "") for number in range(1, 9)]
    path.write_text("\n".join([*lines, *rows]) + "\n", encoding="utf-8")
    return assess(
        path, source=load_source("drenthe"), spec=SPEC, submission_id="S-1", file_name="projects/p.csv", judge=False
    )  # fmt: skip


def everything(found: Assessment) -> str:
    """All that is stored or shown of an assessment."""
    verdict = found.verdict
    parts = [
        verdict.accepted.to_csv(),
        verdict.refused.to_csv(),
        json.dumps([astuple(one) for one in verdict.findings]),
    ]
    return "".join(parts)


def with_cell(number: int, column: int, cell: str) -> str:
    row = GOOD.format(number).split(";")
    row[column] = cell
    return ";".join(row) + ";"


def test_mapped_cells_refuse_their_rows_and_are_shown_nowhere(tmp_path: Path) -> None:
    secrets = (f"BSN {BSN}", MAIL, PHONE)
    places = [(column, secret) for column in range(len(COLUMNS)) for secret in secrets]
    rows = (with_cell(50 + number, *place) for number, place in enumerate(places))
    assessment = delivered(tmp_path, *rows)
    assert assessment.verdict.totals["H-PERSONAL-DATA"] == len(places)
    assert assessment.verdict.counts.refused == len(places)
    assert [secret for secret in (BSN, MAIL, PHONE) if secret in everything(assessment)] == []
    assert {one.value for one in assessment.verdict.findings if one.rule_id == "H-PERSONAL-DATA"} == {None}
    assert set(assessment.verdict.refused["reasons"]) == {"H-PERSONAL-DATA"}


def test_a_column_nobody_uses_gets_one_warning_without_its_values(tmp_path: Path) -> None:
    rows = (GOOD.format(20 + number) + f";bel {PHONE};{MAIL}" for number in range(3))
    assessment = delivered(tmp_path, *rows, head="contact")
    assert assessment.verdict.status is Status.ACCEPTED
    told = [one.message_nl for one in assessment.verdict.findings if one.rule_id == "F-PERSONAL-COLUMN"]
    says = "Kolom {} wordt niet gebruikt, maar lijkt persoonsgegevens te bevatten ({}; 3 cellen). Er is niets van"
    assert [one.rpartition(" ")[0] for one in told] == [
        says.format("I", "telefoonnummer"),
        says.format("J", "e-mailadres"),
    ]
    assert PHONE not in everything(assessment)


def test_a_private_initiator_is_blanked_and_the_row_kept(tmp_path: Path) -> None:
    assessment = delivered(tmp_path, GOOD.format(99).replace("Windpark X B.V.", "J.P. de Vries") + ";")
    verdict = assessment.verdict
    assert verdict.counts.refused == 0
    assert verdict.totals["H-INITIATOR-PRIVATE"] == 1
    [row] = verdict.accepted[verdict.accepted["project_id"] == "P99"].to_dict("records")
    assert row["initiator"] is None or row["initiator"] != row["initiator"]
    assert "H-INITIATOR-PRIVATE" in row["quality_flags"]
    assert "de Vries" not in everything(assessment)


def test_formulas_in_mapped_cells_refuse_their_rows(tmp_path: Path) -> None:
    rows = (with_cell(50 + column, column, "=cmd|' /C calc'!A0") for column in range(len(COLUMNS)))
    verdict = delivered(tmp_path, *rows).verdict
    assert verdict.totals == {"H-FORMULA": len(COLUMNS)}
    assert verdict.counts.refused == len(COLUMNS)


def test_formulas_in_a_column_nobody_uses_are_counted(tmp_path: Path) -> None:
    verdict = delivered(tmp_path, GOOD.format(99) + ";=1+1").verdict
    assert verdict.totals == {"F-FORMULA-COLUMN": 1}
    assert "Kolom I" in verdict.findings[0].message_nl


def test_a_row_taken_for_the_header_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"P1;{MAIL};{PHONE}\nP2;x;y\n", encoding="utf-8")
    assessment = assess(
        path, source=load_source("drenthe"), spec=SPEC, submission_id="S-1", file_name="p.csv", judge=False
    )  # fmt: skip
    assert list(assessment.verdict.totals) == ["F-COLUMNS-MISSING"]
    assert MAIL not in everything(assessment)
    assert PHONE not in everything(assessment)


BOOK = SPEC.model_copy(
    update={
        "format": XlsxFormat(),
        "layout": Layout(title_rows=2, footers=("^Bron",)),
        "via": BucketVia(bucket="*.xlsx"),
    }
)


def workbook(
    folder: Path, *, title: str = "Projecten", sheet: str = "Blad", footer: str = "Bron: eigen opgave"
) -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].title = sheet
    rows = [[title], ["stand 2024", 31122024], [*COLUMNS], *(GOOD.format(number).split(";") for number in range(1, 4))]
    for row in [*rows, [footer]]:
        book.worksheets[0].append(row)
    book.save(folder / "p.xlsx")
    return folder / "p.xlsx"


def assessed(path: Path, name: str = "projects/p.xlsx") -> Assessment:
    source = load_source("drenthe")
    return assess(path, source=source, spec=BOOK, submission_id="S-1", file_name=name, judge=False)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"title": f"Vragen? {MAIL}"}, "Tekst rond de tabel (rij 1){} (e-mailadres)."),
        ({"title": f"BSN {BSN}"}, "Tekst rond de tabel (rij 1){} (BSN)."),
        ({"footer": f"Bron: {PHONE}"}, "Tekst rond de tabel (rij 7){} (telefoonnummer)."),
        ({"sheet": f"van {MAIL}"}, "De naam van een werkblad{} (e-mailadres)."),
        ({"sheet": "BSN 10464554"}, "De naam van een werkblad{} (BSN)."),
    ],
)  # fmt: skip
def test_texts_around_the_table_and_names_are_told_and_not_repeated(
    tmp_path: Path, given: dict[str, str], says: str
) -> None:
    verdict = assessed(workbook(tmp_path, **given)).verdict
    told = f"{says.format(' lijkt persoonsgegevens te bevatten')} Er is niets van overgenomen."
    assert [one.message_nl for one in verdict.findings] == [told]
    assert verdict.totals == {"F-PERSONAL-TEXT": 1}
    assert verdict.counts.accepted == 3
    stored = verdict.accepted.to_csv() + "".join(one.message_nl + one.message_en for one in verdict.findings)
    assert [secret for secret in (MAIL, PHONE, BSN, "10464554") if secret in stored] == []
    assert "F-PERSONAL-TEXT" in SECURITY_RULES


def test_a_file_name_is_masked_in_what_is_stored_also_of_a_file_that_is_refused(tmp_path: Path) -> None:
    verdict = assessed(workbook(tmp_path), f"projects/van {MAIL} {PHONE}.xlsx").verdict
    assert verdict.totals == {"F-PERSONAL-TEXT": 1}
    assert set(verdict.accepted["source_file"]) == {"projects/van ••• •••.xlsx"}
    (tmp_path / "leeg.xlsx").write_bytes(b"")
    refused = assessed(tmp_path / "leeg.xlsx", f"projects/{PHONE}.xlsx").verdict
    assert refused.totals == {"F-EMPTY": 1, "F-PERSONAL-TEXT": 1}


def test_nothing_is_said_of_a_clean_workbook(tmp_path: Path) -> None:
    assert assessed(workbook(tmp_path)).verdict.totals == {}


def test_the_sample_deliveries_hold_nothing_personal_around_their_tables() -> None:
    checked = 0
    for slug in sorted(one.name for one in (HERE / "deliveries").iterdir()):
        source = load_source(slug)
        for path in sorted((HERE / "deliveries" / slug / "drop").rglob("*.*")):
            name = str(path.relative_to(HERE / "deliveries" / slug / "drop"))
            spec = source.match(f"drop/{name}")
            assert spec
            totals = assess(
                path, source=source, spec=spec, submission_id="S-1", file_name=name, judge=False
            ).verdict.totals
            assert totals.keys().isdisjoint(SECURITY_RULES), name
            checked += 1
    assert checked >= 20


def test_links_of_a_workbook_are_told(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/connections.xml", "<connections/>")
        archive.writestr("xl/externalLinks/externalLink1.xml", "<externalLink/>")
    verdict = assessed(path).verdict
    assert verdict.totals == {"F-LINK": 1}
    assert (
        "een verbinding met gegevens van buiten, een koppeling naar een ander werkboek"
        in verdict.findings[0].message_nl
    )
