"""Digests of open referrals on both sides."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of what either side counted, and of where they differ."""
    op.create_table(
        "digests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("organisation", "side", "day", name=op.f("uq_digests_organisation_side_day")),
    )
    op.create_index("ix_digests_at", "digests", ["at"], unique=False)
    op.create_table(
        "differences",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("ours", sa.String(length=24), nullable=True),
        sa.Column("theirs", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("found_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=True),
        sa.Column("asked_by", sa.String(length=200), nullable=True),
        sa.Column("handled_at", _MOMENT, nullable=True),
        sa.Column("handled_by", sa.String(length=200), nullable=True),
        sa.Column("handled_how", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_differences")),
        sa.UniqueConstraint("organisation", "mark", name=op.f("uq_differences_organisation_mark")),
    )
    op.create_index("ix_differences_referral", "differences", ["referral_id"], unique=False)
    op.create_index("ix_differences_state", "differences", ["state", "organisation"], unique=False)


def downgrade() -> None:
    """Take the tables away."""
    op.drop_table("differences")
    op.drop_table("digests")
