"""The schema comes from the migrations alone, and equals the tables in the code."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

import kerndata
from kerndata.incidents import cases, record
from kerndata.ledger import conservation, migrate, open_ledger, outcomes, releases
from kerndata.ledger.releases import InputCounts
from kerndata.ledger.tables import Base
from kerndata.model.incident import Decision, Phase
from kerndata.model.submission import Status
from kerndata.notices.desk import Who
from kerndata.notices.endpoints import load

pytestmark = pytest.mark.stack


@pytest.fixture
def _no_tables(ledger_url: str) -> None:
    with open_ledger(ledger_url).transaction() as session:
        session.execute(text("DROP SCHEMA public CASCADE"))
        session.execute(text("CREATE SCHEMA public"))


@pytest.mark.usefixtures("_no_tables")
def test_the_migrations_make_exactly_the_tables_of_the_code(ledger_url: str) -> None:
    migrate(ledger_url)
    migrate(ledger_url)

    with open_ledger(ledger_url).engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


FIRST_SUBMISSION = """
INSERT INTO submissions (id, province, place, name, version, delivered_at, dataset, delivery_name, sha256, size_bytes,
  status, observed, accepted, refused, flagged, other_rows, received_at, concluded_at)
VALUES ('S-1', 'drenthe', 'inbox-drenthe', 'drop/a.csv', 'v', now(), 'indicators', 'wind', 'x', 1, 'partly_accepted',
  5, 3, 2, 0, 0, now(), now())
"""


@pytest.mark.usefixtures("_no_tables")
def test_what_was_concluded_before_revisions_were_kept_is_the_first_revision(ledger_url: str) -> None:
    migrate(ledger_url, "r0002")
    ledger = open_ledger(ledger_url)
    with ledger.transaction() as session:
        session.execute(text(FIRST_SUBMISSION))
        session.execute(text("INSERT INTO releases VALUES ('2026.1', 2026, 1, 'c', 'published', NULL, now(), now())"))
        session.execute(text("INSERT INTO release_inputs VALUES ('2026.1', 'S-1', 3, 0)"))

    migrate(ledger_url)

    with ledger.transaction() as session:
        [outcome] = outcomes.of_submission(session, "S-1")
        assert (outcome.revision, outcome.status, outcome.counts.accepted) == (1, Status.PARTLY_ACCEPTED, 3)
        assert releases.inputs(session, "2026.1") == {"S-1": InputCounts(3, 0, 1)}
        assert conservation.breaches(session) == []
        assert not releases.has_news(session)


@pytest.mark.usefixtures("_no_tables")
def test_four_that_migrate_at_once_all_succeed(ledger_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [ledger_url] * 4))


@pytest.mark.usefixtures("_no_tables")
def test_it_migrates_from_a_folder_with_spaces_and_percent_signs(ledger_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "een map 100%"
    shutil.copytree(Path(kerndata.__file__).parent, folder / "kerndata", ignore=shutil.ignore_patterns("__pycache__"))
    script = "import sys; sys.path.insert(0, sys.argv[2]); from kerndata.ledger import migrate; migrate(sys.argv[1]); "
    check = "import kerndata.ledger; assert sys.argv[2] in kerndata.ledger.__file__"

    subprocess.run(
        [sys.executable, "-W", "error", "-c", script + check, ledger_url, str(folder)], check=True, timeout=60
    )


def test_sessions_are_in_utc_and_a_stuck_statement_ends(ledger_url: str) -> None:
    with open_ledger(ledger_url).transaction() as session:
        assert session.scalar(text("SHOW timezone")) == "UTC"
        assert session.scalar(text("SHOW statement_timeout")) == "1min"


CASES = """
INSERT INTO cases (submission_id, rule_id, state, incident_id, facts, opened_at)
SELECT 'S-1', rule, state, gen_random_uuid(), '{"rows": 3}', '2026-05-01 08:00:00.123456+00'
FROM (VALUES ('F-MACRO', 'assess'), ('F-DDE', 'assess'), ('F-MALWARE', 'closed')) AS given (rule, state)
"""
WARNING = """
INSERT INTO notices (id, endpoint, channel, subject, business_key, payload, content_type, status, is_first, attempts,
  spent, due_at, created_at)
VALUES ('N-1', 'ncsc-taxii', 'taxii', 's', 'case/S-1/F-MACRO/early-warning', 'bytes', 'json', 'delivered', false, 1, 1,
  now(), now())
"""


@pytest.mark.usefixtures("_no_tables")
def test_cases_of_which_the_warning_was_sent_are_warned_and_the_others_still_wait_for_a_person(
    ledger_url: str,
) -> None:
    migrate(ledger_url, "r0002")
    ledger = open_ledger(ledger_url)
    with ledger.transaction() as session:
        session.execute(text(FIRST_SUBMISSION))
    migrate(ledger_url, "r0008")
    with ledger.transaction() as session:
        for statement in (CASES, WARNING):
            session.execute(text(statement))

    migrate(ledger_url)

    with ledger.transaction() as session:
        found = {case.rule_id: case for case in record.listed(session, closed=True)}
        assert {rule: case.state for rule, case in found.items()} == {
            "F-MACRO": "warned",
            "F-DDE": "assess",
            "F-MALWARE": "closed",
        }
        [kept] = record.phases(session, found["F-MACRO"]).values()
        assert (kept.payload, kept.modified.microsecond, kept.sent_at is not None) == (b"bytes", 123000, True)
        assert record.phases(session, found["F-DDE"]) == {}
        assert all(case.facts == {"rows": 3} for case in found.values())
        cases.decide(
            session, found["F-DDE"].name, Decision.SIGNIFICANT, Who("jan", "w"), load(), found["F-DDE"].opened_at
        )
        assert list(record.phases(session, found["F-DDE"])) == [Phase.EARLY_WARNING]
