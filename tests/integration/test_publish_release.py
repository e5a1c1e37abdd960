"""Publishing on a real S3 and a real PostgreSQL: a release appears whole or not at all, and once."""

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.orm import Session
from tests.integration.publish_desk import LATER, NOW, SIGNER, Exchange, first_deliveries, open_desk
from tests.unit.merge_rows import figure

from kerndata.errors import Fenced, KerndataError
from kerndata.ledger import events
from kerndata.local.stack import Stack
from kerndata.model.release import Release
from kerndata.publish.release import Candidate, Published, publish
from kerndata.publish.trace import trace
from kerndata.publish.verify import check_release
from kerndata.store import keys

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.stack

PUBLISHERS, CONTENTS = 16, 4
STEPS = ("reserve", "create:provenance.parquet", "create:SHA256SUMS", "switch")


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the library catches it."""


@pytest.fixture
def exchange(stack_services: Stack, tmp_path: Path) -> Iterator[Exchange]:
    with open_desk(stack_services, tmp_path, "test_publish_release") as desk:
        yield desk


def test_a_release_is_published_with_all_its_files_types_and_a_pointer(exchange: Exchange) -> None:
    first_deliveries(exchange)

    published = exchange.publish(exchange.prepare())

    assert published == Published("2026.1", created=True)
    latest = exchange.latest()
    assert (latest.version, latest.previous, latest.published_at) == ("2026.1", None, NOW)
    assert latest.base == "kerndataset/releases/2026.1/"
    assert set(latest.files) == set(exchange.released("2026.1"))
    assert {"indicators.parquet", "datapackage.json", "RELEASE.md", "SHA256SUMS"} < set(latest.files)
    assert [one.version for one in exchange.announced] == ["2026.1"]
    assert exchange.is_sound()
    heads = {
        name: exchange.operator.head_object(Bucket=keys.PUBLISHED, Key=latest.base + name) for name in latest.files
    }
    assert heads["indicators.csv"]["ContentType"] == "text/csv; charset=utf-8"
    assert heads["indicators.parquet"]["ContentType"] == "application/vnd.apache.parquet"
    assert heads["RELEASE.md"]["ContentType"] == "text/markdown; charset=utf-8"
    assert heads["SHA256SUMS"]["ContentType"] == "text/plain; charset=utf-8"
    assert all(head["CacheControl"] == "public, max-age=31536000, immutable" for head in heads.values())
    pointer = exchange.operator.head_object(Bucket=keys.PUBLISHED, Key=keys.LATEST)
    assert (pointer["ContentType"], pointer["CacheControl"]) == ("application/json", "no-cache")


def test_doing_it_twice_changes_nothing(exchange: Exchange) -> None:
    first_deliveries(exchange)
    exchange.publish(exchange.prepare())
    before, pointer = exchange.released("2026.1"), exchange.latest()
    with exchange.ledger.transaction() as session:
        head = events.head(session)

    again = exchange.publish(exchange.prepare(code_version="a later one"), LATER)

    assert again == Published("2026.1", created=False)
    assert (exchange.released("2026.1"), exchange.latest()) == (before, pointer)
    assert len(exchange.announced) == 1
    with exchange.ledger.transaction() as session:
        assert events.head(session) == head


def test_the_next_release_tells_what_changed_and_the_first_stands(exchange: Exchange) -> None:
    first_deliveries(exchange)
    exchange.publish(exchange.prepare())
    first = exchange.released("2026.1")
    exchange.deliver("PV21", [figure("PV21", "201")])
    exchange.deliver("PV22", [figure("PV22", "300")])

    assert exchange.publish(exchange.prepare(), LATER).version == "2026.2"

    rows = list(csv.DictReader(io.StringIO(exchange.released("2026.2")["changes.csv"].decode())))
    assert [(row["province_code"], row["change"], row["cause"], row["new_value"]) for row in rows] == [
        ("PV21", "changed", "revision", "201"),
        ("PV22", "added", "new_delivery", "300"),
    ]
    assert exchange.released("2026.1") == first
    assert exchange.latest().previous == "2026.1"
    assert exchange.is_sound()


@pytest.mark.parametrize("step", [*STEPS, "announce"])
def test_killed_after_any_step_the_next_attempt_ends_in_the_same_release(exchange: Exchange, step: str) -> None:
    first_deliveries(exchange)
    exchange.publish(exchange.prepare())
    exchange.deliver("PV21", [figure("PV21", "201")])
    undisturbed = {name: one.sha256 for name, one in _files_of(exchange.prepare()).items()}

    def killed_at(done: str) -> None:
        if done == step:
            raise Killed

    def killed_while_announcing(session: Session, release: Release) -> None:
        raise Killed

    announce = killed_while_announcing if step == "announce" else exchange.announce
    with pytest.raises(Killed):
        publish(
            exchange.store,
            exchange.ledger,
            exchange.prepare(),
            now=NOW,
            announce=announce,
            signer=SIGNER,
            after_step=killed_at,
        )
    was_visible = exchange.latest().version
    assert was_visible == ("2026.2" if step in {"switch", "announce"} else "2026.1")
    assert check_release(exchange.store, was_visible) == []
    again = exchange.publish(exchange.prepare(), LATER)

    assert again == Published("2026.2", created=True)
    assert [one.version for one in exchange.announced] == ["2026.1", "2026.2"]
    found = {name: sha256(body).hexdigest() for name, body in exchange.released("2026.2").items()}
    assert undisturbed.items() <= found.items()
    assert json.loads(exchange.released("2026.2")["datapackage.json"])["previousVersion"] == "2026.1"
    assert exchange.is_sound()


def _files_of(candidate: Candidate) -> dict[str, Any]:
    return {one.name: one for one in candidate.files}


PROGRAM = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from kerndata.ledger import open_ledger
from kerndata.publish.release import prepare, publish
from kerndata.store.client import connect

endpoint, access_key, secret_key, ledger_url, work, step = sys.argv[1:]

def die(done):
    if done == step:
        os.kill(os.getpid(), signal.SIGKILL)

store, ledger = connect(endpoint, access_key, secret_key), open_ledger(ledger_url)
candidate = prepare(store, ledger, work=Path(work), code_version="abc123")
publish(store, ledger, candidate, now=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), announce=lambda *_: None, after_step=die)
"""


