"""At every channel an acknowledgement that is lost is recognised at the next attempt: one effect, and delivered."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from sqlalchemy import select
from tests.unit.notice_receivers import OLD, SECRET, Clock, running
from tests.unit.test_notices_visits import SITE, line

from kerndata.incidents import cases
from kerndata.ledger import submissions
from kerndata.ledger.tables import AttemptRow, NoticeRow
from kerndata.local.counterpart_programs import TAXII_USER, taxii_url
from kerndata.local.counterparts.cloudevents_hub import Hub
from kerndata.local.counterparts.misbehave import Illness, Mode
from kerndata.local.counterparts.proxy import Proxy
from kerndata.local.counterparts.receivers import serve
from kerndata.local.counterparts.sdg import Collect, Pdc
from kerndata.local.counterparts.subscriber import Subscriber
from kerndata.model.incident import Decision
from kerndata.model.submission import Delivery
from kerndata.notices import announce, outbox
from kerndata.notices.credentials import Credentials
from kerndata.notices.desk import Who
from kerndata.notices.endpoints import Endpoint, load
from kerndata.notices.statistics import last_month, month_passed
from kerndata.notices.transport import Transport

pytestmark = pytest.mark.stack


@dataclass
class Place:
    """A receiver, how to reach it, and the endpoint that stands for it."""

    server: Any
    credentials: Credentials
    endpoint: Endpoint


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def place(request, tmp_path, stack_counterparts):
    channel = request.param
    with ExitStack() as opened:
        endpoint = next(one for one in load() if one.channel == channel)
        endpoint = endpoint.model_copy(update={"name": f"{endpoint.name}-{uuid4().hex[:8]}"})
        if channel == "taxii":
            target = urlsplit(taxii_url(stack_counterparts.ports))
            server = Proxy("127.0.0.1", 0, f"http://{target.netloc}", tmp_path / "proxy.jsonl")
            serve(opened, server)
            path, login = target.path, (TAXII_USER, stack_counterparts.secrets.taxii_password)
        else:
            kind, path, secret = {
                "cloudevents": (Hub, "/cloudevents", SECRET),
                "webhook": (Subscriber, "/webhook", OLD),
                "sdg_pdc": (Pdc, "/api/v1", SECRET),
                "sdg_statistics": (Collect, "/v1", SECRET),
            }[channel]
            server, login = opened.enter_context(running(kind, tmp_path, secret)), ("kerndata", secret)
        url = f"http://127.0.0.1:{server.server_port}{path}"
        yield Place(server, Credentials(url, *login, allow_private=True), endpoint)


def enqueue(ledger, place: Place, folder: Path) -> None:
    """One notice for the endpoint, as whatever causes it does."""
    channel = place.endpoint.channel
    if channel == "sdg_statistics":
        with requests.Session() as http:
            transport = Transport(http, place.credentials, now)
            seen = line(at=f"{now().replace(day=1) - timedelta(days=1):%d/%b/%Y}:10:00:00 +0000")
            given = {"month": last_month(now()), "log_lines": [seen], "public_url": SITE, "now": now()}
            assert month_passed(ledger, place.endpoint, transport, **given)
            transport.close()
        return
    with ledger.transaction() as session:
        if channel == "taxii":
            delivery = Delivery("PV27", "inbox-noord_holland", f"drop/{uuid4().hex}.csv", uuid4().hex, now())
            facts = {"sha256": uuid4().hex * 2, "size_bytes": 9, "dataset": None, "delivery_name": None, "now": now()}
            submission = submissions.register(session, delivery, **facts)
            event = {"rule_id": "F-MACRO", "facts": {"rows": 3}, "now": now()}
            case = cases.open_case(session, submission=submission, **event)
            cases.decide(session, case.name, Decision.SIGNIFICANT, Who("jan", "gezien"), [place.endpoint], now())
        else:
            facts = {"version": "2026.1", "content_hash": uuid4().hex * 2, "published_at": now(), "counts": {}}
            made = announce.release_published(
                session, [place.endpoint], base_url="https://data.example", now=now(), **facts
            )
            assert len(made) == 1


def deliver(ledger, place: Place) -> outbox.DeliverySummary:
    clock = Clock(now())
    with requests.Session() as http:
        return outbox.deliver_due(ledger, place.endpoint, place.credentials, http, clock, clock.sleep)


@pytest.mark.parametrize("place", ["cloudevents", "webhook", "sdg_pdc", "sdg_statistics", "taxii"], indirect=True)
def test_a_lost_acknowledgement_is_recognised_as_delivered(ledger, place, tmp_path):
    enqueue(ledger, place, tmp_path)
    lose_the_answer_to_the_post(place)
    assert deliver(ledger, place) == outbox.DeliverySummary(delivered=1, retried=1)
    with ledger.transaction() as session:
        row = session.scalars(select(NoticeRow).where(NoticeRow.endpoint == place.endpoint.name)).one()
        tries = session.scalars(select(AttemptRow.outcome).where(AttemptRow.notice_id == row.id)).all()
    assert (row.status, sorted(tries)) == ("delivered", ["delivered", "retry"])
    assert effects(place) == 1


def lose_the_answer_to_the_post(place: Place) -> None:
    """The product page is looked at before it is sent: there the second request is the one."""
    if place.endpoint.channel == "sdg_pdc":
        decided = iter([None, Mode.LOST])
        place.server.switch.next = lambda: next(decided, None)
    else:
        place.server.switch.turn(Illness(modes=(Mode.LOST,), times=1))


def effects(place: Place) -> int:
    """How often the message counts at the receiver."""
    if place.endpoint.channel == "sdg_statistics":
        return len(place.server.months())
    if place.endpoint.channel != "taxii":
        return len(place.server.journal.events)
    [incident] = {one["message"]["objects"][2]["id"] for one in place.server.journal.events}
    url, login = place.credentials.url.rstrip("/"), (place.credentials.username, place.credentials.secret)
    accept = {"Accept": "application/taxii+json;version=2.1"}
    there = requests.get(f"{url}/objects/?match[id]={incident}", auth=login, headers=accept, timeout=10).json()
    return len(there["objects"])
