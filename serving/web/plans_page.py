"""The list of plans, beside the workbench of a new one."""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.refusal import Refusal
from serving.inspections.plans.plan import Plan, PlanState
from serving.inspections.plans.steps import list_plans
from serving.inspections.plans.voids import VoidCount, void_counts
from serving.ledger.tokens import Holder
from serving.web.desk import Desk
from serving.web.errors import Complaint, complaint_of
from serving.web.holder import may_plan
from serving.web.language import speaker
from serving.web.preview import percent_of
from serving.web.workbench.form import PlanForm
from serving.web.workbench.page import Workbench, workbench_of

STATES = {
    PlanState.DRAFT: ("草案", "draft"),
    PlanState.FROZEN: ("已冻结", "frozen"),
    PlanState.COMMITTED: ("已承诺", "committed"),
    PlanState.REVEALING: ("揭示中", "revealing"),
    PlanState.REVEALED: ("已揭示", "revealed"),
    PlanState.DRAWN: ("已抽取", "drawn"),
    PlanState.STAFFED: ("已选派", "staffed"),
    PlanState.IN_THE_FIELD: ("检查中", "in the field"),
    PlanState.RESULTS: ("录入结果", "results"),
    PlanState.CLOSED: ("已办结", "closed"),
    PlanState.VOID: ("已作废", "void"),
}
# By then whoever knows the last secret could foresee the draw.
VOID_AFTER_REVEAL = ("作废于揭示之后", "voided after the first reveal")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A plan in the list."""

    plan_id: str
    title: str
    state_label: str
    as_of: str
    region_prefix: str
    ratios: str
    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansPage:
    """The list of plans, and for who may plan the workbench of a new one."""

    workbench: Workbench | None
    plans: tuple[PlanLine, ...]
    voids: tuple[VoidCount, ...]
    complaint: Complaint | None


def plans_page(
    desk: Desk, form: PlanForm, *, holder: Holder, language: str, refusal: Refusal | None = None
) -> PlansPage:
    """The plans within the holder's region, and what the form would draw."""
    plans = [plan for plan in list_plans(desk.ledger, desk.city) if visible(plan, holder)]
    return PlansPage(
        workbench=workbench_of(desk, form, holder=holder, language=language, plans=plans)
        if may_plan(holder)
        else None,
        plans=tuple(_line(plan, language) for plan in plans),
        voids=void_counts(plans),
        complaint=None if refusal is None else complaint_of(refusal, language),
    )


def visible(plan: Plan, holder: Holder) -> bool:
    """Whether the plan lies within the holder's region."""
    return plan.draft.region_prefix.startswith(holder.region_prefix)


def _line(plan: Plan, language: str) -> PlanLine:
    return PlanLine(
        plan_id=plan.plan_id,
        title=plan.title,
        state_label=speaker(language)(
            *(VOID_AFTER_REVEAL if plan.voided_after_reveal else STATES[plan.state])
        ),
        as_of=plan.draft.as_of.isoformat(),
        region_prefix=plan.draft.region_prefix,
        ratios=" / ".join(f"{percent_of(text)}%" for text in plan.ratios.texts()),
        window=f"{plan.terms.first_day} – {plan.terms.last_day}" if plan.terms else "",
    )
