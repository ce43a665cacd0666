"""The list of plans and the form of a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.inspections.plan import Plan, PlanState
from serving.inspections.plans import list_plans
from serving.inspections.voids import VoidCount, void_counts
from serving.ledger.tokens import Holder
from serving.sampling.presets import PRESETS
from serving.web.desk import Desk
from serving.web.errors import Complaint, complaint_of
from serving.web.hit_rates import evidence_of
from serving.web.language import speaker
from serving.web.preview import Preview, percent_of, preview_of, ratios_of_percents, refused_preview, sizes_in

# Among published practice (Henan 1/2/10/30, Bayannur 2/5/100/100): about 4 % of all, the riskiest most.
PROPOSED = {"A": "2", "B": "4", "C": "12", "D": "40"}
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
class RatioField:
    """A ratio in the form, in percent."""

    grade: str
    percent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanForm:
    """What stands in the form."""

    title: str
    region_prefix: str
    ratios: tuple[RatioField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A plan in the list."""

    plan_id: str
    title: str
    state_label: str
    as_of: str
    region_prefix: str
    ratios: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """Ratios that a place has published."""

    place: str
    ratios: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansPage:
    """The list of plans and the form of a new one."""

    form: PlanForm
    preview: Preview
    plans: tuple[PlanLine, ...]
    voids: tuple[VoidCount, ...]
    practices: tuple[Practice, ...]
    complaint: Complaint | None


def proposed_form(own_region: str) -> PlanForm:
    """The form as first shown."""
    return form_of("", own_region, PROPOSED)


def form_of(title: str, region_prefix: str, percents: Mapping[str, str]) -> PlanForm:
    """The form as filled in."""
    fields = tuple(RatioField(grade=grade, percent=percents[grade]) for grade in LETTERS)
    return PlanForm(title=title, region_prefix=region_prefix, ratios=fields)


def plans_page(
    desk: Desk, form: PlanForm, *, holder: Holder, language: str, refusal: Refusal | None = None
) -> PlansPage:
    """The plans within the holder's region, and what the form's ratios would draw."""
    plans = [plan for plan in list_plans(desk.ledger, desk.city) if visible(plan, holder)]
    return PlansPage(
        form=form,
        preview=preview_of_form(desk, form, language=language),
        plans=tuple(_line(plan, language) for plan in plans),
        voids=void_counts(plans),
        practices=tuple(
            Practice(place=speaker(language)(one.place_zh, one.place_en), ratios=one.percents_text)
            for one in PRESETS
        ),
        complaint=None if refusal is None else complaint_of(refusal, language),
    )


def preview_of_form(desk: Desk, form: PlanForm, *, language: str) -> Preview:
    """What the form's ratios would draw, or why they are refused."""
    try:
        ratios = ratios_of_percents({field.grade: field.percent for field in form.ratios})
        sizes = sizes_in(desk.register, form.region_prefix)
    except Refusal as refusal:
        return refused_preview(refusal, language)
    return preview_of(sizes, ratios, evidence_of(desk.release))


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
    )
