"""A release's life on real S3: taken back, found again, read by anyone, never seen half done."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

import pyarrow.parquet as pq
import pytest
import requests
from fsspec import AbstractFileSystem
from fsspec.spec import AbstractBufferedFile
from sqlalchemy import text
from sqlalchemy.orm import Session
from tests.integration.publish_desk import LATER, NOW, SIGNER, Exchange, first_deliveries, open_desk
from tests.unit.merge_rows import figure
from typer.testing import CliRunner

from kerndata.cli import app
from kerndata.errors import KerndataError, Withdrawn
from kerndata.ledger import events, releases, withdrawals
from kerndata.local.stack import Stack
from kerndata.model.release import Release
from kerndata.notices.endpoints import load
from kerndata.publish import shelf
from kerndata.publish.audit import audit
from kerndata.publish.candidate import Candidate
from kerndata.publish.check import check
from kerndata.publish.pointer import read_pointer
from kerndata.publish.release import Published, finish, publish
from kerndata.publish.tell import Teller
from kerndata.publish.verify import check_release
from kerndata.publish.withdraw import withdraw
from kerndata.store import keys

pytestmark = pytest.mark.stack

SHELF = (keys.CATALOGUE, keys.CATALOGUE_JSON, keys.FEED, keys.CURRENT_KEY)
WHY = "10.1 stond er als 1.1"


@pytest.fixture
def exchange(stack_services: Stack, tmp_path: Path) -> Iterator[Exchange]:
    with open_desk(stack_services, tmp_path, "test_publish_life") as desk:
        yield desk


@pytest.fixture(scope="module")
def candidates() -> dict[str, Candidate]:
    """What was merged before: the same deliveries give the same candidate, and merging costs a second."""
    return {}


@pytest.fixture
def two(exchange: Exchange, candidates: dict[str, Candidate]) -> Exchange:
    """Two releases; the second has a figure more."""
    first_deliveries(exchange)
    first = candidates.get("first") or exchange.prepare()
    exchange.publish(first)
    exchange.deliver("PV21", [figure("PV21", "201")])
    second = candidates.get("second") or exchange.prepare()
    exchange.publish(second, LATER)
    candidates |= {"first": first, "second": second}
    return exchange


def take_back(exchange: Exchange, version: str, told: list[str | None] | None = None, why: str = WHY) -> Release:
    def announce(session: Session, withdrawn: Release, stands: str | None) -> None:
        if told is not None:
            told.append(stands)

    return withdraw(exchange.store, exchange.ledger, version, why=why, now=LATER, announce=announce)


def visible(exchange: Exchange) -> str | None:
    latest, _ = read_pointer(exchange.store)
    return latest.version if latest else None


def shelved(exchange: Exchange) -> dict[str, bytes]:
    return {name: exchange.store.read(keys.PUBLISHED, name) for name in SHELF}


def breaches(exchange: Exchange) -> list[str]:
    """What the audit says about releases; other tests' archives are not in this ledger."""
    return audit(exchange.store, exchange.ledger)


def no_lost_anchors(found: list[str]) -> list[str]:
    """Other tests of this session anchored other chains in the same locked archive."""
    return [one for one in found if "former head" not in one]


def test_a_withdrawn_release_leads_back_to_the_one_before_and_keeps_its_bytes(two: Exchange) -> None:
    before, pointer = two.released("2026.2"), two.latest()
    told: list[str | None] = []

    withdrawn = take_back(two, "2026.2", told)

    assert (withdrawn.withdrawn_at, withdrawn.withdrawn_why, told) == (LATER, WHY, ["2026.1"])
    after = two.released("2026.2")
    assert {name: body for name, body in after.items() if not name.startswith("WITHDRAWN")} == before
    assert json.loads(after["WITHDRAWN.json"])["why"] == WHY
    assert WHY in after["WITHDRAWN.md"].decode()
    restored = two.latest()
    assert (restored.version, restored.previous, restored.published_at) == ("2026.1", None, NOW)
    assert restored.base != pointer.base
    assert set(restored.files) == set(two.released("2026.1"))
    assert restored.files["indicators.csv"].rows == 3
    assert "2026.2 ingetrokken" in shelved(two)[keys.FEED].decode()
    assert b"dataset-status/WITHDRAWN" in shelved(two)[keys.CATALOGUE]
    with two.ledger.transaction() as session:
        latest = releases.latest(session)
        assert latest
        assert latest.version == "2026.1"
        assert events.verify(session) == []
    assert check_release(two.store, "2026.2") == []
    assert no_lost_anchors(breaches(two)) == []


