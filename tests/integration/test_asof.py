"""The dataset as of a moment: what was visible, what counted then, and what a release of then would have held."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console
from tests.integration.intake_desk import FIRST, NOW, Desk

from kerndata import __version__
from kerndata.errors import ConfigurationError
from kerndata.intake.process import process
from kerndata.intake.reassess import reassess
from kerndata.ledger import Ledger
from kerndata.local.asof import end_of, show, write
from kerndata.local.exchange import Exchange
from kerndata.local.stack import Stack
from kerndata.model.submission import Submission
from kerndata.notices.endpoints import load
from kerndata.publish.asof import AsOf, as_of, merged_as_of
from kerndata.publish.candidate import prepare
from kerndata.publish.release import publish

DAY = timedelta(days=1)


def at(desk: Desk, days: int) -> AsOf:
    return as_of(desk.ledger, NOW + days * DAY + timedelta(hours=2))


def statuses(desk: Desk, found: AsOf, work: Path) -> list[str]:
    work.mkdir()
    made = merged_as_of(desk.store, desk.ledger, found, work=work, code_version=__version__)
    return sorted(set(pq.read_table(made.folder / "indicators.parquet")["value_status"].to_pylist()))


def told(found: AsOf) -> tuple[str | None, list[tuple[str, int]], set[str]]:
    accepted = [(one.id, one.revision) for one in found.accepted["indicators"]]
    return found.release and found.release.version, accepted, set(found.unreleased)


def a_life(desk: Desk, work: Path) -> Submission:
    """Day 0: accepted and released. Day 1: assessed again, as provisional. Day 2: withdrawn."""
    item = desk.deliver(FIRST)
    work.mkdir()
    candidate = prepare(desk.store, desk.ledger, work=work, code_version=__version__)
    publish(desk.store, desk.ledger, candidate, now=NOW + timedelta(hours=1), announce=lambda *_: None)
    desk.source = desk.with_delivery("tijdreeks", default_status="voorlopig")
    reassess(desk.store, desk.ledger, desk.source, item.id, load(), NOW + DAY)
    desk.drop(b"", f"drop/withdraw/{item.id}")
    [request] = desk.receive()
    process(desk.store, desk.ledger, desk.source, request.id, load(), NOW + 2 * DAY)
    return item


@pytest.mark.stack
def test_a_submission_counts_as_of_its_outcome_of_then(stack_services: Stack, ledger: Ledger, tmp_path: Path) -> None:
    desk = Desk(stack_services, ledger)
    desk.empty_published()
    item = a_life(desk, tmp_path / "release")
    version = at(desk, 0).release
    assert version is not None

    assert told(at(desk, -1)) == (None, [], set())
    assert told(at(desk, 0)) == (version.version, [(item.id, 1)], set())
    assert told(at(desk, 1)) == (version.version, [(item.id, 2)], {item.id})
    assert told(at(desk, 2)) == (version.version, [], set())
    assert statuses(desk, at(desk, 0), tmp_path / "a") == ["definitief"]
    assert statuses(desk, at(desk, 1), tmp_path / "b") == ["voorlopig"]

    console = Console(record=True, width=180)
    show(console, at(desk, 1))
    text = console.export_text()
    assert f"release {version.version} was visible" in text
    assert "6 in 1" in text.split("Overijssel")[1]
    assert write(Exchange(desk.store, ledger, ""), at(desk, 1), tmp_path / "out") == len(
        list((tmp_path / "out").iterdir())
    )
    assert (tmp_path / "out" / "national.csv").exists()
    desk.empty_published()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24", datetime(2026, 11, 24, 22, 59, 59, 999999, UTC)),
        ("2026-07-01", datetime(2026, 7, 1, 21, 59, 59, 999999, UTC)),
        ("2026-11-24T10:00", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("2026-11-24T10:00+00:00", datetime(2026, 11, 24, 10, tzinfo=UTC)),
    ],
)
def test_a_day_is_meant_to_its_end_in_dutch_time(text: str, moment: datetime) -> None:
    assert end_of(text) == moment


def test_what_is_no_date_is_refused_with_an_example() -> None:
    with pytest.raises(ConfigurationError, match="'24-11-2026' is no date: write 2026-11-24"):
        end_of("24-11-2026")
