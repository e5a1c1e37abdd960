"""The ledger's table of candidates that wait for a person; the others are in ``kerndata.ledger.tables``."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from kerndata.ledger.base import Base


class HoldRow(Base):
    """One candidate that waited for a person: a content, compared with a release (kerndata.model.hold)."""

    __tablename__ = "holds"
    __table_args__ = (
        Index("ix_holds_one_waiting", "state", unique=True, postgresql_where=text("state = 'waiting'")),
        CheckConstraint("state IN ('waiting', 'approved', 'rejected', 'timed_out', 'superseded')", name="state"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(state = 'superseded') = (superseded_by IS NOT NULL)", name="superseded_by"),
    )

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    previous: Mapped[str] = mapped_column(primary_key=True)
    candidate: Mapped[str]
    inputs: Mapped[str]
    summary: Mapped[dict[str, Any]]
    state: Mapped[str]
    dag_id: Mapped[str]
    run_id: Mapped[str]
    opened_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    note: Mapped[str | None]
    superseded_by: Mapped[str | None]
