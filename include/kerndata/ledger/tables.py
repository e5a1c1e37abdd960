"""The ledger's tables (DESIGN §7). Times are UTC with zone; JSON columns keep the text as written.

``json`` and not ``jsonb``: the chain of events hashes what was written, and ``jsonb`` rewrites numbers and refuses
U+0000, which a province's cell may hold.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kerndata.ledger.audit_tables import AuditRow
from kerndata.ledger.base import Base
from kerndata.ledger.case_tables import CaseRow, PhaseRow
from kerndata.ledger.failure_tables import FailureRow
from kerndata.ledger.hold_tables import HoldRow
from kerndata.ledger.notice_tables import AlertRow, AttemptRow, EndpointRow, NoticeRow
from kerndata.ledger.period_tables import SubmissionPeriodRow

__all__ = [
    "AlertRow",
    "AttemptRow",
    "AuditRow",
    "Base",
    "CaseRow",
    "EndpointRow",
    "EventRow",
    "FailureRow",
    "FindingRow",
    "HoldRow",
    "NoticeRow",
    "OutcomeRow",
    "PhaseRow",
    "PullRow",
    "ReleaseInputRow",
    "ReleaseRow",
    "SubmissionPeriodRow",
    "SubmissionRow",
]

_STATUSES = (
    "'archived', 'accepted', 'partly_accepted', 'refused', 'duplicate', 'not_checked', 'withdrawn', 'withdrawal'"
)


class SubmissionRow(Base):
    """One delivery: a file version in an inbox, or one pull. ``sequence`` orders the whole exchange."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("place", "name", "version"),
        UniqueConstraint("sequence"),
        Index(None, "province", "delivery_name", "sequence"),
        Index(None, "province", "name", "sha256"),
        Index("ix_submissions_waiting", "province", "sequence", postgresql_where=text("concluded_at IS NULL")),
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        CheckConstraint("observed = accepted + refused", name="nothing_lost"),
        CheckConstraint("supersedes IN ('rows', 'whole')", name="supersedes"),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_by IS NOT NULL)", name="withdrawn"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    province: Mapped[str]
    place: Mapped[str]
    name: Mapped[str]
    version: Mapped[str]
    delivered_at: Mapped[datetime]
    dataset: Mapped[str | None]
    delivery_name: Mapped[str | None]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    observed: Mapped[int] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int] = mapped_column(BigInteger)
    flagged: Mapped[int] = mapped_column(BigInteger)
    other_rows: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
    concluded_at: Mapped[datetime | None]
    revision: Mapped[int]
    supersedes: Mapped[str]
    tombstone: Mapped[str | None]
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("submissions.id"))


class OutcomeRow(Base):
    """What one assessment of a submission came to; the highest revision is the one in ``submissions``.

    ``mapping`` is the fingerprint of the source's mapping and our code (kerndata.intake.mapping), empty when unknown.
    ``scores``: per dimension the share of observations without a finding; empty where no rows were judged.
    """

    __tablename__ = "outcomes"
    __table_args__ = (
        CheckConstraint("status IN ('accepted', 'partly_accepted', 'refused', 'withdrawal')", name="status"),
        CheckConstraint("observed = accepted + refused", name="nothing_lost"),
        CheckConstraint("supersedes IN ('rows', 'whole')", name="supersedes"),
    )

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    dataset: Mapped[str | None]
    delivery_name: Mapped[str | None]
    observed: Mapped[int] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int] = mapped_column(BigInteger)
    flagged: Mapped[int] = mapped_column(BigInteger)
    other_rows: Mapped[int] = mapped_column(BigInteger)
    supersedes: Mapped[str]
    mapping: Mapped[str]
    scores: Mapped[dict[str, Any]]
    concluded_at: Mapped[datetime]


class FindingRow(Base):
    """How often one rule was not met in a submission's last revision, with at most five samples; quarantine has all."""

    __tablename__ = "findings"
    __table_args__ = (
        CheckConstraint("severity IN ('error', 'warning', 'info')", name="severity"),
        CheckConstraint("count > 0", name="count"),
        CheckConstraint("json_array_length(samples) <= 5", name="samples"),
    )

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    rule_id: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str]
    count: Mapped[int] = mapped_column(BigInteger)
    samples: Mapped[list[dict[str, Any]]]


class PullRow(Base):
    """Where the last pull of an API delivery left off; written with the submission it made (kerndata.model.pull)."""

    __tablename__ = "pulls"

    province: Mapped[str] = mapped_column(primary_key=True)
    delivery_name: Mapped[str] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    origin: Mapped[str]
    content: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    watermark: Mapped[str | None]
    at: Mapped[datetime]


class ReleaseRow(Base):
    """One version number: reserved for a content, then published, or abandoned for newer content.

    A published one may be withdrawn; ``lifted_at``: its content may be published again since.
    """

    __tablename__ = "releases"
    __table_args__ = (
        UniqueConstraint("year", "number"),
        Index("ix_releases_one_reserved", "status", unique=True, postgresql_where=text("status = 'reserved'")),
        CheckConstraint("status IN ('reserved', 'published', 'abandoned')", name="status"),
        CheckConstraint("(status = 'published') = (published_at IS NOT NULL)", name="published_at"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_why IS NULL) AND (withdrawn_at IS NULL OR status = 'published')"
            " AND (lifted_at IS NULL OR withdrawn_at IS NOT NULL)",
            name="withdrawn",
        ),
    )

    version: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int]
    number: Mapped[int]
    content_hash: Mapped[str]
    status: Mapped[str]
    previous: Mapped[str | None]
    reserved_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None]
    lifted_at: Mapped[datetime | None]


class ReleaseInputRow(Base):
    """What became of one submission's accepted observations, as of one revision, in one release."""

    __tablename__ = "release_inputs"

    version: Mapped[str] = mapped_column(ForeignKey("releases.version"), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    revision: Mapped[int]
    published: Mapped[int] = mapped_column(BigInteger)
    superseded: Mapped[int] = mapped_column(BigInteger)


class EventRow(Base):
    """One link of the append-only chain; ``seq`` has no gaps, ``hash`` covers all columns and ``previous_hash``."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("hash"), Index(None, "subject", "seq"))

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]]
    previous_hash: Mapped[str]
    hash: Mapped[str]
