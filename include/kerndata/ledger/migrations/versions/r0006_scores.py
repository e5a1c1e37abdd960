"""Scores per dimension of every outcome; of earlier outcomes they are not known."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outcomes", sa.Column("scores", sa.JSON(), nullable=False, server_default="{}"))
    op.alter_column("outcomes", "scores", server_default=None)
