"""Releases and the evidence of consent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS = (
    "id", "case_id", "recipient", "purpose", "fields", "kind", "referral_id", "by_id", "by_name", "organisation",
    "at", "until", "recorded_at",
)  # fmt: skip
_SAYS = "consent_events is only ever added to"


def upgrade() -> None:
    _tables()
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("referrals") as referrals:
        referrals.add_column(sa.Column("ground_until", moment, nullable=True))
        referrals.add_column(sa.Column("ground_ended_at", moment, nullable=True))
        referrals.add_column(sa.Column("ground_end", sa.String(length=16), nullable=True))
        referrals.add_column(sa.Column("shared", sa.JSON(), nullable=True))
    running = sa.text("ground_until IS NOT NULL AND ground_ended_at IS NULL")
    op.create_index(
        "ix_referrals_ground", "referrals", ["ground_until"], postgresql_where=running, sqlite_where=running
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("withheld_at", moment, nullable=True))
    for statement in _guards():
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER consent_events_kept ON consent_events")
        op.execute("DROP TRIGGER consent_events_not_emptied ON consent_events")
        op.execute("DROP FUNCTION consent_events_kept()")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("withheld_at")
    op.drop_index("ix_referrals_ground", table_name="referrals")
    with op.batch_alter_table("referrals") as referrals:
        for name in ("shared", "ground_end", "ground_ended_at", "ground_until"):
            referrals.drop_column(name)
    op.drop_table("releases")
    op.drop_table("consent_events")


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "consent_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("until", moment, nullable=True),
        sa.Column("recorded_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_events")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_consent_events_case", "consent_events", ["case_id", "id"])
    op.create_table(
        "releases",
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=24), nullable=False),
        sa.Column("law", sa.String(length=80), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("necessity", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("until", moment, nullable=True),
        sa.Column("withdrawn_at", moment, nullable=True),
        sa.Column("ended", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_releases_referral_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_releases_case_id")),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_releases")),
    )
    op.create_index("ix_releases_case", "releases", ["case_id"])


def _guards() -> list[str]:
    """Give what makes the database refuse a change; only the evidence may be wiped, for erasing a client."""
    if op.get_bind().dialect.name == "postgresql":
        return _postgresql_guards()
    same = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in _COLUMNS)
    return [
        "CREATE TRIGGER consent_events_unchanged BEFORE UPDATE ON consent_events"
        f" WHEN NOT (NEW.evidence IS NULL AND {same}) BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END",
        "CREATE TRIGGER consent_events_kept BEFORE DELETE ON consent_events"
        f" BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END",
    ]


def _postgresql_guards() -> list[str]:
    same = " AND ".join(
        f'NEW."{name}"{"::text" if name == "fields" else ""} IS NOT DISTINCT FROM'
        f' OLD."{name}"{"::text" if name == "fields" else ""}'
        for name in _COLUMNS
    )
    return [
        "CREATE FUNCTION consent_events_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'UPDATE' THEN IF NEW.evidence IS NULL AND {same} THEN RETURN NEW; END IF; END IF;"
        f" RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER consent_events_kept BEFORE UPDATE OR DELETE ON consent_events"
        " FOR EACH ROW EXECUTE FUNCTION consent_events_kept()",
        "CREATE TRIGGER consent_events_not_emptied BEFORE TRUNCATE ON consent_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION consent_events_kept()",
    ]
