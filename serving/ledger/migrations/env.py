"""Alembic's entry: runs the numbered migrations on the connection that `migrate` hands over."""

from __future__ import annotations

from alembic import context

from serving.ledger.schema import LedgerTable

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=LedgerTable.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
