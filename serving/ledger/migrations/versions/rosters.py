"""Items, inspectors with leave and conflicts: the two rosters that are kept by hand, in versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.ledger.append_only import protect, text_column, who_when_why

revision = "0004"
down_revision: str | None = "0003"

# The protected tables, each with its keys: what may never exist a second time.
_APPEND_ONLY = {
    "inspection_items": (("row_id",), ("city", "code", "version")),
    "inspectors": (("row_id",), ("city", "inspector_id", "version")),
    "inspector_leave": (("row_id",), ("city", "inspector_id", "first_day", "last_day", "version")),
    "inspector_conflicts": (("row_id",), ("city", "inspector_id", "entity_id", "person", "version")),
    "roster_imports": (("import_id",),),
}


def upgrade() -> None:
    """Makes the tables."""
    _make_items()
    _make_inspectors()
    _make_leave_and_conflicts()
    op.create_table(
        "roster_imports",
        sa.Column("import_id", sa.Integer(), nullable=False),
        text_column("city", 60),
        text_column("roster", 20),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("rejected", sa.JSON(), nullable=False),
        *who_when_why(),
        sa.PrimaryKeyConstraint("import_id", name="pk_roster_imports"),
    )
    protect(_APPEND_ONLY)


def _make_items() -> None:
    """What can be inspected."""
    op.create_table(
        "inspection_items",
        sa.Column("row_id", sa.Integer(), nullable=False),
        text_column("city", 60),
        text_column("code", 60),
        sa.Column("version", sa.Integer(), nullable=False),
        text_column("name_zh"),
        text_column("name_en"),
        text_column("kind", 20),
        sa.Column("methods", sa.JSON(), nullable=False),
        text_column("field"),
        text_column("law"),
        text_column("department", 120),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("concerns", sa.JSON(), nullable=False),
        *who_when_why(),
        sa.PrimaryKeyConstraint("row_id", name="pk_inspection_items"),
        _versions_of("inspection_items", "code"),
    )


def _make_inspectors() -> None:
    """Who can be sent."""
    op.create_table(
        "inspectors",
        sa.Column("row_id", sa.Integer(), nullable=False),
        text_column("city", 60),
        text_column("inspector_id", 120),
        sa.Column("version", sa.Integer(), nullable=False),
        text_column("name", 200),
        text_column("department", 120),
        text_column("station", 120),
        sa.Column("skills", sa.JSON(), nullable=False),
        text_column("licence_number", 120),
        sa.Column("licensed_from", sa.Date(), nullable=False),
        sa.Column("licensed_until", sa.Date(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        *who_when_why(),
        sa.PrimaryKeyConstraint("row_id", name="pk_inspectors"),
        _versions_of("inspectors", "inspector_id"),
    )


def _make_leave_and_conflicts() -> None:
    """When and where somebody cannot be sent."""
    op.create_table(
        "inspector_leave",
        sa.Column("row_id", sa.Integer(), nullable=False),
        text_column("city", 60),
        text_column("inspector_id", 120),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        *who_when_why(),
        sa.PrimaryKeyConstraint("row_id", name="pk_inspector_leave"),
        _versions_of("inspector_leave", "inspector_id", "first_day", "last_day"),
    )
    op.create_table(
        "inspector_conflicts",
        sa.Column("row_id", sa.Integer(), nullable=False),
        text_column("city", 60),
        text_column("inspector_id", 120),
        text_column("entity_id", 120),
        text_column("person", 120),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        *who_when_why(),
        sa.PrimaryKeyConstraint("row_id", name="pk_inspector_conflicts"),
        # Named by itself: the name of its columns is longer than the 63 characters that PostgreSQL takes.
        sa.UniqueConstraint(
            "city", "inspector_id", "entity_id", "person", "version", name="uq_inspector_conflicts_key"
        ),
    )


def _versions_of(table: str, *columns: str) -> sa.UniqueConstraint:
    """Each version once; the second of two who write the same one at once fails."""
    key = ("city", *columns, "version")
    return sa.UniqueConstraint(*key, name=f"uq_{table}_{'_'.join(key)}")
