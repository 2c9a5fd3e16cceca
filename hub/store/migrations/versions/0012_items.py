"""What people write down in a case, meetings of teams, room at services, and how far someone has read."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and the columns that point to them."""
    op.create_table(
        "case_items",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("parent_id", sa.String(length=36), nullable=True),
        sa.Column("about", sa.String(length=80), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("life_domains", sa.JSON(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("holder_id", sa.String(length=36), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("at", _MOMENT, nullable=True),
        sa.Column("meeting_id", sa.String(length=36), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_items_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_items")),
    )
    op.create_index("ix_case_items_case", "case_items", ["case_id", "created_at"], unique=False)
    op.create_index("ix_case_items_holder", "case_items", ["holder", "state"], unique=False)
    op.create_index("ix_case_items_meeting", "case_items", ["meeting_id"], unique=False)
    op.create_table(
        "document_bodies",
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_document_bodies_case_id")),
        sa.ForeignKeyConstraint(["item_id"], ["case_items.id"], name=op.f("fk_document_bodies_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_document_bodies")),
    )
    op.create_index(op.f("ix_document_bodies_case_id"), "document_bodies", ["case_id"], unique=False)
    op.create_table(
        "visits",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_visits_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_visits_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "case_id", name=op.f("pk_visits")),
    )
    _meetings()
    op.create_table(
        "capacities",
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("waiting_days", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_capacities")),
    )
    op.add_column("timeline", sa.Column("item_id", sa.String(length=36), nullable=True))
    op.add_column("referrals", sa.Column("bundle_id", sa.String(length=36), nullable=True))
    op.create_index(op.f("ix_referrals_bundle_id"), "referrals", ["bundle_id"], unique=False)
    op.add_column("people", sa.Column("language", sa.String(length=8), nullable=False, server_default="nl"))


def _meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("chair_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    op.create_index("ix_meetings_team", "meetings", ["team", "starts_at"], unique=False)
    op.create_table(
        "attendances",
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("meeting_id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attendances_case_id")),
        sa.ForeignKeyConstraint(["item_id"], ["case_items.id"], name=op.f("fk_attendances_item_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_attendances_meeting_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_attendances_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_attendances")),
    )
    op.create_index(op.f("ix_attendances_case_id"), "attendances", ["case_id"], unique=False)
    op.create_index("ix_attendances_person", "attendances", ["person_id"], unique=False)


def downgrade() -> None:
    """Take the tables and columns away."""
    op.drop_column("people", "language")
    op.drop_index(op.f("ix_referrals_bundle_id"), table_name="referrals")
    op.drop_column("referrals", "bundle_id")
    op.drop_column("timeline", "item_id")
    for table in ("capacities", "attendances", "meetings", "visits", "document_bodies", "case_items"):
        op.drop_table(table)
