"""Outcomes per revision, withdrawn submissions, whole supersession, files that never enter the archive."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None

_COUNTS = ("observed", "accepted", "refused", "flagged", "other_rows")
_STATUSES = (
    "'archived', 'accepted', 'partly_accepted', 'refused', 'duplicate', 'not_checked', 'withdrawn', 'withdrawal'"
)
# What was concluded before revisions were kept is revision 1; by which mapping is not known.
_FIRST_OUTCOMES = """
INSERT INTO outcomes (submission_id, revision, status, dataset, delivery_name, observed, accepted, refused, flagged,
  other_rows, supersedes, mapping, concluded_at)
SELECT id, 1, status, dataset, delivery_name, observed, accepted, refused, flagged, other_rows, 'rows', '', concluded_at
FROM submissions WHERE concluded_at IS NOT NULL AND status IN ('accepted', 'partly_accepted', 'refused')
"""


def upgrade() -> None:
    _submissions()
    _outcomes()
    op.execute(_FIRST_OUTCOMES)
    op.add_column("release_inputs", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("release_inputs", "revision", server_default=None)


def _submissions() -> None:
    op.drop_constraint(op.f("ck_submissions_status"), "submissions", type_="check")
    op.create_check_constraint(op.f("ck_submissions_status"), "submissions", f"status IN ({_STATUSES})")
    op.add_column("submissions", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("submissions", sa.Column("supersedes", sa.Text(), nullable=False, server_default="rows"))
    for name in ("revision", "supersedes"):
        op.alter_column("submissions", name, server_default=None)
    op.add_column("submissions", sa.Column("tombstone", sa.Text(), nullable=True))
    op.add_column("submissions", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_submissions_withdrawn_by"), "submissions", "submissions", ["withdrawn_by"], ["id"])
    op.create_check_constraint(op.f("ck_submissions_supersedes"), "submissions", "supersedes IN ('rows', 'whole')")
    op.create_check_constraint(
        op.f("ck_submissions_withdrawn"), "submissions", "(status = 'withdrawn') = (withdrawn_by IS NOT NULL)"
    )


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=True),
        sa.Column("delivery_name", sa.Text(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.Column("supersedes", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('accepted', 'partly_accepted', 'refused', 'withdrawal')", name=op.f("ck_outcomes_status")
        ),
        sa.CheckConstraint("observed = accepted + refused", name=op.f("ck_outcomes_nothing_lost")),
        sa.CheckConstraint("supersedes IN ('rows', 'whole')", name=op.f("ck_outcomes_supersedes")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_outcomes_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "revision", name=op.f("pk_outcomes")),
    )
