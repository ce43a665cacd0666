"""Policies of sampling, in versions with author and reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.ledger.append_only import protect, text_column, who_when_why

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "policies",
        text_column("policy_id", 80),
        sa.Column("version", sa.Integer(), nullable=False),
        text_column("city", 60),
        text_column("title"),
        text_column("document"),
        *who_when_why(),
        sa.PrimaryKeyConstraint("policy_id", "version", name="pk_policies"),
    )
    protect({"policies": (("policy_id", "version"),)})
