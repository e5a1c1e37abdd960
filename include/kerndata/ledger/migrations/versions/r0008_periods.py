"""What each submission told about which period; of earlier ones ``kerndata reassess`` enters it."""

import sqlalchemy as sa
from alembic import op

revision = "r0008"
down_revision = "r0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "submission_periods",
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("delivery_name", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("accepted", "refused", "provisional")),
        sa.CheckConstraint(
            "accepted >= 0 AND refused >= 0 AND provisional BETWEEN 0 AND accepted",
            name=op.f("ck_submission_periods_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_submission_periods_submission_id_submissions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "period", name=op.f("pk_submission_periods")),
    )
    columns = ["province", "dataset", "delivery_name", "period", "sequence"]
    op.create_index("ix_submission_periods_newest", "submission_periods", columns)
