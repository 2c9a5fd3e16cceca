"""Row-level security between municipalities, on PostgreSQL.

The walls themselves are raised by ``hub.store.walls`` at the end of each ``schakel migrate``, round every table that
there is by then: a table that comes later can't be forgotten. This revision makes a database without them come up for
migration. SQLite has no row-level security.
"""

from alembic import op

from hub.store.walls import take_down

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing here: see above."""


def downgrade() -> None:
    """Take the walls down; the column and the wider keys stay."""
    if op.get_bind().dialect.name == "postgresql":
        take_down(op.get_bind())
