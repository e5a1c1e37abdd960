"""Announcements come with the transaction that causes them, in every channel's shape, once."""

import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import requests
from sqlalchemy import select
from tests.unit.notice_receivers import Clock, ill, running
from tests.unit.quality_rows import figure
from tests.unit.test_notices_visits import FILE, FIREFOX, INDEX, SITE, line
from tests.unit.test_receipt import YEARS, receipt_of

from kerndata.errors import ConfigurationError, Transient
from kerndata.ledger.tables import NoticeRow
from kerndata.local.counterparts.sdg import Collect, Pdc
from kerndata.merge.classification import Classification, Reason
from kerndata.model.hold import Hold, HoldState, Run
from kerndata.model.submission import Status
from kerndata.notices import announce, outbox
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import CARRIES, Endpoint, load
from kerndata.notices.statistics import month_passed
from kerndata.notices.transport import Transport
from kerndata.publish.tell import Teller

pytestmark = pytest.mark.stack

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
SECRET = "a secret of the tests"
LOG = (line(), line(FILE, agent=FIREFOX))
BAD = figure(value="99999", original_value="99.999")


@pytest.fixture
def endpoints() -> tuple[Endpoint, ...]:
    """One endpoint per channel, under names of this test's own, each with all that its channel carries."""
    mark = uuid4().hex[:8]
    return tuple(
        one.model_copy(update={"name": f"{one.name}-{mark}", "subscribes": tuple(sorted(CARRIES[one.channel]))})
        for one in load()
    )


def waiting(ledger, endpoints) -> dict[str, list[NoticeRow]]:
    """What is in the outbox, by channel."""
    names = [one.name for one in endpoints]
    with ledger.transaction() as session:
        query = select(NoticeRow).where(NoticeRow.endpoint.in_(names)).order_by(NoticeRow.sequence)
        found: dict[str, list[NoticeRow]] = {}
        for row in session.scalars(query):
            found.setdefault(row.channel, []).append(row)
        return found


def published(session, endpoints, version="2026.1"):
    return announce.release_published(
        session,
        endpoints,
        version=version,
        content_hash="ab" * 32,
        published_at=NOW,
        base_url="https://data.example",
        counts={"observations": 3},
        now=NOW,
    )


def withdrawn(session, endpoints, stands):
    return announce.release_withdrawn(
        session,
        endpoints,
        version="2026.2",
        content_hash="cd" * 32,
        withdrawn_at=NOW,
        base_url="https://data.example",
        stands=stands,
        now=NOW,
    )


def test_a_release_goes_to_hub_subscribers_and_product_page_once(ledger, endpoints):
    with ledger.transaction() as session:
        assert len(published(session, endpoints)) == 3
        assert published(session, endpoints) == []
    found = waiting(ledger, endpoints)
    assert set(found) == {"cloudevents", "webhook", "sdg_pdc"}
    hub, subscriber = (json.loads(found[channel][0].payload) for channel in ("cloudevents", "webhook"))
    assert (hub["data"].pop("summary")[:7], subscriber["data"].pop("summary")[:7]) == ("Uitgave", "Release")
    assert hub == subscriber
    assert "2026.1" in json.loads(found["sdg_pdc"][0].payload)["vertalingen"][0]["tekst"]


def test_product_pages_have_one_subject_so_that_an_older_one_never_comes_after_a_newer(ledger, endpoints, tmp_path):
    with ledger.transaction() as session:
        published(session, endpoints, "2026.1")
        published(session, endpoints, "2026.2")
        withdrawn(session, endpoints, "2026.1")
    pages = waiting(ledger, endpoints)["sdg_pdc"]
    assert [one.subject for one in pages] == ["product"] * 3
    texts = [json.loads(one.payload)["vertalingen"][1]["tekst"][-7:] for one in pages]
    assert texts == ["2026.1.", "2026.2.", "2026.1."]
    page = next(one for one in endpoints if one.channel == "sdg_pdc")
    assert deliver(ledger, page, tmp_path) == [1, 2, 3]


def deliver(ledger, endpoint, folder) -> list[int]:
    """Send what is due to a receiver of product pages of its own; the versions in its journal."""
    with running(Pdc, folder, SECRET) as server, requests.Session() as http:
        credentials = Credentials(f"http://127.0.0.1:{server.server_port}/api/v1", None, SECRET, allow_private=True)
        clock = Clock(NOW)
        outbox.deliver_due(ledger, endpoint, credentials, http, clock, clock.sleep)
        return [one["versie"] for one in server.journal.events]


def hold(answer_by) -> Hold:
    facts = {"candidate": "k", "inputs": "i", "summary": {}, "state": HoldState.WAITING, "run": Run("d", "r")}
    none = dict.fromkeys(("decided_at", "decided_by", "note", "superseded_by"))
    return Hold(content_hash="ef" * 32, previous="2026.1", opened_at=NOW, answer_by=answer_by, **facts, **none)


