"""The ledger's tables of security events: the cases, and what is told of each in which phase."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kerndata.ledger.base import Base

_DECIDED = "(decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (why IS NULL)"


class CaseRow(Base):
    """One security event; ``incident_id`` is the UUIDv4 of its STIX incident, made before the first send.

    ``decided_by`` is empty when nobody decided in time. ``asked_at``: since when a run in Airflow asks about it.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("submission_id", "rule_id"),
        UniqueConstraint("incident_id"),
        Index("ix_cases_open", "opened_at", postgresql_where=text("state <> 'closed'")),
        CheckConstraint("state IN ('assess', 'warned', 'notified', 'closed')", name="state"),
        CheckConstraint("decision IN ('significant', 'not-significant', 'timed-out')", name="decision"),
        CheckConstraint("(state = 'assess') = (decision IS NULL)", name="assess"),
        CheckConstraint(_DECIDED, name="decided_at"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    rule_id: Mapped[str]
    state: Mapped[str]
    incident_id: Mapped[UUID]
    facts: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    why: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """How people name the case: ``C-7``."""
        return f"C-{self.id}"


class PhaseRow(Base):
    """One version of a case's incident: its bytes, fixed when it was written. ``sent_at``: when it was enqueued.

    ``modified`` is the STIX version, in whole milliseconds. The early warning is drafted by nobody, with the case.
    """

    __tablename__ = "case_phases"
    __table_args__ = (
        UniqueConstraint("case_id", "modified"),
        CheckConstraint("phase IN ('early-warning', 'notification', 'final')", name="phase"),
        CheckConstraint("(phase = 'early-warning') = (report IS NULL)", name="report"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    phase: Mapped[str] = mapped_column(primary_key=True)
    modified: Mapped[datetime]
    payload: Mapped[bytes]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    written_at: Mapped[datetime]
    written_by: Mapped[str | None]
    sent_at: Mapped[datetime | None]
