"""From real files to a verdict: one path, whether Great Expectations judges or not."""

from datetime import date
from pathlib import Path

import pytest

from kerndata.model.submission import Status
from kerndata.quality.assess import Assessment, assess
from kerndata.sources.registry import Source, load_source

HEADER = "Indicator;Provincie;Jaar;Waarde;Eenheid;Status\n"
GOOD = "".join(f"H3.4;Groningen;{year};{700 + year % 100},5;MW;definitief\n" for year in range(2019, 2025))
BAD = "H3.4;Groningen;1024;5;MW;definitief\nH3.5;Groningen;2024;25,5;TJ;klaar\n"


@pytest.fixture(scope="module")
def source() -> Source:
    return load_source("groningen")


def _assess(folder: Path, source: Source, text: str, *, judge: bool = False, as_of: date | None = None) -> Assessment:
    path = folder / "kerndataset.csv"
    path.write_text(text, encoding="utf-8")
    spec = source.deliveries["kerndataset"]
    return assess(
        path,
        source=source,
        spec=spec,
        submission_id="S-1",
        file_name="indicators/kerndataset.csv",
        judge=judge,
        as_of=as_of,
    )


def test_a_good_file_is_accepted_by_great_expectations_too(tmp_path: Path, source: Source) -> None:
    found = _assess(tmp_path, source, HEADER + GOOD, judge=True)
    assert found.verdict.status is Status.ACCEPTED
    assert found.verdict.counts.accepted == 6
    assert found.dataset == "indicators"


@pytest.mark.parametrize("judge", [True, False])
def test_both_ways_give_the_same_verdict_on_a_bad_file(tmp_path: Path, source: Source, judge: bool) -> None:
    verdict = _assess(tmp_path, source, HEADER + GOOD + BAD, judge=judge).verdict
    assert verdict.status is Status.REFUSED  # two of eight is more than one in ten
    assert verdict.totals["F-TOO-MANY-REFUSED"] == 1
    assert {finding.row for finding in verdict.findings if finding.row} == {8, 9}


def test_a_period_after_the_last_one_expected_is_refused(tmp_path: Path, source: Source) -> None:
    text = (
        HEADER
        + GOOD
        + GOOD.replace("H3.4", "H3.3").replace(",5;MW", ";aantal")
        + "H3.4;Groningen;2031;5;MW;definitief\n"
    )
    early, later = (_assess(tmp_path, source, text, as_of=day).verdict for day in (None, date(2032, 1, 1)))
    assert early.totals == {"I-PERIOD-FUTURE": 1}
    assert "2031 ligt na de laatste periode die wij verwachten (tot en met 2024-12-31)" in early.findings[0].message_nl
    assert later.status is Status.ACCEPTED


def test_a_file_of_another_province_is_refused_whole(tmp_path: Path, source: Source) -> None:
    verdict = _assess(tmp_path, source, HEADER + GOOD.replace("Groningen", "Drenthe")).verdict
    assert verdict.status is Status.REFUSED
    assert verdict.totals == {"F-OTHER-PROVINCE": 1}
    assert "gaat over Drenthe" in verdict.findings[0].message_nl


@pytest.mark.parametrize(
    ("text", "rule_id"),
    [
        ("", "F-EMPTY"),
        (HEADER, "F-HEADER-ONLY"),
        ("Wat;Waar\nx;y\n", "F-COLUMNS-MISSING"),
        (HEADER + GOOD + "H3.4;Groningen\n", "F-RAGGED"),
        (HEADER + GOOD + "\0", "F-NUL"),
    ],
)
def test_a_fault_of_the_file_is_a_refusal_in_full_sentences(
    tmp_path: Path, source: Source, text: str, rule_id: str
) -> None:
    verdict = _assess(tmp_path, source, text).verdict
    assert verdict.status is Status.REFUSED
    assert list(verdict.totals) == [rule_id]
    assert "onbekend" not in verdict.findings[0].message_nl


def test_a_file_no_delivery_claims_is_refused_and_told_what_is_agreed(tmp_path: Path, source: Source) -> None:
    found = assess(tmp_path / "x", source=source, spec=None, submission_id="S-1", file_name="foto.jpg", judge=False)
    assert found.verdict.totals == {"F-UNKNOWN-DELIVERY": 1}
    assert "„drop/foto.jpg”" in found.verdict.findings[0].message_nl
    assert "indicators/kerndataset*.csv" in found.verdict.findings[0].message_nl
    assert found.dataset is None
