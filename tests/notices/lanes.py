"""One endpoint of each real channel: its messages as we make them, its real receiver, and what that has in the end.

A ``Lane`` numbers its notices from 0; ``had`` reads the numbers back from the receiver's own record, in the order in
which they took effect there. A repeat that the receiver knows as one is no second effect.
"""

import json
import mailbox
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import UUID

import requests
from tests.notices.relay import IllRelay
from tests.notices.sender import TIMEOUT
from tests.unit.notice_receivers import NEW, PATHS, SECRET

from kerndata.errors import Transient
from kerndata.ledger.database import Ledger
from kerndata.local.counterparts.cloudevents_hub import Hub
from kerndata.local.counterparts.misbehave import Illness, Mode
from kerndata.local.counterparts.proxy import Proxy
from kerndata.local.counterparts.sdg import Collect, Pdc
from kerndata.local.counterparts.subscriber import Subscriber
from kerndata.notices import outbox, product, statistics
from kerndata.notices.channels import cloudevents, mail, sdg_pdc, taxii
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import Endpoint, instant, load
from kerndata.notices.letter import letter
from kerndata.notices.payloads import ReleasePublished, sequence
from kerndata.notices.transport import Transport
from kerndata.quality.exchange import load_exchange

PER_SUBJECT, PHASES = 10, 3
PER_QUESTION = 30  # incidents: the server's pages have a hundred versions
SITE = "https://data.example"
BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
FIRST_YEAR = 2006
HANG = 1.5 * TIMEOUT.total_seconds()
# What a channel can carry and still mean something: the months of twenty years, pages and incidents of many years.
MOST = {"sdg_statistics": 240, "sdg_pdc": 500, "taxii": 900}
HOW = {
    "cloudevents": "the hub, which knows a repeat by id and source",
    "webhook": "a subscriber, who knows it by webhook-id",
    "mail": "aiosmtpd, at least once: effective is one Message-ID, repeats are the same mail again",
    "sdg_pdc": "pages, each with another text; superseded: a dead letter that a later page took the place of",
    "sdg_statistics": "months, each with one id that the receiver gave; a resend replaces",
    "taxii": "medallion, three versions of each incident",
}
ENDPOINTS = {one.channel: one for one in load()}


@dataclass(frozen=True)
class Notice:
    """What one notice is enqueued with."""

    payload: bytes
    content_type: str


