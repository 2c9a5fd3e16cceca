"""The rights of the client: corrections, erasures, retention."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_ID = sa.String(36)
_WHO = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "disclosures",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("asked_by", _WHO, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("seal", sa.LargeBinary()),
        sa.Column("code_by", _WHO),
        sa.Column("code_at", _MOMENT),
        sa.Column("taken_by", _WHO),
        sa.Column("taken_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_disclosures"),
        sa.UniqueConstraint("reference", name="uq_disclosures_reference"),
    )
    op.create_index("ix_disclosures_case_id", "disclosures", ["case_id"])
    op.create_table(
        "corrections",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("referral_id", _ID),
        sa.Column("owner", _WHO, nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("wish", sa.LargeBinary(), nullable=False),
        sa.Column("before", sa.LargeBinary()),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_by", _WHO, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("decided_by", _WHO),
        sa.Column("decided_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_case_id", "corrections", ["case_id"])
    op.create_index("ix_corrections_owner", "corrections", ["owner"])
    op.create_table(
        "correction_notices",
        sa.Column("correction_id", _ID, nullable=False),
        sa.Column("organisation", _WHO, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("message_id", sa.String(64)),
        sa.Column("told_at", _MOMENT, nullable=False),
        sa.Column("confirmed_at", _MOMENT),
        sa.Column("confirmed_by", _WHO),
        sa.Column("how", sa.String(16)),
        sa.PrimaryKeyConstraint("correction_id", "organisation", name="pk_correction_notices"),
    )
    op.create_index("ix_correction_notices_case_id", "correction_notices", ["case_id"])
    op.create_table(
        "erasures",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_by", _WHO, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("decided_by", _WHO),
        sa.Column("decided_at", _MOMENT),
        sa.Column("duties", sa.JSON()),
        sa.Column("told", sa.JSON()),
        sa.Column("removed", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_case_id", "erasures", ["case_id"])
    op.create_table(
        "tombstones",
        sa.Column("reference", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("reference", "kind", name="pk_tombstones"),
    )
    op.create_index("ix_tombstones_number", "tombstones", ["number"])
    op.create_table(
        "legal_holds",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("placed_by", _WHO, nullable=False),
        sa.Column("placed_at", _MOMENT, nullable=False),
        sa.Column("lifted_by", _WHO),
        sa.Column("lifted_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
    )
    op.create_index("ix_legal_holds_case_id", "legal_holds", ["case_id"])
    op.create_table(
        "retention_previews",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_by", _WHO, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("run_by", _WHO),
        sa.Column("run_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_retention_previews"),
    )
    op.create_index("ix_retention_previews_state", "retention_previews", ["state"])


def downgrade() -> None:
    for table in (
        "retention_previews",
        "legal_holds",
        "tombstones",
        "erasures",
        "correction_notices",
        "corrections",
        "disclosures",
    ):
        op.drop_table(table)
