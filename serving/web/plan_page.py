"""One plan through its life: steps, counts, commitments, the draw with probabilities, digests, history."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from data_contracts.refusal import Refusal
from serving.inspections.plans.bundle import Verification
from serving.inspections.plans.plan import Commitment, Plan, PlanEvent, PlanState
from serving.ledger.persons import same_person
from serving.ledger.tokens import Holder
from serving.register import UnknownEntity
from serving.rosters.items import list_items
from serving.web.ceremony.draw_picture import DrawPicture, draw_picture
from serving.web.ceremony.method_section import MethodSection, method_section, opening_state
from serving.web.ceremony.verifiers import verifier_digests
from serving.web.desk import Desk
from serving.web.errors import Complaint, complaint_of
from serving.web.language import Say, speaker
from serving.web.plans_page import VOID_AFTER_REVEAL
from serving.web.preview import Preview, percent_of
from serving.web.published import drawn_entities
from serving.web.workbench.drawn_preview import preview_of_plan

# A page is for reading; the whole list is in the bundle.
LISTED = 20
STEPS = (
    (PlanState.DRAFT, "草案", "Draft"),
    (PlanState.FROZEN, "冻结名录库", "Frame frozen"),
    (PlanState.COMMITTED, "提交承诺", "Committed"),
    (PlanState.REVEALED, "揭示秘密", "Revealed"),
    (PlanState.DRAWN, "抽取完成", "Drawn"),
)
# Where the seed comes from a public value nobody commits, and what opens it is the value.
PUBLIC_STEPS = (
    *STEPS[:2],
    (PlanState.REVEALED, "录入公开数值", "Public value entered"),
    STEPS[-1],
)
# Only a plan with terms has tasks, and with them a later life.
LATER_STEPS = (
    (PlanState.STAFFED, "选派人员", "Staffed"),
    (PlanState.IN_THE_FIELD, "检查", "In the field"),
    (PlanState.RESULTS, "录入结果", "Results"),
    (PlanState.CLOSED, "办结", "Closed"),
)
EVENTS = {
    "created": ("建立", "created"),
    "frozen": ("冻结", "frozen"),
    "committed": ("承诺", "committed"),
    "revealed": ("揭示", "revealed"),
    "drawn": ("抽取", "drawn"),
    "voided": ("作废", "voided"),
    "method": ("选定抽取方法", "method chosen"),
    "public_value": ("录入公开数值", "public value entered"),
    "staffed": ("选派人员", "staffed"),
    "understaffed": ("人员不足", "understaffed"),
    "begun": ("开始检查", "visits begun"),
    "results": ("录入结果", "results"),
    "closed": ("办结", "closed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the life: done, now, or empty for later."""

    label: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialLine:
    """An official's commitment and, once revealed, the secret; `recorded_by` if somebody else brought it."""

    name: str
    recorded_by: str
    commitment: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The part in the ceremony of who is logged in: what they may do now, and what they have done."""

    person: str
    may_commit: bool
    may_reveal: bool
    committed: bool
    revealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLine:
    """A drawn entity with the probability it had."""

    entity_id: str
    name: str | None
    grade: str
    stratum: str
    probability: str
    percent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """A digest by its name."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """A step taken: when, what, by whom, and `recorded_by` if somebody else brought it."""

    at: str
    kind: str
    by: str
    recorded_by: str
    detail: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsLine:
    """What the plan is for: items in words, window, policy by its name and version."""

    department: str
    items: tuple[str, ...]
    window: str
    policy: str
    yearly_cap: int
    joint_with: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage:
    """One plan with what may be done next."""

    plan_id: str
    title: str
    state: str
    as_of: str
    region_prefix: str
    ratios: str
    complaint: Complaint | None
    steps: tuple[Step, ...]
    preview: Preview
    officials: tuple[OfficialLine, ...]
    part: Part
    may_draw: bool
    may_void: bool
    voided: str
    void_reason: str
    revealing: bool
    drawn: tuple[DrawnLine, ...]
    drawn_total: int
    digests: tuple[DigestLine, ...]
    events: tuple[EventLine, ...]
    bundle_ready: bool
    terms: TermsLine | None
    picture: DrawPicture | None
    programs: tuple[DigestLine, ...]
    method: MethodSection
    checked: Verification | None


def plan_page(
    desk: Desk,
    plan: Plan,
    *,
    holder: Holder,
    language: str,
    refusal: Refusal | None = None,
    checked: Verification | None = None,
) -> PlanPage:
    """The page of a plan as it stands, for its reader; `checked` is what drawing again just found."""
    say = speaker(language)
    opening = opening_state(desk, plan)
    return PlanPage(
        plan_id=plan.plan_id,
        title=plan.title,
        state=opening.value,
        as_of=plan.draft.as_of.isoformat(),
        region_prefix=plan.draft.region_prefix,
        ratios=" / ".join(f"{percent_of(text)}%" for text in plan.ratios.texts()),
        complaint=None if refusal is None else complaint_of(refusal, language),
        steps=_steps(plan, opening, say),
        preview=preview_of_plan(desk, plan),
        officials=tuple(_official(plan, one) for one in plan.commitments),
        part=_part(plan, holder.person),
        may_draw=opening is PlanState.REVEALED,
        may_void=plan.voided is None,
        voided="" if plan.voided is None else say(*_words(plan, plan.voided)),
        void_reason="" if plan.voided is None else plan.voided.reason,
        revealing=bool(plan.reveals),
        drawn=_drawn(desk, plan),
        drawn_total=plan.drawn_count,
        digests=_digests(plan, say),
        events=tuple(_event(plan, event, say) for event in plan.events),
        bundle_ready=bool(plan.draw_digest),
        terms=_terms(desk, plan, say),
        picture=draw_picture(plan, desk.plans_folder / plan.plan_id),
        programs=tuple(
            DigestLine(label=name, value=value) for name, value in sorted(verifier_digests(plan).items())
        )
        if plan.draw_digest
        else (),
        method=method_section(plan, person=holder.person, now=desk.now(), say=say),
        checked=checked,
    )


def _terms(desk: Desk, plan: Plan, say: Say) -> TermsLine | None:
    """The terms in words; an item that is not in the list any more is told by its code."""
    if plan.terms is None:
        return None
    names = {one.code: say(one.name_zh, one.name_en) for one in list_items(desk.ledger, desk.city)}
    version = f" · {plan.terms.policy_version}" if plan.terms.policy_version else ""
    return TermsLine(
        department=plan.terms.department,
        items=tuple(names.get(code) or code for code in plan.terms.item_codes),
        window=f"{plan.terms.first_day} – {plan.terms.last_day}",
        policy=f"{plan.terms.policy_id}{version}",
        yearly_cap=plan.terms.yearly_cap,
        joint_with=plan.terms.joint_with,
    )


def _steps(plan: Plan, opening: PlanState, say: Say) -> tuple[Step, ...]:
    public = plan.method.public is not None
    first = PUBLIC_STEPS if public else STEPS
    steps = first if plan.terms is None else (*first, *LATER_STEPS)
    order = [state for state, _, _ in steps]
    before = PlanState.FROZEN if public else PlanState.COMMITTED
    reached = before if opening is PlanState.REVEALING else opening
    place = order.index(reached) if reached in order else -1
    finished = plan.is_drawn and place == len(steps) - 1
    return tuple(
        Step(
            label=say(zh, en),
            state="done" if number < place or finished else "now" if number == place else "",
        )
        for number, (_, zh, en) in enumerate(steps)
    )


def _official(plan: Plan, one: Commitment) -> OfficialLine:
    opened = plan.secret_of_person(one.official)
    return OfficialLine(
        name=one.official,
        recorded_by=_other(one.official, one.by),
        commitment=one.commitment,
        secret=opened.secret if opened else "",
    )


def _other(official: str, by: str) -> str:
    """Who recorded it, if that was not the official."""
    return "" if same_person(official, by) else by


def _part(plan: Plan, person: str) -> Part:
    promised, revealed = plan.commitment_of_person(person), plan.secret_of_person(person) is not None
    open_for_reveals = plan.state in (PlanState.COMMITTED, PlanState.REVEALING)
    joint = plan.method.joint
    holds = plan.method.public is None and (joint is None or joint.lead == plan.plan_id)
    return Part(
        person=person,
        may_commit=holds and promised is None and plan.state in (PlanState.FROZEN, PlanState.COMMITTED),
        may_reveal=promised is not None and not revealed and open_for_reveals,
        committed=promised is not None,
        revealed=revealed,
    )


def _drawn(desk: Desk, plan: Plan) -> tuple[DrawnLine, ...]:
    """The first drawn entities as published, the riskiest grade first; a void does not hide them."""
    if not plan.draw_digest:
        return ()
    found = drawn_entities(desk.plans_folder / plan.plan_id)
    # The published order is that of the ids, so within a grade it stays.
    riskiest = sorted(found, key=lambda entity: entity.grade, reverse=True)
    return tuple(
        DrawnLine(
            entity_id=entity.entity_id,
            name=_name(desk, entity.entity_id),
            grade=entity.grade,
            stratum=entity.stratum,
            probability=entity.inclusion_probability,
            percent=f"{float(Fraction(entity.inclusion_probability)):.1%}",
        )
        for entity in riskiest[:LISTED]
    )


def _name(desk: Desk, entity_id: str) -> str | None:
    """The name in the register, which may be a later one than the plan's."""
    try:
        return desk.register.find(entity_id).name
    except UnknownEntity:
        return None


def _digests(plan: Plan, say: Say) -> tuple[DigestLine, ...]:
    named = (
        (say("登记册", "Register"), plan.draft.register_digest),
        (say("名录库", "Frame"), plan.frame_digest),
        (say("计划", "Plan"), plan.plan_digest),
        (say("种子", "Seed"), plan.seed),
        (say("抽取", "Draw"), plan.draw_digest),
    )
    return tuple(DigestLine(label=label, value=value) for label, value in named if value)


def _event(plan: Plan, event: PlanEvent, say: Say) -> EventLine:
    person = event.official or event.by
    return EventLine(
        at=f"{event.at.astimezone():%Y-%m-%d %H:%M:%S %Z}",
        kind=say(*_words(plan, event)),
        by=person,
        recorded_by=_other(person, event.by),
        detail=event.detail,
        reason=event.reason if event.kind == "voided" else "",
    )


def _words(plan: Plan, event: PlanEvent) -> tuple[str, str]:
    """The kind of step in both languages."""
    if event.kind == "voided" and plan.voided_after_reveal:
        return VOID_AFTER_REVEAL
    return EVENTS.get(event.kind, (event.kind, event.kind))
