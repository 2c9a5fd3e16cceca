"""What a partner only announced, and must be fetched: an order is a row of the outbox, so no table changes."""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing."""


def downgrade() -> None:
    """Nothing."""
