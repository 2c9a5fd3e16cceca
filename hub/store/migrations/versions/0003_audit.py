"""Who saw and did what, chained and sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_records",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("municipality", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(32), nullable=True),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("deed", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("chain", sa.String(80), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("prev", sa.String(64), nullable=True),
        sa.Column("hash", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_audit_records"),
        sa.UniqueConstraint("chain", "seq", name="uq_audit_records_chain"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_records_subject", "audit_records", ["subject", "at"])
    op.create_index("ix_audit_records_id", "audit_records", ["id"])
    op.create_index("ix_audit_records_at", "audit_records", ["at"])
    op.create_index(
        "ix_audit_records_unsealed",
        "audit_records",
        ["number"],
        postgresql_where=sa.text("seq IS NULL"),
        sqlite_where=sa.text("seq IS NULL"),
    )
    op.create_table(
        "audit_chains",
        sa.Column("chain", sa.String(80), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("checkpoints", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_chains"),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("chain", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name="pk_audit_checkpoints"),
    )
    op.create_table(
        "audit_reviews",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("record", sa.String(36), nullable=False),
        sa.Column("municipality", sa.String(64), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("picked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(24), nullable=True),
        sa.Column("verdict_by", sa.String(36), nullable=True),
        sa.Column("verdict_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_reviews"),
        sa.UniqueConstraint("record", name="uq_audit_reviews_record"),
    )
    op.create_index(
        "ix_audit_reviews_open",
        "audit_reviews",
        ["organisation"],
        postgresql_where=sa.text("verdict IS NULL"),
        sqlite_where=sa.text("verdict IS NULL"),
    )


    for statement in _guards():
        op.execute(statement)


# What the database itself refuses, whoever asks: a record may get its place once, a chain may only grow, a checkpoint
# stays. Records go with their whole chain, which may be marked as removed after five years and not before.
_RECORD = ("number", "id", "municipality", "at", "subject", "actor", "organisation", "deed", "outcome", "body")
_SEAL = ("chain", "seq", "prev", "hash", "mac")
_CHECKPOINT = ("chain", "number", "count", "hash", "at", "key", "signature")
_CHAIN = ("chain", "count", "hash", "checkpoints", "removed_at")
_KEPT_DAYS = 1826
_SAYS = "the audit log is only ever added to"


def _guards() -> list[str]:
    postgresql = op.get_bind().dialect.name == "postgresql"
    same = "IS NOT DISTINCT FROM" if postgresql else "IS"

    def kept(*names: str) -> str:
        return " AND ".join(f'NEW."{name}" {same} OLD."{name}"' for name in names)

    month, limit = (
        ("right(OLD.chain, 7)", f"to_char(now() - interval '{_KEPT_DAYS} days', 'YYYY-MM')")
        if postgresql
        else ("substr(OLD.chain, -7)", f"strftime('%Y-%m', 'now', '-{_KEPT_DAYS} days')")
    )
    placed = f"OLD.seq IS NULL AND NEW.seq IS NOT NULL AND {kept(*_RECORD)}"
    grown = f"NEW.removed_at IS NULL AND NEW.count > OLD.count AND NEW.checkpoints > OLD.checkpoints AND {kept('chain')}"
    removed = f"NEW.removed_at IS NOT NULL AND {month} < {limit} AND {kept('chain', 'count', 'hash', 'checkpoints')}"
    gone = "EXISTS (SELECT 1 FROM audit_chains c WHERE c.chain = OLD.chain AND c.removed_at IS NOT NULL)"
    rules = (
        ("audit_records", "changed", _change(*_RECORD, *_SEAL), placed),
        ("audit_records", "kept", "DELETE", gone),
        ("audit_chains", "changed", _change(*_CHAIN), f"OLD.removed_at IS NULL AND (({grown}) OR ({removed}))"),
        ("audit_chains", "kept", "DELETE", "false"),
        ("audit_checkpoints", "changed", _change(*_CHECKPOINT), "false"),
        ("audit_checkpoints", "kept", "DELETE", "false"),
    )
    made = _postgresql_guard if postgresql else _sqlite_guard
    found = [statement for table, name, when, allowed in rules for statement in made(table, name, when, allowed)]
    return found + (_postgresql_stops() if postgresql else [])


def _change(*names: str) -> str:
    return "UPDATE OF " + ", ".join(f'"{name}"' for name in names)


def _sqlite_guard(table: str, name: str, when: str, allowed: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} WHEN NOT ({allowed})"
        f" BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
    ]


def _postgresql_guard(table: str, name: str, when: str, allowed: str) -> list[str]:
    gives = "OLD" if when == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {allowed} THEN RETURN {gives}; END IF;"
        f" RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()",
    ]


def _postgresql_stops() -> list[str]:
    """Refuse to empty a table at once: no row's own guard is asked then."""
    return [
        "CREATE FUNCTION audit_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'restrict_violation'; END $$",
        *(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_not_emptied()"
            for table in ("audit_records", "audit_chains", "audit_checkpoints")
        ),
    ]


def downgrade() -> None:
    for table in ("audit_reviews", "audit_checkpoints", "audit_chains", "audit_records"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in ("audit_records", "audit_chains", "audit_checkpoints"):
            op.execute(f"DROP FUNCTION {table}_changed()")
            op.execute(f"DROP FUNCTION {table}_kept()")
        op.execute("DROP FUNCTION audit_not_emptied()")
