"""The releases and the candidates that waited for a person; of one release also what changed and whose rows it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kerndata.ledger import holds, releases
from kerndata.ledger.tables import EventRow, HoldRow, ReleaseInputRow, ReleaseRow, SubmissionRow
from kerndata.merge.classification import Classification
from kerndata.model.hold import Hold
from kerndata.model.release import Release

_MOST_HOLDS = 20


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One release; ``inputs`` submissions gave ``published`` observations; ``hold``: who let it pass.

    ``stands``: it is the one that the world reads now.
    """

    release: Release
    inputs: int
    published: int
    hold: str | None
    stands: bool


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A candidate that waited for a person, and how many reasons there were to wait."""

    hold: Hold
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InputChange:
    """One submission that is otherwise in a release than in the one before; ``what``: new, revised or gone."""

    submission_id: str
    province: str
    dataset: str | None
    what: str
    published: int
    was: int


@dataclass(frozen=True, slots=True)
class ProvinceShare:
    """What one province gave to a release."""

    province: str
    submissions: int
    published: int
    superseded: int


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """One release."""

    line: ReleaseLine
    shares: tuple[ProvinceShare, ...]
    changes: tuple[InputChange, ...]
    held: tuple[HoldLine, ...]


def listed(session: Session) -> tuple[ReleaseLine, ...]:
    """Give every published release, newest first."""
    known = releases.all_releases(session)
    facts, passed = _facts(session, [one.version for one in known]), _passed(session)
    newest = releases.latest(session)
    return tuple(_line(one, facts, passed, newest) for one in known)


def held(session: Session) -> tuple[HoldLine, ...]:
    """Give the last candidates that waited, newest first."""
    return tuple(_held(one) for one in holds.all_of(session, _MOST_HOLDS))


def view(session: Session, version: str) -> ReleaseView | None:
    """Give one published release; None when there is none of this version."""
    row = session.get(ReleaseRow, version)
    if row is None or row.published_at is None:
        return None
    release = next(one for one in releases.all_releases(session) if one.version == version)
    mine = select(HoldRow.content_hash, HoldRow.previous).where(HoldRow.content_hash == release.content_hash)
    found = [holds.find(session, *key) for key in session.execute(mine).all()]
    return ReleaseView(
        line=_line(release, _facts(session, [version]), _passed(session), releases.latest(session)),
        shares=_shares(session, version),
        changes=_changes(session, release),
        held=tuple(_held(one) for one in found if one),
    )


def _line(
    release: Release, facts: Mapping[str, Mapping[str, Any]], passed: Mapping[str, str], newest: Release | None
) -> ReleaseLine:
    told = facts.get(release.version, {})
    return ReleaseLine(
        release,
        inputs=int(told.get("inputs", 0)),
        published=int(told.get("published", 0)),
        hold=passed.get(release.content_hash),
        stands=newest is not None and newest.version == release.version,
    )


def _facts(session: Session, versions: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read what was told when each version was published."""
    told = select(EventRow.subject, EventRow.data).where(EventRow.kind == "release.published")
    return dict(session.execute(told.where(EventRow.subject.in_(versions))).all())


def _passed(session: Session) -> dict[str, str]:
    """Give by content hash who approved a candidate."""
    approved = select(HoldRow.content_hash, HoldRow.decided_by).where(HoldRow.state == "approved")
    return {content: by or "somebody" for content, by in session.execute(approved)}


def _held(hold: Hold) -> HoldLine:
    found = Classification.load(hold.summary)
    return HoldLine(hold, tuple(f"{one.what} {one.where}: {one.seen} (limit {one.threshold})" for one in found.reasons))


def _shares(session: Session, version: str) -> tuple[ProvinceShare, ...]:
    used, row = ReleaseInputRow, SubmissionRow
    sums = (func.count(), func.sum(used.published), func.sum(used.superseded))
    query = select(row.province, *sums).select_from(used).join(row).where(used.version == version)
    query = query.group_by(row.province).order_by(row.province)
    return tuple(ProvinceShare(slug, count, int(kept), int(gone)) for slug, count, kept, gone in session.execute(query))


def _changes(session: Session, release: Release) -> tuple[InputChange, ...]:
    now, before = releases.inputs(session, release.version), releases.inputs(session, release.previous or "")
    differ = [one for one in now.keys() | before.keys() if now.get(one) != before.get(one)]
    query = select(SubmissionRow.id, SubmissionRow.province, SubmissionRow.dataset)
    found = session.execute(query.where(SubmissionRow.id.in_(differ)).order_by(SubmissionRow.sequence.desc()))
    changes = []
    for one, province, dataset in found:
        has, had = now.get(one), before.get(one)
        what = (
            "new" if had is None else "gone" if has is None else "revised" if has.revision != had.revision else "rows"
        )
        changes.append(
            InputChange(one, province, dataset, what, has.published if has else 0, had.published if had else 0)
        )
    return tuple(changes)
