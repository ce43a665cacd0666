"""A plan's terms, the yearly plans, and what follows a draw: visits, tasks, staffing, recusals, starts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serving.ledger.schema.registry import LedgerTable


class PlanTermsRow(LedgerTable):
    """Who inspects what, when and under which cap; a plan without this row has a draw and no tasks.

    `yearly_cap` is the most visits an entity may have in a year, 0 for none; `policy_version` is 0 where the
    plan follows no policy of the ledger.
    """

    __tablename__ = "plan_terms"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    department: Mapped[str] = mapped_column(String(200))
    item_codes: Mapped[list[str]] = mapped_column(JSON)
    policy_id: Mapped[str] = mapped_column(String(120))
    policy_version: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
    design: Mapped[str] = mapped_column(String(20))
    yearly_cap: Mapped[int]
    joint_with: Mapped[list[str]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class PlanMethodRow(LedgerTable):
    """How a plan is drawn, chosen while it is a draft; without this row by the plain method."""

    __tablename__ = "plan_methods"
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    method: Mapped[dict[str, object]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class YearlyPlanRow(LedgerTable):
    """A department's plan for a year; what it says stands in its versions."""

    __tablename__ = "yearly_plans"
    __table_args__ = (UniqueConstraint("city", "year", "department"),)
    yearly_plan_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    year: Mapped[int]
    department: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class YearlyPlanVersionRow(LedgerTable):
    """The lines of a yearly plan in one version; the reason says why it was amended."""

    __tablename__ = "yearly_plan_versions"
    yearly_plan_id: Mapped[str] = mapped_column(ForeignKey("yearly_plans.yearly_plan_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class YearlyPlanPublicationRow(LedgerTable):
    """A version of a yearly plan that was published, on which day and as which files."""

    __tablename__ = "yearly_plan_publications"
    __table_args__ = (
        ForeignKeyConstraint(
            ["yearly_plan_id", "version"],
            ["yearly_plan_versions.yearly_plan_id", "yearly_plan_versions.version"],
        ),
    )
    yearly_plan_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    published_on: Mapped[date]
    csv_digest: Mapped[str] = mapped_column(String(64))
    json_digest: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class CapStepRow(LedgerTable):
    """A step that changed how many visits entities may still get; of two at once the number admits one."""

    __tablename__ = "cap_steps"
    city: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"))
    kind: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class VisitRow(LedgerTable):
    """One going to one entity, for the tasks of one or more plans; `plan_id` is the plan that opened it."""

    __tablename__ = "visits"
    __table_args__ = (UniqueConstraint("city", "year", "number"),)
    visit_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    year: Mapped[int]
    number: Mapped[int]
    entity_id: Mapped[str] = mapped_column(String(120), index=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), index=True)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class TaskRow(LedgerTable):
    """A drawn entity of one plan, and the visit that does it; who, when and why stand in the draw."""

    __tablename__ = "tasks"
    __table_args__ = (UniqueConstraint("plan_id", "entity_id"),)
    task_id: Mapped[str] = mapped_column(String(241), primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"))
    entity_id: Mapped[str] = mapped_column(String(120), index=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.visit_id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]


class StaffingRow(LedgerTable):
    """A drawing of inspectors for a visit; a later round replaces it; `unstaffable` says why it found none.

    `departments` are those whose tasks the visit had then: a task that joins later asks for another round.
    """

    __tablename__ = "staffings"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.visit_id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.plan_id"), index=True)
    seed: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(Text)
    departments: Mapped[list[str]] = mapped_column(JSON)
    unstaffable: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class AssignmentRow(LedgerTable):
    """An inspector of a staffing; who, when and why stand in the staffing.

    A round names the whole team. `replaces` is the inspector whose seat this one took over, else empty.
    """

    __tablename__ = "assignments"
    __table_args__ = (ForeignKeyConstraint(["visit_id", "round"], ["staffings.visit_id", "staffings.round"]),)
    visit_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    inspector_id: Mapped[str] = mapped_column(String(120), primary_key=True, index=True)
    ticket: Mapped[str] = mapped_column(String(64))
    replaces: Mapped[str] = mapped_column(String(120))


class RecusalRow(LedgerTable):
    """An inspector who stays away from a visit, and whether inspector or entity asked for it."""

    __tablename__ = "recusals"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.visit_id"), primary_key=True)
    inspector_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    round: Mapped[int]
    asked_by: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class VisitStartRow(LedgerTable):
    """The day a visit began; from then on no task joins it."""

    __tablename__ = "visit_starts"
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.visit_id"), primary_key=True)
    begun_on: Mapped[date]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
