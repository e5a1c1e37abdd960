"""A security event, from its case to its final report: decided once, told in phases, each before its deadline."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select, text
from tests.integration.incident_desk import (
    OPENED,
    case,
    history,
    hours,
    notices,
    open_alerts,
    open_in,
    opened,
    receiver,
)
from tests.unit.incident_cases import REPORT
from tests.unit.notice_receivers import Clock

from kerndata.errors import ConfigurationError, Fenced, KerndataError
from kerndata.incidents import cases, phases, record, watch
from kerndata.ledger import Ledger, events, open_ledger
from kerndata.ledger.tables import CaseRow, NoticeRow
from kerndata.local.counterpart_programs import TAXII_MEDIA_TYPE, TAXII_USER, taxii_url
from kerndata.local.stack import Stack
from kerndata.model.incident import Decision, Phase
from kerndata.notices import outbox
from kerndata.notices import watch as notice_watch
from kerndata.notices.credentials import Credentials
from kerndata.notices.desk import Who
from kerndata.notices.endpoints import Endpoint, find, load

pytestmark = pytest.mark.stack

DECIDED = hours(2)
JAN = Who("jan", "gebeld met de provincie")
FINAL = REPORT.model_copy(update={"text": "Opgelost."})


@pytest.fixture
def endpoint() -> Endpoint:
    return receiver()


def decide(
    ledger: Ledger,
    name: str,
    endpoint: Endpoint,
    decision: Decision = Decision.SIGNIFICANT,
    who: Who = JAN,
    now: datetime = DECIDED,
) -> CaseRow:
    with ledger.transaction() as session:
        return cases.decide(session, name, decision, who, [endpoint], now)


def overdue(ledger: Ledger, endpoint: Endpoint, now: datetime) -> list[str]:
    with ledger.transaction() as session:
        return cases.overdue(session, [endpoint], now)


def write(ledger: Ledger, name: str, endpoint: Endpoint, phase: Phase, now: datetime, report: Any = REPORT) -> CaseRow:
    with ledger.transaction() as session:
        return phases.write(session, name, phase, report, "piet", [endpoint], now)


def undecide_the_others(ledger: Ledger) -> None:
    """The ledger is shared by the module: cases that other tests left undecided are none of this test's."""
    with ledger.transaction() as session:
        session.execute(text("UPDATE cases SET opened_at = opened_at + interval '10 years' WHERE state = 'assess'"))


def test_a_security_event_opens_one_case_alerts_our_people_drafts_the_warning_and_sends_nothing(
    ledger: Ledger, endpoint: Endpoint
) -> None:
    one = opened(ledger)
    with ledger.transaction() as session:
        before = session.scalars(select(NoticeRow.id)).all()
        [draft] = record.phases(session, one).values()
    assert (one.state, one.rule_id, one.facts, one.incident_id.version) == ("assess", "F-MACRO", {"rows": 3}, 4)
    assert (draft.phase, draft.sent_at, draft.written_by, draft.report) == ("early-warning", None, None, None)
    assert before == []
    assert open_alerts(ledger, one.name) == {("case-open", one.name)}
    kinds = [event.kind for event in history(ledger, one.name)]
    assert kinds == ["case.opened", "case.drafted", "alert.opened"]
    assert "2026-05-02 04:00 UTC" in history(ledger, one.name)[2].data["detail"]


