"""The page of a new plan: what can be chosen, what is filled in, what it would draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.inspections.plans.plan import Plan
from serving.inspections.policies.policy_frames import policy_of_terms
from serving.inspections.policies.versions import list_policies
from serving.ledger.tokens import Holder
from serving.rosters.item import Item
from serving.rosters.items import list_items
from serving.sampling.allocation import Allocation, counts, enterprise_floor
from serving.sampling.policy import ENTITY_TYPES, ORDINARY, SHIELDS, Policy, Ratios
from serving.sampling.presets import PRESETS
from serving.web.attributes import type_label
from serving.web.desk import Desk
from serving.web.hit_rates import evidence_of
from serving.web.holder import region_for
from serving.web.language import Say, speaker
from serving.web.preview import Preview, preview_of, refused_preview
from serving.web.workbench.drawable import OUTSIDE, Drawable, drawable_under
from serving.web.workbench.form import PROPOSED, PlanForm, fields_of_policy, hours_in, policy_in

# Two officers at every visit; an hour each where no item says how long it takes.
OFFICERS, USUAL_HOURS = 2, 2.0
# Own policies to start from, the newest: each plan with limits of its own leaves one behind.
_OWN_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChoice:
    """An item of the list; `minutes` of one officer."""

    code: str
    name: str
    department: str
    is_key: bool
    law: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChoice:
    """A policy to start from: "id@version" with the fields it fills, as the page's script takes them."""

    name: str
    title: str
    ratios: str
    note: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedLine:
    """How many are not drawn, and why."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbenchPreview:
    """What the form would draw, whom it leaves out, and the officer-hours it takes.

    `whole` are drawn as full coverage, `pierced` are let in by a trigger despite a shield; `no_marks`: the
    policy has shields, and nobody has said of any entity that it bears one.
    """

    preview: Preview
    drawable: int
    total: int
    excluded: tuple[ExcludedLine, ...]
    ordinary: int
    ordinary_drawn: int
    whole: int
    pierced: int
    shielded: int
    no_marks: bool
    hours: float
    hours_per_visit: float
    hours_given: float | None
    from_items: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A code with its words."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """All that the form needs."""

    form: PlanForm
    items: tuple[ItemChoice, ...]
    departments: tuple[str, ...]
    types: tuple[Choice, ...]
    shields: tuple[Choice, ...]
    policies: tuple[PolicyChoice, ...]
    joint: tuple[Choice, ...]
    grades: tuple[str, ...]
    preview: WorkbenchPreview


def proposed_form(desk: Desk, own_region: str) -> PlanForm:
    """The form as first shown: common ratios, the visits of the coming quarter within the year."""
    today = desk.today
    last = today.replace(month=-(-today.month // 3) * 3, day=30)
    return PlanForm(
        region_prefix=own_region,
        first_day=today.isoformat(),
        last_day=max(last, today).isoformat(),
        shields=list(SHIELDS),
        a=PROPOSED["a"],
        b=PROPOSED["b"],
        c=PROPOSED["c"],
        d=PROPOSED["d"],
    )


def workbench_of(
    desk: Desk, form: PlanForm, *, holder: Holder, language: str, plans: Sequence[Plan]
) -> Workbench:
    """The form with its choices and its preview; `plans` are those that the holder sees."""
    say = speaker(language)
    items = list_items(desk.ledger, desk.city, on=desk.today)
    return Workbench(
        form=form,
        items=tuple(_item(one, say) for one in items),
        departments=tuple(dict.fromkeys(one.department for one in items)),
        types=tuple(Choice(code=code, label=type_label(code, language)) for code in ENTITY_TYPES),
        shields=tuple(Choice(code=code, label=say(*words)) for code, words in SHIELDS.items()),
        policies=policy_choices(desk, say),
        joint=tuple(
            Choice(code=plan.plan_id, label=plan.title)
            for plan in plans
            if plan.terms is not None and plan.voided is None and not plan.is_drawn
        ),
        grades=LETTERS,
        preview=preview_for(desk, form, holder=holder, language=language),
    )


def policy_choices(desk: Desk, say: Say) -> tuple[PolicyChoice, ...]:
    """The city's own policies, then published practice."""
    own = [
        PolicyChoice(
            name=f"{one.policy_id}@{one.version}",
            title=one.title,
            ratios=_percents(one.policy),
            note=say(f"本市政策 第{one.version}版 · {one.by}", f"ours, version {one.version}, {one.by}"),
            fields=fields_of_policy(one.policy),
        )
        for one in list_policies(desk.ledger, desk.city)[:_OWN_SHOWN]
    ]
    published = [
        PolicyChoice(
            name=f"{one.name}@0",
            title=say(one.place_zh, one.place_en),
            ratios=one.percents_text,
            note=f"{one.dated} · {one.source}",
            fields=fields_of_policy(one.policy()),
        )
        for one in PRESETS
    ]
    return (*own, *published)


