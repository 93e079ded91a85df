"""The environment of every lineage: a connection and a version table, given by ``lineages``."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes.get("metadata"),
    version_table=attributes["version_table"],
    transaction_per_migration=True,
    render_as_batch=attributes["connection"].dialect.name == "sqlite",
    compare_type=False,
    render_item=attributes.get("render_item"),
)
with context.begin_transaction():
    context.run_migrations()
