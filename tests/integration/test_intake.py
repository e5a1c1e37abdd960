"""From a drop in a real bucket to a receipt in it, with a real ledger: once, whatever is repeated."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kerndata.errors import NotChecked
from kerndata.intake import judge as judge_module
from kerndata.intake.process import process
from kerndata.intake.receive import fresh_drops, left_waiting, receive_drops
from kerndata.ledger import Ledger, submissions
from kerndata.ledger.tables import CaseRow, NoticeRow
from kerndata.local.samples.tables import HERE
from kerndata.model.submission import Status, Submission
from kerndata.notices.endpoints import load
from kerndata.sources.registry import load_source
from kerndata.store import keys
from kerndata.store.client import Store

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GOOD = HERE / "deliveries" / "gelderland" / "drop" / "indicators" / "kerndataset_2024.csv"
BAD_ROWS = HERE / "round1" / "gelderland" / "drop" / "indicators" / "kerndataset_2024.csv"
OF_ZEELAND = HERE / "round1" / "limburg" / "drop" / "indicators" / "energiecijfers_limburg.csv"
KEY = "drop/indicators/kerndataset_2024.csv"

Deliver = Callable[..., list[Submission]]


@pytest.fixture
def deliver(store: Store, province_store: Callable[[str], Store], ledger: Ledger) -> Deliver:
    """Drop a file as the province, then receive and check it as the exchange; give what was concluded."""

    def one(path: Path, key: str = KEY, slug: str = "gelderland") -> list[Submission]:
        province_store(slug).put(keys.inbox(slug), key, path, content_type="text/csv")
        source = load_source(slug)
        found = receive_drops(store, ledger, source, NOW, scanner=None)
        return [process(store, ledger, source, item.id, load(), NOW) for item in found]

    return one


@pytest.fixture(autouse=True)
def nothing_waits_before(store: Store, ledger: Ledger) -> None:
    """Take in what other tests left in the two inboxes."""
    for slug in ("gelderland", "limburg"):
        for item in receive_drops(store, ledger, load_source(slug), NOW, scanner=None):
            process(store, ledger, load_source(slug), item.id, load(), NOW)


def has_receipt(province: Store, item: Submission) -> bool:
    return all(province.exists(keys.inbox(item.province), keys.receipt_key(item.id, kind)) for kind in ("json", "html"))


def test_bad_rows_go_to_quarantine_with_their_reasons_and_the_others_are_kept(
    deliver: Deliver, store: Store, province_store: Callable[[str], Store]
) -> None:
    [item] = deliver(BAD_ROWS)
    assert (item.status, item.counts.accepted, item.counts.refused) == (Status.PARTLY_ACCEPTED, 41, 4)
    assert store.exists(keys.STAGING, keys.accepted_key(item.id))
    assert store.exists(keys.QUARANTINE, keys.refused_key("gelderland", item.id))
    assert has_receipt(province_store("gelderland"), item)


def test_the_same_bytes_again_are_already_received_and_get_a_receipt_too(
    deliver: Deliver, province_store: Callable[[str], Store]
) -> None:
    deliver(GOOD)
    [again] = deliver(GOOD)
    assert again.status is Status.DUPLICATE
    assert again.concluded_at
    assert has_receipt(province_store("gelderland"), again)
    receipt = province_store("gelderland").read(keys.inbox("gelderland"), keys.receipt_key(again.id, "html")).decode()
    assert "al ontvangen" in receipt


def test_one_then_another_then_the_first_again_makes_the_first_current(deliver: Deliver) -> None:
    deliver(GOOD)
    [other] = deliver(BAD_ROWS)
    [first_again] = deliver(GOOD)
    assert (other.status, first_again.status) == (Status.PARTLY_ACCEPTED, Status.ACCEPTED)
    assert first_again.sequence > other.sequence


def test_looking_and_processing_again_changes_nothing(deliver: Deliver, store: Store, ledger: Ledger) -> None:
    [item] = deliver(BAD_ROWS)
    assert receive_drops(store, ledger, load_source("gelderland"), NOW, scanner=None) == []
    assert process(store, ledger, load_source("gelderland"), item.id, load(), NOW) == item
    assert fresh_drops(store, ledger, ["gelderland"]) == {}
    assert left_waiting(ledger, NOW) == {}


def test_the_rows_of_another_province_are_refused_whole_and_open_one_case_and_send_nothing_yet(
    deliver: Deliver, ledger: Ledger
) -> None:
    [item] = deliver(OF_ZEELAND, "drop/indicators/energiecijfers_limburg.csv", "limburg")
    assert (item.status, item.counts.observed, item.counts.refused) == (Status.REFUSED, 45, 45)
    with ledger.transaction() as session:
        cases = session.scalars(select(CaseRow).where(CaseRow.submission_id == item.id)).all()
        notices = session.scalar(select(func.count()).select_from(NoticeRow).where(NoticeRow.endpoint == "ncsc-taxii"))
    assert [case.rule_id for case in cases] == ["F-OTHER-PROVINCE"]
    assert notices == 0


def test_a_file_in_a_place_nobody_agreed_on_is_answered_too(
    deliver: Deliver, province_store: Callable[[str], Store]
) -> None:
    [item] = deliver(GOOD, "drop/verkeerd/bestand.csv")
    assert item.status is Status.REFUSED
    assert has_receipt(province_store("gelderland"), item)


def test_when_our_own_check_breaks_the_submission_keeps_waiting(
    deliver: Deliver, store: Store, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    deliver(GOOD)
    monkeypatch.setattr(judge_module, "assess", broken)
    with pytest.raises(NotChecked, match="a fault of ours"):
        deliver(BAD_ROWS)
    with ledger.transaction() as session:
        [waiting] = submissions.waiting(session, "gelderland")
    assert waiting.status is Status.ARCHIVED
    monkeypatch.undo()
    done = process(store, ledger, load_source("gelderland"), waiting.id, load(), NOW)
    assert done.status is Status.PARTLY_ACCEPTED
