"""Yearly plans, tasks, visits, staffing and recusals: the life of a plan after its draw."""

from __future__ import annotations

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Makes the tables."""
