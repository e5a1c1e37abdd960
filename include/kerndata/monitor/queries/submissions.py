"""The list of submissions, filtered; newest first, a page at a time from a sequence on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from kerndata.ledger.tables import FindingRow, SubmissionRow
from kerndata.model.submission import Counts, Status

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; None: not narrowed. ``before``: only older ones than this sequence."""

    province: str | None = None
    dataset: str | None = None
    status: str | None = None
    rule: str | None = None
    name: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One submission in a list."""

    id: str
    sequence: int
    province: str
    name: str
    dataset: str | None
    delivery: str | None
    status: Status
    counts: Counts
    revision: int
    received_at: datetime
    concluded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list; ``older``: the sequence that the next page begins before, None on the last one."""

    lines: tuple[Line, ...]
    found: int
    older: int | None


def listed(session: Session, chosen: Filter, limit: int = PAGE) -> Listed:
    """Give a page of submissions, and how many fit the filter in all."""
    row = SubmissionRow
    fits = _conditions(chosen)
    found = session.scalar(select(func.count()).select_from(row).where(*fits)) or 0
    older = [row.sequence < chosen.before] if chosen.before is not None else []
    query = select(row).where(*fits, *older).order_by(row.sequence.desc()).limit(limit + 1)
    lines = tuple(line(one) for one in session.scalars(query))
    return Listed(lines[:limit], found, lines[limit - 1].sequence if len(lines) > limit else None)


def line(row: SubmissionRow) -> Line:
    """Make the frozen value of one row."""
    return Line(
        id=row.id,
        sequence=row.sequence,
        province=row.province,
        name=row.name,
        dataset=row.dataset,
        delivery=row.delivery_name,
        status=Status(row.status),
        counts=Counts(row.observed, row.accepted, row.refused, row.flagged, row.other_rows),
        revision=row.revision,
        received_at=row.received_at,
        concluded_at=row.concluded_at,
    )


def _conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    row = SubmissionRow
    equal = ((row.province, chosen.province), (row.dataset, chosen.dataset), (row.status, chosen.status))
    fits = [column == value for column, value in equal if value]
    if chosen.name:
        fits.append(row.name.icontains(chosen.name, autoescape=True))
    if chosen.rule:
        fits.append(row.id.in_(select(FindingRow.submission_id).where(FindingRow.rule_id == chosen.rule)))
    return fits
