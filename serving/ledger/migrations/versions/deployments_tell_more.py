"""Deployments say how a release went live, by the digest of its manifest, and despite which gates.

Adding a column with a constant default changes no row, so no trigger of the append-only tables is asked.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Adds the columns; of older rows nobody knows a digest, and none was a rollback or had gates."""
    op.add_column("deployments", sa.Column("digest", sa.String(64), nullable=False, server_default=""))
    op.add_column(
        "deployments", sa.Column("action", sa.String(20), nullable=False, server_default="promotion")
    )
    op.add_column("deployments", sa.Column("exemptions", sa.JSON(), nullable=False, server_default="[]"))
