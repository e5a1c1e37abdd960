"""Every fault is told once when it begins and once when it is over, to those who subscribe; nothing else is."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kerndata import __version__
from kerndata.alerting import checks
from kerndata.alerting.policy import Policy, load_policy
from kerndata.alerting.room import GIB, Room, watch
from kerndata.alerting.tell import tell
from kerndata.ledger import Ledger, alerts, events, failures, holds, submissions
from kerndata.ledger.failures import TaskRun
from kerndata.ledger.tables import Base, NoticeRow
from kerndata.local.stack import Stack
from kerndata.model.alert import AlertKind
from kerndata.model.hold import Answer, HoldState, Run
from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.notices.endpoints import Endpoint, load
from kerndata.notices.record import set_state

pytestmark = pytest.mark.stack

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
RUN = Run("merge_kerndataset", "r1")
HASH = "ab" * 32
PAGER = load()[0].model_copy(
    update={"name": "pager", "channel": "webhook", "subscribes": ("alert",), "connection": "pager"}
)
ENDPOINTS: tuple[Endpoint, ...] = (*load(), PAGER)
Act = Callable[[Session, datetime], object]


@pytest.fixture(autouse=True)
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)}"))


def look(ledger: Ledger, now: datetime, chosen: Policy | None = None) -> list[tuple[AlertKind, str, int]]:
    """What one minute's look tells: kind, open or over, and about how many."""
    rules = chosen or load_policy()
    with ledger.transaction() as session:
        checks.run(checks.Look(session, now, rules.thresholds, __version__, Path("/")))
        return [(one.kind, one.state, len(one.rows)) for one in tell(session, ENDPOINTS, rules, now)]


def messages(ledger: Ledger, endpoint: str) -> list[bytes]:
    with ledger.transaction() as session:
        mine = (NoticeRow.endpoint == endpoint, NoticeRow.business_key.startswith("alert/"))
        return list(session.scalars(select(NoticeRow.payload).where(*mine).order_by(NoticeRow.sequence)))


def received(session: Session, now: datetime, province: str = "drenthe") -> Submission:
    return submissions.register(
        session,
        Delivery(province, f"inbox-{province}", f"drop/{now:%H%M}.csv", "v", now),
        sha256=f"{now:%d%H%M}{province}",
        size_bytes=1,
        dataset="indicators",
        delivery_name="wind",
        now=now,
    )


def accept(session: Session, now: datetime) -> None:
    for one in submissions.unanswered(session, now + timedelta(days=1)):
        verdict = {"status": Status.ACCEPTED, "counts": Counts(1, 1, 0), "findings": []}
        submissions.conclude(session, one.id, dataset="indicators", now=now, **verdict)  # type: ignore[arg-type]


def accepted(session: Session, now: datetime) -> None:
    received(session, now)
    accept(session, now)


def failed(run: str) -> Act:
    return lambda session, now: failures.failed(session, TaskRun("land_drenthe", "receive_drops", -1, run), now)


def hold(session: Session, now: datetime) -> None:
    given = {"candidate": "c", "inputs": "i", "summary": {}, "run": RUN}
    holds.open_hold(session, HASH, "2026.1", answer_by=now + timedelta(days=3), now=now, **given)  # type: ignore[arg-type]


def answer(session: Session, now: datetime) -> None:
    holds.decide(session, HASH, "2026.1", Answer(HoldState.REJECTED, "approver", now), run=RUN, now=now)


def audit(breach: str) -> Act:
    return lambda session, now: alerts.keep(
        session, AlertKind.AUDIT_FAILED, {"kerndata": breach} if breach else {}, now
    )


def pause(session: Session, now: datetime) -> None:
    set_state(session, "sdg-hub", "paused", "401", now)


def resume(session: Session, now: datetime) -> None:
    set_state(session, "sdg-hub", "active", "mended", now, by="engineer")


