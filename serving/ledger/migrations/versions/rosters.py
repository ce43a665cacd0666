"""Items, inspectors with leave and conflicts: the two rosters that are kept by hand, in versions."""

from __future__ import annotations

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Makes the tables."""
