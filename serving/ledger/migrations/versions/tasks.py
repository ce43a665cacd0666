"""Yearly plans, tasks, visits, staffing and recusals: the life of a plan after its draw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.ledger.append_only import protect, text_column, who_when_why

revision = "0005"
down_revision: str | None = "0004"

# The protected tables, each with its keys: what may never exist a second time.
_APPEND_ONLY = {
    "plan_terms": (("plan_id",),),
    "plan_methods": (("plan_id",),),
    "yearly_plans": (("yearly_plan_id",), ("city", "year", "department")),
    "yearly_plan_versions": (("yearly_plan_id", "version"),),
    "yearly_plan_publications": (("yearly_plan_id", "version"),),
    "cap_steps": (("city", "sequence"),),
    "visits": (("visit_id",), ("city", "year", "number")),
    "tasks": (("task_id",), ("plan_id", "entity_id")),
    "staffings": (("visit_id", "round"),),
    "assignments": (("visit_id", "round", "inspector_id"),),
    "recusals": (("visit_id", "inspector_id"),),
    "visit_starts": (("visit_id",),),
}


def upgrade() -> None:
    """Makes the tables."""
    _make_terms()
    _make_yearly_plans()
    _make_visits()
    _make_tasks()
    _make_staffing()
    _make_recusals_and_starts()
    protect(_APPEND_ONLY)


def _number(name: str) -> sa.Column[int]:
    """A whole number that is always there."""
    return sa.Column(name, sa.Integer(), nullable=False)


def _day(name: str) -> sa.Column[object]:
    """A day that is always there."""
    return sa.Column(name, sa.Date(), nullable=False)


def _json(name: str) -> sa.Column[object]:
    """A list or mapping as JSON that is always there."""
    return sa.Column(name, sa.JSON(), nullable=False)


def _of_plan(table: str) -> sa.ForeignKeyConstraint:
    """The row belongs to a plan."""
    return sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=f"fk_{table}_plan_id")


def _of_visit(table: str) -> sa.ForeignKeyConstraint:
    """The row belongs to a visit."""
    return sa.ForeignKeyConstraint(["visit_id"], ["visits.visit_id"], name=f"fk_{table}_visit_id")


def _make_terms() -> None:
    """Terms and methods of plans, and the steps that the yearly cap depends on."""
    op.create_table(
        "plan_terms",
        text_column("plan_id", 120),
        text_column("department", 200),
        _json("item_codes"),
        text_column("policy_id", 120),
        _number("policy_version"),
        _day("first_day"),
        _day("last_day"),
        text_column("design", 20),
        _number("yearly_cap"),
        _json("joint_with"),
        *who_when_why(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plan_terms"),
        _of_plan("plan_terms"),
    )
    op.create_table(
        "plan_methods",
        text_column("plan_id", 120),
        _json("method"),
        *who_when_why(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plan_methods"),
        _of_plan("plan_methods"),
    )
    op.create_table(
        "cap_steps",
        text_column("city", 60),
        _number("sequence"),
        text_column("plan_id", 120),
        text_column("kind", 20),
        *who_when_why(),
        sa.PrimaryKeyConstraint("city", "sequence", name="pk_cap_steps"),
        _of_plan("cap_steps"),
    )


def _make_yearly_plans() -> None:
    """Yearly plans in versions, and their publications."""
    op.create_table(
        "yearly_plans",
        text_column("yearly_plan_id", 120),
        text_column("city", 60),
        _number("year"),
        text_column("department", 200),
        *who_when_why(),
        sa.PrimaryKeyConstraint("yearly_plan_id", name="pk_yearly_plans"),
        sa.UniqueConstraint("city", "year", "department", name="uq_yearly_plans_city_year_department"),
    )
    op.create_table(
        "yearly_plan_versions",
        text_column("yearly_plan_id", 120),
        _number("version"),
        _json("lines"),
        text_column("digest", 64),
        *who_when_why(),
        sa.PrimaryKeyConstraint("yearly_plan_id", "version", name="pk_yearly_plan_versions"),
        sa.ForeignKeyConstraint(
            ["yearly_plan_id"],
            ["yearly_plans.yearly_plan_id"],
            name="fk_yearly_plan_versions_yearly_plan_id",
        ),
    )
    op.create_table(
        "yearly_plan_publications",
        text_column("yearly_plan_id", 120),
        _number("version"),
        _day("published_on"),
        text_column("csv_digest", 64),
        text_column("json_digest", 64),
        *who_when_why(),
        sa.PrimaryKeyConstraint("yearly_plan_id", "version", name="pk_yearly_plan_publications"),
        sa.ForeignKeyConstraint(
            ["yearly_plan_id", "version"],
            ["yearly_plan_versions.yearly_plan_id", "yearly_plan_versions.version"],
            name="fk_yearly_plan_publications_yearly_plan_id_version",
        ),
    )


def _make_visits() -> None:
    """Visits, numbered by city and year."""
    op.create_table(
        "visits",
        text_column("visit_id", 120),
        text_column("city", 60),
        _number("year"),
        _number("number"),
        text_column("entity_id", 120),
        text_column("plan_id", 120),
        *who_when_why(),
        sa.PrimaryKeyConstraint("visit_id", name="pk_visits"),
        sa.UniqueConstraint("city", "year", "number", name="uq_visits_city_year_number"),
        _of_plan("visits"),
    )
    op.create_index("ix_visits_entity_id", "visits", ["entity_id"])
    op.create_index("ix_visits_plan_id", "visits", ["plan_id"])


def _make_tasks() -> None:
    """Tasks, each in one visit."""
    op.create_table(
        "tasks",
        text_column("task_id", 241),
        text_column("plan_id", 120),
        text_column("entity_id", 120),
        text_column("visit_id", 120),
        _day("first_day"),
        _day("last_day"),
        sa.PrimaryKeyConstraint("task_id", name="pk_tasks"),
        sa.UniqueConstraint("plan_id", "entity_id", name="uq_tasks_plan_id_entity_id"),
        _of_plan("tasks"),
        _of_visit("tasks"),
    )
    op.create_index("ix_tasks_entity_id", "tasks", ["entity_id"])
    op.create_index("ix_tasks_visit_id", "tasks", ["visit_id"])


def _make_staffing() -> None:
    """Rounds of staffing with their inspectors."""
    op.create_table(
        "staffings",
        text_column("visit_id", 120),
        _number("round"),
        text_column("plan_id", 120),
        text_column("seed", 64),
        text_column("scope"),
        _json("departments"),
        text_column("unstaffable"),
        *who_when_why(),
        sa.PrimaryKeyConstraint("visit_id", "round", name="pk_staffings"),
        _of_plan("staffings"),
        _of_visit("staffings"),
    )
    op.create_index("ix_staffings_plan_id", "staffings", ["plan_id"])
    op.create_table(
        "assignments",
        text_column("visit_id", 120),
        _number("round"),
        text_column("inspector_id", 120),
        text_column("ticket", 64),
        text_column("replaces", 120),
        sa.PrimaryKeyConstraint("visit_id", "round", "inspector_id", name="pk_assignments"),
        sa.ForeignKeyConstraint(
            ["visit_id", "round"],
            ["staffings.visit_id", "staffings.round"],
            name="fk_assignments_visit_id_round",
        ),
    )
    op.create_index("ix_assignments_inspector_id", "assignments", ["inspector_id"])


def _make_recusals_and_starts() -> None:
    """Who stays away from a visit, and when it began."""
    op.create_table(
        "recusals",
        text_column("visit_id", 120),
        text_column("inspector_id", 120),
        _number("round"),
        text_column("asked_by", 20),
        *who_when_why(),
        sa.PrimaryKeyConstraint("visit_id", "inspector_id", name="pk_recusals"),
        _of_visit("recusals"),
    )
    op.create_table(
        "visit_starts",
        text_column("visit_id", 120),
        _day("begun_on"),
        *who_when_why(),
        sa.PrimaryKeyConstraint("visit_id", name="pk_visit_starts"),
        _of_visit("visit_starts"),
    )
