"""The ledger's table of tasks that fail run after run; the others are in ``kerndata.ledger.tables``."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kerndata.ledger.base import Base


class FailureRow(Base):
    """A task whose last run failed after its own retries; gone once it succeeds. ``count``: runs in a row."""

    __tablename__ = "failures"
    __table_args__ = (CheckConstraint("count > 0", name="count"),)

    dag_id: Mapped[str] = mapped_column(primary_key=True)
    task_id: Mapped[str] = mapped_column(primary_key=True)
    map_index: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    count: Mapped[int]
    since: Mapped[datetime]
    last_at: Mapped[datetime]
