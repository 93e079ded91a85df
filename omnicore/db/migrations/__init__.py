"""One Alembic environment, one lineage and one version table an owner."""
