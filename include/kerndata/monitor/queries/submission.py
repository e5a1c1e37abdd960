"""One submission: its life from drop to release, what was found, what became of it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kerndata.ledger import findings, outcomes, rows
from kerndata.ledger.findings import FindingTotal
from kerndata.ledger.outcomes import Outcome
from kerndata.ledger.tables import EventRow, OutcomeRow, ReleaseInputRow, ReleaseRow, SubmissionRow
from kerndata.model.submission import Status, Submission

# An answer again and again to one request, or a file assessed hundreds of times: the newest are enough.
_MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One moment in a submission's life; ``after`` is the time since the step before."""

    at: datetime
    what: str
    detail: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """A release that holds rows of it."""

    version: str
    published_at: datetime | None
    is_withdrawn: bool
    revision: int
    published: int
    superseded: int


@dataclass(frozen=True, slots=True)
class Life:
    """All that the ledger knows of one submission; ``repeats``: the one whose content a duplicate repeats."""

    submission: Submission
    steps: tuple[Step, ...]
    findings: tuple[FindingTotal, ...]
    outcomes: tuple[Outcome, ...]
    scores: dict[str, float]
    releases: tuple[Used, ...]
    repeats: str | None


def life(session: Session, submission_id: str) -> Life | None:
    """Give one submission; None when the ledger has none of this id."""
    row = session.get(SubmissionRow, submission_id)
    if row is None:
        return None
    used = _used(session, submission_id)
    kept = session.get(OutcomeRow, (submission_id, row.revision))
    repeats = session.scalar(rows.original(row)) if row.status == Status.DUPLICATE else None
    return Life(
        submission=rows.submission(row),
        steps=_steps(session, row, used),
        findings=findings.of_submission(session, submission_id),
        outcomes=tuple(outcomes.of_submission(session, submission_id)),
        scores=dict(kept.scores) if kept else {},
        releases=used,
        repeats=repeats.id if repeats else None,
    )


def without_values(found: Life) -> Life:
    """Leave out what stood in the cells: places stay, content is for who may act."""
    bare = tuple(
        replace(total, samples=tuple({**sample, "value": None} for sample in total.samples)) for total in found.findings
    )
    return replace(found, findings=bare)


def _used(session: Session, submission_id: str) -> tuple[Used, ...]:
    used, release = ReleaseInputRow, ReleaseRow
    query = select(used, release).join(release).where(used.submission_id == submission_id)
    return tuple(
        Used(
            one.version,
            of.published_at,
            of.withdrawn_at is not None,
            one.revision,
            one.published,
            one.superseded,
        )
        for one, of in session.execute(query.order_by(release.year.desc(), release.number.desc()))
    )


def _steps(session: Session, row: SubmissionRow, used: tuple[Used, ...]) -> tuple[Step, ...]:
    """Put together: the drop, every event of the ledger about it, and the first release that held it."""
    mine = select(EventRow).where(EventRow.subject == row.id).order_by(EventRow.seq.desc()).limit(_MOST_EVENTS)
    told = [Step(one.at, one.kind, _detail(one.kind, one.data)) for one in session.scalars(mine)]
    began = Step(row.delivered_at, "delivered", f"{row.place}/{row.name}")
    first = min((one for one in used if one.published_at), key=_published_at, default=None)
    ended = [Step(_published_at(first), "release", f"first in release {first.version}")] if first else []
    found = sorted([began, *told, *ended], key=lambda one: one.at)
    after = [None, *(two.at - one.at for one, two in pairwise(found))]
    return tuple(Step(one.at, one.what, one.detail, gap) for one, gap in zip(found, after, strict=True))


def _published_at(used: Used) -> datetime:
    if used.published_at is None:
        raise ValueError(f"release {used.version} is not published")
    return used.published_at


def _detail(kind: str, data: dict[str, Any]) -> str:
    """Say in a few words what an event adds to its name."""
    counts = data.get("counts") or {}
    if counts:
        number = f"revision {data['revision']}, {data['status']}: " if "revision" in data else ""
        return f"{number}{counts['observed']} observed, {counts['accepted']} accepted, {counts['refused']} refused"
    if kind == "submission.withdrawn":
        return f"by {data['by']}; {data['accepted']} accepted observations leave the next release"
    return str(data.get("tombstone") or "")
