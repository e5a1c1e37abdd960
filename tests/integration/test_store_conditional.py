"""Writes that count are conditional: of many attempts one commits, the others change nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest

from kerndata.errors import ConfigurationError, Conflict, Fenced
from kerndata.store.client import Store
from kerndata.store.faults import Missing
from kerndata.store.keys import PUBLISHED, STAGING

pytestmark = pytest.mark.stack

WRITERS = 16


@pytest.fixture
def key() -> str:
    return f"test/{uuid4()}"


def _race(work: Callable[[int], object]) -> list[object]:
    """Start sixteen writers at the same moment; give what each returned or raised."""
    barrier = Barrier(WRITERS)

    def one(number: int) -> object:
        barrier.wait()
        try:
            return work(number)
        except (Conflict, Fenced) as error:
            return error

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


def test_of_sixteen_writers_of_other_bytes_one_wins_and_fifteen_are_told(store: Store, key: str) -> None:
    outcomes = _race(
        lambda number: store.create(STAGING, key, f"bytes of {number}".encode(), content_type="text/plain")
    )

    winner = outcomes.index(True)
    assert store.read(STAGING, key) == f"bytes of {winner}".encode()
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == WRITERS - 1


def test_of_sixteen_writers_of_the_same_bytes_one_creates_and_none_fails(store: Store, key: str) -> None:
    outcomes = _race(lambda _: store.create(STAGING, key, b"the same", content_type="text/plain"))

    assert sorted(map(str, outcomes)) == ["False"] * (WRITERS - 1) + ["True"]


def test_of_sixteen_switches_from_one_etag_one_wins(store: Store, key: str) -> None:
    etag = store.switch(PUBLISHED, key, b"first", content_type="application/json", etag=None)

    outcomes = _race(lambda n: store.switch(PUBLISHED, key, b"%d" % n, content_type="application/json", etag=etag))

    winners = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, str)]
    assert len(winners) == 1
    assert store.pointer(PUBLISHED, key) == (b"%d" % winners[0], outcomes[winners[0]])


def test_of_sixteen_first_pointers_one_wins(store: Store, key: str) -> None:
    outcomes = _race(lambda n: store.switch(PUBLISHED, key, b"%d" % n, content_type="application/json", etag=None))

    assert sum(isinstance(outcome, Fenced) for outcome in outcomes) == WRITERS - 1


def test_a_pointer_that_is_gone_is_not_switched(store: Store, key: str) -> None:
    with pytest.raises(Fenced):
        store.switch(PUBLISHED, key, b"new", content_type="application/json", etag='"an-old-etag"')
    assert store.pointer(PUBLISHED, key) is None


def test_a_conflict_names_both_hashes_and_leaves_the_first_bytes(store: Store, key: str) -> None:
    store.create(STAGING, key, b"abc", content_type="text/plain")

    with pytest.raises(Conflict, match=r"sha256 ba7816bf.*, not a52d159f.*left as it is"):
        store.create(STAGING, key, b"abd", content_type="text/plain")
    assert store.read(STAGING, key) == b"abc"


def test_a_file_is_created_like_bytes_and_fetched_with_hash_size_and_metadata(
    store: Store, key: str, tmp_path: Path
) -> None:
    source, target = tmp_path / "één bestand.csv", tmp_path / "terug.csv"
    source.write_bytes(b"x" * 3_000_000)
    metadata = {"file_name": "één 100% bestand.csv\r\n", "province": "PV21"}

    assert store.create(STAGING, key, source, content_type="text/csv", metadata=metadata)
    assert not store.create(STAGING, key, b"x" * 3_000_000, content_type="text/csv")

    fetched = store.fetch(STAGING, key, target)
    assert target.read_bytes() == source.read_bytes()
    assert fetched.size_bytes == 3_000_000
    assert fetched.metadata == {**metadata, "sha256": fetched.sha256}
    assert fetched.last_modified.utcoffset() is not None


def test_a_derived_object_is_overwritten(store: Store, key: str) -> None:
    store.put(STAGING, key, b"one", content_type="text/plain")
    store.put(STAGING, key, b"two", content_type="text/plain")

    assert store.read(STAGING, key) == b"two"
    assert [(one.key, one.size_bytes) for one in store.list(STAGING, key)] == [(key, 3)]


def test_what_is_not_there_is_missing_and_a_bucket_that_is_not_ours_is_a_setting(store: Store, key: str) -> None:
    assert not store.exists(STAGING, key)
    with pytest.raises(Missing, match=key):
        store.read(STAGING, key)
    with pytest.raises(ConfigurationError, match="no-such-bucket"):
        store.list("no-such-bucket")


def test_a_province_that_reads_what_it_dropped_is_refused_with_the_action(
    province_store: Callable[[str], Store], key: str
) -> None:
    groningen = province_store("groningen")
    groningen.put("inbox-groningen", f"drop/{key}", b"a;b", content_type="text/csv")

    with pytest.raises(ConfigurationError, match=r"GetObject of inbox-groningen/drop/.* is refused"):
        groningen.read("inbox-groningen", f"drop/{key}")
