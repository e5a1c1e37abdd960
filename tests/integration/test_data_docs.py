"""Data Docs and scores of real submissions: beside the answer, never in its way, and not kept for ever."""

import time
from datetime import timedelta

import pytest
from tests.integration.intake_desk import FIRST, NOW, Desk, figures

from kerndata.intake import documents
from kerndata.intake.reassess import reassess
from kerndata.ledger import Ledger
from kerndata.ledger.scores import Scored, over_time
from kerndata.local.screens import receipt_list, score_list
from kerndata.local.stack import Stack
from kerndata.model.submission import Status, Submission
from kerndata.notices.endpoints import load
from kerndata.quality import data_docs
from kerndata.quality.documents import CONTENT_TYPE
from kerndata.store import keys

pytestmark = pytest.mark.stack

UNKNOWN = FIRST + f"Overijssel;Onbekend onderwerp;MW;{';'.join('123456')}\n".encode()
TOLERANT = {"refuse_threshold_pct": 60.0}


@pytest.fixture(scope="module")
def desk(stack_services: Stack, ledger: Ledger) -> Desk:
    found = Desk(stack_services, ledger)
    found.receive()  # what other modules left in the inbox
    found.source = found.with_delivery("tijdreeks", **TOLERANT)
    return found


@pytest.fixture(scope="module")
def first(desk: Desk) -> Submission:
    """A delivery of which half was refused."""
    return desk.deliver(UNKNOWN, "drop/indicators/energie_tijdreeks_docs.csv")


def page_of(desk: Desk, item: Submission) -> str:
    key = keys.submission_docs_key("overijssel", "indicators", item.id, item.revision)
    return desk.store.read(keys.QUALITY, key).decode()


def history(desk: Desk, item: Submission, **chosen: str) -> list[Scored]:
    with desk.ledger.transaction() as session:
        return [one for one in over_time(session, **chosen) if one.submission_id == item.id]


def test_a_submission_has_its_page(desk: Desk, first: Submission) -> None:
    assert first.status is Status.PARTLY_ACCEPTED
    text = page_of(desk, first)
    assert f"overijssel indicators {first.id}" in text
    assert "12 read: 6 kept, 6 refused" in text
    assert '<td>H-INDICATOR-UNKNOWN</td><td class="n">6</td>' in text
    assert "Onbekend onderwerp" not in text


def test_the_scores_are_kept_and_shown(desk: Desk, first: Submission) -> None:
    [scored] = history(desk, first, province="overijssel", dataset="indicators")
    assert scored.scores["validity"] == 0.5
    assert scored.scores["uniqueness"] == 1
    assert history(desk, first, dataset="projects") == history(desk, first, province="drenthe") == []
    row = [[*column.cells] for column in score_list([scored]).columns]
    assert ["50.00%"] in row


def test_the_list_of_receipts_names_the_page(desk: Desk, first: Submission) -> None:
    [told] = receipt_list([first]).columns[-1].cells
    assert str(told).endswith(f"\nquality/submissions/overijssel/indicators/{first.id}.html")


def test_a_revision_has_a_page_and_scores_of_its_own(desk: Desk, first: Submission) -> None:
    words = {**desk.source.deliveries["tijdreeks"].vocabulary.indicator, "Onbekend onderwerp": "H3.5"}
    vocabulary = desk.source.deliveries["tijdreeks"].vocabulary.model_copy(update={"indicator": words})
    source = desk.with_delivery("tijdreeks", vocabulary=vocabulary, **TOLERANT)
    again = reassess(desk.store, desk.ledger, source, first.id, load(), NOW + timedelta(hours=1))
    assert again.revision == 2
    assert page_of(desk, again) != page_of(desk, first)
    one, two = history(desk, first)
    assert (one.revision, two.revision) == (1, 2)
    assert one.scores != two.scores


def test_a_page_that_cannot_be_drawn_stops_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("the renderer changed")

    monkeypatch.setattr(data_docs, "draw", broken)
    item = desk.deliver(figures(61, 66, 74, 74, 87, 89), "drop/indicators/energie_tijdreeks_stuk.csv")
    assert item.status is Status.ACCEPTED
    assert item.id in desk.receipt(item)
    assert not desk.store.exists(keys.QUALITY, keys.submission_docs_key("overijssel", "indicators", item.id))
    assert "no Data Docs; what was decided stands" in caplog.text


def test_a_file_that_could_not_be_read_has_none(desk: Desk) -> None:
    item = desk.deliver(b"", "drop/indicators/energie_tijdreeks_leeg.csv")
    assert item.status is Status.REFUSED
    assert not desk.store.exists(keys.QUALITY, keys.submission_docs_key("overijssel", "indicators", item.id))
    assert history(desk, item) == []


def test_the_exchange_prunes_the_oldest_pages(desk: Desk) -> None:
    for number in range(2):
        key = keys.submission_docs_key("flevoland", "projects", f"S-{number}")
        desk.store.put(keys.QUALITY, key, b"<p>", content_type=CONTENT_TYPE)
        time.sleep(1.1)  # S3 tells moments to the second
    assert documents.prune(desk.store, kept=1) >= 1
    left = [one.key for one in desk.store.list(keys.QUALITY, f"{keys.SUBMISSION_DOCS}flevoland/")]
    assert left == ["submissions/flevoland/projects/S-1.html"]
    assert documents.prune(desk.store, kept=1) == 0
