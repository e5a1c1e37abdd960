"""Every delivery, from its arrival to its verdict. All functions work in the caller's transaction."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from kerndata.errors import Conflict, KerndataError, NotChecked
from kerndata.ledger import events, periods, rows
from kerndata.ledger.findings import FindingTotal
from kerndata.ledger.periods import PeriodCount
from kerndata.ledger.tables import FindingRow, OutcomeRow, SubmissionRow
from kerndata.model.submission import Counts, Delivery, Status, Submission, Supersedes

WITH_ROWS = (Status.ACCEPTED, Status.PARTLY_ACCEPTED)
NO_SCORES: Mapping[str, float] = MappingProxyType({})  # of what no rows were judged of
_OUTCOMES = (*WITH_ROWS, Status.REFUSED, Status.WITHDRAWAL, Status.NOT_CHECKED)


def register(
    session: Session,
    delivery: Delivery,
    *,
    sha256: str,
    size_bytes: int,
    dataset: str | None,
    delivery_name: str | None,
    tombstone: str | None = None,
    may_repeat: bool = True,
    now: datetime,
) -> Submission:
    """Enter a delivery once; the same (place, name, version) again gives the same submission back, unchanged.

    The status is ``DUPLICATE`` ("already received") when the content equals the current one of the same province and
    delivery. Current is the last that is no duplicate, also when it was refused: sending a refused file again is
    already received, with the same answer (``original``). After A and B, A again is no duplicate: A becomes current.
    A file that matches no delivery (``delivery_name`` None) is compared under its own name. ``may_repeat`` False: never
    a duplicate (a request is answered every time). ``tombstone``: why the archive will never hold these bytes; such a
    file neither is a duplicate nor becomes current.
    Raises ``Conflict`` when this version was entered before with other content.
    """
    events.lock(session)
    known = session.scalar(select(SubmissionRow).where(*_same_version(delivery)))
    if known:
        return _unchanged(known, sha256)
    row = SubmissionRow(
        **asdict(delivery),
        **asdict(Counts()),
        id=_new_id(session, delivery, sha256),
        dataset=dataset,
        delivery_name=delivery_name,
        sha256=sha256,
        size_bytes=size_bytes,
        received_at=now,
        revision=1,
        supersedes="rows",
        tombstone=tombstone,
    )
    return _enter(session, row, now, may_repeat=may_repeat and tombstone is None)


def conclude(
    session: Session,
    submission_id: str,
    *,
    status: Status,
    counts: Counts,
    dataset: str | None,
    findings: Sequence[FindingTotal],
    by_period: Sequence[PeriodCount] = (),
    supersedes: Supersedes = "rows",
    mapping: str = "",
    scores: Mapping[str, float] = NO_SCORES,
    now: datetime,
) -> bool:
    """Enter the verdict and its findings, with an event: the outcome's first revision. False when it was concluded.

    ``NOT_CHECKED`` is no verdict: a later attempt may conclude it after all. ``counts`` are observations. ``mapping``:
    fingerprint of mapping and code that came to this verdict (kerndata.intake.mapping; empty: not known). ``scores``:
    0 to 1 per dimension. Raises ``NotChecked`` when the counts do not add up (observed = accepted + refused; a refused
    submission accepts nothing), ``ValueError`` for a status that is no outcome of a check, ``KerndataError`` for an
    unknown id.
    """
    require_consistent(submission_id, status, counts)
    events.lock(session)
    row = rows.submission_row(session, submission_id)
    session.refresh(row)
    if row.status != Status.ARCHIVED and not row.status == Status.NOT_CHECKED != status:
        return False
    row.dataset, row.supersedes = dataset, supersedes
    row.concluded_at = None if status is Status.NOT_CHECKED else now
    enter_outcome(session, row, status, counts, findings)
    periods.enter(session, row, by_period)
    if row.concluded_at:
        session.add(outcome_row(row, mapping, scores, now))
    facts = {"dataset": dataset, "sha256": row.sha256, "counts": asdict(counts)}
    per_rule = {total.rule_id: total.count for total in findings}
    events.append(session, f"submission.{status}", submission_id, facts | {"findings": per_rule}, now)
    return True


def enter_outcome(
    session: Session, row: SubmissionRow, status: Status, counts: Counts, findings: Sequence[FindingTotal]
) -> None:
    """Set what a submission's last assessment came to; its findings replace those before."""
    row.status = status.value
    for name, count in asdict(counts).items():
        setattr(row, name, count)
    session.execute(delete(FindingRow).where(FindingRow.submission_id == row.id))
    session.add_all(rows.finding_row(row.id, total) for total in findings)
    session.flush()