def preview_for(desk: Desk, form: PlanForm, *, holder: Holder, language: str) -> WorkbenchPreview:
    """What the form would draw, or why it is refused."""
    try:
        return drawn_by(desk, form, policy_in(form), region_for(holder, form.region_prefix), language)
    except Refusal as refusal:
        return WorkbenchPreview(
            preview=refused_preview(refusal, language), drawable=0, total=0, excluded=(), ordinary=0,
            ordinary_drawn=0, whole=0, pierced=0, shielded=0, no_marks=False, hours=0.0,
            hours_per_visit=USUAL_HOURS, hours_given=None, from_items=False,
        )  # fmt: skip


def drawn_by(desk: Desk, form: PlanForm, policy: Policy, region: str, language: str) -> WorkbenchPreview:
    """What a policy would draw for the form's items and region; raises what they are refused for."""
    found = drawable_under(desk, policy, items=tuple(form.items), region=region, year=year_of(form))
    ratios = policy.graded_ratios(form.items)
    shown = with_floor(preview_of(found.sizes, ratios, evidence_of(desk.release)), policy, found, ratios)
    per_visit, from_items = visit_hours(desk, form)
    say = speaker(language)
    beside = ordinary_drawn(policy, found, tuple(form.items))
    return WorkbenchPreview(
        preview=shown,
        drawable=sum(found.sizes.values()) + found.ordinary + found.whole,
        ordinary=found.ordinary,
        ordinary_drawn=beside,
        whole=found.whole,
        pierced=found.pierced,
        shielded=sum(found.excluded.get(f"shield_{code}", 0) for code in SHIELDS),
        no_marks=bool(policy.shields) and found.marks is None,
        total=found.total,
        excluded=tuple(
            ExcludedLine(label=say(*OUTSIDE.get(code, (code, code))), count=count)
            for code, count in found.excluded.items()
        ),
        hours=(shown.drawn + beside + found.whole) * per_visit,
        hours_per_visit=per_visit,
        hours_given=hours_in(form.hours, "officer-hours at hand"),
        from_items=from_items,
    )


def with_floor(
    preview: Preview, policy: Policy, found: Drawable, ratios: Ratios, *, drawn_already: bool = False
) -> Preview:
    """The preview with the legal floor held against enterprises alone, over the year and all plans.

    What this plan draws is taken in expectation, unless it is drawn and its visits are among the others.
    """
    floor = enterprise_floor(
        policy, _allocations(found, ratios), found.enterprises, total=found.total_enterprises
    )
    drawn = floor.drawn + found.whole_enterprises
    visited = found.visited_enterprises + (0 if drawn_already else drawn)
    short = max(floor.required - visited, 0)
    return replace(preview, floor_met=short == 0, short=short, of_enterprises=True)


def preview_of_plan(desk: Desk, plan: Plan) -> Preview:
    """What a plan draws: the frozen counts once there are any, before that those of the register."""
    region, evidence = plan.draft.region_prefix, evidence_of(desk.release)
    policy = policy_of_terms(desk.ledger, plan.terms) if plan.terms else None
    if plan.terms is None or policy is None or plan.draft.register_digest != desk.register.digest:
        return preview_of(plan.sizes or desk.register.counts(region), plan.ratios, evidence)
    try:
        found = drawable_under(desk, policy, items=plan.terms.item_codes, region=region, year=plan.terms.year)
    except Refusal:
        # A roster that was there when the plan was made may be gone; what is frozen is told without it.
        return preview_of(plan.sizes or desk.register.counts(region), plan.ratios, evidence)
    shown = preview_of(plan.sizes or found.sizes, plan.ratios, evidence)
    return with_floor(shown, policy, found, plan.ratios, drawn_already=plan.is_drawn)


def ordinary_drawn(policy: Policy, found: Drawable, items: tuple[str, ...]) -> int:
    """How many of the types that the policy does not grade are drawn beside the grades."""
    return ceil(Fraction(policy.drawn_ratios(items)[ORDINARY]) * found.ordinary)


def visit_hours(desk: Desk, form: PlanForm) -> tuple[float, bool]:
    """Officer-hours of a visit: as written, else two officers for the minutes of the items; and which."""
    if (given := hours_in(form.hours_per_visit, "officer-hours of a visit")) is not None:
        return given, False
    chosen = [item for item in list_items(desk.ledger, desk.city) if item.code in form.items]
    minutes = sum(item.minutes for item in chosen)
    return (OFFICERS * minutes / 60, True) if minutes else (USUAL_HOURS, False)


def year_of(form: PlanForm) -> int:
    """The year of the visits; 0 while the form names none."""
    year = form.first_day.strip()[:4]
    return int(year) if len(year) == 4 and year.isdigit() else 0


def _allocations(found: Drawable, ratios: Ratios) -> tuple[Allocation, ...]:
    """The counts by grade as the floor takes them."""
    drawn = counts(ratios, found.sizes)
    return tuple(
        Allocation(stratum=grade, grade=grade, size=found.sizes[grade], count=drawn[grade])
        for grade in LETTERS
    )


def _item(item: Item, say: Say) -> ItemChoice:
    return ItemChoice(
        code=item.code,
        name=say(item.name_zh, item.name_en or item.name_zh),
        department=item.department,
        is_key=item.kind == "key",
        law=item.law,
        minutes=item.minutes,
    )


def _percents(policy: Policy) -> str:
    fields = fields_of_policy(policy)
    return "/".join(str(fields[grade.lower()]) for grade in LETTERS)
