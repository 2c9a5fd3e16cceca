"""Sessions, second factors, posts and systems."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Give people posts (the one they had becomes the first), sessions and second factors; systems keys and secrets."""
    # SQLite makes a changed table anew and drops the old one, with all that refers to it: so people come first.
    rows = _first_posts()
    with op.batch_alter_table("people") as people:
        people.drop_column("role")
        people.drop_column("title")
        people.drop_column("purpose")
        people.add_column(sa.Column("password_once", sa.Boolean(), nullable=False, server_default=sa.false()))
        people.add_column(sa.Column("external_id", sa.String(300), nullable=True))
        people.add_column(sa.Column("factor_secret", sa.LargeBinary(), nullable=True))
        people.add_column(sa.Column("factor_since", _MOMENT, nullable=True))
        people.add_column(sa.Column("factor_step", sa.Integer(), nullable=False, server_default="0"))
        people.create_unique_constraint("uq_people_external_id", ["external_id"])
    op.create_table(
        "posts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("manages", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_posts_person_id", ondelete="CASCADE"),
    )
    op.create_index("ix_posts_person_id", "posts", ["person_id"])
    _write_first_posts(rows)
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("post_id", sa.String(36), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("how", sa.String(80), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("ended_why", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_sessions_person_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_sessions_post_id", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_person_open", "sessions", ["person_id", "ended_at"])
    op.create_table(
        "recovery_codes",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("person_id", "code_hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_recovery_codes_person_id", ondelete="CASCADE"),
    )
    op.create_table(
        "throttles",
        sa.Column("bucket", sa.String(80), nullable=False),
        sa.Column("tries", sa.JSON(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="pk_throttles"),
    )
    op.create_index("ix_throttles_seen_at", "throttles", ["seen_at"])
    with op.batch_alter_table("api_clients") as clients:
        clients.add_column(sa.Column("previous_secret_hash", sa.String(200), nullable=True))
        clients.add_column(sa.Column("previous_until", _MOMENT, nullable=True))
        clients.add_column(sa.Column("webhook_secret", sa.LargeBinary(), nullable=True))
    op.create_table(
        "api_client_keys",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("kid", sa.String(100), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_client_keys"),
        sa.UniqueConstraint("client_id", "kid", name="uq_api_client_keys_client_id"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.id"], name="fk_api_client_keys_client_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "spent_ids",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spent_ids"),
    )
    op.create_index("ix_spent_ids_until", "spent_ids", ["until"])


def _first_posts() -> list[dict[str, object]]:
    """Give what stands with each person; the first post bears the person's own id."""
    people = sa.table("people", *(sa.column(name) for name in ("id", "organisation", "role", "purpose", "title")))
    return [dict(row) for row in op.get_bind().execute(sa.select(people)).mappings()]


def _write_first_posts(rows: list[dict[str, object]]) -> None:
    posts = sa.table(
        "posts",
        *(sa.column(name) for name in ("id", "person_id", "organisation", "role", "purpose", "title")),
        sa.column("manages", sa.Boolean()),
        sa.column("starts_on", sa.Date()),
    )
    begin = dt.date(2026, 1, 1)
    if rows:
        op.bulk_insert(posts, [{**row, "person_id": row["id"], "manages": False, "starts_on": begin} for row in rows])


def downgrade() -> None:
    """Go back to one post for each person: the first one."""
    for table in ("spent_ids", "api_client_keys", "throttles", "recovery_codes", "sessions"):
        op.drop_table(table)
    with op.batch_alter_table("api_clients") as clients:
        for name in ("previous_secret_hash", "previous_until", "webhook_secret"):
            clients.drop_column(name)
    posts = sa.table("posts", *(sa.column(name) for name in ("id", "person_id", "role", "purpose", "title", "starts_on")))
    query = sa.select(posts).order_by(posts.c.starts_on.desc(), posts.c.id.desc())
    first = {row.person_id: row for row in op.get_bind().execute(query)}
    op.drop_table("posts")
    with op.batch_alter_table("people") as people:
        people.drop_constraint("uq_people_external_id", type_="unique")
        for name in ("password_once", "external_id", "factor_secret", "factor_since", "factor_step"):
            people.drop_column(name)
        for name, length in (("role", 40), ("title", 80), ("purpose", 40)):
            people.add_column(sa.Column(name, sa.String(length), nullable=False, server_default=""))
    changed = sa.table("people", *(sa.column(name) for name in ("id", "role", "purpose", "title")))
    for person_id, post in first.items():
        values = {"role": post.role, "purpose": post.purpose, "title": post.title}
        op.execute(sa.update(changed).where(changed.c.id == person_id).values(**values))
