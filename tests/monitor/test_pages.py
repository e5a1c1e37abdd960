"""What the pages say, on a ledger that was written the way the exchange writes it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from tests.monitor.desk import NOW, VIEWER, Browser, monitor, served

from kerndata.alerting.policy import load_policy
from kerndata.ledger import Ledger, alerts, audits, outcomes, releases, submissions
from kerndata.ledger.findings import FindingTotal
from kerndata.ledger.periods import PeriodCount
from kerndata.ledger.releases import InputCounts
from kerndata.ledger.tables import Base
from kerndata.model.alert import AlertKind
from kerndata.model.finding import Severity
from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.monitor.queries import matrix, reading
from kerndata.monitor.queries.matrix import Chosen, Part, State
from kerndata.notices import outbox
from kerndata.sources.expected import Expected

pytestmark = pytest.mark.stack

TODAY = NOW.date()
HOSTILE = "drop/<script>alert(1)</script>\"'&amp;<img src=x onerror=alert(2)>.csv"
SCORES = {"validity": 0.999, "timeliness": 0.62}


@pytest.fixture(autouse=True)
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)}"))


@pytest.fixture
def browser(ledger: Ledger) -> Iterator[Browser]:
    with served(monitor(ledger)) as one:
        yield one


def judged(
    ledger: Ledger,
    name: str,
    *counts: PeriodCount,
    province: str = "utrecht",
    delivery: str = "energie",
    findings: Sequence[FindingTotal] = (),
    at: datetime = NOW - timedelta(hours=3),
) -> Submission:
    """A delivery with the verdict that its periods add up to."""
    accepted, refused = sum(one.accepted for one in counts), sum(one.refused for one in counts)
    status = Status.REFUSED if not accepted else Status.PARTLY_ACCEPTED if refused else Status.ACCEPTED
    with ledger.transaction() as session:
        one = submissions.register(
            session,
            Delivery(province, f"inbox-{province}", name, "v", at),
            sha256=f"{name}{at}",
            size_bytes=1,
            dataset="indicators",
            delivery_name=delivery,
            now=at + timedelta(seconds=20),
        )
        submissions.conclude(
            session,
            one.id,
            status=status,
            counts=Counts(accepted + refused, accepted, refused),
            dataset="indicators",
            findings=findings,
            by_period=counts,
            scores=SCORES,
            now=at + timedelta(seconds=32),
        )
        return submissions.get(session, one.id)


def owed(period: str, days: int, delivery: str = "energie") -> Expected:
    """A period that is due in so many days."""
    return Expected("utrecht", "indicators", delivery, period, TODAY + timedelta(days))


def cells(ledger: Ledger, *due: Expected) -> dict[str, tuple[Part, ...]]:
    with reading(ledger) as session:
        [row] = matrix.matrix(session, ["utrecht"], due, TODAY, Chosen(all_periods=True)).rows
    return dict(row.cells["indicators"])


def test_each_state_of_a_period(ledger: Ledger) -> None:
    judged(ledger, "a", PeriodCount("2019", 5, 0, 0), PeriodCount("2020", 5, 2, 0), PeriodCount("2021", 5, 0, 3))
    judged(ledger, "b", PeriodCount("2022", 0, 4, 0))
    due = [owed("2019", -900), owed("2023", -1), owed("2024", 0), owed("2025", 40)]
    found = {period: parts[0].state for period, parts in cells(ledger, *due).items()}
    assert found == {
        "2019": State.DELIVERED,
        "2020": State.PARTLY,
        "2021": State.PROVISIONAL,
        "2022": State.REFUSED,
        "2023": State.OVERDUE,
        "2024": State.AWAITED,
        "2025": State.AWAITED,
    }


def test_what_is_refused_is_said_and_that_an_earlier_delivery_stands(ledger: Ledger) -> None:
    judged(ledger, "a", PeriodCount("2024", 5, 0, 0))
    newest = judged(ledger, "b", PeriodCount("2024", 0, 5, 0))
    [part] = cells(ledger)["2024"]
    assert (part.state, part.submission_id, part.earlier_stands) == (State.REFUSED, newest.id, True)


def test_of_two_deliveries_that_owe_one_period_the_worst_comes_first(ledger: Ledger) -> None:
    judged(ledger, "a", PeriodCount("2024", 5, 0, 0))
    found = cells(ledger, owed("2024", -3), owed("2024", -3, "zonnig"))["2024"]
    assert [(part.delivery, part.state) for part in found] == [
        ("zonnig", State.OVERDUE),
        ("energie", State.DELIVERED),
    ]


def test_what_was_withdrawn_is_owed_again(ledger: Ledger) -> None:
    one = judged(ledger, "a", PeriodCount("2024", 5, 0, 0))
    with ledger.transaction() as session:
        request = submissions.register(
            session,
            Delivery("utrecht", "inbox-utrecht", f"drop/withdraw/{one.id}", "v", NOW),
            sha256="w",
            size_bytes=0,
            dataset=None,
            delivery_name=None,
            may_repeat=False,
            now=NOW,
        )
        outcomes.withdraw(session, request, one.id, NOW)
    assert [part.state for part in cells(ledger, owed("2024", -3))["2024"]] == [State.OVERDUE]


def test_the_score_is_the_lowest_dimension(ledger: Ledger, browser: Browser) -> None:
    judged(ledger, "a", PeriodCount("2024", 5, 0, 0))
    assert cells(ledger)["2024"][0].score == 0.62
    assert '<span class="score" aria-hidden="true">62%</span>' in browser.get("/").text


def test_the_newest_periods_are_shown_and_the_others_a_click_away(ledger: Ledger, browser: Browser) -> None:
    judged(ledger, "a", *(PeriodCount(str(year), 1, 0, 0) for year in range(1990, 2005)))
    short, whole = (browser.get(path).json()["matrix"] for path in ("/?format=json", "/?format=json&periods=all"))
    assert len(short["columns"]["indicators"]) == matrix.SHOWN_PERIODS
    assert short["left_out"] == len(whole["columns"]["indicators"]) - matrix.SHOWN_PERIODS + len(
        whole["columns"].get("projects", ())
    ) - len(short["columns"].get("projects", ()))
    assert whole["left_out"] == 0
    assert {"1990", "2024"} <= set(whole["columns"]["indicators"])


def test_the_filters_are_in_the_address(ledger: Ledger, browser: Browser) -> None:
    judged(ledger, "a", PeriodCount("2024", 0, 5, 0))
    found = browser.get("/?state=refused&format=json").json()["matrix"]
    assert [one["province"] for one in found["rows"]] == ["utrecht"]
    assert found["tally"]["refused"] == 1
    assert list(browser.get("/?dataset=projects&format=json").json()["matrix"]["columns"]) in (["projects"], [])
    assert "<option selected>refused</option>" in browser.get("/?state=refused").text
    wrong = browser.get("/?state=odd")
    assert (wrong.status_code, "it can be refused, overdue" in wrong.text) == (400, True)


def test_a_province_owes_next_what_came_not_yet(ledger: Ledger, browser: Browser) -> None:
    rows = {one["province"]: one for one in browser.get("/?format=json").json()["matrix"]["rows"]}
    assert len(rows) == 12
    assert rows["utrecht"]["next_due"] is not None
    owed = browser.get("/provinces/utrecht?format=json").json()["owed"]
    assert owed[0]["due_on"] == rows["utrecht"]["next_due"]
    assert {one["state"] for one in owed} <= {"awaited", "overdue"}
    assert f"{owed[-1]['due_on']}" in browser.get("/provinces/utrecht").text


def test_a_submissions_life_from_drop_to_release(ledger: Ledger, browser: Browser) -> None:
    one = judged(ledger, "drop/a.csv", PeriodCount("2024", 5, 1, 0))
    with ledger.transaction() as session:
        version = releases.reserve(session, "c" * 64, year=2026, now=NOW - timedelta(hours=2))
        given = {one.id: InputCounts(published=4, superseded=1)}
        releases.mark_published(session, version, inputs=given, now=NOW - timedelta(hours=1))
    life = browser.get(f"/submissions/{one.id}?format=json").json()["life"]
    assert [step["what"] for step in life["steps"]] == [
        *("delivered", "submission.archived", "submission.partly_accepted", "release"),
    ]
    assert [step["after"] for step in life["steps"]] == [None, 20.0, 12.0, 2 * 3600 - 32]
    page = browser.get(f"/submissions/{one.id}").text
    for said in ("after 20 s", "after 12 s", "first in release 2026.1", "6 observed, 5 accepted, 1 refused"):
        assert said in page
    assert 'href="/dags/land_utrecht/runs/manual__1"' in page
    shown = browser.get("/releases/2026.1?format=json").json()["view"]
    assert [(row["what"], row["published"]) for row in shown["changes"]] == [("new", 4)]
    assert [(row["province"], row["published"], row["superseded"]) for row in shown["shares"]] == [("utrecht", 4, 1)]


def test_a_release_says_what_is_otherwise_than_before(ledger: Ledger, browser: Browser) -> None:
    old, new = judged(ledger, "a", PeriodCount("2023", 5, 0, 0)), judged(ledger, "b", PeriodCount("2024", 5, 0, 0))
    with ledger.transaction() as session:
        for content, given in (
            ("c", {old.id: InputCounts(5, 0)}),
            ("d", {old.id: InputCounts(2, 3), new.id: InputCounts(5, 0)}),
        ):
            version = releases.reserve(session, content, year=2026, now=NOW)
            releases.mark_published(session, version, inputs=given, now=NOW)
    changes = browser.get("/releases/2026.2?format=json").json()["view"]["changes"]
    assert [(one["submission_id"], one["what"], one["was"], one["published"]) for one in changes] == [
        (new.id, "new", 0, 5),
        (old.id, "rows", 5, 2),
    ]
    lines = browser.get("/releases?format=json").json()["releases"]
    assert [(one["release"]["version"], one["inputs"], one["published"], one["stands"]) for one in lines] == [
        ("2026.2", 2, 7, True),
        ("2026.1", 1, 5, False),
    ]


def test_a_release_holds_when_the_last_audit_saw_it_and_named_no_breach(ledger: Ledger, browser: Browser) -> None:
    def said() -> str:
        page = browser.get("/releases").text
        return "holds" if "holds, " in page else "broken" if ">broken<" in page else "not yet"

    with ledger.transaction() as session:
        version = releases.reserve(session, "c", year=2026, now=NOW - timedelta(hours=5))
        releases.mark_published(session, version, inputs={}, now=NOW - timedelta(hours=4))
        audits.enter(session, [], NOW - timedelta(hours=5))
    assert said() == "not yet"
    with ledger.transaction() as session:
        audits.enter(session, ["Release 2026.10: a file is gone."], NOW - timedelta(hours=3))
    assert said() == "holds"
    assert "1 breach<" in browser.get("/audit").text
    with ledger.transaction() as session:
        audits.enter(session, ["Release 2026.1: a file is gone."], NOW - timedelta(hours=2))
    assert said() == "broken"
    with ledger.transaction() as session:
        audits.enter(session, [], NOW - timedelta(hours=1))
    assert said() == "holds"


def test_alerts_are_at_the_top_until_they_are_over(ledger: Ledger, browser: Browser) -> None:
    with ledger.transaction() as session:
        alerts.open_(session, AlertKind.ENDPOINT_PAUSED, "subscriber", "401: the key was refused", NOW)
    page = browser.get("/").text
    assert "1 open alert<" in page
    assert 'href="/endpoints/subscriber"' in page
    policy = load_policy()
    rule, runbook = policy.alerts[AlertKind.ENDPOINT_PAUSED], policy.runbook(AlertKind.ENDPOINT_PAUSED)
    assert f'href="{runbook}"' in page
    assert rule.stands in browser.get("/audit").text
    with ledger.transaction() as session:
        alerts.close_all(session, ["subscriber"], NOW)
    assert "open alert" not in browser.get("/").text
    assert "endpoint paused" in browser.get("/audit").text


def test_names_from_outside_stay_text_on_every_page(ledger: Ledger, browser: Browser) -> None:
    sample = {"member": HOSTILE, "sheet": HOSTILE, "row": 3, "column": "A", "value": HOSTILE}
    total = FindingTotal("I-101", Severity.ERROR, 1, (sample,))
    one = judged(ledger, HOSTILE, PeriodCount("2024", 5, 1, 0), findings=[total])
    with ledger.transaction() as session:
        alerts.open_(session, AlertKind.RUNS_FAILING, HOSTILE, HOSTILE, NOW)
        audits.enter(session, [HOSTILE], NOW)
        message = {"subject": HOSTILE, "business_key": HOSTILE, "payload": b"", "content_type": "text/plain"}
        notice = outbox.enqueue(session, endpoint="subscriber", channel="webhook", now=NOW, **message)
    paths = ["/", "/provinces/utrecht", "/submissions", f"/submissions/{one.id}", "/notices", "/endpoints/subscriber"]
    paths += [f"/notices/{notice}", "/audit", "/releases"]
    asked = "/submissions?name=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    shown = 0
    for path in [*paths, asked, "/audit?subject=%22%3E%3Cimg%20src=x%3E", "/submissions/%3Cscript%3E", "/%3Cscript%3E"]:
        page = browser.get(path).text
        assert "<script>" not in page, path
        assert "<img" not in page, path
        shown += "&lt;script&gt;" in page or "&lt;img" in page
    assert shown >= 10


def test_a_cells_content_is_for_who_may_act(ledger: Ledger, browser: Browser) -> None:
    sample = {"member": None, "sheet": "Blad1", "row": 3, "column": "A", "value": "06-12345678"}
    one = judged(
        ledger, "a", PeriodCount("2024", 5, 1, 0), findings=[FindingTotal("I-1", Severity.ERROR, 1, (sample,))]
    )
    assert "06-12345678" in browser.get(f"/submissions/{one.id}").text
    for path in (f"/submissions/{one.id}", f"/submissions/{one.id}?format=json"):
        answer = browser.get(path, VIEWER)
        assert answer.status_code == 200
        assert "06-12345678" not in answer.text


def test_lists_go_on_from_where_they_were(ledger: Ledger, browser: Browser) -> None:
    for number in range(60):
        judged(ledger, f"drop/{number}.csv", PeriodCount("2024", 1, 0, 0))
    first = browser.get("/submissions?province=utrecht&format=json").json()["listed"]
    assert f'province=utrecht&amp;before={first["older"]}"' in browser.get("/submissions?province=utrecht").text
    judged(ledger, "drop/late.csv", PeriodCount("2024", 1, 0, 0))
    second = browser.get(f"/submissions?province=utrecht&before={first['older']}&format=json").json()["listed"]
    names = [one["name"] for one in (*first["lines"], *second["lines"])]
    assert names == [f"drop/{number}.csv" for number in reversed(range(60))]
    assert (first["found"], second["older"]) == (60, None)


def test_moments_are_in_dutch_time(ledger: Ledger, browser: Browser) -> None:
    one = judged(ledger, "a", PeriodCount("2024", 1, 0, 0), at=datetime(2026, 7, 1, 10, 0, tzinfo=UTC))
    assert "2026-07-01 12:00:00" in browser.get(f"/submissions/{one.id}").text
