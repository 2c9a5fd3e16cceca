"""Keys of cases, and what is sealed with them.

Content of before, sealed by the ring itself, is sealed anew: each case and each payload gets a key of its own. The
keyed hash of BSNs keeps the key it had, now kept beside the others, so that everybody is still found.
"""

import datetime as dt

import sqlalchemy as sa
from alembic import op

from hub.models.columns import BY_KEY, BY_RING, wrapped
from hub.models.ring import key_ring
from hub.models.shelf import ContentKey

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Table, its key, sealed column, and the query of each row's owner.
_CONTENT = (
    ("clients", ("id",), "person", "SELECT c.id, s.id FROM clients c JOIN cases s ON s.client_id = c.id"),
    ("cases", ("id",), "story", "SELECT id, id FROM cases"),
    ("referrals", ("number",), "content", "SELECT number, case_id FROM referrals"),
    ("timeline", ("case_id", "position"), "data", "SELECT case_id, position, case_id FROM timeline"),
    ("outbox", ("id",), "body", "SELECT id, CASE WHEN kind = 'nudge' THEN NULL WHEN case_id IS NULL"
        " THEN 'intake:' || message_id ELSE case_id END FROM outbox"),
    ("inbox", ("sender", "message_id"), "body",
        "SELECT sender, message_id, 'intake:' || coalesce(intake_id, message_id) FROM inbox"),
    ("intake", ("id",), "payload", "SELECT id, 'intake:' || id FROM intake"),
    ("intake", ("id",), "answer", "SELECT id, 'intake:' || id FROM intake"),
)


def upgrade() -> None:
    """Make the tables of keys, and seal what there is."""
    op.create_table(
        "case_keys",
        sa.Column("key_id", sa.LargeBinary(16), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("ring_key", sa.String(8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_case_keys")),
        sa.UniqueConstraint("owner", name=op.f("uq_case_keys_owner")),
    )
    op.create_index(op.f("ix_case_keys_ring_key"), "case_keys", ["ring_key"])
    op.create_table(
        "destroyed_keys",
        sa.Column("key_id", sa.LargeBinary(16), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_destroyed_keys")),
    )
    op.create_index(op.f("ix_destroyed_keys_owner"), "destroyed_keys", ["owner"])
    op.add_column("outbox", sa.Column("signature", sa.Text(), nullable=True))
    connection = op.get_bind()
    keys: dict[str, ContentKey] = {}
    known = connection.scalar(sa.text("SELECT count(*) FROM clients"))
    keys["bsn-index"] = _index_key(kept=bool(known))
    for number in (1, 2):  # the first seals, the second is announced
        keys[f"queues:{number}"] = ContentKey.new(f"queues:{number}")
    # Answers to repeated calls hold a referral but not its case: a call of before the change is not answered twice.
    connection.execute(sa.text("DELETE FROM idempotency"))
    for table, names, column, owners in _CONTENT:
        _seal(connection, keys, table, names, column, owners)
    now = dt.datetime.now(dt.UTC)
    rows = [
        {"key_id": key.id, "owner": owner, "key": wrapped(key), "ring_key": key_ring().newest.hex(), "created_at": now}
        for owner, key in keys.items()
    ]
    op.bulk_insert(sa.table("case_keys", *(sa.column(name) for name in rows[0])), rows)


def _index_key(*, kept: bool) -> ContentKey:
    key = ContentKey.new("bsn-index")
    return ContentKey.of(key.id, key.owner, key_ring().first_index_key) if kept else key


def _seal(
    connection: sa.Connection,
    keys: dict[str, ContentKey],
    table: str,
    names: tuple[str, ...],
    column: str,
    owners: str,
) -> None:
    """Seal one column of all rows anew."""
    where = " AND ".join(f"{name} = :{name}" for name in names)
    read = sa.text(f"SELECT {column} FROM {table} WHERE {where}")
    write = sa.text(f"UPDATE {table} SET {column} = :sealed WHERE {where}")
    for *values, owner in connection.execute(sa.text(owners)).all():
        row = dict(zip(names, values, strict=True))
        old = connection.scalar(read, row)
        if old is None:
            continue
        plain = key_ring().open_unbound(bytes(old))
        place = f"{table}.{column}"
        if owner is None:
            new = BY_RING + key_ring().seal(plain, place)
        else:
            key = keys.get(owner) or ContentKey.new(owner)
            keys[owner] = key
            new = BY_KEY + key.seal(plain, place)
        connection.execute(write, {**row, "sealed": new})


def downgrade() -> None:
    """Drop the keys. Content sealed with them can't be read any more: keep a back-up of before."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("signature")
    op.drop_table("destroyed_keys")
    op.drop_table("case_keys")