FAULTS: dict[AlertKind, tuple[list[Act], Act, timedelta]] = {
    AlertKind.DELIVERIES_UNANSWERED: ([received], accept, timedelta(minutes=16)),
    AlertKind.RUNS_FAILING: (
        [failed("one"), failed("one"), failed("two")],
        lambda session, _: failures.succeeded(session, TaskRun("land_drenthe", "receive_drops", -1, "three")),
        timedelta(0),
    ),
    AlertKind.HOLD_WAITING: ([hold], answer, timedelta(0)),
    AlertKind.AUDIT_FAILED: ([audit("a byte was changed")], audit(""), timedelta(0)),
    AlertKind.ENDPOINT_PAUSED: ([pause], resume, timedelta(0)),
}


def act(ledger: Ledger, now: datetime, *acts: Act) -> None:
    with ledger.transaction() as session:
        for one in acts:
            one(session, now)


@pytest.mark.parametrize("kind", FAULTS, ids=str)
def test_a_fault_is_told_exactly_once_and_so_is_its_end(ledger: Ledger, kind: AlertKind) -> None:
    faults, heal, after = FAULTS[kind]
    assert look(ledger, NOW) == []
    act(ledger, NOW, *faults)

    told = [one for minute in range(3) for one in look(ledger, NOW + after + timedelta(minutes=minute))]
    assert told == [(kind, "open", 1)]
    assert len(messages(ledger, "pager")) == len(messages(ledger, "receipts-mail")) == 1

    later = NOW + after + timedelta(minutes=5)
    act(ledger, later, heal)
    told = [one for minute in range(3) for one in look(ledger, later + timedelta(minutes=minute))]
    assert told == [(kind, "over", 1)]
    assert len(messages(ledger, "pager")) == len(messages(ledger, "receipts-mail")) == 2
    with ledger.transaction() as session:
        assert alerts.opened(session) == []
        assert events.verify(session) == []


def test_before_its_time_nothing_is_told(ledger: Ledger) -> None:
    act(ledger, NOW, received, failed("one"))
    assert look(ledger, NOW + timedelta(minutes=14)) == []


def test_what_healed_before_anybody_looked_is_told_to_nobody(ledger: Ledger) -> None:
    act(ledger, NOW, pause, resume)
    assert look(ledger, NOW) == []


def test_what_comes_back_is_told_again(ledger: Ledger) -> None:
    act(ledger, NOW, pause)
    assert look(ledger, NOW) == [(AlertKind.ENDPOINT_PAUSED, "open", 1)]
    act(ledger, NOW, resume)
    assert look(ledger, NOW) == [(AlertKind.ENDPOINT_PAUSED, "over", 1)]
    act(ledger, NOW, pause)
    assert look(ledger, NOW) == [(AlertKind.ENDPOINT_PAUSED, "open", 1)]
    assert len(messages(ledger, "pager")) == 3


def test_twelve_at_once_are_one_message(ledger: Ledger) -> None:
    slugs = ("drenthe", "flevoland", "fryslan", "gelderland", "groningen", "limburg")
    act(ledger, NOW, *(lambda session, now, slug=slug: received(session, now, slug) for slug in slugs))  # type: ignore[misc]
    assert look(ledger, NOW + timedelta(minutes=20)) == [(AlertKind.DELIVERIES_UNANSWERED, "open", 6)]
    [event] = messages(ledger, "pager")
    data = json.loads(event)["data"]
    assert (data["alert"], data["state"], data["aboutCount"]) == ("deliveries-unanswered", "open", 6)
    assert data["about"] == sorted(slugs)
    assert data["url"].endswith("/deliveries-unanswered.md")
    mail = message_from_bytes(messages(ledger, "receipts-mail")[0], policy=policy.default)
    assert (mail["To"], mail["Content-Language"]) == (load_policy().mail, "en")
    assert mail["Subject"] == ("[critical] deliveries of 6 province(s) wait for their receipt longer than they should")
    told = mail.get_content()  # type: ignore[attr-defined]
    assert "1 of drenthe have no receipt, the oldest since 2026-03-02 07:00 UTC" in told
    assert "What still stands: The files are kept" in told


