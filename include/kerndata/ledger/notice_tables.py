"""The ledger's tables for notices: the outbox, its attempts, the endpoints and what a person has to be told."""

from datetime import datetime

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

from kerndata.ledger.base import Base


class NoticeRow(Base):
    """The outbox: one message to one endpoint; payload and id are fixed before the first send.

    ``is_first``: no earlier notice on the same subject waits at this endpoint; only such a one may be sent, and its row
    lock is the right to send the whole subject. ``spent``: attempts of the schedule used; ``attempts`` counts all.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("endpoint", "business_key"),
        UniqueConstraint("sequence"),
        Index("ix_notices_due", "endpoint", "due_at", "sequence", postgresql_where=text("is_first")),
        Index("ix_notices_first", "endpoint", "subject", unique=True, postgresql_where=text("is_first")),
        Index("ix_notices_order", "endpoint", "subject", "sequence", postgresql_where=text("status = 'pending'")),
        Index("ix_notices_dead", "endpoint", "sequence", postgresql_where=text("status = 'dead'")),
        Index("ix_notices_deadline", "endpoint", postgresql_where=text("deadline_at IS NOT NULL")),
        CheckConstraint("status IN ('pending', 'delivered', 'dead')", name="status"),
        CheckConstraint("NOT is_first OR status = 'pending'", name="is_first"),
        CheckConstraint("spent BETWEEN 0 AND attempts", name="spent"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    endpoint: Mapped[str]
    channel: Mapped[str]
    subject: Mapped[str]
    business_key: Mapped[str]
    payload: Mapped[bytes]
    content_type: Mapped[str]
    status: Mapped[str]
    is_first: Mapped[bool]
    attempts: Mapped[int]
    spent: Mapped[int]
    due_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class AttemptRow(Base):
    """One try to deliver a notice, and what came of it."""

    __tablename__ = "attempts"

    notice_id: Mapped[str] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    outcome: Mapped[str]
    http_status: Mapped[int | None]
    detail: Mapped[str]


class EndpointRow(Base):
    """Whether an endpoint receives notices now; an endpoint without a row is active and has not failed of late.

    ``failures``: how often in a row it failed in a way that heals; ``probe_at``: set when that was too often, before it
    nothing is sent; ``free_at``: before that its rate limit allows no request.
    """

    __tablename__ = "endpoints"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'paused', 'disabled')", name="state"),
        CheckConstraint("failures >= 0", name="failures"),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str]
    since: Mapped[datetime]
    failures: Mapped[int]
    probe_at: Mapped[datetime | None]
    free_at: Mapped[datetime | None]


class AlertRow(Base):
    """Something a person has to be told, until it is over; one open at a time of each kind about each subject.

    ``told_at``, ``told_over_at``: when they were told that it began, and that it was over (kerndata.alerting.tell).
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_open", "kind", "subject", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index(
            "ix_alerts_untold",
            "kind",
            postgresql_where=text("told_at IS NULL OR (closed_at IS NOT NULL AND told_over_at IS NULL)"),
        ),
        CheckConstraint("closed_at >= opened_at", name="closed_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    told_over_at: Mapped[datetime | None]
