"""The first table of a plugin called tiny."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "tiny_0001"
down_revision = None
branch_labels = ("tiny",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tiny_card",
        sa.Column("card_id", sa.BigInteger(), primary_key=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=False, index=True),
    )


def downgrade() -> None:
    op.drop_table("tiny_card")
