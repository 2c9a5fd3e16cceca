"""The words by which clients, and what is written about them, are found.

The rows are made afterwards (``schakel migrate`` does so, and ``schakel search rebuild``): that asks the keys of cases.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "search_words",
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_search_words_case_id")),
        sa.PrimaryKeyConstraint("word", "subject", name=op.f("pk_search_words")),
    )
    op.create_index("ix_search_words_subject", "search_words", ["subject"], unique=False)
    op.create_index(op.f("ix_search_words_case_id"), "search_words", ["case_id"], unique=False)


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("search_words")
