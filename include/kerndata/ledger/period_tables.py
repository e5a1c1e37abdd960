"""The ledger's table of what each submission told about which period; the others are in ``kerndata.ledger.tables``."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from kerndata.ledger.base import Base


class SubmissionPeriodRow(Base):
    """Observations of one period in a submission's last revision; ``provisional``: accepted ones that are not definite.

    Province, delivery and sequence are those of the submission, here so that the newest of each period is one look.
    """

    __tablename__ = "submission_periods"
    __table_args__ = (
        Index("ix_submission_periods_newest", "province", "dataset", "delivery_name", "period", "sequence"),
        CheckConstraint("accepted >= 0 AND refused >= 0 AND provisional BETWEEN 0 AND accepted", name="counts"),
    )

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    province: Mapped[str]
    dataset: Mapped[str]
    delivery_name: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int] = mapped_column(BigInteger)
    provisional: Mapped[int] = mapped_column(BigInteger)