def test_withdrawing_again_changes_nothing(two: Exchange) -> None:
    told: list[str | None] = []
    take_back(two, "2026.2", told)
    with two.ledger.transaction() as session:
        head = events.head(session)
    files, pointer, shelf_before = two.released("2026.2"), two.latest(), shelved(two)

    again = take_back(two, "2026.2", told, why="another reason")

    assert (again.withdrawn_why, told) == (WHY, ["2026.1"])
    assert (two.released("2026.2"), two.latest(), shelved(two)) == (files, pointer, shelf_before)
    with two.ledger.transaction() as session:
        assert events.head(session) == head


def test_what_was_withdrawn_is_not_published_again_by_itself(two: Exchange) -> None:
    take_back(two, "2026.2")
    with two.ledger.transaction() as session:
        assert not releases.has_news(session)

    with pytest.raises(Withdrawn, match=r"that of release 2026.2, which was withdrawn"):
        two.publish(two.prepare(), LATER)
    assert visible(two) == "2026.1"

    two.deliver("PV21", [figure("PV21", "202")])
    with two.ledger.transaction() as session:
        assert releases.has_news(session)
    assert two.publish(two.prepare(), LATER) == Published("2026.3", created=True)
    assert two.latest().previous == "2026.1"
    assert no_lost_anchors(breaches(two)) == []


def test_a_person_may_allow_the_same_content_again_under_a_new_number(two: Exchange) -> None:
    take_back(two, "2026.2")
    with two.ledger.transaction() as session:
        assert withdrawals.lift(session, "2026.2", "it was right after all", LATER)
        assert not withdrawals.lift(session, "2026.2", "it was right after all", LATER)
        assert releases.has_news(session)

    assert two.publish(two.prepare(), LATER) == Published("2026.3", created=True)
    assert [one.version for one in two.announced] == ["2026.1", "2026.2", "2026.3"]


def test_an_older_release_can_be_withdrawn_while_the_latest_stands(two: Exchange) -> None:
    told: list[str | None] = []
    take_back(two, "2026.1", told)
    assert (visible(two), told) == ("2026.2", ["2026.2"])
    assert no_lost_anchors(breaches(two)) == []


def test_when_no_release_stands_the_pointer_says_so_and_the_next_one_is_published(two: Exchange) -> None:
    take_back(two, "2026.1")
    take_back(two, "2026.2")
    assert visible(two) is None
    assert json.loads(two.store.read(keys.PUBLISHED, keys.LATEST))["version"] is None
    assert no_lost_anchors(breaches(two)) == []

    two.deliver("PV22", [figure("PV22", "5")])
    assert two.publish(two.prepare(), LATER) == Published("2026.3", created=True)
    assert two.latest().previous is None


def test_a_withdrawal_needs_a_release_and_a_reason(two: Exchange) -> None:
    with pytest.raises(KerndataError, match=r"no release 2026.9"):
        take_back(two, "2026.9")
    with pytest.raises(KerndataError, match="Say why"):
        take_back(two, "2026.2", why=" ")
    assert visible(two) == "2026.2"


def test_a_withdrawal_killed_after_its_entry_is_completed_by_the_next_publish(two: Exchange) -> None:
    with two.ledger.transaction() as session:
        withdrawals.withdraw(session, "2026.2", WHY, LATER)
    assert visible(two) == "2026.2"
    said = " ".join(breaches(two))
    assert "latest.json shows 2026.2, but the release that stands is 2026.1" in said
    assert "Release 2026.2 was withdrawn, but no WITHDRAWN.json says so" in said
    assert "catalog.ttl does not list the releases that the ledger has" in said

    finish(two.store, two.ledger, now=LATER, announce=two.announce)

    assert visible(two) == "2026.1"
    assert no_lost_anchors(breaches(two)) == []


