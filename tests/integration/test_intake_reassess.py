"""Assessed again with a newer mapping: another outcome is a next revision, the same one changes nothing."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from tests.integration.intake_desk import NOW, Desk, figures

from kerndata import __version__
from kerndata.errors import Fenced
from kerndata.intake.reassess import reassess
from kerndata.ledger import Ledger, conservation, events, outcomes, releases, submissions
from kerndata.ledger.tables import EventRow
from kerndata.local.stack import Stack
from kerndata.model.submission import Status, Submission
from kerndata.notices.endpoints import load
from kerndata.publish.candidate import Candidate, build, fetch_accepted, prepare
from kerndata.publish.release import publish
from kerndata.store import keys

pytestmark = pytest.mark.stack

TWO_ROWS = figures(61, 66, 74, 74, 87, 87) + f"Overijssel;Vermogen wind;MW;{';'.join('123456')}\n".encode()
TOLERANT = {"refuse_threshold_pct": 60.0}


@pytest.fixture
def desk(stack_services: Stack, ledger: Ledger) -> Iterator[Desk]:
    """A counter at which nothing is current, and no release."""
    found = Desk(stack_services, ledger)
    found.empty_published()
    found.receive()
    with ledger.transaction() as session:
        session.execute(
            text("TRUNCATE findings, outcomes, release_inputs, releases, cases, events, pulls, notices CASCADE")
        )
        session.execute(
            text("UPDATE submissions SET status = 'refused', accepted = 0, observed = refused, withdrawn_by = NULL")
        )
        session.execute(text("UPDATE submissions SET concluded_at = received_at, delivery_name = 'earlier ' || id"))
    found.source = found.with_delivery("tijdreeks", **TOLERANT)
    yield found
    found.empty_published()


def again(desk: Desk, item: Submission) -> Submission:
    return reassess(desk.store, desk.ledger, desk.source, item.id, load(), NOW)


def counted(desk: Desk) -> tuple[int, list[str]]:
    """How many events there are, and every object of this province and of staging with its content."""
    with desk.ledger.transaction() as session:
        count = session.scalar(select(func.count()).select_from(EventRow))
    buckets = (keys.STAGING, keys.QUARANTINE, keys.inbox(desk.slug))
    listed = [f"{one.key} {one.etag} {one.last_modified}" for bucket in buckets for one in desk.store.list(bucket)]
    return count or 0, listed


def has_news(desk: Desk) -> bool:
    with desk.ledger.transaction() as session:
        return releases.has_news(session, desk.slug)


def released(desk: Desk, folder: Path) -> Candidate:
    folder.mkdir()
    candidate = prepare(desk.store, desk.ledger, work=folder, code_version=__version__)
    publish(desk.store, desk.ledger, candidate, now=NOW, announce=lambda *_: None)
    return candidate


def test_the_same_outcome_changes_nothing_at_all(desk: Desk) -> None:
    item = desk.deliver(TWO_ROWS)
    assert (item.status, item.counts.accepted, item.counts.refused) == (Status.PARTLY_ACCEPTED, 6, 6)
    before = counted(desk)
    assert again(desk, item) == item
    assert counted(desk) == before


def test_a_newer_mapping_gives_a_next_revision_with_a_receipt_that_says_what_changed(desk: Desk) -> None:
    item = desk.deliver(figures(61, 66, 74, 74, 87, 87, subject="Wind op zee en land"))
    assert (item.status, item.counts.refused) == (Status.REFUSED, 6)
    vocabulary = desk.source.deliveries["tijdreeks"].vocabulary
    known = vocabulary.model_copy(update={"indicator": {**vocabulary.indicator, "Wind op zee en land": "H3.4"}})
    desk.source = desk.with_delivery("tijdreeks", vocabulary=known)
    found = again(desk, item)
    assert (found.status, found.counts.accepted, found.revision) == (Status.ACCEPTED, 6, 2)
    assert found.sequence == item.sequence
    assert desk.store.exists(keys.STAGING, keys.accepted_key(item.id, 2))
    assert desk.store.exists(keys.QUARANTINE, keys.refused_key(desk.slug, item.id))
    page = desk.receipt(found)
    assert "opnieuw beoordeeld" in page.casefold()
    with desk.ledger.transaction() as session:
        kept = outcomes.of_submission(session, item.id)
        assert events.verify(session) == []
        assert conservation.breaches(session) == []
    assert [(one.revision, one.status, one.counts.accepted) for one in kept] == [
        (1, Status.REFUSED, 0),
        (2, Status.ACCEPTED, 6),
    ]
    assert len({one.mapping for one in kept} - {""}) == 2
    assert again(desk, found) == found


def test_releases_name_the_revision_and_the_older_one_can_still_be_made_again(desk: Desk, tmp_path: Path) -> None:
    item = desk.deliver(TWO_ROWS)
    first = released(desk, tmp_path / "1")
    assert not has_news(desk)
    desk.source = desk.with_delivery("tijdreeks", default_status="voorlopig")
    assert again(desk, item).revision == 2
    assert has_news(desk)
    second = released(desk, tmp_path / "2")
    assert not has_news(desk)
    with desk.ledger.transaction() as session:
        versions = [one.version for one in releases.all_releases(session)]
        assert [releases.inputs(session, one)[item.id].revision for one in versions] == [2, 1]
        assert conservation.breaches(session) == []
        used = {"indicators": [outcomes.as_of(session, item.id, 1)]}
    (tmp_path / "again").mkdir()
    inputs = {name: fetch_accepted(desk.store, ones, tmp_path / "again") for name, ones in used.items()}
    rebuilt = build(inputs, None, work=tmp_path / "again", code_version=__version__)
    assert sums(rebuilt)["indicators.parquet"] == sums(first)["indicators.parquet"]
    assert sums(second)["indicators.parquet"] != sums(first)["indicators.parquet"]


def sums(candidate: Candidate) -> Mapping[str, str]:
    folder = candidate.folder
    return {one.name: hashlib.sha256((folder / one.name).read_bytes()).hexdigest() for one in candidate.files}


def test_what_is_refused_after_all_leaves_the_next_release_and_no_observation_is_lost(
    desk: Desk, tmp_path: Path
) -> None:
    item = desk.deliver(TWO_ROWS)
    released(desk, tmp_path / "1")
    desk.source = desk.with_delivery("tijdreeks", refuse_threshold_pct=10.0)
    assert again(desk, item).status is Status.REFUSED
    assert has_news(desk)
    assert released(desk, tmp_path / "2").inputs == ()
    assert not has_news(desk)
    with desk.ledger.transaction() as session:
        assert conservation.breaches(session) == []


def test_what_is_withdrawn_leaves_the_next_release_and_no_observation_is_lost(desk: Desk, tmp_path: Path) -> None:
    first = desk.deliver(figures(61, 66, 74, 74, 87, 87))
    second = desk.deliver(figures(61, 66, 74, 74, 87, 88))
    released(desk, tmp_path / "1")
    desk.withdraw(second.id)
    assert has_news(desk)
    candidate = released(desk, tmp_path / "2")
    assert [(one.submission_id, one.published) for one in candidate.inputs] == [(first.id, 6)]
    assert not has_news(desk)
    desk.withdraw(first.id)
    assert released(desk, tmp_path / "3").inputs == ()
    with desk.ledger.transaction() as session:
        assert conservation.breaches(session) == []


def test_what_may_not_be_assessed_again_stays_as_it_is(desk: Desk) -> None:
    item = desk.deliver(TWO_ROWS)
    repeat = desk.deliver(TWO_ROWS)
    request = desk.withdraw(item.id)
    withdrawn = desk.get(item.id)
    desk.source = desk.with_delivery("tijdreeks", default_status="voorlopig")
    assert [again(desk, one) for one in (repeat, request, withdrawn)] == [repeat, request, withdrawn]
    with desk.ledger.transaction() as session:
        assert not {repeat.id, request.id, item.id} & set(outcomes.reassessable(session, desk.slug))


def test_of_two_that_assess_again_one_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    item = desk.deliver(TWO_ROWS)
    desk.source = desk.with_delivery("tijdreeks", default_status="voorlopig")
    with desk.ledger.transaction() as session:
        stale = submissions.get(session, item.id)
    done = again(desk, item)
    monkeypatch.setattr(submissions, "get", lambda *_: stale)
    with pytest.raises(Fenced, match="by another attempt"):
        again(desk, item)
    monkeypatch.undo()
    assert desk.get(item.id) == done
