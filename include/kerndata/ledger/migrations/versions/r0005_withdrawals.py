"""Releases that were withdrawn: when, why, and whether their content may be published again."""

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("releases", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("releases", sa.Column("withdrawn_why", sa.Text(), nullable=True))
    op.add_column("releases", sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_releases_withdrawn"),
        "releases",
        "(withdrawn_at IS NULL) = (withdrawn_why IS NULL) AND (withdrawn_at IS NULL OR status = 'published')"
        " AND (lifted_at IS NULL OR withdrawn_at IS NOT NULL)",
    )
