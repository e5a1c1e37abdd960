"""Data Docs of a candidate on real S3 and a real ledger: what published rows were flagged with, and the S rules."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.publish_desk import Exchange, open_desk
from tests.unit.merge_rows import figure, wind_farm

from kerndata.ledger import releases
from kerndata.local.screens import release_list
from kerndata.local.stack import Stack
from kerndata.publish.candidate import Candidate
from kerndata.publish.documents import document
from kerndata.quality import plain_docs
from kerndata.store import keys

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def exchange(stack_services: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    with open_desk(stack_services, tmp_path_factory.mktemp("docs"), "test_candidate_docs") as desk:
        flagged = figure("PV20", "100", quality_flags="I-JUMP;C-2026-001")
        desk.deliver("PV20", [flagged, figure("PV20", "90", period="2023")])
        desk.deliver("PV20", [wind_farm("PV20", "W1", name="Windpark De Grens")], "p.csv", "projects")
        desk.deliver("PV21", [wind_farm("PV21", "F1<b>", name="Windpark De Grens")], "p.csv", "projects")
        yield desk


@pytest.fixture(scope="module")
def candidate(exchange: Exchange) -> Candidate:
    return exchange.prepare()


def page(exchange: Exchange, key: str) -> str:
    return exchange.store.read(keys.QUALITY, key).decode()


def test_each_dataset_has_a_page_with_its_own_rules_and_those_on_all_provinces(
    exchange: Exchange, candidate: Candidate
) -> None:
    figures, projects = document(exchange.store, candidate)

    assert figures == f"candidates/first/{candidate.content_hash}/indicators.html"
    told = page(exchange, figures)
    assert '<td>I-JUMP</td><td class="n">1</td><td>warning</td><td>plausibility</td>' in told
    assert "C-2026-001" not in told  # an entry of the register of corrections is no rule
    assert "S-PROJECT-TWICE" not in told
    assert "<dd>1, of 1 provinces</dd>" in told
    assert '<td class="n">0.5000</td>' in told  # plausibility: one of two rows has no remark
    told = page(exchange, projects)
    assert '<td>S-PROJECT-TWICE</td><td class="n">1</td><td>warning</td><td>uniqueness</td>' in told
    assert "<td>PV20 W1 PV21 F1&lt;b&gt;</td>" in told
    assert "De Grens" not in told  # keys, no values


def test_the_ledger_leads_from_a_release_to_the_pages_of_its_candidate(
    exchange: Exchange, candidate: Candidate
) -> None:
    written = document(exchange.store, candidate)
    exchange.publish(candidate)

    with exchange.ledger.transaction() as session:
        [release] = releases.all_releases(session)
    [told] = release_list([release]).columns[-1].cells
    for key in written:
        assert f"{keys.QUALITY}/{key}" in str(told)


@pytest.mark.parametrize("broken", ["renderer", "file", "rule"])
def test_a_page_that_cannot_be_made_stops_nothing(
    exchange: Exchange,
    candidate: Candidate,
    broken: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(*_: object) -> bytes:
        raise RuntimeError("the renderer changed")

    if broken == "renderer":
        monkeypatch.setattr(plain_docs, "draw", fails)
    if broken == "file":
        candidate = replace(candidate, folder=tmp_path)
    if broken == "rule":
        remark = replace(candidate.facts.remarks[0], rule_id="S-GONE", dataset="indicators")
        candidate = replace(candidate, facts=replace(candidate.facts, remarks=[remark]))

    assert [one for one in document(exchange.store, candidate) if "indicators" in one] == []
    assert "no Data Docs; what was decided stands" in caplog.text
