"""The ledger's table of audits; the others are in ``kerndata.ledger.tables``."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, Identity
from sqlalchemy.orm import Mapped, mapped_column

from kerndata.ledger.base import Base


class AuditRow(Base):
    """One audit: when it ended, how many breaches it found, and the first of them, a sentence each."""

    __tablename__ = "audits"
    __table_args__ = (CheckConstraint("found >= 0", name="found"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    found: Mapped[int]
    breaches: Mapped[list[str]] = mapped_column(JSON)
