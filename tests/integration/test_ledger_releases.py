"""Version numbers are given once; a release is entered once; no observation is lost on the way."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from kerndata.errors import KerndataError
from kerndata.ledger import Ledger, conservation, events, releases, submissions
from kerndata.ledger.releases import InputCounts
from kerndata.model.submission import Counts, Delivery, Status

pytestmark = pytest.mark.stack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RACERS = 8


@pytest.fixture(autouse=True)
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text("TRUNCATE submissions, releases, release_inputs, events CASCADE"))


def reserve(ledger: Ledger, content: str, year: int = 2026) -> str:
    with ledger.transaction() as session:
        return releases.reserve(session, content, year=year, now=NOW)


def publish(ledger: Ledger, version: str, **inputs: InputCounts) -> bool:
    named = {name.replace("_", "-"): counts for name, counts in inputs.items()}
    with ledger.transaction() as session:
        return releases.mark_published(session, version, inputs=named, now=NOW)


def accept(ledger: Ledger, name: str, accepted: int) -> str:
    """Enter a submission with this many accepted observations; give its id with ``_`` for ``-``."""
    with ledger.transaction() as session:
        delivery = Delivery("PV20", "inbox-groningen", name, "v", NOW)
        one = submissions.register(
            session, delivery, sha256=name, size_bytes=1, dataset="indicators", delivery_name=name, now=NOW
        )
        submissions.conclude(
            session,
            one.id,
            status=Status.ACCEPTED,
            counts=Counts(accepted, accepted),
            dataset="indicators",
            findings=[],
            now=NOW,
        )
    return one.id.replace("-", "_")


def race(work: Callable[[int], object]) -> list[object]:
    barrier = Barrier(RACERS)

    def one(number: int) -> object:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(one, range(RACERS)))


def test_the_same_content_keeps_its_version_until_and_after_it_is_published(ledger: Ledger) -> None:
    assert [reserve(ledger, "a"), reserve(ledger, "a", year=2027)] == ["2026.1", "2026.1"]

    publish(ledger, "2026.1")

    assert reserve(ledger, "a") == "2026.1"


def test_numbers_count_within_a_year_and_an_abandoned_one_is_not_used_again(ledger: Ledger) -> None:
    versions = [reserve(ledger, "a"), reserve(ledger, "b"), reserve(ledger, "a")]
    publish(ledger, "2026.3")

    assert [*versions, reserve(ledger, "c"), reserve(ledger, "d", year=2027)] == [
        "2026.1",
        "2026.2",
        "2026.3",
        "2026.4",
        "2027.1",
    ]


def test_content_that_comes_back_after_another_release_is_a_new_release(ledger: Ledger) -> None:
    for content in "aba":
        publish(ledger, reserve(ledger, content))

    with ledger.transaction() as session:
        known = releases.all_releases(session)
    assert [(one.version, one.previous) for one in known] == [
        ("2026.3", "2026.2"),
        ("2026.2", "2026.1"),
        ("2026.1", None),
    ]


def test_the_tenth_release_is_newer_than_the_ninth(ledger: Ledger) -> None:
    for number in range(10):
        publish(ledger, reserve(ledger, f"content {number}"))

    with ledger.transaction() as session:
        newest = releases.latest(session)
    assert newest is not None
    assert (newest.version, newest.previous, newest.published_at) == ("2026.10", "2026.9", NOW)


def test_a_reservation_is_no_release(ledger: Ledger) -> None:
    reserve(ledger, "a")

    with ledger.transaction() as session:
        assert releases.latest(session) is None
        assert releases.all_releases(session) == []
        assert releases.inputs(session, "2026.1") == {}


def test_a_version_is_published_once_and_only_when_reserved(ledger: Ledger) -> None:
    version = reserve(ledger, "a")

    assert [publish(ledger, version), publish(ledger, version)] == [True, False]
    with pytest.raises(KerndataError, match=r"2031\.1 was never reserved"):
        publish(ledger, "2031.1")


def test_a_publisher_killed_after_the_switch_is_entered_even_when_others_reserved_since(ledger: Ledger) -> None:
    switched, newer = reserve(ledger, "a"), reserve(ledger, "b")
    publish(ledger, newer)

    assert publish(ledger, switched)

    with ledger.transaction() as session:
        assert [(one.version, one.previous) for one in releases.all_releases(session)] == [
            ("2026.2", None),
            ("2026.1", None),
        ]


def test_of_eight_that_reserve_and_publish_the_same_content_one_publishes(ledger: Ledger) -> None:
    assert race(lambda _: reserve(ledger, "a")) == ["2026.1"] * RACERS
    assert sorted(map(str, race(lambda _: publish(ledger, "2026.1")))) == ["False"] * (RACERS - 1) + ["True"]

    with ledger.transaction() as session:
        kinds = list(session.scalars(text("SELECT kind FROM events ORDER BY seq")))
        assert events.verify(session) == []
    assert kinds == ["release.reserved", "release.published"]


def test_eight_that_reserve_other_content_get_eight_numbers(ledger: Ledger) -> None:
    versions = race(lambda number: reserve(ledger, f"content {number}"))

    assert sorted(map(str, versions)) == [f"2026.{number}" for number in range(1, RACERS + 1)]


def test_there_is_news_until_everything_accepted_is_in_the_latest_release(ledger: Ledger) -> None:
    def has_news() -> bool:
        with ledger.transaction() as session:
            return releases.has_news(session)

    seen = [has_news()]
    wind = accept(ledger, "wind", 10)
    accept(ledger, "empty", 0)
    seen.append(has_news())
    publish(ledger, reserve(ledger, "a"), **{wind: InputCounts(10, 0)})
    seen.append(has_news())
    accept(ledger, "solar", 4)
    seen.append(has_news())

    assert seen == [False, True, False, True]


def test_inputs_that_add_up_are_no_breach(ledger: Ledger) -> None:
    wind, solar = accept(ledger, "wind", 10), accept(ledger, "solar", 4)
    publish(ledger, reserve(ledger, "a"), **{wind: InputCounts(7, 3), solar: InputCounts(0, 4)})

    with ledger.transaction() as session:
        assert conservation.breaches(session) == []
        assert releases.inputs(session, "2026.1")[wind.replace("_", "-")] == InputCounts(7, 3)


def test_an_observation_lost_in_the_merge_is_a_breach(ledger: Ledger) -> None:
    wind = accept(ledger, "wind", 10)
    publish(ledger, reserve(ledger, "a"), **{wind: InputCounts(7, 2)})

    with ledger.transaction() as session:
        [breach] = conservation.breaches(session)
    assert breach.startswith("Release 2026.1, submission S-")
    assert breach.endswith("10 accepted, but 7 published + 2 superseded.")


def test_a_submission_that_falls_out_of_the_next_release_is_a_breach(ledger: Ledger) -> None:
    wind, solar = accept(ledger, "wind", 10), accept(ledger, "solar", 4)
    publish(ledger, reserve(ledger, "a"), **{wind: InputCounts(10, 0), solar: InputCounts(4, 0)})
    publish(ledger, reserve(ledger, "b"), **{wind: InputCounts(10, 0)})

    with ledger.transaction() as session:
        [breach] = conservation.breaches(session)
    assert breach == (
        f"Release 2026.2: submission {solar.replace('_', '-')} is no longer an input, but was in release 2026.1."
    )


def test_an_observation_lost_in_the_check_is_a_breach_even_where_the_table_no_longer_forbids_it(ledger: Ledger) -> None:
    accept(ledger, "wind", 10)
    with ledger.engine.connect() as connection:
        connection.execute(text("ALTER TABLE submissions DROP CONSTRAINT ck_submissions_nothing_lost"))
        connection.execute(text("UPDATE submissions SET refused = 1"))
        with Session(connection) as session:
            [breach] = conservation.breaches(session)
        connection.rollback()
    assert breach.endswith("10 observed, but 10 accepted + 1 refused.")