def test_subscribers_are_told_once_with_where_the_reason_is(two: Exchange) -> None:
    announce = Teller(load(), "https://data.example", LATER).withdrawn
    for _ in range(2):
        withdraw(two.store, two.ledger, "2026.2", why=WHY, now=LATER, announce=announce)
    with two.ledger.transaction() as session:
        query = text("SELECT payload FROM notices WHERE endpoint = 'sdg-hub'")
        [payload] = session.scalars(query).all()
        assert session.scalar(text("SELECT count(*) FROM notices")) == 3  # hub, subscriber, product page
    event = json.loads(bytes(payload))
    assert (event["type"], event["subject"]) == ("nl.provincies.kerndataset-ingetrokken", "2026.2")
    assert event["data"]["stands"] == "2026.1"
    assert event["dataref"] == "https://data.example/kerndataset/releases/2026.2/WITHDRAWN.json"
    assert WHY not in json.dumps(event)


def test_the_command_withdraws_and_lists(two: Exchange, stack_services: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    key = stack_services.secrets.s3["exchange"]
    monkeypatch.setenv("KERNDATA_LEDGER_URL", two.ledger_url)
    monkeypatch.setenv("KERNDATA_S3_ENDPOINT", stack_services.s3_endpoint)
    monkeypatch.setenv("KERNDATA_S3_ACCESS_KEY", key.access_key)
    monkeypatch.setenv("KERNDATA_S3_SECRET_KEY", key.secret_key)
    done = CliRunner().invoke(app, ["withdraw", "2026.2", "--why", WHY])
    assert done.exit_code == 0, done.output
    assert "latest.json shows 2026.1" in done.stdout
    assert f"withdrawn: {WHY}" in CliRunner().invoke(app, ["releases"]).stdout
    assert CliRunner().invoke(app, ["withdraw", "2026.2", "--why", "it was right", "--lift"]).exit_code == 0


def test_catalogue_and_feed_are_completed_after_a_kill(exchange: Exchange, candidates: dict[str, Candidate]) -> None:
    class Killed(BaseException):
        pass

    def killed_at(done: str) -> None:
        if done == "record":
            raise Killed

    first_deliveries(exchange)
    candidate = candidates.get("first") or exchange.prepare()
    with pytest.raises(Killed):
        exchange.publish(candidate, after_step=killed_at)
    assert len(shelf.differences(exchange.store, exchange.ledger)) == 5

    assert exchange.publish(candidate, LATER).created is False

    assert shelf.differences(exchange.store, exchange.ledger) == []


def test_a_later_list_is_never_replaced_by_an_older_one(two: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that read the ledger too early is overtaken by another, and looks again."""
    newest, known = shelved(two), shelf._known(two.ledger)
    two.operator.put_object(Bucket=keys.PUBLISHED, Key=keys.FEED, Body=b"old")
    calls = []

    def late(ledger: object) -> list[Release]:
        calls.append(ledger)
        if len(calls) == 1:
            two.operator.put_object(Bucket=keys.PUBLISHED, Key=keys.FEED, Body=newest[keys.FEED])
            return known[1:]
        return known

    monkeypatch.setattr(shelf, "_known", late)
    shelf.refresh(two.store, two.ledger, None)
    assert len(calls) == 2
    assert two.store.read(keys.PUBLISHED, keys.FEED) == newest[keys.FEED]


def test_everyone_gets_every_file_as_what_it_is_and_no_list(two: Exchange, stack_services: Stack) -> None:
    base = stack_services.addresses()["Published"]
    types = {one.name: one.media_type for one in two.latest().files.values()}
    addresses = {f"{two.latest().base}{name}": kind for name, kind in types.items()}
    addresses |= {keys.LATEST: "application/json", keys.FEED: "application/atom+xml; charset=utf-8"}
    addresses |= {keys.CATALOGUE: "text/turtle; charset=utf-8", keys.CATALOGUE_JSON: "application/ld+json"}
    addresses |= {keys.CURRENT_KEY: "application/x-pem-file"}
    addresses |= {keys.public_key_key(SIGNER.public.fingerprint): "application/x-pem-file"}
    headers = {"Origin": "https://elders.example", "Range": "bytes=1-4"}
    for address, kind in addresses.items():
        whole = requests.get(f"{base}/{address}", timeout=10)
        part = requests.get(f"{base}/{address}", timeout=10, headers=headers)
        assert (whole.status_code, whole.headers["Content-Type"]) == (200, kind), address
        assert (part.status_code, part.content) == (206, whole.content[1:5]), address
        assert part.headers["Access-Control-Allow-Origin"] in {"*", headers["Origin"]}, address
        is_fixed = "/releases/" not in address and not address.endswith(f"{SIGNER.public.fingerprint}.pem")
        assert ("no-cache" in whole.headers["Cache-Control"]) == is_fixed, address
    for folder in ("", "kerndataset/", "kerndataset/releases/", two.latest().base, "?list-type=2"):
        listed = requests.get(f"{base}/{folder}", timeout=10)  # SeaweedFS answers 200 and nothing for a folder
        assert listed.status_code in {403, 404} or listed.content == b"", folder
    assert check(f"{base}/{keys.LATEST}", requests.Session(), SIGNER.public.pem).faults == ()
    assert check(f"{base}/{keys.release_key('2026.1', '')}", requests.Session()).faults == ()


class Ranges(AbstractFileSystem):  # type: ignore[misc]
    """Reads an address in ranges, as DuckDB and browsers do; fsspec's own needs a library that is not in the lock."""

    protocol = "ranges"

    def info(self, path: str, **_: object) -> dict[str, object]:
        path = self._strip_protocol(path)
        found = requests.head(path, timeout=10)
        return {"name": path, "size": int(found.headers["Content-Length"]), "type": "file"}

    def modified(self, path: str) -> datetime:
        return NOW

    def _open(self, path: str, mode: str = "rb", **_: object) -> AbstractBufferedFile:
        return RangeFile(self, self._strip_protocol(path), mode, block_size=4096, size=self.info(path)["size"])


class RangeFile(AbstractBufferedFile):  # type: ignore[misc]
    def _fetch_range(self, start: int, end: int) -> bytes:
        answer = requests.get(self.path, headers={"Range": f"bytes={start}-{end - 1}"}, timeout=10)
        assert answer.status_code == 206
        return answer.content


def test_duckdb_reads_the_parquet_over_http(two: Exchange, stack_services: Stack) -> None:
    import duckdb

    address = f"{stack_services.addresses()['Published']}/{two.latest().base}indicators.parquet"
    with duckdb.connect() as connection:
        connection.register_filesystem(Ranges())
        query = "SELECT region_code, value FROM read_parquet(?) WHERE period = '2024' ORDER BY region_code"
        rows = connection.execute(query, [f"ranges://{address}"]).fetchall()
    assert [(code, float(value)) for code, value in rows] == [("PV20", 100.0), ("PV21", 201.0)]


@pytest.mark.parametrize("publishes", [10, pytest.param(50, marks=pytest.mark.long)])
def test_a_reader_never_sees_a_mix_while_releases_are_published(
    exchange: Exchange, candidates: dict[str, Candidate], publishes: int
) -> None:
    first_deliveries(exchange)
    whole = candidates.get("first") or exchange.prepare()
    small = replace(whole, files=whole.files[:1])  # each version's own files tell a mix apart; the rest is the same
    seen: list[str] = []
    faults: list[str] = []
    done = Event()

    def read() -> None:
        while not done.is_set():
            latest, _ = read_pointer(exchange.store)
            if latest is None:
                continue
            seen.append(latest.version)
            bodies = {name: exchange.store.read(keys.PUBLISHED, latest.base + name) for name in latest.files}
            faults.extend(
                f"{latest.version} {name}"
                for name, one in latest.files.items()
                if sha256(bodies[name]).hexdigest() != one.sha256
            )
            manifest = json.loads(bodies["datapackage.json"])
            if (manifest["version"], manifest["contentHash"]) != (latest.version, latest.content_hash):
                faults.append(f"{latest.version} is described as {manifest['version']}")

    reader = Thread(target=read)
    reader.start()
    before = None
    for number in range(publishes):
        candidate = replace(small, content_hash=sha256(str(number).encode()).hexdigest(), previous=before)
        before = exchange.publish(candidate, NOW + timedelta(minutes=number)).version
    done.set()
    reader.join()

    assert faults == []
    assert before == f"2026.{publishes}"
    assert len(set(seen)) > 5
    assert shelf.differences(exchange.store, exchange.ledger) == []


def flip(exchange: Exchange, bucket: str, key: str) -> None:
    body = bytearray(exchange.store.read(bucket, key))
    body[len(body) // 2] ^= 1
    exchange.operator.put_object(Bucket=bucket, Key=key, Body=bytes(body))


def flip_archived(exchange: Exchange) -> None:
    with exchange.ledger.transaction() as session:
        slug, digest = session.execute(text("SELECT province, sha256 FROM submissions ORDER BY sequence")).first() or ()
    flip(exchange, keys.ARCHIVE, keys.raw_key(slug, digest))


def flip_event(exchange: Exchange) -> None:
    with exchange.ledger.transaction() as session:
        session.execute(text("UPDATE events SET subject = 'S-1' WHERE seq = 2"))


FLIPS: dict[str, tuple[Callable[[Exchange], None], str]] = {
    "archived file": (flip_archived, "The archive's raw/groningen/"),
    "release file": (
        lambda one: flip(one, keys.PUBLISHED, keys.release_key("2026.1", "national.csv")),
        "Release 2026.1: national.csv holds other bytes",
    ),
    "signature": (
        lambda one: flip(one, keys.PUBLISHED, keys.release_key("2026.1", keys.SIGNATURE)),
        "Release 2026.1: the signature does not match SHA256SUMS",
    ),
    "checksums": (
        lambda one: flip(one, keys.PUBLISHED, keys.release_key("2026.2", keys.SUMS)),
        "Release 2026.2: SHA256SUMS holds other bytes",
    ),
    "event": (flip_event, "was changed after it was written"),
    "catalogue": (lambda one: flip(one, keys.PUBLISHED, keys.CATALOGUE), "catalog.ttl does not list the releases"),
    "feed": (lambda one: flip(one, keys.PUBLISHED, keys.FEED), "feed.xml does not list the releases"),
}


def test_the_audit_names_each_kind_of_flipped_byte(two: Exchange) -> None:
    assert no_lost_anchors(breaches(two)) == []
    with two.ledger.transaction() as session:
        slug, digest = session.execute(text("SELECT province, sha256 FROM submissions ORDER BY sequence")).first() or ()
    kept = two.store.read(keys.ARCHIVE, keys.raw_key(slug, digest))
    for spoil, _ in FLIPS.values():
        spoil(two)
    said = no_lost_anchors(breaches(two))
    two.operator.put_object(Bucket=keys.ARCHIVE, Key=keys.raw_key(slug, digest), Body=kept)
    for kind, (_, sentence) in FLIPS.items():
        assert any(sentence in one for one in said), (kind, said)


def test_an_unsigned_release_is_no_breach_here_but_a_fault_to_the_world(
    exchange: Exchange, candidates: dict[str, Candidate]
) -> None:
    first_deliveries(exchange)
    candidate = candidates.get("first") or exchange.prepare()
    publish(exchange.store, exchange.ledger, candidate, now=NOW, announce=exchange.announce)
    assert keys.SIGNATURE not in exchange.released("2026.1")
    assert check_release(exchange.store, "2026.1") == []
    [fault] = check(str(folder_of(exchange)), requests.Session()).faults
    assert "has no signature" in fault
    assert pq.read_table(folder_of(exchange) / "indicators.parquet").num_rows == 3


def folder_of(exchange: Exchange) -> Path:
    folder = exchange.work / "read"
    folder.mkdir(exist_ok=True)
    for name, body in exchange.released("2026.1").items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(body)
    return folder
