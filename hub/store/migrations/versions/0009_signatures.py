"""Signatures of partners under what they bring, receipts for it, and signing keys that can be followed up."""

import base64
import datetime as dt

import sqlalchemy as sa
from alembic import op

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.models.columns import unwrapped
from hub.models.shelf import ContentKey

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OWNER = "sign:"


def upgrade() -> None:
    """Make room; the keys that sign already are published from the day on which they were made."""
    with op.batch_alter_table("api_clients") as clients:
        clients.add_column(sa.Column("must_sign", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("intake", sa.Column("signature", sa.Text(), nullable=True))
    op.add_column("intake", sa.Column("answer_digest", sa.String(80), nullable=True))
    op.add_column("intake", sa.Column("receipt", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("answer_digest", sa.String(80), nullable=True))
    signing = op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(100), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("public", sa.String(64), nullable=False),
        sa.Column("begins_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    for key, made_at in _known(op.get_bind()):
        code = key.owner.removeprefix(_OWNER)
        row = {"kid": f"{code}.{key.id.hex()[:12]}", "organisation": code, "public": _public(key)}
        op.bulk_insert(signing, [{**row, "begins_at": made_at, "ends_at": None}])


def _known(connection: sa.Connection) -> list[tuple[ContentKey, dt.datetime]]:
    keys = sa.table("case_keys", sa.column("owner"), sa.column("key"), sa.column("created_at", _MOMENT))
    asked = sa.select(keys.c.key, keys.c.created_at).where(keys.c.owner.startswith(_OWNER))
    return [(unwrapped(bytes(row.key)), row.created_at) for row in connection.execute(asked)]


def _public(key: ContentKey) -> str:
    raw = Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def downgrade() -> None:
    """Take it away: receipts and the signatures of partners are lost."""
    op.drop_table("signing_keys")
    op.drop_column("outbox", "answer_digest")
    for name in ("receipt", "answer_digest", "signature"):
        op.drop_column("intake", name)
    with op.batch_alter_table("api_clients") as clients:
        clients.drop_column("must_sign")