@pytest.mark.parametrize("step", ["create:national.csv", "switch"])
def test_sigkill_of_the_process_loses_nothing(exchange: Exchange, stack_services: Stack, step: str) -> None:
    first_deliveries(exchange)
    key = stack_services.secrets.s3["exchange"]
    (exchange.work / "killed").mkdir()
    facts = [stack_services.s3_endpoint, key.access_key, key.secret_key, exchange.ledger_url]

    done = subprocess.run([sys.executable, "-c", PROGRAM, *facts, str(exchange.work / "killed"), step], timeout=120)

    assert done.returncode == -signal.SIGKILL
    assert exchange.publish(exchange.prepare(), LATER) == Published("2026.1", created=True)
    assert [one.version for one in exchange.announced] == ["2026.1"]
    assert exchange.is_sound()


def test_a_killed_release_that_is_visible_is_entered_before_the_next_one(exchange: Exchange) -> None:
    first_deliveries(exchange)
    with pytest.raises(Killed):
        exchange.publish(exchange.prepare(), after_step=_killed_after("switch"))
    exchange.deliver("PV22", [figure("PV22", "300")])

    assert exchange.publish(exchange.prepare(), LATER) == Published("2026.2", created=True)

    assert [one.version for one in exchange.announced] == ["2026.1", "2026.2"]
    assert (exchange.announced[0].published_at, exchange.announced[1].published_at) == (NOW, LATER)
    assert exchange.is_sound()


def _killed_after(step: str) -> Callable[[str], None]:
    def after_step(done: str) -> None:
        if done == step:
            raise Killed

    return after_step


def test_half_a_release_made_by_other_code_gets_another_number(exchange: Exchange) -> None:
    first_deliveries(exchange)
    with pytest.raises(Killed):
        exchange.publish(exchange.prepare("old code"), after_step=_killed_after("create:datapackage.json"))

    published = exchange.publish(exchange.prepare("new code"))

    assert published.created
    assert published.version != "2026.1"
    assert json.loads(exchange.released(published.version)["datapackage.json"])["codeVersion"] == "new code"
    assert exchange.is_sound()


def test_a_candidate_compared_with_an_older_release_is_fenced(exchange: Exchange) -> None:
    first_deliveries(exchange)
    stale = exchange.prepare()
    exchange.deliver("PV22", [figure("PV22", "300")])
    exchange.publish(exchange.prepare())

    with pytest.raises(Fenced, match="build the candidate again"):
        exchange.publish(stale)

    assert exchange.latest().version == "2026.1"
    assert exchange.is_sound()


def race(work: list[Callable[[], Published]]) -> list[Published | Fenced]:
    barrier = Barrier(len(work))

    def one(call: Callable[[], Published]) -> Published | Fenced:
        barrier.wait()
        try:
            return call()
        except Fenced as error:
            return error

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


def test_of_sixteen_publishers_of_one_content_one_wins_and_one_notice_goes_out(exchange: Exchange) -> None:
    first_deliveries(exchange)
    candidate = exchange.prepare()

    outcomes = race([lambda: exchange.publish(candidate)] * PUBLISHERS)

    assert outcomes.count(Published("2026.1", created=True)) == 1
    assert all(isinstance(one, Fenced) or one.version == "2026.1" for one in outcomes)
    assert len(exchange.announced) == 1
    assert exchange.is_sound()


