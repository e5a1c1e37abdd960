"""Which alerts were told, when they began and when they were over; tasks that fail run after run."""

import sqlalchemy as sa
from alembic import op

revision = "r0009"
down_revision = "r0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("told_at", "told_over_at"):
        op.add_column("alerts", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    untold = sa.text("told_at IS NULL OR (closed_at IS NOT NULL AND told_over_at IS NULL)")
    op.create_index("ix_alerts_untold", "alerts", ["kind"], postgresql_where=untold)
    # What happened before alerts were told to anybody is told to nobody now, but what is open still is.
    op.execute("UPDATE alerts SET told_at = opened_at, told_over_at = closed_at WHERE closed_at IS NOT NULL")
    moments = (sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("since", "last_at"))
    op.create_table(
        "failures",
        sa.Column("dag_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        *moments,
        sa.CheckConstraint("count > 0", name=op.f("ck_failures_count")),
        sa.PrimaryKeyConstraint("dag_id", "task_id", "map_index", name=op.f("pk_failures")),
    )
