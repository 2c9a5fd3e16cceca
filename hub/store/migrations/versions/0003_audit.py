"""Who saw and did what, chained and sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_records",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("municipality", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(32), nullable=True),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("deed", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("chain", sa.String(80), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("prev", sa.String(64), nullable=True),
        sa.Column("hash", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_audit_records"),
        sa.UniqueConstraint("chain", "seq", name="uq_audit_records_chain"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_records_subject", "audit_records", ["subject", "at"])
    op.create_index("ix_audit_records_at", "audit_records", ["at"])
    op.create_index(
        "ix_audit_records_unsealed",
        "audit_records",
        ["number"],
        postgresql_where=sa.text("seq IS NULL"),
        sqlite_where=sa.text("seq IS NULL"),
    )
    op.create_table(
        "audit_chains",
        sa.Column("chain", sa.String(80), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("checkpoints", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_chains"),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("chain", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name="pk_audit_checkpoints"),
    )
    op.create_table(
        "audit_reviews",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("record", sa.String(36), nullable=False),
        sa.Column("municipality", sa.String(64), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("picked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(24), nullable=True),
        sa.Column("verdict_by", sa.String(36), nullable=True),
        sa.Column("verdict_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_reviews"),
        sa.UniqueConstraint("record", name="uq_audit_reviews_record"),
    )
    op.create_index(
        "ix_audit_reviews_open",
        "audit_reviews",
        ["organisation"],
        postgresql_where=sa.text("verdict IS NULL"),
        sqlite_where=sa.text("verdict IS NULL"),
    )


def downgrade() -> None:
    for table in ("audit_reviews", "audit_checkpoints", "audit_chains", "audit_records"):
        op.drop_table(table)