def test_opening_it_again_changes_nothing(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        one = open_in(session)
        count = events.head(session)
        again = cases.open_case(
            session,
            submission=record.submissions.get(session, one.submission_id),
            rule_id=one.rule_id,
            facts={"rows": 4},
            now=hours(1),
        )
        assert (again.id, again.facts, events.head(session)) == (one.id, {"rows": 3}, count)


def test_a_significant_case_is_warned_with_the_very_bytes_of_the_draft_and_its_legal_deadline(
    ledger: Ledger, endpoint: Endpoint
) -> None:
    one = opened(ledger)
    with ledger.transaction() as session:
        draft = record.phases(session, one)[Phase.EARLY_WARNING].payload
    decided = decide(ledger, one.name, endpoint)
    assert (decided.state, decided.decision, decided.decided_by, decided.why, decided.decided_at) == (
        *("warned", "significant", "jan", "gebeld met de provincie"),
        hours(2),
    )
    [notice] = notices(ledger, endpoint)
    assert (notice.payload, notice.deadline_at, notice.subject) == (draft, hours(24), f"incident--{one.incident_id}")
    assert open_alerts(ledger, one.name) == set()
    [entry] = [event for event in history(ledger, one.name) if event.kind == "case.decided"]
    assert (entry.data, entry.at) == (
        {"decision": "significant", "by": "jan", "why": "gebeld met de provincie"},
        hours(2),
    )


def test_a_case_that_is_not_significant_is_closed_and_nothing_is_sent(ledger: Ledger, endpoint: Endpoint) -> None:
    undecide_the_others(ledger)
    one = opened(ledger)
    closed = decide(ledger, one.name, endpoint, Decision.NOT_SIGNIFICANT)
    assert (closed.state, closed.closed_at, closed.decided_by) == ("closed", hours(2), "jan")
    assert overdue(ledger, endpoint, hours(1000)) == []
    assert (notices(ledger, endpoint), open_alerts(ledger, one.name)) == ([], set())
    with pytest.raises(Fenced, match="is closed: nothing more is told of it"):
        write(ledger, one.name, endpoint, Phase.FINAL, hours(3))


def test_the_first_decision_counts_and_the_same_again_changes_nothing(ledger: Ledger, endpoint: Endpoint) -> None:
    one = opened(ledger)
    decide(ledger, one.name, endpoint)
    before = history(ledger, one.name)
    assert decide(ledger, one.name, endpoint, who=Who("piet", "ook"), now=hours(3)).decided_by == "jan"
    with pytest.raises(
        Fenced, match=r"jan decided at 2026-05-01 10:00 UTC .* gebeld met de provincie Nothing was changed"
    ):
        decide(ledger, one.name, endpoint, Decision.NOT_SIGNIFICANT)
    assert len(history(ledger, one.name)) == len(before)
    assert len(notices(ledger, endpoint)) == 1


def test_what_nobody_decides_by_the_twentieth_hour_is_sent_by_itself_and_our_people_are_told(
    ledger: Ledger, endpoint: Endpoint
) -> None:
    undecide_the_others(ledger)
    one = opened(ledger)
    assert overdue(ledger, endpoint, hours(20) - timedelta(seconds=1)) == []
    assert overdue(ledger, endpoint, hours(20)) == [one.name]
    assert overdue(ledger, endpoint, hours(20.1)) == []
    found = case(ledger, one.name)
    assert (found.state, found.decision, found.decided_by) == ("warned", "timed-out", None)
    assert len(notices(ledger, endpoint)) == 1
    assert open_alerts(ledger, one.name) == {("case-undecided", one.name)}
    with pytest.raises(Fenced, match=r"Nobody decided about .* in time.*false-positive"):
        decide(ledger, one.name, endpoint, Decision.NOT_SIGNIFICANT, now=hours(21))


def test_where_nobody_would_receive_it_nothing_is_decided_and_our_people_are_told(ledger: Ledger) -> None:
    undecide_the_others(ledger)
    one, hub = opened(ledger), find(load(), "sdg-hub")
    with pytest.raises(ConfigurationError, match="subscribes to security"):
        decide(ledger, one.name, hub)
    assert overdue(ledger, hub, hours(20)) == []
    assert case(ledger, one.name).state == "assess"
    assert open_alerts(ledger, one.name) == {("case-open", one.name), ("case-not-sent", one.name)}


def test_of_decisions_at_once_and_the_time_running_out_exactly_one_counts(ledger: Ledger, endpoint: Endpoint) -> None:
    undecide_the_others(ledger)
    for _ in range(6):
        one = opened(ledger)
        mine = receiver()
        attempts: list[Callable[[], object]] = [
            lambda one=one, mine=mine: decide(ledger, one.name, mine, now=hours(20)),
            lambda one=one, mine=mine: decide(ledger, one.name, mine, Decision.NOT_SIGNIFICANT, now=hours(20)),
            lambda mine=mine: overdue(ledger, mine, hours(20)),
            lambda one=one, mine=mine: decide(ledger, one.name, mine, who=Who("piet", "ook"), now=hours(20)),
        ]
        with ThreadPoolExecutor(4) as pool:
            done = [future.exception() for future in [pool.submit(attempt) for attempt in attempts]]
        assert {type(error) for error in done} <= {type(None), Fenced}
        found, told = case(ledger, one.name), history(ledger, one.name)
        assert [event.kind for event in told].count("case.decided") == 1
        assert len(notices(ledger, mine)) == (0 if found.decision == "not-significant" else 1)


def send_undecided_and_hang(url: str, endpoint: Endpoint, reached: Any) -> None:
    with open_ledger(url).transaction() as session:
        cases.overdue(session, [endpoint], hours(20))
        reached.set()
        time.sleep(60)


def test_one_that_is_killed_while_it_sends_leaves_the_case_to_the_next(
    ledger: Ledger, ledger_url: str, endpoint: Endpoint
) -> None:
    undecide_the_others(ledger)
    one = opened(ledger)
    spawn = multiprocessing.get_context("spawn")
    reached = spawn.Event()
    sender = spawn.Process(target=send_undecided_and_hang, args=(ledger_url, endpoint, reached))
    sender.start()
    assert reached.wait(60)
    assert sender.pid
    os.kill(sender.pid, signal.SIGKILL)
    sender.join()
    assert overdue(ledger, endpoint, hours(20.1)) == [one.name]
    assert len(notices(ledger, endpoint)) == 1
    with ledger.transaction() as session:
        assert events.verify(session) == []


def test_steps_that_are_not_done_are_told_at_half_at_four_fifths_and_when_late_until_they_are_done(
    ledger: Ledger, endpoint: Endpoint
) -> None:
    one = opened(ledger)

    def told(now: datetime) -> set[tuple[str, str]]:
        with ledger.transaction() as session:
            watch.unwritten(session, now)
        return open_alerts(ledger, one.name) - {("case-open", one.name)}

    decision, notification, final = (f"{one.name}/{step}" for step in ("decision", "notification", "final"))
    assert told(hours(9.9)) == set()
    assert told(hours(10)) == {("case-half", decision)}
    assert told(hours(16)) == told(hours(17)) == {("case-half", decision), ("case-near", decision)}
    decide(ledger, one.name, endpoint, now=hours(18))
    assert told(hours(35)) == set()
    assert told(hours(36)) == {("case-half", notification)}
    assert told(hours(72)) == {(kind, notification) for kind in watch.MARKS}
    write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(73))
    assert told(hours(73)) == set()
    month = 31 * 24
    assert told(hours(month * 0.81)) == {("case-half", final), ("case-near", final)}
    write(ledger, one.name, endpoint, Phase.FINAL, hours(month))
    assert told(hours(month * 2)) == set()


