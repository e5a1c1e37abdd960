"""Candidates that wait for a person, with what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None

_REQUIRED = ("candidate", "inputs", "state", "dag_id", "run_id")
_STATES = "'waiting', 'approved', 'rejected', 'timed_out', 'superseded'"


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _REQUIRED),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("decided_by", "note", "superseded_by")),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_holds_state")),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_holds_decided_at")),
        sa.CheckConstraint("(state = 'superseded') = (superseded_by IS NOT NULL)", name=op.f("ck_holds_superseded_by")),
        sa.PrimaryKeyConstraint("content_hash", "previous", name=op.f("pk_holds")),
    )
    op.create_index(
        "ix_holds_one_waiting", "holds", ["state"], unique=True, postgresql_where=sa.text("state = 'waiting'")
    )
