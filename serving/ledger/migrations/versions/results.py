"""Results in versions, publication, follow-up, and what went back to the lake."""

from __future__ import annotations

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Makes the tables."""