def test_what_was_written_but_not_delivered_is_watched_by_its_own_deadline(ledger: Ledger, endpoint: Endpoint) -> None:
    one = opened(ledger)
    decide(ledger, one.name, endpoint, now=hours(1))
    write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(48))
    warning, notification = notices(ledger, endpoint)
    with ledger.transaction() as session:
        assert notice_watch.deadlines(session, [endpoint], hours(12.5)) == [warning.id]
        assert notice_watch.deadlines(session, [endpoint], hours(59.9)) == [warning.id]
        assert notice_watch.deadlines(session, [endpoint], hours(60)) == [notification.id]


def test_each_phase_is_a_later_version_also_when_all_are_written_in_the_same_instant(
    ledger: Ledger, endpoint: Endpoint
) -> None:
    one = opened(ledger)
    decide(ledger, one.name, endpoint, now=OPENED)
    write(ledger, one.name, endpoint, Phase.NOTIFICATION, OPENED)
    closed = write(ledger, one.name, endpoint, Phase.FINAL, OPENED, FINAL)
    with ledger.transaction() as session:
        versions = [row.modified for row in record.phases(session, one).values()]
    first = OPENED.replace(microsecond=123000)
    assert versions == [first + timedelta(milliseconds=step) for step in range(3)]
    assert (closed.state, closed.closed_at) == ("closed", OPENED)
    assert [notice.deadline_at for notice in notices(ledger, endpoint)] == [
        hours(24),
        hours(72),
        OPENED.replace(month=6),
    ]


