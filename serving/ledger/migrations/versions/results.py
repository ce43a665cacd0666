"""Results in versions, publication, follow-up, and what went back to the lake."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from serving.ledger.append_only import protect, text_column, who_when_why

revision = "0006"
down_revision: str | None = "0005"

_OF_AN_ITEM = ("task_id", "item_code")
_APPEND_ONLY = {
    "result_imports": (("import_id",), ("city", "digest")),
    "task_results": (("result_id",), (*_OF_AN_ITEM, "version")),
    "result_publications": (("publication_id",), (*_OF_AN_ITEM, "sequence")),
    "follow_ups": (("follow_up_id",), (*_OF_AN_ITEM, "sequence")),
    "result_returns": (("return_id",), ("plan_id", "digest")),
}


def upgrade() -> None:
    """Makes the tables."""
    _make_imports()
    _make_results()
    _make_publications()
    _make_follow_ups()
    _make_returns()
    protect(_APPEND_ONLY)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _make_imports() -> None:
    """Files of results, each read once."""
    op.create_table(
        "result_imports",
        _number("import_id"),
        text_column("city", 60),
        text_column("digest", 64),
        text_column("file_name"),
        _number("rows"),
        _number("taken"),
        _number("unchanged"),
        _number("rejected"),
        *who_when_why(),
        sa.PrimaryKeyConstraint("import_id", name="pk_result_imports"),
        sa.UniqueConstraint("city", "digest", name="uq_result_imports_city_digest"),
    )


def _make_results() -> None:
    """What was found."""
    _of_an_item(
        "task_results",
        "result_id",
        "version",
        sa.Column("visited_on", sa.Date(), nullable=False),
        text_column("result_codes"),
        _number("critical_count", nullable=True),
        _number("serious_count", nullable=True),
        _number("minor_count", nullable=True),
        sa.Column("inspectors", sa.JSON(), nullable=False),
        text_column("note"),
        _number("import_id", nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["result_imports.import_id"], name="fk_task_results_import_id"
        ),
    )


def _make_publications() -> None:
    """What the public may see of it, and from when."""
    _of_an_item(
        "result_publications",
        "publication_id",
        "sequence",
        text_column("kind", 20),
        _number("version"),
        sa.Column("happened_on", sa.Date(), nullable=False),
    )


def _make_follow_ups() -> None:
    """How problems were handled."""
    _of_an_item(
        "follow_ups",
        "follow_up_id",
        "sequence",
        sa.Column("handled_on", sa.Date(), nullable=False),
        text_column("how"),
    )


def _make_returns() -> None:
    """What was written for the lake."""
    op.create_table(
        "result_returns",
        _number("return_id"),
        text_column("plan_id", 120),
        text_column("digest", 64),
        _number("rows"),
        *who_when_why(),
        sa.PrimaryKeyConstraint("return_id", name="pk_result_returns"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name="fk_result_returns_plan_id"),
        sa.UniqueConstraint("plan_id", "digest", name="uq_result_returns_plan_id_digest"),
    )


def _of_an_item(table: str, key: str, counter: str, *columns: sa.Column[Any] | sa.Constraint) -> None:
    """A table of numbered rows for the items of tasks."""
    op.create_table(
        table,
        _number(key),
        text_column("plan_id", 120),
        text_column("task_id", 241),
        text_column("item_code", 60),
        _number(counter),
        *(column for column in columns if isinstance(column, sa.Column)),
        *who_when_why(),
        sa.PrimaryKeyConstraint(key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=f"fk_{table}_plan_id"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.task_id"], name=f"fk_{table}_task_id"),
        sa.UniqueConstraint(*_OF_AN_ITEM, counter, name=f"uq_{table}_{'_'.join(_OF_AN_ITEM)}_{counter}"),
        *(column for column in columns if isinstance(column, sa.Constraint)),
    )
    op.create_index(f"ix_{table}_plan_id", table, ["plan_id"])
