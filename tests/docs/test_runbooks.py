"""Each runbook's commands, run as they stand on the page while the fault is there; then the mend, and it is over.

What a page says to do in Airflow's own pages is not followed here: the tests of the Dags do that.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from tests.docs.exchange_command import command, exchange_of

from kerndata import __version__
from kerndata.alerting import checks
from kerndata.alerting.policy import Policy, load_policy
from kerndata.ledger import Ledger, alerts, events, failures, holds, submissions
from kerndata.ledger.failures import TaskRun
from kerndata.ledger.tables import Base
from kerndata.local.stack import Stack
from kerndata.merge.classification import Classification, Reason
from kerndata.model.alert import AlertKind
from kerndata.model.hold import Answer, HoldState, Run
from kerndata.model.submission import Counts, Delivery, Status

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
RUN = Run("merge_kerndataset", "r1")
HASH = "ab" * 32
WHY = Classification("2026.1", (), (Reason("a province fell out", "PV22", "0", "1"),), ())
COMMAND = re.compile(r"^\s*(kerndata [^\n]+)$", re.MULTILINE)
BLOCK = re.compile(r"```\n(.*?)```", re.DOTALL)
Act = Callable[[Session, datetime], object]


def commands(page: str) -> list[str]:
    """The commands in the page's blocks, in order."""
    text_of = (RUNBOOKS / f"{page}.md").read_text(encoding="utf-8")
    return [found for block in BLOCK.findall(text_of) for found in COMMAND.findall(block)]


def test_every_alert_has_a_runbook_and_the_page_of_alerts_names_both() -> None:
    page = (RUNBOOKS.parent / "how-to" / "alerts.md").read_text(encoding="utf-8")
    for kind, rule in load_policy().alerts.items():
        assert f"`{kind}`" in page
        assert (RUNBOOKS / f"{rule.runbook}.md").exists(), rule.runbook


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_a_runbook_says_what_stands_and_when_it_is_over(page: Path) -> None:
    told = page.read_text(encoding="utf-8")
    assert "**Stands**" in told
    assert "**Over**" in told
    assert commands(page.stem)


def _received(session: Session, now: datetime) -> None:
    submissions.register(
        session,
        Delivery("drenthe", "inbox-drenthe", "drop/wind.csv", "v", now),
        sha256="ab" * 32,
        size_bytes=1,
        dataset="indicators",
        delivery_name="wind",
        now=now,
    )


def _accepted(session: Session, now: datetime) -> None:
    for one in submissions.unanswered(session, now + timedelta(days=1)):
        verdict = {"status": Status.ACCEPTED, "counts": Counts(1, 1, 0), "findings": []}
        submissions.conclude(session, one.id, dataset="indicators", now=now, **verdict)  # type: ignore[arg-type]


def _delivered_yesterday(session: Session, now: datetime) -> None:
    _received(session, now - timedelta(days=1))
    _accepted(session, now - timedelta(days=1))


def _held(session: Session, now: datetime) -> None:
    given = {"candidate": "c", "inputs": "i", "summary": WHY.dump(), "run": RUN}
    holds.open_hold(session, HASH, "2026.1", answer_by=now + timedelta(days=3), now=now, **given)  # type: ignore[arg-type]


def _refused(session: Session, now: datetime) -> None:
    holds.decide(session, HASH, "2026.1", Answer(HoldState.REJECTED, "approver", now), run=RUN, now=now)


def _fails(session: Session, now: datetime) -> None:
    for run in ("one", "two"):
        failures.failed(session, TaskRun("land_drenthe", "receive_drops", -1, run), now)


def _works(session: Session, _now: datetime) -> None:
    failures.succeeded(session, TaskRun("land_drenthe", "receive_drops", -1, "three"))


def _tampered(session: Session, now: datetime) -> None:
    events.append(session, "submission.archived", "S-0123456789abcdef", {"bytes": 1}, now)
    session.execute(text("UPDATE events SET subject = 'S-fedcba9876543210'"))
    alerts.keep(session, AlertKind.AUDIT_FAILED, {"kerndata": "1 breach(es)"}, now)


def _mended(session: Session, now: datetime) -> None:
    alerts.keep(session, AlertKind.AUDIT_FAILED, {}, now)