def test_a_phase_is_written_once_and_not_before_its_turn(ledger: Ledger, endpoint: Endpoint) -> None:
    one = opened(ledger)
    with pytest.raises(KerndataError, match=r"incidents decide C-\d+` comes first"):
        write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(1))
    decide(ledger, one.name, endpoint)
    write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(3))
    before = history(ledger, one.name)
    write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(4))
    with pytest.raises(Fenced, match=r"written by piet at 2026-05-01 11:00 UTC.*goes into the final report"):
        write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(4), FINAL)
    assert len(history(ledger, one.name)) == len(before)
    assert len(notices(ledger, endpoint)) == 2


def test_a_final_report_may_come_without_a_notification_which_is_then_no_longer_due(
    ledger: Ledger, endpoint: Endpoint
) -> None:
    one = opened(ledger)
    decide(ledger, one.name, endpoint)
    with ledger.transaction() as session:
        watch.unwritten(session, hours(40))
    write(ledger, one.name, endpoint, Phase.FINAL, hours(41))
    assert open_alerts(ledger, one.name) == set()
    with pytest.raises(Fenced, match="is closed"):
        write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(42))


def test_a_report_written_twice_at_once_is_sent_once(ledger: Ledger, endpoint: Endpoint) -> None:
    one = opened(ledger)
    decide(ledger, one.name, endpoint)
    with ThreadPoolExecutor(4) as pool:
        done = [
            future.exception()
            for future in [
                pool.submit(write, ledger, one.name, endpoint, Phase.NOTIFICATION, hours(3), report)
                for report in (REPORT, FINAL, REPORT, FINAL)
            ]
        ]
    assert [type(error) for error in done].count(Fenced) == 2
    assert len(notices(ledger, endpoint)) == 2


def test_a_text_that_names_the_delivered_file_is_refused(ledger: Ledger, endpoint: Endpoint) -> None:
    one = opened(ledger, name="drop/Lijst van Jansen.csv")
    decide(ledger, one.name, endpoint)
    named = REPORT.model_copy(update={"text": "Het bestand lijst van jansen is geweigerd."})
    with pytest.raises(KerndataError, match="names the delivered file"):
        write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(3), named)
    assert case(ledger, one.name).state == "warned"
    assert len(notices(ledger, endpoint)) == 1


@pytest.mark.parametrize("name", ["C-0", "7000000", "c 1", "", "C-" + "9" * 30])
def test_a_case_that_does_not_exist_is_named(ledger: Ledger, name: str) -> None:
    with pytest.raises(KerndataError, match="There is no case"):
        case(ledger, name)


def test_one_whole_life_arrives_at_a_real_taxii_server_as_three_versions_of_one_incident(
    ledger: Ledger, endpoint: Endpoint, stack_counterparts: Stack
) -> None:
    secret = stack_counterparts.secrets.taxii_password
    server = Credentials(taxii_url(stack_counterparts.ports), TAXII_USER, secret, allow_private=True)
    one = opened(ledger)
    decide(ledger, one.name, endpoint)
    write(ledger, one.name, endpoint, Phase.NOTIFICATION, hours(50))
    write(ledger, one.name, endpoint, Phase.FINAL, hours(300), FINAL)
    clock = Clock(hours(301))
    with requests.Session() as http:
        done = outbox.deliver_due(ledger, endpoint, server, http, clock, clock.sleep)
    assert done == outbox.DeliverySummary(delivered=3)
    query = f"match[id]=incident--{one.incident_id}&match[version]=all"
    answer = requests.get(
        f"{server.url.rstrip('/')}/objects/?{query}",
        headers={"Accept": TAXII_MEDIA_TYPE},
        auth=(TAXII_USER, secret),
        timeout=10,
    )
    held = sorted(answer.json()["objects"], key=lambda version: version["modified"])
    assert [version["description"].splitlines()[0] for version in held] == [
        "Phase: early warning",
        "Phase: notification",
        "Phase: final report",
    ]
    assert [version["modified"] for version in held] == [
        "2026-05-01T08:00:00.123Z",
        "2026-05-03T10:00:00.123Z",
        "2026-05-13T20:00:00.123Z",
    ]
