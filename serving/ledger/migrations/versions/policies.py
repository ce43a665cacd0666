"""Policies of sampling, in versions with author and reason."""

from __future__ import annotations

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Makes the tables."""