def outcome_row(row: SubmissionRow, mapping: str, scores: Mapping[str, float], now: datetime) -> OutcomeRow:
    """Make the row that keeps the present outcome of a submission under its revision."""
    kept = ("revision", "status", "dataset", "delivery_name", "supersedes", *Counts.__slots__)
    values = {name: getattr(row, name) for name in kept}
    return OutcomeRow(submission_id=row.id, mapping=mapping, scores=dict(scores), concluded_at=now, **values)


def get(session: Session, submission_id: str) -> Submission:
    """Give one submission; raises ``KerndataError`` for an unknown id."""
    return rows.submission(rows.submission_row(session, submission_id))


def original(session: Session, duplicate_id: str) -> Submission:
    """Give the submission whose content a duplicate repeats, so that the duplicate gets the same answer."""
    row = session.scalar(rows.original(rows.submission_row(session, duplicate_id)))
    if row is None:
        raise KerndataError(f"Submission {duplicate_id} repeats nothing: it is the first of its delivery.")
    return rows.submission(row)


def known_versions(session: Session, place: str) -> set[tuple[str, str]]:
    """Give the (name, version) pairs of a place that were entered before, so that intake takes only new ones."""
    found = session.execute(select(SubmissionRow.name, SubmissionRow.version).where(SubmissionRow.place == place))
    return {(row.name, row.version) for row in found}


def answer_duplicate(session: Session, submission_id: str, now: datetime) -> bool:
    """Enter that a duplicate has its receipt. False when it had one already."""
    events.lock(session)
    row = rows.submission_row(session, submission_id)
    session.refresh(row)
    if row.status != Status.DUPLICATE or row.concluded_at:
        return False
    row.concluded_at = now
    return True


def waiting(session: Session, province: str | None = None) -> list[Submission]:
    """Give what has no answer yet, oldest first: the work list. ``NOT_CHECKED`` waits for a person."""
    open_ones = SubmissionRow.status.in_([Status.ARCHIVED, Status.DUPLICATE])
    return _by_sequence(session, open_ones, SubmissionRow.concluded_at.is_(None), *_in(province))


def unanswered(session: Session, before: datetime) -> list[Submission]:
    """Give what was received before a moment and has no answer, also what could not be checked; oldest first."""
    return _by_sequence(session, SubmissionRow.concluded_at.is_(None), SubmissionRow.received_at < before)


def accepted(session: Session, dataset: str) -> list[Submission]:
    """Give all submissions of a dataset with accepted observations, by sequence: the inputs of a merge."""
    return _by_sequence(session, *_HAS_ROWS, SubmissionRow.dataset == dataset)


def last_accepted(session: Session, before: Submission) -> Submission | None:
    """Give the last delivery of the same name before this one of which anything is accepted; None for the first."""
    mine = (SubmissionRow.province == before.province, SubmissionRow.delivery_name == before.delivery_name)
    older = select(SubmissionRow).where(*mine, *_HAS_ROWS, SubmissionRow.sequence < before.sequence)
    row = session.scalar(older.order_by(SubmissionRow.sequence.desc()).limit(1))
    return rows.submission(row) if row else None


