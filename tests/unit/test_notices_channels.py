"""Each channel against its counterpart: one effect per message, whatever the receiver does."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from standardwebhooks import Webhook, WebhookVerificationError
from tests.unit.notice_receivers import NEW, OLD, SECRET, ill, now, reaching, running
from tests.unit.test_notices_messages import PUBLISHED, PUBLISHER, TOLD

from kerndata.errors import ConfigurationError, Transient
from kerndata.local.counterparts.cloudevents_hub import Hub
from kerndata.local.counterparts.misbehave import Mode
from kerndata.local.counterparts.openapi import Answer
from kerndata.local.counterparts.sdg import Collect, Pdc
from kerndata.local.counterparts.subscriber import Subscriber
from kerndata.notices.channels import Message, cloudevents, sdg_pdc, sdg_statistics, webhook
from kerndata.notices.channels.registry import CHANNELS
from kerndata.notices.endpoints import CARRIES
from kerndata.notices.outcome import SCHEDULES, Outcome, ScheduleName, decide
from kerndata.notices.product import load_product, page

EVENT = Message("N-0123456789abcdef", "2026.3", cloudevents.event(PUBLISHER, PUBLISHED), cloudevents.CONTENT_TYPE)
PAGE = Message("N-page", "product", page(load_product(), PUBLISHED), sdg_pdc.CONTENT_TYPE)
VISITS = {("https://data.example/kerndataset/index.html", "PC"): 3}


def outcome(answer) -> Outcome:
    schedule = SCHEDULES[ScheduleName.STANDARD]
    return decide(
        answer.reply, confirmed=answer.confirmed, attempt=1, notice_id="N", schedule=schedule, now=now()
    ).outcome


def test_every_channel_has_a_sender():
    assert set(CHANNELS) == set(CARRIES)


# ---- webhook --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", [OLD, f"{OLD} {NEW}", f"{NEW} {OLD}"])
def test_a_subscriber_with_the_old_key_takes_the_event_while_the_key_is_replaced(tmp_path, password):
    with running(Subscriber, tmp_path, OLD) as server, reaching(server, password) as transport:
        assert webhook.send(transport, EVENT, now()).confirmed
        assert server.journal.events == [{"id": EVENT.id, "event": json.loads(EVENT.payload)}]


def test_a_subscriber_with_the_new_key_takes_it_too_and_one_with_another_key_does_not():
    headers = webhook.signed([OLD, NEW], EVENT, now())
    assert Webhook(NEW).verify(EVENT.payload, headers) == json.loads(EVENT.payload)
    assert Webhook(OLD).verify(EVENT.payload, headers) == json.loads(EVENT.payload)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(NEW).verify(EVENT.payload, webhook.signed([OLD], EVENT, now()))


def test_the_id_is_the_notices_and_the_moment_is_that_of_the_attempt():
    moment = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
    first, again = (webhook.signed([OLD], EVENT, moment + timedelta(hours=n)) for n in (0, 1))
    assert (first["webhook-id"], first["webhook-timestamp"]) == (EVENT.id, "1777629600")
    assert again["webhook-timestamp"] == "1777633200"
    assert first["webhook-signature"] != again["webhook-signature"]


def test_an_old_attempt_is_not_verified(tmp_path):
    with running(Subscriber, tmp_path, OLD) as server, reaching(server, OLD) as transport:
        answer = webhook.send(transport, EVENT, now() - timedelta(minutes=6))
        assert (answer.reply.status, outcome(answer), server.journal.events) == (401, Outcome.PAUSE, [])


@pytest.mark.parametrize("password", ["", "secret", "whsec_AA==", f"{OLD} {NEW} {OLD}", f"{OLD},{NEW}", "whsec_%%%"])
def test_a_password_that_is_no_key_is_our_fault_and_nothing_is_sent(tmp_path, password):
    with (
        running(Subscriber, tmp_path, OLD) as server,
        reaching(server, password) as transport,
        pytest.raises(ConfigurationError, match="The notice waits"),
    ):
        webhook.send(transport, EVENT, now())


def test_an_event_that_came_already_is_acknowledged_and_acted_on_once(tmp_path):
    with running(Subscriber, tmp_path, OLD) as server, reaching(server, OLD) as transport:
        ill(server, "lost")
        assert outcome(webhook.send(transport, EVENT, now())) is Outcome.RETRY
        assert webhook.send(transport, EVENT, now()).confirmed
        assert len(server.journal.events) == 1


# ---- the SDG product page -------------------------------------------------------------------------------------------


def test_a_product_page_is_published_once_and_again_only_when_it_reads_differently(tmp_path):
    later = PUBLISHED.model_copy(update={"published_at": PUBLISHED.published_at + timedelta(days=9)})
    newer = page(load_product(), later.model_copy(update={"version": "2026.4"}))
    with running(Pdc, tmp_path) as server, reaching(server) as transport:
        first = sdg_pdc.send(transport, PAGE, now())
        assert (first.reply.status, first.confirmed) == (201, True)
        same_words = Message("N-2", "product", page(load_product(), later), sdg_pdc.CONTENT_TYPE)
        assert json.loads(same_words.payload)["publicatieDatum"] != json.loads(PAGE.payload)["publicatieDatum"]
        for message in (PAGE, same_words):
            again = sdg_pdc.send(transport, message, now())
            assert (again.reply.status, again.confirmed) == (200, True)
        assert sdg_pdc.send(transport, Message("N-3", "product", newer, sdg_pdc.CONTENT_TYPE), now()).confirmed
        assert [one["versie"] for one in server.journal.events] == [1, 2]
        assert "2026.4" in server.pages()[0]["vertalingen"][0]["tekst"]


def test_a_lost_acknowledgement_of_a_product_page_is_recognised_by_comparing(tmp_path):
    with running(Pdc, tmp_path) as server, reaching(server) as transport:
        lost_after_reading(server)
        assert outcome(sdg_pdc.send(transport, PAGE, now())) is Outcome.RETRY
        assert sdg_pdc.send(transport, PAGE, now()).confirmed
        assert len(server.journal.events) == 1


def lost_after_reading(server):
    """Lose the acknowledgement of the next POST, not of the GET before it."""
    decided = iter([None, Mode.LOST])
    server.switch.next = lambda: next(decided, None)


def test_a_page_with_other_spaces_and_fields_of_the_receivers_own_is_the_same_page():
    there = json.loads(PAGE.payload)
    there["uuid"], there["versie"] = "x", 7
    there["vertalingen"][0] |= {"tekst": there["vertalingen"][0]["tekst"].replace(" ", " \r\n"), "bewijs": ""}
    assert sdg_pdc.same_page(json.loads(PAGE.payload), there)


@pytest.mark.parametrize(
    "changed",
    [
        {"doelgroep": "eu-burger"},
        {"productAanwezig": False},
        {"verantwoordelijkeOrganisatie": {"owmsIdentifier": "http://other"}},
        {"verantwoordelijkeOrganisatie": None},
        {"vertalingen": []},
        {"vertalingen": None},
    ],
)
def test_a_page_that_reads_differently_is_another_page(changed):
    assert not sdg_pdc.same_page(json.loads(PAGE.payload), json.loads(PAGE.payload) | changed)


def test_the_page_of_a_withdrawn_series_says_that_nothing_stands():
    told = json.loads(page(load_product(), TOLD["kerndataset-ingetrokken"]))
    assert [one["tekst"].rpartition(". ")[2] for one in told["vertalingen"]] == [
        "Er is nu geen geldige uitgave.",
        "No release stands now.",
    ]


def test_a_wrong_token_pauses_the_endpoint_and_publishes_nothing(tmp_path):
    with running(Pdc, tmp_path) as server, reaching(server, "another") as transport:
        assert outcome(sdg_pdc.send(transport, PAGE, now())) is Outcome.PAUSE
        assert server.journal.events == []


def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path):
    with running(Pdc, tmp_path) as server, reaching(server) as transport:
        server.answer = lambda asked: type(
            "A", (), {"status": 200, "body": b"<html>", "media_type": "a", "headers": {}}
        )
        assert outcome(sdg_pdc.send(transport, PAGE, now())) is Outcome.RETRY


# ---- SDG statistics -------------------------------------------------------------------------------------------------


def statistics(transport, moment=None) -> Message:
    unique_id = sdg_statistics.reserve(transport)
    payload = sdg_statistics.report(unique_id, "2026-04", VISITS, moment or now())
    return Message("N-stat", "statistics", payload, sdg_statistics.CONTENT_TYPE)


def test_the_figures_of_a_month_are_taken_once_though_their_acknowledgement_was_lost(tmp_path):
    with running(Collect, tmp_path) as server, reaching(server) as transport:
        message = statistics(transport)
        ill(server, "lost")
        assert outcome(sdg_statistics.send(transport, message, now())) is Outcome.RETRY
        assert sdg_statistics.send(transport, message, now()).confirmed
        assert server.months() == [json.loads(message.payload)]


def test_the_report_names_the_period_and_every_source(tmp_path):
    with running(Collect, tmp_path) as server, reaching(server) as transport:
        told = json.loads(statistics(transport, datetime(2026, 5, 1, 3, 0, 0, 5, tzinfo=UTC)).payload)
    assert told["referencePeriod"] == {"startDate": "2026-04-01T00:00:00Z", "endDate": "2026-04-30T23:59:59Z"}
    assert (told["transferDate"], told["transferType"], told["nbEntries"]) == ("2026-05-01T03:00:00Z", "API", 1)
    assert told["sources"] == [
        {
            "sourceUrl": "https://data.example/kerndataset/index.html",
            "statistics": [{"nbVisits": 3, "originatingCountry": "ZZ", "deviceType": "PC"}],
        }
    ]


@pytest.mark.parametrize("mode", ["503", "reset", "401"])
def test_without_an_id_nothing_is_made(tmp_path, mode):
    with running(Collect, tmp_path) as server, reaching(server) as transport:
        ill(server, mode)
        with pytest.raises(Transient, match="nothing was sent"):
            sdg_statistics.reserve(transport)


def test_an_id_that_the_receiver_never_gave_is_refused(tmp_path):
    with running(Collect, tmp_path) as server, reaching(server) as transport:
        payload = sdg_statistics.report("838a89cd-f096-4847-be3f-a053ef9749bf", "2026-04", VISITS, now())
        message = Message("N", "statistics", payload, sdg_statistics.CONTENT_TYPE)
        assert outcome(sdg_statistics.send(transport, message, now())) is Outcome.DEAD


# ---- every way to misbehave -----------------------------------------------------------------------------------------

SENDS = {
    "cloudevents": (Hub, SECRET, cloudevents.send, EVENT),
    "webhook": (Subscriber, OLD, webhook.send, EVENT),
    "sdg_pdc": (Pdc, SECRET, sdg_pdc.send, PAGE),
    "sdg_statistics": (Collect, SECRET, sdg_statistics.send, None),
}
EXPECTED = {
    Mode.BUSY: Outcome.RETRY,
    Mode.LIMITED: Outcome.RETRY,
    Mode.RESET: Outcome.RETRY,
    Mode.TIMEOUT: Outcome.RETRY,
    Mode.LOST: Outcome.RETRY,
    Mode.REDIRECT: Outcome.DEAD,
    Mode.UNAUTHORIZED: Outcome.PAUSE,
    Mode.GONE: Outcome.DISABLE,
}


@pytest.mark.parametrize("mode", [one for one in Mode if one is not Mode.DRIP])
@pytest.mark.parametrize("name", SENDS)
def test_an_ill_receiver_gives_the_outcome_of_the_table_and_a_well_one_one_effect(tmp_path, name, mode):
    kind, secret, send, message = SENDS[name]
    with running(kind, tmp_path, secret) as server, reaching(server, secret) as transport:
        message = message or statistics(transport)
        ill(server, mode, seconds=0.2)
        answer = send(transport, message, now())
        assert outcome(answer) is EXPECTED[mode]
        if mode is Mode.REDIRECT:
            assert "a redirect to 169.254.169.254" in answer.reply.summary
            assert "not followed" in answer.reply.summary
        assert send(transport, message, now()).confirmed
        assert len([one for one in server.journal.events if "issued" not in one]) == 1


def test_a_429_says_how_long_to_wait(tmp_path):
    with running(Hub, tmp_path) as server, reaching(server) as transport:
        ill(server, "429", retry_after=40)
        assert cloudevents.send(transport, EVENT, now()).reply.headers["retry-after"] == "40"


def test_the_switch_is_turned_over_http_and_the_journal_read(tmp_path):
    with running(Hub, tmp_path) as server, reaching(server) as transport:
        url = f"http://127.0.0.1:{server.server_port}"
        put = requests.put(f"{url}/_switch", json={"modes": ["503"], "share": 1}, timeout=5)
        assert (put.status_code, cloudevents.send(transport, EVENT, now()).reply.status) == (200, 503)
        assert requests.put(f"{url}/_switch", json={"modes": ["sleepy"]}, timeout=5).status_code == 400
        requests.delete(f"{url}/_switch", timeout=5)
        assert cloudevents.send(transport, EVENT, now()).confirmed
        assert requests.get(f"{url}/_journal", timeout=5).json() == [json.loads(EVENT.payload)]


def test_a_share_of_the_requests_goes_wrong_and_the_same_seed_picks_the_same(tmp_path):
    with running(Hub, tmp_path) as server:
        drawn = []
        for _ in range(2):
            ill(server, *Mode, share=0.3, seed=1, times=None)
            drawn.append([server.switch.next() for _ in range(1000)])
    assert drawn[0] == drawn[1]
    assert 250 < sum(one is not None for one in drawn[0]) < 350
    assert set(drawn[0]) == {None, *Mode}


def test_an_answer_against_the_receivers_own_document_is_its_own_fault(tmp_path):
    with running(Collect, tmp_path) as server, reaching(server) as transport:
        server.operations["issued"] = lambda asked: Answer(200, {"unique": 1})
        with pytest.raises(Transient, match="HTTP 500"):
            sdg_statistics.reserve(transport)


def test_a_journal_outlives_the_receiver(tmp_path: Path):
    for _ in range(2):
        with running(Pdc, tmp_path) as server, reaching(server) as transport:
            assert sdg_pdc.send(transport, PAGE, now()).confirmed
    assert len((tmp_path / "Pdc.jsonl").read_text(encoding="utf-8").splitlines()) == 1
