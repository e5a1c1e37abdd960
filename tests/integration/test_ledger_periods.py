"""What was delivered of each period: the newest submission that says anything about it, as it stands."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tests.integration.intake_desk import NOW as TODAY
from tests.integration.intake_desk import Desk, figures

from kerndata.intake.reassess import reassess
from kerndata.ledger import Ledger, outcomes, periods, submissions
from kerndata.ledger.periods import Delivered, PeriodCount
from kerndata.local.stack import Stack
from kerndata.model.submission import WITHDRAW, Counts, Delivery, Status, Submission
from kerndata.notices.endpoints import load

pytestmark = pytest.mark.stack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD, PARTLY = PeriodCount("2024", 3, 0, 1), PeriodCount("2024", 2, 1, 0)
BAD, EARLIER = PeriodCount("2024", 0, 3, 0), PeriodCount("2023", 3, 0, 0)


@pytest.fixture(autouse=True)
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text("TRUNCATE submissions, findings, outcomes, releases, release_inputs, events CASCADE"))


def judged(ledger: Ledger, name: str, *counts: PeriodCount, province: str = "groningen") -> Submission:
    """A delivery with an outcome that is the sum of its periods."""
    accepted, refused = sum(one.accepted for one in counts), sum(one.refused for one in counts)
    status = Status.REFUSED if not accepted else Status.PARTLY_ACCEPTED if refused else Status.ACCEPTED
    with ledger.transaction() as session:
        one = submissions.register(
            session,
            Delivery(province, f"inbox-{province}", name, "v", NOW),
            sha256=name,
            size_bytes=1,
            dataset=None if name.startswith(WITHDRAW) else "indicators",
            delivery_name=None if name.startswith(WITHDRAW) else "wind",
            may_repeat=not name.startswith(WITHDRAW),
            now=NOW,
        )
        if not name.startswith(WITHDRAW):
            submissions.conclude(
                session,
                one.id,
                status=status,
                counts=Counts(accepted + refused, accepted, refused),
                dataset="indicators",
                findings=[],
                by_period=counts,
                now=NOW,
            )
        return submissions.get(session, one.id)


def told(ledger: Ledger, *provinces: str) -> list[tuple[PeriodCount, str, str | None]]:
    with ledger.transaction() as session:
        found = periods.delivered(session, provinces or None)
    return [(one.counts, one.submission_id, one.stands) for one in found]


def test_the_newest_submission_about_a_period_tells_how_it_is(ledger: Ledger) -> None:
    first = judged(ledger, "a", EARLIER, GOOD)
    second = judged(ledger, "b", PARTLY)
    other = judged(ledger, "c", BAD, province="drenthe")

    assert told(ledger) == [
        (BAD, other.id, None),
        (EARLIER, first.id, first.id),
        (PARTLY, second.id, second.id),
    ]
    assert told(ledger, "drenthe") == [(BAD, other.id, None)]
    with ledger.transaction() as session:
        assert periods.delivered(session)[2] == Delivered(
            "groningen", "indicators", "wind", PARTLY, second.id, Status.PARTLY_ACCEPTED, NOW, second.id
        )


def test_a_refused_repeat_leaves_what_was_accepted_before_standing(ledger: Ledger) -> None:
    first, second = judged(ledger, "a", GOOD), judged(ledger, "b", BAD)
    assert told(ledger) == [(BAD, second.id, first.id)]


def test_what_is_withdrawn_no_longer_counts(ledger: Ledger) -> None:
    first, second = judged(ledger, "a", GOOD), judged(ledger, "b", PARTLY)
    for one, stands in ((second, [(GOOD, first.id, first.id)]), (first, [])):
        request = judged(ledger, f"{WITHDRAW}{one.id}")
        with ledger.transaction() as session:
            outcomes.withdraw(session, request, one.id, NOW)
        assert told(ledger) == stands


def test_another_outcome_replaces_what_the_first_told(ledger: Ledger) -> None:
    one = judged(ledger, "a", EARLIER, BAD)
    with ledger.transaction() as session:
        assert outcomes.revise(
            session,
            one,
            status=Status.ACCEPTED,
            counts=Counts(3, 3, 0),
            delivery_name="wind",
            dataset="indicators",
            findings=[],
            by_period=[GOOD],
            supersedes="rows",
            mapping="second",
            now=NOW,
        )
    assert told(ledger) == [(GOOD, one.id, one.id)]


def test_a_dropped_file_tells_its_periods_and_one_from_before_they_were_kept_does_when_assessed_again(
    stack_services: Stack, ledger: Ledger
) -> None:
    desk = Desk(stack_services, ledger)
    desk.receive()  # what other tests left in this inbox
    with ledger.transaction() as session:
        session.execute(text("UPDATE submissions SET delivery_name = 'earlier ' || id, concluded_at = received_at"))
    item = desk.deliver(figures(61, 66, 74, 74, 87, 88))
    known = told(ledger)
    assert [(one.period, one.accepted, one.refused) for one, _, _ in known] == [
        (str(year), 1, 0) for year in range(2019, 2025)
    ]

    with ledger.transaction() as session:
        session.execute(text("TRUNCATE submission_periods"))
    assert reassess(desk.store, ledger, desk.source, item.id, load(), TODAY) == item
    assert told(ledger) == known