def all_of(session: Session, province: str | None = None, limit: int | None = 100) -> list[Submission]:
    """Give at most ``limit`` submissions (None: all), newest first, of one province or of the whole exchange."""
    query = select(SubmissionRow).where(*_in(province)).order_by(SubmissionRow.sequence.desc()).limit(limit)
    return [rows.submission(row) for row in session.scalars(query)]


def latest_pull(session: Session, province: str, name: str) -> Submission | None:
    """Give the current pull of an API delivery, the last that is no duplicate; None before the first."""
    mine = select(SubmissionRow).where(SubmissionRow.province == province, SubmissionRow.name == name)
    pulls = mine.where(SubmissionRow.place.startswith("pull:"), SubmissionRow.status != Status.DUPLICATE)
    row = session.scalar(pulls.order_by(SubmissionRow.sequence.desc()).limit(1))
    return rows.submission(row) if row else None


_HAS_ROWS = (SubmissionRow.status.in_(WITH_ROWS), SubmissionRow.accepted > 0)


def _in(province: str | None) -> list[ColumnElement[bool]]:
    return [SubmissionRow.province == province] if province else []


def _by_sequence(session: Session, *conditions: ColumnElement[bool]) -> list[Submission]:
    found = session.scalars(select(SubmissionRow).where(*conditions).order_by(SubmissionRow.sequence))
    return [rows.submission(row) for row in found]


def _same_version(delivery: Delivery) -> list[ColumnElement[bool]]:
    return [
        SubmissionRow.place == delivery.place,
        SubmissionRow.name == delivery.name,
        SubmissionRow.version == delivery.version,
    ]


def _unchanged(known: SubmissionRow, sha256: str) -> Submission:
    if known.sha256 != sha256:
        raise Conflict(
            f"{known.place}/{known.name} version {known.version} was entered as {known.id} with sha256 {known.sha256}, "
            f"and now has {sha256}. A version never changes: the entry stands; look at who rewrote the object."
        )
    return rows.submission(known)


def _new_id(session: Session, delivery: Delivery, sha256: str) -> str:
    """Make an id that depends on province, name, content and how often that came before, on no moment or place."""
    same = (SubmissionRow.province == delivery.province, SubmissionRow.name == delivery.name)
    before = session.scalar(select(func.count()).where(*same, SubmissionRow.sha256 == sha256))
    identity = json.dumps([delivery.province, delivery.name, sha256, before])
    return f"S-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def _enter(session: Session, row: SubmissionRow, now: datetime, *, may_repeat: bool) -> Submission:
    current = session.scalar(rows.current(row)) if may_repeat else None
    is_duplicate = current is not None and current.sha256 == row.sha256
    row.status = (Status.DUPLICATE if is_duplicate else Status.ARCHIVED).value
    row.concluded_at = None
    session.add(row)
    session.flush()
    facts = {"province": row.province, "place": row.place, "name": row.name, "version": row.version}
    facts |= {"sha256": row.sha256} | ({"tombstone": row.tombstone} if row.tombstone else {})
    events.append(session, "submission.withheld" if row.tombstone else f"submission.{row.status}", row.id, facts, now)
    return rows.submission(row)


def require_consistent(submission_id: str, status: Status, counts: Counts) -> None:
    """Raise what ``conclude`` raises for a status and counts that do not fit each other."""
    if status not in _OUTCOMES:
        raise ValueError(f"{submission_id}: {status} is no outcome of a check; it is one of {', '.join(_OUTCOMES)}.")
    if counts.observed != counts.accepted + counts.refused:
        raise NotChecked(
            f"{submission_id}: {counts.observed} observed, but {counts.accepted} accepted + {counts.refused} refused. "
            "Nothing was entered; the submission still waits. This is a fault of ours: repair the check."
        )
    if status not in WITH_ROWS and counts.accepted:
        raise NotChecked(
            f"{submission_id} is {status}, yet {counts.accepted} observations are accepted; nothing was entered."
        )
