"""The receipt: what it says, that it is the same every time, and that it can be read anywhere."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import load_contract
from kerndata.errors import FileFault
from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.notices.receipts import subject, text, wanted
from kerndata.quality.assess import Assessment
from kerndata.quality.check import check
from kerndata.quality.previous import Change, Comparison, Previous, compare, history_findings
from kerndata.quality.receipt import Receipt, build, to_html, to_json
from kerndata.quality.receipt_model import schema
from kerndata.quality.verdict import refuse_whole, with_findings
from kerndata.sources.registry import load_source

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "receipt.schema.json"
NOW = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
SOURCE = load_source("noord_holland")
SUBMISSION = Submission(
    id="S-0123456789abcdef", sequence=7, province="PV27",
    delivery=Delivery("PV27", "inbox-noord-holland", "drop/indicators/wind.xlsx", "v1", NOW),
    sha256="a" * 64, size_bytes=12345, dataset="indicators", delivery_name="wind", status=Status.ARCHIVED,
    counts=Counts(), received_at=NOW,
)  # fmt: skip
YEARS = [figure(period=str(year)) for year in range(2000, 2020)]


def receipt_of(*rows: dict[str, Any], **given: Any) -> Receipt:
    verdict = check(load_contract("indicators"), harmonised(*rows, **given), judge=False)
    return build(SUBMISSION, Assessment("indicators/wind.xlsx", "indicators", verdict), SOURCE, NOW)


def _page(receipt: Receipt) -> str:
    return to_html(receipt).decode()


def test_everything_right_reads_as_accepted() -> None:
    page = _page(receipt_of(*YEARS))
    assert "Uw levering is aangenomen" in page
    assert "Alle 20 gegevens zijn overgenomen" in page


def test_a_refused_row_is_shown_where_it_stands_in_excel_with_value_reason_and_what_to_do() -> None:
    page = _page(receipt_of(*YEARS, figure(value="99999", original_value="99.999")))
    assert "Uw levering is deels aangenomen" in page
    for part in (
        "blad Wind, cel F22",
        "99.999 kan niet",
        "tussen 0 en 4.000 (eenheid: MW)",
        "Controleer de waarde, de komma",
    ):
        assert part in page


def test_a_file_of_another_province_is_refused_without_claiming_anything_was_kept() -> None:
    verdict = refuse_whole(FileFault("F-OTHER-PROVINCE", found="Zeeland", expected="Noord-Holland"))
    page = _page(build(SUBMISSION, Assessment("wind.xlsx", "indicators", verdict), SOURCE, NOW))
    assert "Uw levering is geweigerd" in page
    assert "Dit bestand gaat over Zeeland, maar het is aangeleverd door Noord-Holland" in page


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.DUPLICATE, "hadden wij al ontvangen"),
        (Status.NOT_CHECKED, "nog niet gecontroleerd"),
        (Status.ARCHIVED, "wacht op controle"),
    ],
)
def test_without_a_verdict_the_status_says_what_happened(status: Status, words: str) -> None:
    receipt = build(replace(SUBMISSION, status=status), None, SOURCE, NOW)
    assert words in _page(receipt)
    assert receipt.findings == ()


def test_success_over_no_rows_is_never_written() -> None:
    verdict = replace(refuse_whole(FileFault("F-EMPTY")), status=Status.ACCEPTED)
    with pytest.raises(ValueError, match="no accepted observation"):
        build(SUBMISSION, Assessment("wind.xlsx", "indicators", verdict), SOURCE, NOW)


def test_the_page_shows_five_of_a_column_and_the_json_all() -> None:
    bad = [figure(period=str(year), unit="kW") for year in range(1990, 2000)]
    verdict = check(load_contract("indicators"), harmonised(*bad, *YEARS), judge=False, threshold_pct=50)
    receipt = build(SUBMISSION, Assessment("wind.xlsx", "indicators", verdict), SOURCE, NOW)
    assert _page(receipt).count("past niet bij H3.4") == 5
    assert "Hier staan 5 van de 10" in _page(receipt)
    assert len(json.loads(to_json(receipt))["findings"]) == 10


@pytest.mark.parametrize(
    "naughty", ["<script>alert(1)</script>", "{{ 7*7 }}", "' onload='x", "\u202e\u0000", "=HYPERLINK(1)", "{value}{0}"]
)
def test_what_a_file_says_is_shown_and_never_run(naughty: str) -> None:
    cells = [(0, "H-NUMBER-INVALID", "value", naughty)]
    page = _page(receipt_of(figure(value=None, original_value=naughty, source_sheet=naughty), cells=cells))
    assert "<script" not in page
    assert "onload='" not in page
    assert "49" not in page.split("<h2>Wat wij zagen</h2>")[1].split("<h2>Gegevens")[0]


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = _page(receipt_of(*YEARS, figure(value="-1")))
    for outside in ("http:", "https:", "<script", "<link", "<img", "url(", "@import"):
        assert outside not in page


def test_same_submission_and_verdict_give_the_same_bytes() -> None:
    rows = [*YEARS, figure(value="-1"), figure(indicator_code="E1.1", value="1")]
    assert to_html(receipt_of(*rows)) == to_html(receipt_of(*rows))
    assert to_json(receipt_of(*rows)) == to_json(receipt_of(*rows))


@pytest.mark.parametrize("receipt", [receipt_of(*YEARS, figure(value="-1")), build(SUBMISSION, None, SOURCE, NOW)])
def test_the_json_is_what_the_published_schema_says(receipt: Receipt) -> None:
    published = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(json.loads(to_json(receipt)), published, cls=jsonschema.Draft202012Validator)


def test_the_published_schema_is_the_one_the_code_gives() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def test_moments_are_in_dutch_time() -> None:
    assert "01-07-2026 om 10:30 uur" in _page(receipt_of(*YEARS))


def test_one_cause_is_named_and_comes_first() -> None:
    bad = [figure(period=str(year), unit="kW", original_value=str(year)) for year in range(1990, 1994)]
    rows = harmonised(
        *bad, *[figure(period=str(y), value="-1", original_value=f"-{y}") for y in range(1980, 1986)], *YEARS
    )
    verdict = check(load_contract("indicators"), rows, judge=False, threshold_pct=80)
    receipt = build(SUBMISSION, Assessment("wind.xlsx", "indicators", verdict), SOURCE, NOW)
    assert [(one.rule_id, one.count) for one in receipt.totals] == [("I-UNIT", 4), ("I-BOUNDS", 6)]
    assert receipt.totals[0].cause_nl.startswith("Eén oorzaak, 4 rijen: steeds „kW”")
    assert "Eén oorzaak, 4 rijen" in _page(receipt)


def test_letter_and_header_come_from_where_the_column_was_read() -> None:
    rows = harmonised(*YEARS, figure(value_status="klaar"))
    place = (None, "Wind")
    known = replace(
        rows, letters={place: {"value_status": "AB"}}, headers={place: {"AB": "Soort cijfer", "F": "Waarde"}}
    )
    verdict = check(load_contract("indicators"), known, judge=False)
    receipt = build(SUBMISSION, Assessment("wind.xlsx", "indicators", verdict), SOURCE, NOW)
    assert receipt.findings[0].column == "AB"
    assert "blad Wind, cel AB22 (Soort cijfer)" in _page(receipt)


def test_the_same_file_assessed_again_says_what_it_was_before() -> None:
    verdict = check(load_contract("indicators"), harmonised(*YEARS), judge=False)
    assessed = Assessment("wind.xlsx", "indicators", verdict)
    again = replace(SUBMISSION, revision=2)
    page = _page(build(again, assessed, SOURCE, NOW, previous_counts=Counts(observed=20, accepted=18, refused=2)))
    assert "opnieuw beoordeeld (beoordeling 2)" in page
    assert "Eerst waren er 18 gegevens overgenomen en 2 geweigerd; nu 20 overgenomen" in page


def test_what_changed_since_the_last_delivery_is_shown() -> None:
    verdict = check(load_contract("indicators"), harmonised(*YEARS), judge=False)
    changes = (Change("H3.4, Noord-Holland, 2024", "10,1 MW", "1,1 MW"),)
    compared = Comparison(
        "S-0", added=2, changed=1, removed=3, unchanged=17, previous_rows=21, rows=20, largest=changes
    )
    assessed = Assessment("wind.xlsx", "indicators", verdict, comparison=compared)
    page = _page(build(SUBMISSION, assessed, SOURCE, NOW))
    for part in ("gelijk bleef: 17; veranderd: 1; nieuw: 2; niet meer in dit bestand: 3", "10,1 MW", "1,1 MW"):
        assert part in page


def test_an_error_on_the_file_that_refuses_no_row_is_not_called_refused() -> None:
    contract = load_contract("projects")
    before = check(contract, harmonised(project(), dataset="projects"), judge=False)
    verdict = check(contract, harmonised(project(phase=3, commissioned_on="2027"), dataset="projects"), judge=False)
    previous = Previous("S-0", before.accepted)
    comparison = compare(contract, previous, verdict.accepted, verdict.refused)
    verdict = with_findings(verdict, history_findings(contract, comparison, previous, verdict.accepted))
    receipt = build(SUBMISSION, Assessment("wind.xlsx", "projects", verdict, comparison), SOURCE, NOW)

    page = _page(receipt)

    assert "Uw levering is aangenomen" in page
    assert "fout, wel overgenomen</span> 1 keer · F-PHASE-BACK-REALISED" in page
    assert "wacht op een medewerker" in page
    assert '<span class="tag error">geweigerd' not in page
    assert wanted(SOURCE, receipt)
    assert subject(receipt) == "Aangenomen, met een fout: 1 gegevens · wind.xlsx"
    assert "F-PHASE-BACK-REALISED" in text(receipt)


def test_rules_without_history_are_listed_as_not_checked() -> None:
    verdict = check(load_contract("indicators"), harmonised(*YEARS), judge=False)
    assessed = Assessment("wind.xlsx", "indicators", verdict, not_checked=("F-ROWS-FEWER", "F-KEYS-VANISHED"))
    receipt = build(SUBMISSION, assessed, SOURCE, NOW)
    assert [one.rule_id for one in receipt.not_checked] == ["F-ROWS-FEWER", "F-KEYS-VANISHED"]
    assert "of er geen gegevens van de vorige keer zijn weggevallen" in _page(receipt)


def test_the_exchange_says_where_to_ask() -> None:
    assert "Vraag het aan de uitwisseling: Servicepunt kerndataset (servicepunt@kerndataset.example" in _page(
        receipt_of(*YEARS)
    )


@pytest.mark.parametrize(
    "cell", ["x" * 10_000, "a\u202eb\x07c", "é" * 3000, "\ud83d ok".encode("utf-16", "surrogatepass").hex()]
)
def test_long_and_odd_values_are_cut_and_shown_harmlessly(cell: str) -> None:
    receipt = receipt_of(*YEARS, figure(value="-1", original_value=cell))
    assert len(receipt.findings[0].value or "") <= 500
    assert len(receipt.findings[0].message_nl) < 400
    assert not {"\u202e", "\x07"} & set(_page(receipt))
