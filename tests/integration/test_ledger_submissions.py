"""A delivery is entered once, judged once, and its verdict stands."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlalchemy import text

from kerndata.errors import Conflict, KerndataError, NotChecked
from kerndata.ledger import Ledger, events, findings, submissions
from kerndata.ledger.findings import FindingTotal
from kerndata.model.finding import Severity
from kerndata.model.submission import Counts, Delivery, Status, Submission

pytestmark = pytest.mark.stack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
A, B = "a" * 64, "b" * 64
RACERS = 8


@pytest.fixture(autouse=True)
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text("TRUNCATE submissions, findings, releases, release_inputs, cases, events CASCADE"))


def register(
    ledger: Ledger, version: str, sha256: str, name: str = "drop/wind.csv", delivery_name: str | None = "wind"
) -> Submission:
    delivery = Delivery("PV20", "inbox-groningen", name, version, NOW)
    with ledger.transaction() as session:
        return submissions.register(
            session, delivery, sha256=sha256, size_bytes=10, dataset="indicators", delivery_name=delivery_name, now=NOW
        )


def conclude(ledger: Ledger, submission_id: str, status: Status, counts: Counts, *totals: FindingTotal) -> bool:
    with ledger.transaction() as session:
        return submissions.conclude(
            session, submission_id, status=status, counts=counts, dataset="indicators", findings=totals, now=NOW
        )


def race(work: Callable[[int], object]) -> list[object]:
    barrier = Barrier(RACERS)

    def one(number: int) -> object:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(one, range(RACERS)))


def kinds(ledger: Ledger) -> list[str]:
    with ledger.transaction() as session:
        assert events.verify(session) == []
        return list(session.scalars(text("SELECT kind FROM events ORDER BY seq")))


def test_the_same_version_is_entered_once(ledger: Ledger) -> None:
    first, again = register(ledger, "v1", A), register(ledger, "v1", A)

    assert again == first
    assert first.status is Status.ARCHIVED
    assert kinds(ledger) == ["submission.archived"]


def test_a_version_with_other_content_is_a_conflict(ledger: Ledger) -> None:
    register(ledger, "v1", A)

    with pytest.raises(Conflict, match="A version never changes"):
        register(ledger, "v1", B)


def test_the_id_depends_on_the_deliveries_and_on_nothing_else(ledger: Ledger) -> None:
    ids = [register(ledger, version, content).id for version, content in [("x", A), ("y", B), ("z", A)]]
    with ledger.transaction() as session:
        session.execute(text("TRUNCATE submissions, events CASCADE"))

    assert [register(ledger, version, content).id for version, content in [("1", A), ("2", B), ("3", A)]] == ids
    assert len(set(ids)) == 3
    assert all(len(one) == 18 and one.startswith("S-") for one in ids)


def test_the_current_content_again_is_already_received(ledger: Ledger) -> None:
    first = register(ledger, "v1", A)
    again = register(ledger, "v2", A, name="drop/wind (1).csv")

    assert again.status is Status.DUPLICATE
    with ledger.transaction() as session:
        assert again in submissions.waiting(session), "its receipt is still to be written"
        assert submissions.answer_duplicate(session, again.id, NOW)
        assert not submissions.answer_duplicate(session, again.id, NOW), "it has its receipt"
        assert again.id not in [one.id for one in submissions.waiting(session)]
    with ledger.transaction() as session:
        assert submissions.original(session, again.id).id == first.id


def test_a_then_b_then_a_makes_a_current_again(ledger: Ledger) -> None:
    statuses = [register(ledger, str(n), content).status for n, content in enumerate([A, B, A, A, B])]

    assert statuses == [Status.ARCHIVED, Status.ARCHIVED, Status.ARCHIVED, Status.DUPLICATE, Status.ARCHIVED]


def test_a_refused_file_sent_again_is_already_received(ledger: Ledger) -> None:
    first = register(ledger, "v1", A)
    conclude(ledger, first.id, Status.REFUSED, Counts(observed=4, refused=4))

    again = register(ledger, "v2", A)

    assert again.status is Status.DUPLICATE
    with ledger.transaction() as session:
        assert submissions.original(session, again.id).status is Status.REFUSED


def test_files_that_match_no_delivery_are_compared_under_their_own_name(ledger: Ledger) -> None:
    register(ledger, "v1", A, name="drop/one.txt", delivery_name=None)
    other = register(ledger, "v2", A, name="drop/two.txt", delivery_name=None)
    again = register(ledger, "v3", A, name="drop/two.txt", delivery_name=None)

    assert (other.status, again.status) == (Status.ARCHIVED, Status.DUPLICATE)


def test_eight_that_enter_one_version_at_once_make_one_row(ledger: Ledger) -> None:
    found = race(lambda _: register(ledger, "v1", A))

    assert found == [found[0]] * RACERS
    assert kinds(ledger) == ["submission.archived"]


def test_eight_that_enter_the_same_content_at_once_make_one_submission_and_seven_duplicates(ledger: Ledger) -> None:
    race(lambda number: register(ledger, f"v{number}", A))

    assert sorted(kinds(ledger)) == ["submission.archived"] + ["submission.duplicate"] * (RACERS - 1)


REGISTER_IN_A_PROCESS = """
import sys
from datetime import UTC, datetime
from kerndata.ledger import open_ledger, submissions
from kerndata.model.submission import Delivery
now = datetime(2026, 3, 1, tzinfo=UTC)
sys.stdin.readline()
for number in range(20):
    with open_ledger(sys.argv[1]).transaction() as session:
        submissions.register(
            session, Delivery("PV20", "inbox-groningen", f"drop/{number}.csv", "v", now), sha256=f"{number:064}",
            size_bytes=1, dataset="indicators", delivery_name=f"d{number}", now=now,
        )