def test_a_held_candidate_is_announced_without_its_figures_once_each_time_it_waits(ledger, endpoints):
    reasons = [Reason("a province fell out", "PV27", "all 4711 indicators are gone", "none may")] * 25
    found = Classification("2026.1", (), reasons, ())
    tell = Teller(endpoints, "http://127.0.0.1", NOW).held
    with ledger.transaction() as session:
        for answer_by in (NOW + timedelta(hours=48), NOW + timedelta(hours=48), NOW + timedelta(hours=96)):
            tell(session, hold(answer_by), found)
    rows = waiting(ledger, endpoints)
    assert {channel: len(some) for channel, some in rows.items()} == {"cloudevents": 2, "webhook": 2}
    data = json.loads(rows["webhook"][0].payload)["data"]
    assert (len(data["reasons"]), data["reasonCount"]) == (20, 25)
    assert data["reasons"][0] == {"what": "a province fell out", "where": "PV27"}
    assert "4711" not in rows["webhook"][0].payload.decode()


def test_an_overdue_province_is_announced_once_per_delivery_and_period(ledger, endpoints):
    facts = {"province": "PV27", "delivery": "wind", "due_on": date(2026, 4, 15)}
    with ledger.transaction() as session:
        for period in ("2026-Q1", "2026-Q1", "2026-Q2"):
            announce.province_overdue(session, endpoints, period=period, now=NOW, **facts)
    events = [json.loads(one.payload) for one in waiting(ledger, endpoints)["cloudevents"]]
    assert [(one["subject"], one["data"]["period"]) for one in events] == [
        ("PV27/wind", "2026-Q1"),
        ("PV27/wind", "2026-Q2"),
    ]
    assert events[0]["data"]["summary"] == "PV27 heeft wind over 2026-Q1 niet geleverd; verwacht op 2026-04-15."


def test_a_refused_delivery_is_announced_with_ids_and_counts_only(ledger, endpoints):
    receipt = receipt_of(*YEARS, BAD).model_copy(update={"status": Status.REFUSED})
    with ledger.transaction() as session:
        assert len(announce.delivery_refused(session, endpoints, receipt=receipt, now=NOW)) == 2
        assert announce.delivery_refused(session, endpoints, receipt=receipt, now=NOW) == []
    (row,) = waiting(ledger, endpoints)["webhook"]
    data = json.loads(row.payload)["data"]
    assert (data["submission"], data["sha256"]) == (receipt.submission_id, receipt.file.sha256)
    assert data["rules"] == {one.rule_id: one.count for one in receipt.totals}
    assert "99.999" in {one.value for one in receipt.findings}
    assert b"99.999" not in row.payload


def statistics_of(ledger, endpoint, port, month="2026-04"):
    credentials = Credentials(f"http://127.0.0.1:{port}/v1", None, SECRET, allow_private=True)
    with requests.Session() as http, closing(Transport(http, credentials, lambda: NOW)) as transport:
        given = {"month": month, "log_lines": LOG, "public_url": SITE, "now": NOW}
        return month_passed(ledger, endpoint, transport, **given), credentials


def test_a_month_is_counted_once_and_its_lost_acknowledgement_counts_nothing_twice(ledger, endpoints, tmp_path):
    endpoint = next(one for one in endpoints if one.channel == "sdg_statistics")
    with running(Collect, tmp_path, SECRET) as server:
        notice, credentials = statistics_of(ledger, endpoint, server.server_port)
        assert notice is not None
        assert statistics_of(ledger, endpoint, server.server_port)[0] is None
        assert sum("issued" in one for one in server.journal.events) == 1
        ill(server, "lost")
        clock = Clock(NOW)
        with requests.Session() as http:
            done = outbox.deliver_due(ledger, endpoint, credentials, http, clock, clock.sleep)
        assert done == outbox.DeliverySummary(delivered=1, retried=1)
        (month,) = server.months()
    place = "https://data.example"
    assert {one["sourceUrl"] for one in month["sources"]} == {place + INDEX, place + FILE}


def test_a_month_that_is_not_over_is_not_counted(ledger, endpoints):
    endpoint = next(one for one in endpoints if one.channel == "sdg_statistics")
    with pytest.raises(ValueError, match="2026-05 is not over yet"):
        statistics_of(ledger, endpoint, 1, month="2026-05")


def test_without_an_id_the_month_is_not_enqueued_and_may_be_tried_again(ledger, endpoints, tmp_path):
    endpoint = next(one for one in endpoints if one.channel == "sdg_statistics")
    with running(Collect, tmp_path, "another key") as server, pytest.raises(Transient, match="HTTP 403"):
        statistics_of(ledger, endpoint, server.server_port)
    assert waiting(ledger, endpoints) == {}


def test_a_log_without_a_reader_in_that_month_is_not_reported_as_nought(ledger, endpoints, tmp_path):
    endpoint = next(one for one in endpoints if one.channel == "sdg_statistics")
    with pytest.raises(ConfigurationError, match="has no reader of"):
        statistics_of(ledger, endpoint, 1, month="2026-03")
    assert waiting(ledger, endpoints) == {}
