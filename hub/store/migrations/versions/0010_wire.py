"""What went over the line and came back, beside the canonical message."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make room for the last try of each message; of what was sent before, none is known."""
    forms = [
        column
        for name in ("mapped", "sent", "answer")
        for column in (
            sa.Column(name, sa.LargeBinary(), nullable=True),
            sa.Column(f"{name}_type", sa.String(120), nullable=True),
            sa.Column(f"{name}_size", sa.Integer(), nullable=True),
        )
    ]
    op.create_table(
        "wire",
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("referral_id", sa.String(36), nullable=True),
        sa.Column("tried_at", _MOMENT, nullable=False),
        sa.Column("line", sa.String(300), nullable=True),
        sa.Column("losses", sa.JSON(), nullable=True),
        *forms,
        sa.PrimaryKeyConstraint("queue", "message_id", name=op.f("pk_wire")),
    )
    op.create_index("ix_wire_referral", "wire", ["referral_id"])
    known = sa.text("referral_id IS NOT NULL")
    op.create_index("ix_inbox_referral", "inbox", ["referral_id"], postgresql_where=known, sqlite_where=known)


def downgrade() -> None:
    """Take it away: what went over the line is lost; the messages stay."""
    op.drop_index("ix_inbox_referral", "inbox")
    op.drop_table("wire")
