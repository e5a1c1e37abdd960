"""Cases have a decision and phases; those of which the warning was sent already are warned, by nobody's decision."""

import sqlalchemy as sa
from alembic import op

revision = "r0011"
down_revision = "r0010"
branch_labels = None
depends_on = None

_WARNED = """
UPDATE cases SET state = 'warned', decision = 'timed-out', decided_at = opened_at,
  why = 'the early warning was sent at once, before there were decisions'
WHERE state = 'reported' OR state = 'assess' AND EXISTS (SELECT FROM notices
  WHERE business_key = 'case/' || submission_id || '/' || rule_id || '/early-warning')
"""
_CLOSED = """
UPDATE cases SET closed_at = opened_at, decision = 'timed-out', decided_at = opened_at,
  why = 'closed before there were decisions'
WHERE state = 'closed'
"""
_DRAFTS = """
INSERT INTO case_phases (case_id, phase, modified, payload, written_at, sent_at)
SELECT cases.id, 'early-warning', date_trunc('milliseconds', opened_at), payload, opened_at, created_at FROM cases
  JOIN LATERAL (SELECT payload, created_at FROM notices
    WHERE business_key = 'case/' || submission_id || '/' || rule_id || '/early-warning'
    ORDER BY sequence LIMIT 1) AS sent ON true
"""


def upgrade() -> None:
    op.drop_constraint(op.f("ck_cases_state"), "cases")
    for name in ("decision", "decided_by", "why"):
        op.add_column("cases", sa.Column(name, sa.Text(), nullable=True))
    for name in ("decided_at", "closed_at", "asked_at"):
        op.add_column("cases", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    _phases()
    for statement in (_CLOSED, _WARNED, _DRAFTS):
        op.execute(statement)
    checks = {
        "state": "state IN ('assess', 'warned', 'notified', 'closed')",
        "decision": "decision IN ('significant', 'not-significant', 'timed-out')",
        "assess": "(state = 'assess') = (decision IS NULL)",
        "decided_at": "(decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (why IS NULL)",
        "closed_at": "(state = 'closed') = (closed_at IS NOT NULL)",
    }
    for name, check in checks.items():
        op.create_check_constraint(op.f(f"ck_cases_{name}"), "cases", check)
    op.create_index("ix_cases_open", "cases", ["opened_at"], postgresql_where=sa.text("state <> 'closed'"))


def _phases() -> None:
    op.create_table(
        "case_phases",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("phase IN ('early-warning', 'notification', 'final')", name=op.f("ck_case_phases_phase")),
        sa.CheckConstraint("(phase = 'early-warning') = (report IS NULL)", name=op.f("ck_case_phases_report")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_phases_case_id")),
        sa.PrimaryKeyConstraint("case_id", "phase", name=op.f("pk_case_phases")),
        sa.UniqueConstraint("case_id", "modified", name=op.f("uq_case_phases_case_id_modified")),
    )