"""


def test_two_processes_that_enter_the_same_twenty_files_make_twenty_rows(ledger: Ledger, ledger_url: str) -> None:
    command = [sys.executable, "-c", REGISTER_IN_A_PROCESS, ledger_url]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        process.communicate("go\n", timeout=60)

    assert [process.returncode for process in both] == [0, 0]
    assert kinds(ledger) == ["submission.archived"] * 20


def test_of_eight_verdicts_at_once_one_counts(ledger: Ledger) -> None:
    one = register(ledger, "v1", A)

    verdicts = race(lambda n: conclude(ledger, one.id, Status.ACCEPTED, Counts(observed=n, accepted=n)))

    winner = verdicts.index(True)
    assert verdicts.count(True) == 1
    with ledger.transaction() as session:
        assert submissions.get(session, one.id).counts == Counts(observed=winner, accepted=winner)
    assert kinds(ledger) == ["submission.archived", "submission.accepted"]


def test_what_could_not_be_checked_gets_its_verdict_later_and_keeps_it(ledger: Ledger) -> None:
    one = register(ledger, "v1", A)

    assert conclude(ledger, one.id, Status.NOT_CHECKED, Counts())
    assert not conclude(ledger, one.id, Status.NOT_CHECKED, Counts())
    assert conclude(ledger, one.id, Status.PARTLY_ACCEPTED, Counts(3, 2, 1))
    assert not conclude(ledger, one.id, Status.REFUSED, Counts(3, 0, 3))

    with ledger.transaction() as session:
        assert submissions.get(session, one.id).status is Status.PARTLY_ACCEPTED


def test_counts_that_lose_an_observation_are_not_entered(ledger: Ledger) -> None:
    one = register(ledger, "v1", A)

    with pytest.raises(NotChecked, match="5 observed, but 3 accepted \\+ 1 refused"):
        conclude(ledger, one.id, Status.PARTLY_ACCEPTED, Counts(5, 3, 1))
    with pytest.raises(NotChecked, match="is refused, yet 2"):
        conclude(ledger, one.id, Status.REFUSED, Counts(2, 2, 0))
    with pytest.raises(ValueError, match="archived is no outcome"):
        conclude(ledger, one.id, Status.ARCHIVED, Counts())
    with ledger.transaction() as session:
        assert submissions.waiting(session) == [one]


def test_findings_are_kept_with_five_samples_worst_first(ledger: Ledger) -> None:
    one = register(ledger, "v1", A)
    samples = tuple({"row": row, "value": "\x00 = 1+1 \ud800"} for row in range(9))

    conclude(
        ledger,
        one.id,
        Status.PARTLY_ACCEPTED,
        Counts(10, 1, 9),
        FindingTotal("W-ONE", Severity.WARNING, 30),
        FindingTotal("E-FEW", Severity.ERROR, 2),
        FindingTotal("E-MANY", Severity.ERROR, 9, samples),
    )

    with ledger.transaction() as session:
        kept = findings.of_submission(session, one.id)
    assert [total.rule_id for total in kept] == ["E-MANY", "E-FEW", "W-ONE"]
    assert kept[0].samples == samples[:5]


def test_the_lists_show_what_each_reader_needs(ledger: Ledger) -> None:
    one, two, three = (register(ledger, name, name * 64, f"drop/{name}", name) for name in "abc")
    conclude(ledger, one.id, Status.ACCEPTED, Counts(3, 3))
    conclude(ledger, two.id, Status.ACCEPTED, Counts(0, 0))

    with ledger.transaction() as session:
        assert [row.id for row in submissions.accepted(session, "indicators")] == [one.id]
        assert submissions.accepted(session, "projects") == []
        assert submissions.waiting(session, "PV20") == [three]
        assert submissions.waiting(session, "PV21") == []
        assert [row.id for row in submissions.all_of(session, "PV20", limit=2)] == [three.id, two.id]
        assert len(submissions.all_of(session, limit=None)) == 3
        assert submissions.known_versions(session, "inbox-groningen") == {(f"drop/{n}", n) for n in "abc"}
        with pytest.raises(KerndataError, match="S-unknown is not in the ledger"):
            submissions.get(session, "S-unknown")


def test_the_latest_pull_is_the_last_that_brought_other_content(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        assert submissions.latest_pull(session, "PV22", "wind") is None
        pulled = [
            submissions.register(
                session,
                Delivery("PV22", "pull:drenthe", "wind", f"pull {number}", NOW),
                sha256=content,
                size_bytes=1,
                dataset="indicators",
                delivery_name="wind",
                now=NOW,
            )
            for number, content in enumerate([A, B, B])
        ]
        assert submissions.latest_pull(session, "PV22", "wind") == pulled[1]
