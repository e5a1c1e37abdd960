"""Data Docs: the page stands alone, says what was checked, and repeats no value of a file."""

import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.quality_rows import figure, harmonised, project

from kerndata.contracts.contract import load_contract
from kerndata.intake.documents import superfluous
from kerndata.local.samples import tables
from kerndata.quality import data_docs
from kerndata.quality.assess import Assessment, assess
from kerndata.quality.check import check
from kerndata.quality.data_docs import draw
from kerndata.quality.validation import MOST_ROWS, FailingRows, Page, Validation
from kerndata.sources.registry import load_source
from kerndata.store.objects import ObjectInfo

BAD = tables.HERE / "round1" / "gelderland" / "drop" / "indicators" / "kerndataset_2024.csv"
ABOUT = {"submission": "S-1, revision 1"}


@pytest.fixture(scope="module")
def assessed() -> Assessment:
    source, name = load_source("gelderland"), f"indicators/{BAD.name}"
    spec = source.match(f"drop/{name}")
    return assess(BAD, source=source, spec=spec, submission_id="S-1", file_name=name)


def page_of(assessed: Assessment) -> str:
    verdict = assessed.verdict
    assert verdict.validation
    page = Page("gelderland indicators S-1", ABOUT, verdict.scores, verdict.totals)
    return draw(page, load_contract("indicators"), verdict.validation).decode()


def test_the_page_stands_alone(assessed: Assessment) -> None:
    text = page_of(assessed)
    assert "default-src 'none'" in text
    assert re.findall(r"<script|<link|<iframe|<img|\bsrc=|\bhref=|https?:|url\(|@import", text) == []
    assert len(text) < 100_000


def test_it_says_every_rule_its_count_the_scores_and_which_rows_failed(assessed: Assessment) -> None:
    text, verdict = page_of(assessed), assessed.verdict
    for rule in load_contract("indicators").rules:
        assert f"<td>{rule.id}</td>" in text
    for rule_id, count in verdict.totals.items():
        assert f'<td>{rule_id}</td><td class="n">{count}</td>' in text
    assert f"{verdict.scores['validity']:.4f}" in text
    [bounds] = [one for one in verdict.validation.failing if one.rule_id == "I-BOUNDS"]  # type: ignore[union-attr]
    assert bounds.count == len(bounds.rows) == 1
    cells = dict(zip(bounds.columns, bounds.rows[0], strict=True))
    assert cells["region_code"] == "PV25"
    assert "".join(f"<td>{cell}</td>" for cell in bounds.rows[0]) in text
    assert "unexpected values found" in text  # drawn by Great Expectations


def test_it_repeats_no_value(assessed: Assessment) -> None:
    text = page_of(assessed)
    values = {one.value for one in assessed.verdict.findings if one.rule_id in ("I-BOUNDS", "H-NUMBER-AMBIGUOUS")}
    assert len(values) == 2
    assert [value for value in values if value and value in text] == []


def test_the_same_arguments_give_the_same_bytes(assessed: Assessment) -> None:
    assert page_of(assessed) == page_of(assessed)


def test_it_costs_a_small_delivery_less_than_three_tenths_of_a_second(assessed: Assessment) -> None:
    data_docs._view.cache_clear()
    began = time.process_time()
    page_of(assessed)
    assert time.process_time() - began < 0.3


def test_of_one_rule_two_hundred_rows_are_named_and_all_are_counted() -> None:
    contract = load_contract("projects")
    rows = [project(project_id=f"<b>P{number}", capacity_mw=None, technology="zon<i>") for number in range(300)]
    verdict = check(contract, harmonised(*rows, dataset="projects"))
    assert verdict.validation
    most = max(verdict.validation.failing, key=lambda one: one.count)
    assert (most.count, len(most.rows)) == (300, MOST_ROWS)
    text = draw(Page("t", ABOUT), contract, verdict.validation).decode()
    assert "300 row(s), the first 200 named" in text
    assert "&lt;b&gt;P0<" in text
    assert "<b>" not in text
    assert len(text) < 400_000


def test_a_clean_delivery_has_a_page_too() -> None:
    contract = load_contract("indicators")
    verdict = check(contract, harmonised(figure()))
    assert verdict.validation
    text = draw(Page("t", ABOUT, verdict.scores, verdict.totals), contract, verdict.validation).decode()
    assert "<p>None.</p>" in text
    assert "Failing rows" not in text


def test_what_something_else_judged_has_the_same_page_without_the_suite() -> None:
    failing = FailingRows("P-KEY-REPEATED", 2, ("project_id",), (("NH-1",), ("NH-2",)))
    text = draw(
        Page("candidate", ABOUT, {"consistency": 0.5}), load_contract("projects"), Validation((failing,))
    ).decode()
    assert "<td>NH-2</td>" in text
    assert "0.5000" in text
    assert "Great Expectations" not in text


def test_what_is_checked_offline_has_none() -> None:
    verdict = check(load_contract("indicators"), harmonised(figure()), judge=False)
    assert verdict.validation is None


def info(key: str, day: int) -> ObjectInfo:
    return ObjectInfo(key, 1, "e", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day))


def test_only_the_newest_of_each_province_and_dataset_are_kept() -> None:
    found = [info(f"submissions/drenthe/{dataset}/S-{day}.html", day) for dataset in ("indicators", "projects")
             for day in (3, 1, 2)]  # fmt: skip
    found += [info("submissions/zeeland/projects/S-0.html", 0)]
    found += [info(f"candidates/{day}/{name}.html", day) for day in (1, 2, 3) for name in ("indicators", "projects")]
    assert sorted(superfluous(found, 2)) == [
        "candidates/1/indicators.html", "candidates/1/projects.html", "submissions/drenthe/indicators/S-1.html",
        "submissions/drenthe/projects/S-1.html",
    ]  # fmt: skip
    assert superfluous(found, 3) == []


def test_a_page_of_merged_tables_costs_the_merge_no_great_expectations() -> None:
    code = (
        "import sys; import kerndata.publish.documents\n"
        "from kerndata.contracts.contract import load_contract\n"
        "from kerndata.quality.plain_docs import draw\n"
        "from kerndata.quality.validation import Page, Validation\n"
        "page = Page('candidate', {'rows': '1'}, {'validity': 1.0}, {'P-HOURS': 2})\n"
        "assert b'<td>P-HOURS</td><td class=\"n\">2</td>' in draw(page, load_contract('projects'), Validation(()))\n"
        "assert 'great_expectations' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
