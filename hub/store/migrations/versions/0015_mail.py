"""Where someone wants to hear that something waits, and when that was told last."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("people", sa.Column("notify_mail", sa.LargeBinary(), nullable=True))
    op.add_column("people", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("people", "told_at")
    op.drop_column("people", "notify_mail")