@dataclass(frozen=True)
class Lane:
    """One endpoint; ``per_subject``: so many notices after each other are about one subject, 0: all of them."""

    endpoint: Endpoint
    credentials: Credentials
    make: Callable[[int], Notice] | None
    had: Callable[[int], list[int]]
    per_subject: int = PER_SUBJECT

    @property
    def channel(self) -> str:
        """Which channel it is of."""
        return self.endpoint.channel

    def subject(self, number: int) -> str:
        """What a notice is about."""
        return str(number // self.per_subject) if self.per_subject else "one"

    def put(self, ledger: Ledger, count: int) -> None:
        """Enqueue so many; the months through the function that counts them, since their ids come from outside."""
        if self.make is None:
            _put_months(ledger, self, count)
            return
        with ledger.transaction() as session:
            for number in range(count):
                one = self.make(number)
                outbox.enqueue(
                    session,
                    endpoint=self.endpoint.name,
                    channel=self.channel,
                    subject=self.subject(number),
                    business_key=str(number),
                    payload=one.payload,
                    content_type=one.content_type,
                    now=datetime.now(UTC),
                )


def shares(notices: int) -> dict[str, int]:
    """How many notices each channel gets: what one cannot carry goes to those that can."""
    found = {name: min(notices // len(HOW), MOST[name]) for name in MOST}
    free = [name for name in HOW if name not in MOST]
    rest, odd = divmod(notices - sum(found.values()), len(free))
    return {name: found[name] if name in found else rest + (free.index(name) < odd) for name in HOW}


@contextmanager
def lanes(folder: Path, collection: Credentials, failing: float, seed: int) -> Iterator[list[Lane]]:
    """All six, ill from the start; ``collection``: of an empty TAXII server."""
    with ExitStack() as opened:

        def serve(server: Any) -> Any:
            opened.enter_context(server)
            server.handle_error = lambda *_: None  # senders hang up and are killed: that is the point
            server.switch.turn(Illness(modes=tuple(Mode), share=failing, seed=seed, seconds=HANG))
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            opened.callback(server.shutdown)
            return server

        hub = serve(Hub("127.0.0.1", 0, folder / "hub.jsonl", SECRET))
        subscriber = serve(Subscriber("127.0.0.1", 0, folder / "webhook.jsonl", NEW))
        pages = serve(Pdc("127.0.0.1", 0, folder / "pdc.jsonl", SECRET))
        collect = serve(Collect("127.0.0.1", 0, folder / "collect.jsonl", SECRET))
        origin, path = re.fullmatch(r"(https?://[^/]+)(/.*)", collection.url).groups()  # type: ignore[union-attr]
        proxy = serve(Proxy("127.0.0.1", 0, origin, folder / "taxii.jsonl"))
        relay = _relay(opened, folder / "mail", failing, seed)
        in_front = Credentials(
            f"http://127.0.0.1:{proxy.server_port}{path}", collection.username, collection.secret, allow_private=True
        )
        yield [
            Lane(
                ENDPOINTS["cloudevents"], _at(hub, SECRET), _event, lambda _: [_told(one) for one in hub.journal.events]
            ),
            Lane(
                ENDPOINTS["webhook"],
                _at(subscriber, NEW),
                _event,
                lambda _: [_told(one["event"]) for one in subscriber.journal.events],
            ),
            Lane(
                ENDPOINTS["mail"],
                Credentials(f"smtp://127.0.0.1:{relay.port}", allow_private=True),
                _mail,
                lambda _: _mails(folder),
            ),
            Lane(
                ENDPOINTS["sdg_pdc"],
                _at(pages, SECRET),
                _page,
                lambda _: [_shown(one) for one in pages.journal.events],
                0,
            ),
            Lane(ENDPOINTS["sdg_statistics"], _at(collect, SECRET), None, lambda _: _months(collect.journal.events), 0),
            Lane(ENDPOINTS["taxii"], in_front, _incident, lambda count: _versions(collection, count), PHASES),
        ]


def _at(server: Any, secret: str) -> Credentials:
    url = f"http://127.0.0.1:{server.server_port}{PATHS[type(server)]}"
    return Credentials(url, "kerndata", secret, allow_private=True)


def _relay(opened: ExitStack, folder: Path, failing: float, seed: int) -> IllRelay:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    relay = IllRelay(port, folder, failing, HANG, seed)
    relay.start()
    opened.callback(relay.stop)
    return relay


# ---- what is sent, by number, and the number in what a receiver has ------------------------------------------------


def _release(number: int) -> ReleasePublished:
    return ReleasePublished(
        version=f"2026.{number + 1}",
        content_hash=f"{number:064x}",
        published_at=BEGIN,
        sequence=sequence(f"2026.{number + 1}"),
        url=f"{SITE}/kerndataset/releases/2026.{number + 1}/datapackage.json",
        counts={"number": number},
    )


def _event(number: int) -> Notice:
    publisher = ENDPOINTS["cloudevents"].publisher
    return Notice(cloudevents.event(publisher, _release(number)), cloudevents.CONTENT_TYPE)


def _told(event: dict[str, Any]) -> int:
    return int(event["data"]["counts"]["number"])


def _page(number: int) -> Notice:
    return Notice(product.page(product.load_product(), _release(number)), sdg_pdc.CONTENT_TYPE)


def _shown(page: dict[str, Any]) -> int:
    found = re.search(r"2026\.(\d+)", page["vertalingen"][0]["tekst"])
    if found is None:
        raise AssertionError(f"a page that is not ours: {page}")
    return int(found[1]) - 1


def _mail(number: int) -> Notice:
    one = letter(
        load_exchange(),
        to="reader@provincie.example",
        subject=f"notice {number}",
        key=f"trial.{number}",
        date=BEGIN,
        language="nl",
        text=f"Bericht {number}.\n",
    )
    return Notice(one.as_bytes(), mail.CONTENT_TYPE)


def _mails(folder: Path) -> list[int]:
    box = mailbox.Maildir(folder / "mail", create=False)
    order = sorted(box.keys(), key=lambda key: int(re.search(r"Q(\d+)", key)[1]))  # type: ignore[index]
    ids = [message_from_bytes(box.get_bytes(key))["Message-ID"] for key in order]
    return [int(one.split(".")[1].split("@")[0]) for one in ids]


def _put_months(ledger: Ledger, lane: Lane, count: int) -> None:
    with requests.Session() as http:
        transport = Transport(http, lane.credentials, lambda: datetime.now(UTC), TIMEOUT)
        for number in range(count):
            month = f"{FIRST_YEAR + number // 12}-{number % 12 + 1:02}"
            at = f"{datetime(FIRST_YEAR + number // 12, number % 12 + 1, 1, 10, tzinfo=UTC):%d/%b/%Y:%H:%M:%S %z}"
            line = f'192.0.2.1 - - [{at}] "GET /kerndataset/index.html HTTP/1.1" 200 9'
            while True:
                try:
                    statistics.month_passed(
                        ledger,
                        lane.endpoint,
                        transport,
                        month=month,
                        log_lines=[line],
                        public_url=SITE,
                        now=datetime.now(UTC),
                    )
                    break
                except Transient:
                    continue
        transport.close()


def _months(events: list[dict[str, Any]]) -> list[int]:
    begins = [datetime.fromisoformat(one["referencePeriod"]["startDate"]) for one in events if "sources" in one]
    return [(one.year - FIRST_YEAR) * 12 + one.month - 1 for one in begins]


def _incident(number: int) -> Notice:
    """One of three versions of an incident; the sender is the same object in every envelope, as we send it."""
    incident, phase = divmod(number, PHASES)
    identity = ENDPOINTS["taxii"].publisher.identity
    common = {"spec_version": "2.1", "created": instant(BEGIN), "name": f"incident {incident}"}
    sender = {**common, "type": "identity", "id": identity, "modified": instant(BEGIN), "name": "the exchange"}
    changed = instant(BEGIN + timedelta(days=phase))
    own = {**common, "type": "incident", "id": _id(incident), "created_by_ref": identity, "modified": changed}
    return Notice(json.dumps({"objects": [sender, own]}).encode(), taxii.CONTENT_TYPE)


def _id(incident: int) -> str:
    return f"incident--{UUID(int=incident, version=4)}"


def _versions(collection: Credentials, count: int) -> list[int]:
    """Every version the TAXII server has, in the order in which it took them."""
    known = {_id(n): n for n in range(-(-count // PHASES))}
    found: list[tuple[str, int]] = []
    for some in (list(known)[n : n + PER_QUESTION] for n in range(0, len(known), PER_QUESTION)):
        answer = requests.get(
            f"{collection.url.rstrip('/')}/manifest/",
            params={"match[id]": ",".join(some), "match[version]": "all"},
            auth=(collection.username or "", collection.secret or ""),
            headers={"Accept": taxii.CONTENT_TYPE},
            timeout=60,
        )
        for one in answer.json().get("objects", []):
            phase = (datetime.fromisoformat(one["version"]) - BEGIN).days
            found.append((one["date_added"], known[one["id"]] * PHASES + phase))
    return [number for _, number in sorted(found)]