@dataclass(frozen=True)
class Case:
    """A fault, its alert and its mend; ``seen``: what each command on the page shows of it, and its exit status."""

    kind: AlertKind
    cause: Act
    mend: Act
    seen: tuple[tuple[str, int], ...]
    look: timedelta = timedelta(0)
    disk_pct: float = 99.9


CASES = {
    "deliveries-unanswered": Case(
        AlertKind.DELIVERIES_UNANSWERED, _received, _accepted, (("archived", 0),), timedelta(minutes=20)
    ),
    "province-overdue": Case(
        AlertKind.PROVINCE_OVERDUE,
        lambda session, now: alerts.keep(session, AlertKind.PROVINCE_OVERDUE, {"drenthe": "wind 2024 was due"}, now),
        lambda session, now: alerts.keep(session, AlertKind.PROVINCE_OVERDUE, {}, now),
        (("wind 2024 was due", 1), ("Drenthe", 1), ("receipts", 0)),
    ),
    "runs-failing": Case(AlertKind.RUNS_FAILING, _fails, _works, (("receive_drops failed in 2 runs in a row", 1),)),
    "hold-waiting": Case(AlertKind.HOLD_WAITING, _held, _refused, (("waiting", 0),)),
    "merge-late": Case(
        AlertKind.MERGE_LATE, _delivered_yesterday, _held, (("nothing is published yet", 0), ("nothing has waited", 0))
    ),
    "audit-failed": Case(AlertKind.AUDIT_FAILED, _tampered, _mended, (("Event 1", 1),)),
    "disk-nearly-full": Case(
        AlertKind.DISK_NEARLY_FULL, lambda *_: None, lambda *_: None, (("GiB is used", 1),), disk_pct=0.001
    ),
}


@pytest.fixture
def environment(stack_services: Stack, ledger_url: str, ledger: Ledger) -> Iterator[dict[str, str]]:
    """What makes the command talk to the exchange of this test."""
    yield exchange_of(stack_services, ledger_url)
    with ledger.transaction() as session:
        session.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)}"))


def _policy(disk_pct: float) -> Policy:
    known = load_policy()
    return known.model_copy(update={"thresholds": known.thresholds.model_copy(update={"disk_pct": disk_pct})})


def _look(ledger: Ledger, now: datetime, disk_pct: float) -> list[AlertKind]:
    with ledger.transaction() as session:
        checks.run(checks.Look(session, now, _policy(disk_pct).thresholds, __version__, Path("/")))
        return [AlertKind(row.kind) for row in alerts.opened(session)]


@pytest.mark.stack
@pytest.mark.parametrize("page", CASES)
def test_the_steps_of_a_runbook_show_the_fault_and_mending_it_ends_the_alert(
    ledger: Ledger, environment: dict[str, str], page: str
) -> None:
    case, now = CASES[page], datetime.now(UTC)
    with ledger.transaction() as session:
        case.cause(session, now)
    assert case.kind in _look(ledger, now + case.look, case.disk_pct)

    steps = commands(page)
    assert len(steps) == len(case.seen)
    for step, (shown, status) in zip(steps, case.seen, strict=True):
        done = command(step.split()[1:], environment)
        assert (shown in done.stdout, done.exit_code) == (True, status), (step, done.output)

    with ledger.transaction() as session:
        case.mend(session, now)
    assert case.kind not in _look(ledger, now + case.look, 99.9)


@pytest.mark.stack
def test_the_matrix_is_told_to_programs_too_with_a_status_for_scripts(
    ledger: Ledger, environment: dict[str, str]
) -> None:
    with ledger.transaction() as session:
        _delivered_yesterday(session, datetime.now(UTC))
    done = command(["status", "--json", "--dataset", "indicators"], environment)
    rows = json.loads(done.stdout)
    assert {row["dataset"] for row in rows} == {"indicators"}
    assert len({row["province"] for row in rows}) == 12
    assert {row["state"] for row in rows} == {"overdue"}
    assert done.exit_code == 1


@pytest.mark.stack
def test_alerts_are_told_to_programs_too(ledger: Ledger, environment: dict[str, str]) -> None:
    with ledger.transaction() as session:
        _fails(session, datetime.now(UTC))
    _look(ledger, datetime.now(UTC), 99.9)
    done = command(["alerts", "--json"], environment)
    [told] = json.loads(done.stdout)
    assert (told["alert"], told["about"], told["closed_at"]) == ("runs-failing", "land_drenthe", None)
    assert done.exit_code == 1
