"""The first tables. Forward only: a ledger is restored from a backup, never downgraded."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _submissions()
    _findings()
    _releases()
    _release_inputs()
    _notices()
    _attempts()
    _endpoints()
    _cases()
    _events()


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=True),
        sa.Column("delivery_name", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("observed", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("flagged", sa.BigInteger(), nullable=False),
        sa.Column("other_rows", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('archived', 'accepted', 'partly_accepted', 'refused', 'duplicate', 'not_checked')",
            name=op.f("ck_submissions_status"),
        ),
        sa.CheckConstraint("observed = accepted + refused", name=op.f("ck_submissions_nothing_lost")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("place", "name", "version", name=op.f("uq_submissions_place_name_version")),
        sa.UniqueConstraint("sequence", name=op.f("uq_submissions_sequence")),
    )
    op.create_index(
        op.f("ix_submissions_province_delivery_name_sequence"),
        "submissions",
        ["province", "delivery_name", "sequence"],
        unique=False,
    )
    op.create_index(
        op.f("ix_submissions_province_name_sha256"), "submissions", ["province", "name", "sha256"], unique=False
    )
    op.create_index(
        "ix_submissions_waiting",
        "submissions",
        ["province", "sequence"],
        unique=False,
        postgresql_where=sa.text("concluded_at IS NULL"),
    )


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.CheckConstraint("severity IN ('error', 'warning', 'info')", name=op.f("ck_findings_severity")),
        sa.CheckConstraint("count > 0", name=op.f("ck_findings_count")),
        sa.CheckConstraint("json_array_length(samples) <= 5", name=op.f("ck_findings_samples")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_findings_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", "rule_id", name=op.f("pk_findings")),
    )


def _releases() -> None:
    op.create_table(
        "releases",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'published') = (published_at IS NOT NULL)", name=op.f("ck_releases_published_at")
        ),
        sa.CheckConstraint("status IN ('reserved', 'published', 'abandoned')", name=op.f("ck_releases_status")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_releases")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_releases_year_number")),
    )
    op.create_index(
        "ix_releases_one_reserved", "releases", ["status"], unique=True, postgresql_where=sa.text("status = 'reserved'")
    )


def _release_inputs() -> None:
    op.create_table(
        "release_inputs",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("superseded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_release_inputs_submission_id")),
        sa.ForeignKeyConstraint(["version"], ["releases.version"], name=op.f("fk_release_inputs_version")),
        sa.PrimaryKeyConstraint("version", "submission_id", name=op.f("pk_release_inputs")),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'dead')", name=op.f("ck_notices_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("endpoint", "business_key", name=op.f("uq_notices_endpoint_business_key")),
        sa.UniqueConstraint("sequence", name=op.f("uq_notices_sequence")),
    )
    op.create_index(
        "ix_notices_due",
        "notices",
        ["endpoint", "due_at", "sequence"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_notices_order",
        "notices",
        ["endpoint", "subject", "sequence"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_attempts_notice_id")),
        sa.PrimaryKeyConstraint("notice_id", "number", name=op.f("pk_attempts")),
    )


def _endpoints() -> None:
    op.create_table(
        "endpoints",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'paused', 'disabled')", name=op.f("ck_endpoints_state")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_endpoints")),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('assess', 'reported', 'closed')", name=op.f("ck_cases_state")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_cases_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_cases_incident_id")),
        sa.UniqueConstraint("submission_id", "rule_id", name=op.f("uq_cases_submission_id_rule_id")),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sa.UniqueConstraint("hash", name=op.f("uq_events_hash")),
    )
    op.create_index(op.f("ix_events_subject_seq"), "events", ["subject", "seq"], unique=False)