def test_of_a_kind_told_together_the_end_comes_when_the_last_is_over(ledger: Ledger) -> None:
    kind = AlertKind.PROVINCE_OVERDUE

    def overdue(*slugs: str) -> Act:
        return lambda session, now: alerts.keep(session, kind, dict.fromkeys(slugs, "wind 2024"), now)

    act(ledger, NOW, overdue("drenthe", "zeeland"))
    assert look(ledger, NOW) == [(kind, "open", 2)]
    act(ledger, NOW, overdue("zeeland"))
    assert look(ledger, NOW) == []
    act(ledger, NOW, overdue())
    assert look(ledger, NOW) == [(kind, "over", 2)]


def test_a_full_disk_is_told_and_room_is_its_end(ledger: Ledger) -> None:
    known = load_policy()
    full = known.model_copy(update={"thresholds": known.thresholds.model_copy(update={"disk_pct": 0.001})})
    assert look(ledger, NOW, full) == [(AlertKind.DISK_NEARLY_FULL, "open", 1)]
    roomy = known.model_copy(update={"thresholds": known.thresholds.model_copy(update={"disk_pct": 100.0})})
    assert look(ledger, NOW, roomy) == [(AlertKind.DISK_NEARLY_FULL, "over", 1)]


def test_a_merge_is_late_when_what_was_accepted_is_not_published_nor_held_nor_refused(ledger: Ledger) -> None:
    act(ledger, NOW, accepted)
    assert look(ledger, NOW + timedelta(minutes=59)) == []
    assert look(ledger, NOW + timedelta(minutes=61)) == [(AlertKind.MERGE_LATE, "open", 1)]
    act(ledger, NOW, hold)  # it is a person's turn now
    assert look(ledger, NOW + timedelta(minutes=62)) == [
        (AlertKind.HOLD_WAITING, "open", 1),
        (AlertKind.MERGE_LATE, "over", 1),
    ]


def test_two_that_look_at_once_tell_once(ledger: Ledger) -> None:
    act(ledger, NOW, pause)
    with ledger.transaction() as one:
        assert len(tell(one, ENDPOINTS, load_policy(), NOW)) == 1
        one.flush()
    assert look(ledger, NOW) == []


def test_every_kind_of_alert_has_a_policy_and_an_unknown_key_is_refused(tmp_path: Path) -> None:
    from kerndata.alerting.policy import FILE
    from kerndata.errors import ConfigurationError

    assert set(load_policy().alerts) == set(AlertKind)
    wrong = tmp_path / "policy.yaml"
    wrong.write_text(FILE.read_text().replace("failures: 2", "failures: 2\n  times: 3"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="unknown key 'times'"):
        load_policy(wrong)
    wrong.write_text(FILE.read_text().replace("  audit-failed:\n", "  audit-faild:\n"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="audit-faild"):
        load_policy(wrong)


def test_a_bucket_near_its_limit_is_told_every_night_until_it_has_room(stack_services: Stack, ledger: Ledger) -> None:
    store, known = stack_services.exchange_store(), load_policy().thresholds
    store.put("staging", "room/a", b"x" * 5000, content_type="text/plain")

    def night(limit_bytes: float) -> list[Room]:
        chosen = known.model_copy(update={"buckets_gib": {"staging": limit_bytes / GIB}})
        return watch(store, ledger, chosen, NOW)

    [room] = night(10 * GIB)
    assert room.used >= 5000
    assert look(ledger, NOW) == []
    night(room.used / 0.95)
    assert look(ledger, NOW) == [(AlertKind.BUCKET_NEARLY_FULL, "open", 1)]
    night(room.used / 0.5)
    assert look(ledger, NOW) == [(AlertKind.BUCKET_NEARLY_FULL, "over", 1)]
    store.remove("staging", "room/a")
