"""Runs the revisions on the connection that `cobrowse.storage.engine` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from cobrowse.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most of a table: batch mode rebuilds it.
    render_as_batch=True,
    # SQLite can undo table changes too, once the driver leaves the transaction to us.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