def test_of_sixteen_publishers_of_four_contents_one_wins_and_readers_see_no_mix(exchange: Exchange) -> None:
    first_deliveries(exchange)
    exchange.publish(exchange.prepare())
    candidates = []
    for number in range(CONTENTS):
        exchange.deliver("PV22", [figure("PV22", str(number))])
        candidates.append(exchange.prepare())
    seen: list[str] = []
    done = Event()

    def read() -> None:
        while not done.is_set():
            latest = exchange.latest()
            seen.append(latest.version)
            for name, one in latest.files.items():
                assert sha256(exchange.store.read(keys.PUBLISHED, latest.base + name)).hexdigest() == one.sha256

    reader = Thread(target=read)
    reader.start()
    attempts = [partial(exchange.publish, one, LATER) for one in candidates] * (PUBLISHERS // CONTENTS)
    outcomes = race(attempts)
    done.set()
    reader.join()

    (winner,) = [one for one in outcomes if isinstance(one, Published) and one.created]
    assert {one.version for one in outcomes if isinstance(one, Published)} == {winner.version}
    assert sum(isinstance(one, Fenced) for one in outcomes) >= PUBLISHERS - PUBLISHERS // CONTENTS
    assert exchange.latest().version == winner.version
    assert seen
    assert set(seen) <= {"2026.1", winner.version}
    assert [one.version for one in exchange.announced] == ["2026.1", winner.version]
    assert exchange.is_sound()


def test_a_value_is_traced_to_its_row_and_the_archived_file(exchange: Exchange) -> None:
    first_deliveries(exchange)
    exchange.publish(exchange.prepare())
    corrected = exchange.deliver("PV20", [figure("PV20", "101.50", source_row=17)])
    exchange.publish(exchange.prepare())

    (now,) = trace(exchange.store, None, "H3.4", "PV20", "2024")
    (before,) = trace(exchange.store, "2026.1", "H3.4", "PV20", "2024", "totaal")

    assert (now.version, now.value, now.original_value) == ("2026.2", Decimal("101.5"), "101.50")
    assert (now.submission_id, now.source_row, now.source_file) == (corrected, 17, "wind, land.csv")
    assert (before.version, before.value, before.source_row) == ("2026.1", Decimal(100), 2)
    assert now.is_in_archive
    assert before.is_in_archive
    assert now.archive_key == f"raw/groningen/{now.sha256}"


def test_a_value_that_was_not_published_cannot_be_traced(exchange: Exchange) -> None:
    with pytest.raises(KerndataError, match="There is no release yet"):
        trace(exchange.store, None, "H3.4", "PV20", "2024")
    first_deliveries(exchange)
    exchange.publish(exchange.prepare())

    with pytest.raises(KerndataError, match=r"Release 2026.1 has no H3.9 for PV20 in 2019"):
        trace(exchange.store, None, "H3.9", "PV20", "2019")
    with pytest.raises(KerndataError, match=r"no release 2025.7"):
        trace(exchange.store, "2025.7", "H3.4", "PV20", "2024")


def test_the_check_names_every_file_that_is_not_as_published(exchange: Exchange) -> None:
    first_deliveries(exchange)
    exchange.publish(exchange.prepare())
    base = exchange.latest().base
    s3 = exchange.operator
    assert check_release(exchange.store, "2026.1") == []

    s3.put_object(Bucket=keys.PUBLISHED, Key=f"{base}national.csv", Body=b"tampered")
    s3.delete_object(Bucket=keys.PUBLISHED, Key=f"{base}coverage.csv")
    s3.put_object(Bucket=keys.PUBLISHED, Key=f"{base}extra.csv", Body=b"extra")

    faults = check_release(exchange.store, "2026.1")
    assert len(faults) == 3
    assert "coverage.csv is gone" in faults[0]
    assert "national.csv holds other bytes" in faults[1]
    assert "extra.csv was not published" in faults[2]
    assert check_release(exchange.store, "2025.1") == [
        "Release 2025.1 has no SHA256SUMS: it is gone or was never complete."
    ]


def test_a_release_whose_sums_were_rewritten_with_the_file_does_not_match_the_pointer(exchange: Exchange) -> None:
    first_deliveries(exchange)
    exchange.publish(exchange.prepare())
    base, forged = exchange.latest().base, b"forged"
    sums = exchange.store.read(keys.PUBLISHED, f"{base}SHA256SUMS").decode()
    old = exchange.latest().files["national.csv"].sha256
    rewritten = sums.replace(old, sha256(forged).hexdigest()).encode()
    exchange.operator.put_object(Bucket=keys.PUBLISHED, Key=f"{base}national.csv", Body=forged)
    exchange.operator.put_object(Bucket=keys.PUBLISHED, Key=f"{base}SHA256SUMS", Body=rewritten)

    faults = " ".join(check_release(exchange.store, "2026.1"))
    assert "latest.json and SHA256SUMS do not agree on national.csv" in faults
    assert "SHA256SUMS holds other bytes" in faults
    assert "the signature does not match SHA256SUMS" in faults


def test_an_unreadable_pointer_stops_publishing_and_says_what_stands(exchange: Exchange) -> None:
    first_deliveries(exchange)
    candidate = exchange.prepare()
    exchange.operator.put_object(Bucket=keys.PUBLISHED, Key=keys.LATEST, Body=b"{half")

    with pytest.raises(KerndataError, match="releases themselves stand"):
        exchange.publish(replace(candidate))
