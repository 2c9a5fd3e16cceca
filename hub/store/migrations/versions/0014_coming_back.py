"""How far someone has read a case, visit by visit; and what waits for one person.

Nothing was kept of visits before: the table is made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _visits(*more: sa.Column[object]) -> None:
    op.create_table(
        "visits",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        *more,
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_visits_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_visits_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "case_id", name=op.f("pk_visits")),
    )


def upgrade() -> None:
    """Make the tables."""
    op.drop_table("visits")
    _visits(
        sa.Column("began", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "alerts",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=True),
        sa.Column("referral_id", sa.String(length=36), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("read_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_alerts_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_alerts_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "subject", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_unread", "alerts", ["person_id", "read_at"], unique=False)
    op.create_index(op.f("ix_alerts_case_id"), "alerts", ["case_id"], unique=False)


def downgrade() -> None:
    """Take the table away, and what is kept of visits with it."""
    op.drop_table("alerts")
    op.drop_table("visits")
    _visits()
