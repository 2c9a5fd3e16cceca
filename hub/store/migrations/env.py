"""Alembic's entry: run the migrations over the connection that the caller gives."""

from alembic import context

from hub.models import Record

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Record.metadata, render_as_batch=True, compare_type=False)
with context.begin_transaction():
    context.run_migrations()
