"""A judged submission can be revised or withdrawn, by one attempt at a time; what it was before is kept."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import text

from kerndata.errors import KerndataError, NotChecked
from kerndata.ledger import Ledger, events, outcomes, submissions
from kerndata.ledger.findings import FindingTotal
from kerndata.ledger.outcomes import Answer
from kerndata.model.finding import Severity
from kerndata.model.submission import WITHDRAW, Counts, Delivery, Status, Submission

pytestmark = pytest.mark.stack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RACERS = 8
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text("TRUNCATE submissions, findings, outcomes, releases, release_inputs, events CASCADE"))


def register(ledger: Ledger, name: str, province: str = "groningen", delivery: str | None = "wind") -> Submission:
    with ledger.transaction() as session:
        return submissions.register(
            session,
            Delivery(province, f"inbox-{province}", name, "v", NOW),
            sha256=name,
            size_bytes=1,
            dataset="indicators" if delivery else None,
            delivery_name=delivery,
            may_repeat=not name.startswith(WITHDRAW),
            now=NOW,
        )


def judged(ledger: Ledger, name: str, accepted: int = 3) -> Submission:
    one = register(ledger, name)
    status = Status.ACCEPTED if accepted else Status.REFUSED
    with ledger.transaction() as session:
        submissions.conclude(
            session,
            one.id,
            status=status,
            counts=Counts(3, accepted, 3 - accepted),
            dataset="indicators",
            findings=[FindingTotal("F-EMPTY", Severity.ERROR, 1)],
            supersedes="whole",
            mapping="first",
            now=NOW,
        )
        return submissions.get(session, one.id)


def revise(ledger: Ledger, one: Submission, counts: Counts, status: Status = Status.PARTLY_ACCEPTED) -> bool:
    with ledger.transaction() as session:
        return outcomes.revise(
            session,
            one,
            status=status,
            counts=counts,
            delivery_name="wind",
            dataset="indicators",
            findings=[],
            supersedes="rows",
            mapping="second",
            now=NOW,
        )


def withdraw(ledger: Ledger, request: Submission, wanted: str) -> Answer:
    with ledger.transaction() as session:
        return outcomes.withdraw(session, request, wanted, NOW)[0]


def race(work: Callable[[int], T]) -> list[T]:
    barrier = Barrier(RACERS)

    def one(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(one, range(RACERS)))


def test_of_eight_that_revise_at_once_one_counts_and_the_first_outcome_is_kept(ledger: Ledger) -> None:
    one = judged(ledger, "a")

    won = race(lambda number: revise(ledger, one, Counts(3, 1, 2)))

    assert won.count(True) == 1
    with ledger.transaction() as session:
        assert submissions.get(session, one.id).counts == Counts(3, 1, 2)
        kept = outcomes.of_submission(session, one.id)
        assert outcomes.as_of(session, one.id, 1) == one
        assert outcomes.as_of(session, one.id, 2).supersedes == "rows"
        assert events.verify(session) == []
        with pytest.raises(KerndataError, match="no revision 3"):
            outcomes.as_of(session, one.id, 3)
    assert [(outcome.revision, outcome.mapping) for outcome in kept] == [(1, "first"), (2, "second")]


def test_an_outcome_that_loses_an_observation_is_not_entered(ledger: Ledger) -> None:
    one = judged(ledger, "a")

    with pytest.raises(NotChecked, match="3 observed, but 1 accepted"):
        revise(ledger, one, Counts(3, 1, 1))
    with pytest.raises(NotChecked, match="is refused, yet 1"):
        revise(ledger, one, Counts(3, 1, 2), Status.REFUSED)


def test_of_eight_requests_at_once_one_withdraws_and_repeats_its_answer(ledger: Ledger) -> None:
    one = judged(ledger, "a")
    requests = [register(ledger, f"{WITHDRAW}{one.id}.{number}", delivery=None) for number in range(RACERS)]

    answers = race(lambda number: withdraw(ledger, requests[number], one.id))

    assert sorted(answers) == [Answer.AGAIN] * (RACERS - 1) + [Answer.DONE]
    winner = requests[answers.index(Answer.DONE)]
    assert withdraw(ledger, winner, one.id) is Answer.DONE
    with ledger.transaction() as session:
        found = submissions.get(session, one.id)
        assert (found.status, found.withdrawn_by, found.counts) == (Status.WITHDRAWN, winner.id, one.counts)
        assert submissions.accepted(session, "indicators") == []
        assert outcomes.as_of(session, one.id, 1) == replace(one, status=Status.ACCEPTED)
    assert not revise(ledger, found, Counts(3, 1, 2))


def test_only_what_is_a_delivery_of_the_same_province_can_be_withdrawn(ledger: Ledger) -> None:
    one = judged(ledger, "a", accepted=0)
    request = register(ledger, f"{WITHDRAW}x", delivery=None)
    stranger = register(ledger, f"{WITHDRAW}y", province="drenthe", delivery=None)

    assert withdraw(ledger, stranger, one.id) is Answer.UNKNOWN
    assert withdraw(ledger, request, request.id) is Answer.UNKNOWN
    assert withdraw(ledger, request, "S-nothing") is Answer.UNKNOWN
    assert withdraw(ledger, request, one.id) is Answer.DONE, "a refused one too: it may then be sent again"


def test_a_request_is_never_already_received_and_what_is_withheld_never_current(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        facts = {"size_bytes": 1, "dataset": None, "now": NOW}
        places = [Delivery("drenthe", "inbox-drenthe", f"{WITHDRAW}S-1", str(n), NOW) for n in range(2)]
        asked = [
            submissions.register(session, one, sha256="empty", delivery_name=None, may_repeat=False, **facts)  # type: ignore[arg-type]
            for one in places
        ]
        files = [Delivery("drenthe", "inbox-drenthe", "drop/a.csv", str(n), NOW) for n in range(3)]
        found = [
            submissions.register(session, one, sha256="bad", delivery_name="wind", tombstone=stone, **facts)  # type: ignore[arg-type]
            for one, stone in zip(files, ["malware: x", "malware: x", None], strict=True)
        ]
        kinds = list(session.scalars(text("SELECT kind FROM events ORDER BY seq")))
    assert {one.status for one in (*asked, *found)} == {Status.ARCHIVED}
    assert kinds == ["submission.archived"] * 2 + ["submission.withheld"] * 2 + ["submission.archived"]
