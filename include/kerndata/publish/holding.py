"""Whether a candidate is published at once or waits for a person, and what an answer does.

The thresholds decide whether somebody has to look (kerndata.merge.thresholds); the ledger remembers who let what go
(kerndata.ledger.holds). Everything is safe to do twice: one content waits once, is decided once, is published once.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy.orm import Session

from kerndata.errors import Fenced
from kerndata.ledger import holds, releases, withdrawals
from kerndata.ledger.database import Ledger
from kerndata.ledger.submissions import accepted
from kerndata.merge.classification import Classification
from kerndata.merge.classify import classify
from kerndata.merge.reconcile import differing
from kerndata.merge.tables import NAMES
from kerndata.merge.thresholds import Thresholds
from kerndata.model.hold import Answer, Hold, HoldState, Run
from kerndata.model.release import Release
from kerndata.publish import candidate_store
from kerndata.publish.candidate import Candidate
from kerndata.publish.pointer import read_pointer
from kerndata.publish.release import Announce, Published, finish, publish
from kerndata.publish.signature import Signer
from kerndata.store.client import Store

AnnounceHold = Callable[[Session, Hold, Classification], None]


class Next(StrEnum):
    """What is to be done with a candidate."""

    PUBLISH = "publish"
    HOLD = "hold"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Considered:
    """What is to be done next with the candidate kept under ``key``, and why in one sentence."""

    next: Next
    key: str
    why: str


def has_news(session: Session, code_version: str, now: datetime) -> bool:
    """Say whether merging now can give a candidate that is neither published, nor waiting, nor refused already."""
    if not releases.has_news(session):
        return False
    latest = releases.latest(session)
    given = [(one.id, one.revision) for name in NAMES for one in accepted(session, name)]
    known = holds.of_inputs(session, _fingerprint(given, code_version), latest.version, now) if latest else None
    return known is None


def compare(candidate: Candidate, work: Path, thresholds: Thresholds) -> Classification:
    """Classify what a candidate changes; ``work`` is the folder it was prepared in."""
    before = {name: work / "previous" / f"{name}.parquet" for name in NAMES} if candidate.previous else {}
    return classify(
        candidate.folder / "changes.csv",
        before,
        {name: candidate.folder / f"{name}.parquet" for name in NAMES},
        previous=candidate.previous,
        thresholds=thresholds,
        work=work,
        reconciled=differing(candidate.folder / "reconciliation.csv"),
        remarks=candidate.facts.remarks,
    )


def consider(
    store: Store,
    ledger: Ledger,
    candidate: Candidate,
    found: Classification,
    *,
    run: Run,
    answer_within: timedelta,
    now: datetime,
    announce: AnnounceHold = lambda _session, _hold, _found: None,
) -> Considered:
    """Keep a candidate in ``staging`` and say what is next; what waited so far is superseded by it.

    Nothing is next for the content that is visible, was withdrawn, waits in another run, or was answered with no.
    ``announce`` runs in the transaction that lets the candidate wait.
    """
    latest, _ = read_pointer(store)
    is_visible = latest is not None and latest.content_hash == candidate.content_hash
    if latest and is_visible and _is_entered(ledger, latest.version):
        return Considered(Next.NOTHING, "", f"release {latest.version} holds this content already")
    with ledger.transaction() as session:
        barred = withdrawals.blocking(session, candidate.content_hash)
    if barred:
        return Considered(Next.NOTHING, "", f"this content was withdrawn with release {barred}")
    key = candidate_store.put(store, candidate)
    if is_visible:
        return Considered(Next.PUBLISH, key, "it is visible, and only has to be entered in the ledger")
    with ledger.transaction() as session:
        if not found.reasons or candidate.previous is None:
            holds.supersede(session, candidate.content_hash, now)
            return Considered(Next.PUBLISH, key, "nothing changed beyond its threshold")
        hold = holds.open_hold(
            session,
            candidate.content_hash,
            candidate.previous,
            candidate=key,
            inputs=_fingerprint(
                [(one.submission_id, one.revision) for one in candidate.inputs], candidate.code_version
            ),
            summary=found.dump(),
            run=run,
            answer_by=now + answer_within,
            now=now,
        )
        if hold.state is HoldState.WAITING:
            announce(session, hold, found)
    return _considered(hold, key, run)


def _is_entered(ledger: Ledger, version: str) -> bool:
    with ledger.transaction() as session:
        entered = releases.latest(session)
    return entered is not None and entered.version == version


def _considered(hold: Hold, key: str, run: Run) -> Considered:
    if hold.state is HoldState.APPROVED:
        return Considered(Next.PUBLISH, key, told(hold))
    if hold.state is HoldState.WAITING and hold.run == run:
        return Considered(Next.HOLD, key, "it changes more than may pass unseen")
    return Considered(Next.NOTHING, key, told(hold))


def told(hold: Hold) -> str:
    """Say in one sentence what became of a held candidate."""
    name, stands = f"candidate {hold.content_hash[:16]}", f"{hold.previous} stands"
    until, decided = _moment(hold.answer_by), f"by {hold.decided_by} at {_moment(hold.decided_at or hold.answer_by)}"
    match hold.state:
        case HoldState.WAITING:
            return f"{name} waits in {hold.run.dag_id}, {hold.run.run_id}, until {until}; {stands}"
        case HoldState.APPROVED:
            return f"{name} was approved {decided}"
        case HoldState.REJECTED:
            return f"{name} was rejected {decided}; {stands}"
        case HoldState.TIMED_OUT:
            return f"nobody answered about {name} before {until}; {stands}"
        case HoldState.SUPERSEDED:
            return f"{name} was superseded by {(hold.superseded_by or '')[:16]}, which came later"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def ask(
    store: Store, ledger: Ledger, key: str, *, run: Run, answer_within: timedelta, now: datetime
) -> tuple[Hold, bool]:
    """Give the hold of a candidate that a person is to be asked about, and whether it just began to wait again.

    One that was rejected or timed out does so: its task was cleared by somebody who wants to be asked again. Raises
    Fenced when the release it was compared with is no longer visible, or a newer candidate waits.
    """
    content_hash, previous = candidate_store.content_of(key)
    _refuse_when_stale(store, content_hash, previous)
    with ledger.transaction() as session:
        hold = holds.find(session, content_hash, previous)
        if hold and hold.state in {HoldState.REJECTED, HoldState.TIMED_OUT}:
            return holds.reopen(session, hold, run=run, answer_by=now + answer_within, now=now), True
    if hold is None:
        raise Fenced(f"Candidate {content_hash[:16]} is not held; clear the task `candidate` instead.")
    return hold, False


def publish_kept(
    store: Store,
    ledger: Ledger,
    key: str,
    answer: Answer | None,
    *,
    run: Run,
    work: Path,
    now: datetime,
    announce: Announce,
    signer: Signer | None = None,
    after_step: Callable[[str], None] = lambda _: None,
) -> Published | str:
    """Publish a kept candidate when nobody had to look, or when it was approved; else say why it is not published.

    ``answer`` is what came back on the request, entered here first. Raises Fenced when the release the candidate was
    compared with is no longer visible: an approval is for that comparison only.
    """
    content_hash, previous = candidate_store.content_of(key)
    hold = _enter(ledger, key, answer, run, now)
    if hold and hold.state is not HoldState.APPROVED:
        return told(hold)
    finished = finish(store, ledger, now=now, announce=_closing(announce, now))
    latest, _ = read_pointer(store)
    if latest and latest.content_hash == content_hash:
        return Published(latest.version, created=finished)
    _refuse_when_stale(store, content_hash, previous)
    candidate = replace(candidate_store.get(store, key, work), note=hold.note if hold else None)
    closing = _closing(announce, now)
    published = publish(store, ledger, candidate, now=now, announce=closing, signer=signer, after_step=after_step)
    candidate_store.clear(store, published.version)
    return published


def _enter(ledger: Ledger, key: str, answer: Answer | None, run: Run, now: datetime) -> Hold | None:
    content_hash, previous = candidate_store.content_of(key)
    with ledger.transaction() as session:
        if answer and previous:
            return holds.decide(session, content_hash, previous, answer, run=run, now=now)
        return holds.find(session, content_hash, previous)


def _closing(announce: Announce, now: datetime) -> Announce:
    """Announce, and close the request about a candidate that was compared with the release before this one."""

    def both(session: Session, visible: Release) -> None:
        announce(session, visible)
        holds.supersede(session, visible.version, now)

    return both


def _refuse_when_stale(store: Store, content_hash: str, previous: str | None) -> None:
    latest, _ = read_pointer(store)
    visible = latest.version if latest else None
    if visible != previous:
        raise Fenced(
            f"Candidate {content_hash[:16]} was compared with {previous or 'no release'}, but {visible or 'none'} is "
            "visible now and stands. Nothing was published, an approval is for that comparison only; the next run of "
            "merge_kerndataset_net makes a new candidate."
        )


def _fingerprint(given: Sequence[tuple[str, int]], code_version: str) -> str:
    return hashlib.sha256(json.dumps([code_version, sorted(given)]).encode()).hexdigest()
