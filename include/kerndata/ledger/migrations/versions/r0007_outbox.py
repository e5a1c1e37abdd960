"""Which notice of a subject is first, what of its schedule is spent, how endpoints fare, and alerts."""

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None

_FIRST = """
UPDATE notices SET is_first = true WHERE sequence IN
  (SELECT min(sequence) FROM notices WHERE status = 'pending' GROUP BY endpoint, subject)
"""


def upgrade() -> None:
    _notices()
    op.add_column("endpoints", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("endpoints", "failures", server_default=None)
    op.create_check_constraint(op.f("ck_endpoints_failures"), "endpoints", "failures >= 0")
    for name in ("probe_at", "free_at"):
        op.add_column("endpoints", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    _alerts()


def _notices() -> None:
    op.add_column("notices", sa.Column("is_first", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("notices", sa.Column("spent", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("notices", sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE notices SET spent = attempts WHERE attempts > 0")
    op.execute(_FIRST)
    for name in ("is_first", "spent"):
        op.alter_column("notices", name, server_default=None)
    op.create_check_constraint(op.f("ck_notices_is_first"), "notices", "NOT is_first OR status = 'pending'")
    op.create_check_constraint(op.f("ck_notices_spent"), "notices", "spent BETWEEN 0 AND attempts")
    op.drop_index("ix_notices_due", "notices")
    first = sa.text("is_first")
    op.create_index("ix_notices_due", "notices", ["endpoint", "due_at", "sequence"], postgresql_where=first)
    dead, has_deadline = sa.text("status = 'dead'"), sa.text("deadline_at IS NOT NULL")
    op.create_index("ix_notices_dead", "notices", ["endpoint", "sequence"], postgresql_where=dead)
    op.create_index("ix_notices_deadline", "notices", ["endpoint"], postgresql_where=has_deadline)
    op.create_index("ix_notices_first", "notices", ["endpoint", "subject"], unique=True, postgresql_where=first)


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "subject", "detail")),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("closed_at >= opened_at", name=op.f("ck_alerts_closed_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index("ix_alerts_open", "alerts", ["kind", "subject"], unique=True, postgresql_where=is_open)
