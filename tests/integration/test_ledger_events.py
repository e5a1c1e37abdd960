"""The log cannot be changed unnoticed, and writers at the same moment chain correctly."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier

import pytest
from sqlalchemy import text

from kerndata.ledger import Ledger, events
from kerndata.ledger.tables import EventRow

pytestmark = pytest.mark.stack

NOW = datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _five_events(ledger: Ledger) -> Iterator[None]:
    with ledger.transaction() as session:
        for number in range(1, 6):
            events.append(session, "test.done", f"S-{number}", {"n": number, "share": 0.1 + 1e16, "naam": "é\x00"}, NOW)
    yield
    with ledger.transaction() as session:
        session.execute(text("TRUNCATE events"))


def breaks_after(ledger: Ledger, *statements: str) -> list[str]:
    """Tamper with the table, then verify."""
    with ledger.transaction() as session:
        for statement in statements:
            session.execute(text(statement))
    with ledger.transaction() as session:
        return events.verify(session)


def test_an_untouched_chain_is_unbroken_and_has_a_head(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        assert events.verify(session, anchors=[events.GENESIS, events.head(session)]) == []
        assert len(events.head(session)) == 64


def test_the_first_chain_of_a_new_ledger_starts_at_zeros(ledger: Ledger) -> None:
    assert breaks_after(ledger, "TRUNCATE events") == []
    with ledger.transaction() as session:
        assert events.head(session) == events.GENESIS


@pytest.mark.parametrize(
    "change",
    [
        """SET data = '{"n": 99}'""",
        "SET subject = 'S-9'",
        "SET kind = 'test.undone'",
        "SET at = at + interval '1 microsecond'",
        "SET hash = repeat('f', 64)",
    ],
)
def test_a_changed_event_is_named(ledger: Ledger, change: str) -> None:
    first = breaks_after(ledger, f"UPDATE events {change} WHERE seq = 3")[0]

    assert first.startswith("Event 3 (")
    assert first.endswith("was changed after it was written.")


def test_a_changed_event_with_a_fresh_hash_is_named_by_the_event_after_it(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        forged = session.get_one(EventRow, 3)
        forged.kind = "test.forged"
        forged.hash = events._seal(forged, 3)

    with ledger.transaction() as session:
        [found] = events.verify(session)
    assert found == "Event 4 (test.done of S-4) does not follow event 3: event 3 was changed or replaced."


def test_a_deleted_event_is_named_as_missing(ledger: Ledger) -> None:
    assert breaks_after(ledger, "DELETE FROM events WHERE seq = 3") == ["Event 3 is missing."]


def test_deleted_events_are_named_as_missing_also_at_the_start(ledger: Ledger) -> None:
    assert breaks_after(ledger, "DELETE FROM events WHERE seq <= 2") == ["Events 1 to 2 are missing."]


def test_two_events_that_changed_places_are_named_as_reordered(ledger: Ledger) -> None:
    first, second, *_ = breaks_after(
        ledger,
        "UPDATE events SET seq = 99 WHERE seq = 3",
        "UPDATE events SET seq = 3 WHERE seq = 4",
        "UPDATE events SET seq = 4 WHERE seq = 99",
    )

    assert first == "Event 3 (test.done of S-4) was reordered: it was written as event 4."
    assert second == "Event 4 (test.done of S-3) was reordered: it was written as event 3."


def test_a_deletion_hidden_by_renumbering_is_found(ledger: Ledger) -> None:
    first = breaks_after(
        ledger,
        "DELETE FROM events WHERE seq = 3",
        "UPDATE events SET seq = 3 WHERE seq = 4",
        "UPDATE events SET seq = 4 WHERE seq = 5",
    )[0]

    assert first == "Event 3 (test.done of S-4) was reordered: it was written as event 4."


def test_a_cut_off_tail_is_found_by_an_anchored_head(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        anchor = events.head(session)

    assert breaks_after(ledger, "DELETE FROM events WHERE seq >= 4") == []
    with ledger.transaction() as session:
        [found] = events.verify(session, anchors=[anchor])
    assert found == f"The chain no longer holds its former head {anchor}: events were cut off or rewritten."


def test_a_rewritten_end_is_found_by_the_chain_before_and_the_anchor(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        anchor = events.head(session)
        session.execute(text("DELETE FROM events WHERE seq >= 4"))
        for number in (4, 5):
            events.append(session, "test.forged", f"S-{number}", {}, NOW)

    with ledger.transaction() as session:
        assert events.verify(session) == []
        assert len(events.verify(session, anchors=[anchor])) == 1


def test_many_breaks_end_with_a_word_about_the_rest(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        for number in range(30):
            events.append(session, "test.more", f"M-{number}", {}, NOW)

    found = breaks_after(ledger, "UPDATE events SET kind = 'x'")

    assert len(found) == 21
    assert found[-1] == "Stopped after 20 breaks; later events were not looked at."


def test_eight_writers_of_twenty_five_events_make_one_unbroken_chain(ledger: Ledger) -> None:
    barrier = Barrier(8)

    def write(writer: int) -> None:
        barrier.wait()
        for number in range(25):
            with ledger.transaction() as session:
                events.append(session, "test.raced", f"W-{writer}", {"n": number}, NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    with ledger.transaction() as session:
        assert events.verify(session) == []
        assert session.scalar(text("SELECT max(seq) FROM events")) == 205


def test_what_is_rolled_back_leaves_no_gap(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        events.append(session, "test.lost", "S-6", {}, NOW)
        session.rollback()
    with ledger.transaction() as session:
        events.append(session, "test.done", "S-6", {}, NOW)

    with ledger.transaction() as session:
        assert events.verify(session) == []
        assert session.scalar(text("SELECT max(seq) FROM events")) == 6


def test_a_moment_needs_a_zone_and_is_kept_in_utc(ledger: Ledger) -> None:
    amsterdam = timezone(timedelta(hours=1))
    with ledger.transaction() as session:
        events.append(session, "test.zoned", "S-7", {}, NOW.astimezone(amsterdam))
        assert session.scalar(text("SELECT at::text FROM events ORDER BY seq DESC")) == "2026-03-01 12:30:00.123456+00"
        with pytest.raises(ValueError, match="has no zone"):
            events.append(session, "test.naive", "S-8", {}, NOW.replace(tzinfo=None))
        assert events.verify(session) == []
