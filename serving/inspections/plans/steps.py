"""The steps of a plan: create, freeze, draw, void; between freeze and draw stands the ceremony.

Files are published first and the ledger commits last: a step that was interrupted left no trace in the ledger
and can simply be taken again; a step in the ledger is final.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serving.inspections.plans.bundle import DRAW as DRAW_FILE
from serving.inspections.plans.bundle import (
    FRAME,
    PLAN,
    draw_text,
    frozen_frame,
    plan_text,
    publish,
    staged,
    verifiers,
)
from serving.inspections.plans.caps import CapRoom, cap_room, refuse_held, take_cap_step
from serving.inspections.plans.ceremony import opened_seed
from serving.inspections.plans.methods import add_method
from serving.inspections.plans.plan import (
    GradedRegister,
    Plan,
    PlanDraft,
    PlanRefused,
    PlanState,
    refuse_no_name,
)
from serving.inspections.plans.records import add_event, load_plan
from serving.inspections.plans.tasks import make_tasks
from serving.inspections.plans.terms import PlanTerms, TermsRefused, load_terms, terms_row
from serving.ledger.database import Ledger
from serving.ledger.schema import (
    DrawnEntityRow,
    DrawRow,
    FrameRecord,
    PlanRow,
)
from serving.sampling.allocation import Allocation, allocate
from serving.sampling.draw import DrawnEntity, draw
from serving.sampling.frame import Frame, build_frame, digest_of_bytes, read_frame
from serving.sampling.method import PLAIN, DrawMethod, JointDraw

# Two who create plans of a city in one instant count the same plans before them; the loser counts again.
_NUMBERS_TRIED = 20

# Makes frame and counts of a plan under the reasons (by entity) why some cannot be drawn.
FrameOf = Callable[[Plan, Mapping[str, str]], tuple[Frame, tuple[Allocation, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPlan:
    """A plan with its draw, and the folder anyone can check."""

    plan: Plan
    selected: tuple[DrawnEntity, ...]
    bundle: Path


def create_plan(
    ledger: Ledger, draft: PlanDraft, *, by: str, now: datetime, terms: PlanTerms | None = None
) -> Plan:
    """A new plan; its id tells city, day and number. Without terms it has a draw, but no tasks."""
    return _created(ledger, [(draft, terms)], by=by, now=now)[0]


def create_joint_plans(
    ledger: Ledger,
    drafts: Sequence[tuple[PlanDraft, PlanTerms]],
    *,
    by: str,
    now: datetime,
    method: DrawMethod = PLAIN,
) -> tuple[Plan, ...]:
    """New plans of several departments, all or none: they share visits, and the seed and tickets of one draw.

    Each names those before it as joint; the ceremony is held on the first, once all are frozen. What `method`
    says of hash, design and public value holds for all. Raises DrawMethodRefused for fewer than two.
    """

    def joined(session: Session, plans: Sequence[Plan]) -> tuple[Plan, ...]:
        ids = tuple(sorted(plan.plan_id for plan in plans))
        chosen = replace(method, joint=JointDraw(label="+".join(ids), plans=ids))
        return tuple(add_method(session, plan.plan_id, chosen, by=by, now=now) for plan in plans)

    return _created(ledger, drafts, by=by, now=now, afterwards=joined)


def _created(
    ledger: Ledger,
    drafts: Sequence[tuple[PlanDraft, PlanTerms | None]],
    *,
    by: str,
    now: datetime,
    afterwards: Callable[[Session, Sequence[Plan]], tuple[Plan, ...]] | None = None,
) -> tuple[Plan, ...]:
    """The plans under the next numbers of the day, in one transaction."""
    for draft, _ in drafts:
        _refuse_blank(draft.title, "a title of the plan")
    refuse_no_name(by, "the name of who creates the plan")
    for _ in range(_NUMBERS_TRIED):
        try:
            with ledger.writing() as session:
                plans = list[Plan]()
                for draft, terms in drafts:
                    plans.append(_numbered_plan(session, draft, _joined(terms, plans), by=by, now=now))
                return afterwards(session, plans) if afterwards else tuple(plans)
        except IntegrityError:
            continue
    raise PlanRefused(
        expected=f"a free number for a plan of {drafts[0][0].city}",
        got=f"{_NUMBERS_TRIED} numbers that others took in the same instant",
        todo="create the plan again in a moment",
    )


def _joined(terms: PlanTerms | None, plans: Sequence[Plan]) -> PlanTerms | None:
    """Terms that name these plans as joint too."""
    if terms is None or not plans:
        return terms
    return replace(terms, joint_with=(*terms.joint_with, *(plan.plan_id for plan in plans)))


def _numbered_plan(
    session: Session, draft: PlanDraft, terms: PlanTerms | None, *, by: str, now: datetime
) -> Plan:
    """The plan under the next number of its day."""
    prefix = f"{draft.city}-{now:%Y%m%d}-"
    earlier = session.scalar(select(func.count()).where(PlanRow.plan_id.startswith(prefix, autoescape=True)))
    row = PlanRow(plan_id=f"{prefix}{(earlier or 0) + 1:02d}", title=draft.title.strip(), city=draft.city)
    row.as_of, row.release_id, row.register_digest = draft.as_of, draft.release_id, draft.register_digest
    row.ratios = dict(zip("ABCD", draft.ratios.texts(), strict=True))
    row.allow_zero, row.stratification = draft.ratios.allow_zero, draft.stratification.value
    row.region_prefix, row.by, row.at, row.reason = draft.region_prefix, by, now, "created"
    session.add(row)
    session.flush()
    if terms is not None:
        _refuse_unknown_partners(session, draft, terms)
        session.add(terms_row(row.plan_id, terms, by=by, now=now))
    add_event(session, row.plan_id, kind="created", by=by, now=now, detail=str(draft.ratios))
    session.flush()
    return load_plan(session, row.plan_id)


def freeze_plan(
    ledger: Ledger,
    plan_id: str,
    *,
    register: GradedRegister,
    folder: Path,
    by: str,
    now: datetime,
    exclusions: Mapping[str, str] | None = None,
    frame_of: FrameOf | None = None,
) -> Plan:
    """Fixes who can be drawn and with which chance, before any secret exists; publishes frame and plan.

    `exclusions` gives the reason why an entity cannot be drawn; those of the yearly cap are added. `frame_of`
    makes frame and counts under all of them; by default they follow from the register and the plan's ratios.
    """

    def from_register(plan: Plan, reasons: Mapping[str, str]) -> tuple[Frame, tuple[Allocation, ...]]:
        rows = register.rows(plan.draft.region_prefix)
        frame = build_frame(rows, stratification=plan.draft.stratification, exclusions=reasons)
        return frame, allocate(plan.ratios, frame.strata())

    def frozen() -> Plan:
        plan = find_plan(ledger, plan_id)
        _require_draft(plan)
        _refuse_other_register(plan, register)
        room = _room(ledger, plan)
        reasons = {**(room.exclusions() if room else {}), **(exclusions or {})}
        framed = (frame_of or from_register)(plan, reasons)
        return _freeze(ledger, plan, framed, room, folder=folder, by=by, now=now)

    return _against_others(frozen, plan_id)


def _freeze(
    ledger: Ledger,
    plan: Plan,
    framed: tuple[Frame, tuple[Allocation, ...]],
    room: CapRoom | None,
    *,
    folder: Path,
    by: str,
    now: datetime,
) -> Plan:
    """Publishes the frame and writes it down, unless another plan took of the room meanwhile."""
    plan_id, (frame, allocations) = plan.plan_id, framed
    frame_text = frame.text(allocations)
    if room is not None:
        refuse_held(room, frame_text, lambda other: _frozen_frame_of(ledger, other, folder))
    record = FrameRecord(plan_id=plan_id, frame_digest=digest_of_bytes(frame_text), rows=len(frame.rows))
    text = plan_text(plan, allocations, frame_digest=record.frame_digest, frame_rows=record.rows)
    record.plan_digest, record.by, record.at, record.reason = digest_of_bytes(text), by, now, "frozen"
    record.strata = [asdict(allocation) for allocation in allocations]
    with staged(folder, {FRAME: frame_text, PLAN: text}) as staging, ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        _require_draft(plan)
        if room is not None:
            take_cap_step(session, plan, sequence=room.sequence, kind="frozen", by=by, now=now)
        publish(staging, folder / plan_id)
        session.add(record)
        add_event(session, plan, kind="frozen", by=by, now=now, detail=record.frame_digest)
        session.flush()
        return load_plan(session, plan_id)


def draw_plan(ledger: Ledger, plan_id: str, *, folder: Path, by: str, now: datetime) -> DrawnPlan:
    """Draws once and for all, from the frozen frame and the opened secrets; publishes draw and verifier.

    A plan with terms has its tasks and visits from the same instant.
    """
    plan = find_plan(ledger, plan_id)
    _require_revealed(plan)
    frame = read_frame(frozen_frame(folder / plan_id, plan))
    with ledger.reading() as session:
        opened = opened_seed(session, plan)
    seed = opened.seed
    selected = draw(frame, plan.allocations, seed=seed, plan_id=plan_id, method=plan.method)
    text = draw_text(plan, selected, opened, drawn_by=by, drawn_at=now)
    files = {DRAW_FILE: text, **verifiers(plan.method)}

    def drawn() -> Plan:
        record = DrawRow(plan_id=plan_id, seed=seed, draw_digest=digest_of_bytes(text), drawn=len(selected))
        record.by, record.at, record.reason = by, now, "drawn"
        with staged(folder, files) as staging:
            return _record_draw(ledger, record, selected, staging=staging, bundle=folder / plan_id)

    return DrawnPlan(plan=_against_others(drawn, plan_id), selected=selected, bundle=folder / plan_id)


def _record_draw(
    ledger: Ledger, record: DrawRow, selected: Sequence[DrawnEntity], *, staging: Path, bundle: Path
) -> Plan:
    """Writes the draw down with everyone drawn, and the tasks of a plan with terms."""
    plan_id, by, now = record.plan_id, record.by, record.at
    with ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        _require_revealed(plan)
        room = cap_room(session, plan, plan.terms) if plan.terms else None
        if room is not None:
            take_cap_step(session, plan, sequence=room.sequence, kind="drawn", by=by, now=now)
        publish(staging, bundle)
        session.add(record)
        session.flush()
        if selected:  # an empty list would insert one row of defaults
            rows = [{"plan_id": plan_id, **entity.as_row()} for entity in selected]
            session.execute(insert(DrawnEntityRow), rows)
        if room is not None:
            drawn = [entity.entity_id for entity in selected]
            make_tasks(session, plan, drawn, visits=room.visits, by=by, now=now)
        add_event(session, plan, kind="drawn", by=by, now=now, detail=record.draw_digest)
        session.flush()
        return load_plan(session, plan_id, with_drawn=True)


def void_plan(ledger: Ledger, plan_id: str, *, reason: str, by: str, now: datetime) -> Plan:
    """Ends a plan in any state; it and its draw stay visible with the reason."""
    _refuse_blank(reason, "the reason why the plan is void")
    refuse_no_name(by, "the name of who voids the plan")
    with ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        plan.require(
            *(state for state in PlanState if state is not PlanState.VOID),
            step="void it",
            todo="nothing; the plan is void already",
        )
        add_event(session, plan, kind="voided", by=by, now=now, reason=reason.strip())
        session.flush()
        return load_plan(session, plan_id)


def find_plan(ledger: Ledger, plan_id: str) -> Plan:
    """The plan with the ids of its drawn entities."""
    with ledger.reading() as session:
        return load_plan(session, plan_id, with_drawn=True)


def list_plans(ledger: Ledger, city: str) -> tuple[Plan, ...]:
    """The plans of a city, newest first, without the ids of their drawn entities."""
    with ledger.reading() as session:
        ids = session.scalars(select(PlanRow.plan_id).where(PlanRow.city == city).order_by(PlanRow.at.desc()))
        return tuple(load_plan(session, plan_id) for plan_id in ids.all())


def _against_others(step: Callable[[], Plan], plan_id: str) -> Plan:
    """Takes a step that changes what the caps leave; where another plan was faster, with the new counts."""
    for _ in range(_NUMBERS_TRIED):
        try:
            return step()
        except IntegrityError:
            continue
    raise PlanRefused(
        expected=f"a moment in which no other plan of the city takes a step, for plan {plan_id}",
        got=f"{_NUMBERS_TRIED} of them in a row",
        todo="take the step again in a moment",
    )


def _room(ledger: Ledger, plan: Plan) -> CapRoom | None:
    """The room under the yearly cap; a plan without terms has no visits and takes none."""
    if plan.terms is None:
        return None
    with ledger.reading() as session:
        return cap_room(session, plan, plan.terms)


def _frozen_frame_of(ledger: Ledger, plan_id: str, folder: Path) -> bytes:
    """The published frame of another plan."""
    with ledger.reading() as session:
        return frozen_frame(folder / plan_id, load_plan(session, plan_id))


def _refuse_unknown_partners(session: Session, draft: PlanDraft, terms: PlanTerms) -> None:
    """Only plans of the city with terms of the same year can share visits."""
    for plan_id in terms.joint_with:
        row, other = session.get(PlanRow, plan_id), load_terms(session, plan_id)
        if row is None or row.city != draft.city or other is None or other.year != terms.year:
            raise TermsRefused(
                expected=f"joint plans of {draft.city} with department, items and a window in {terms.year}",
                got=f"{plan_id!r}",
                todo="look the id up in the list of plans, or leave it out",
            )


def _require_draft(plan: Plan) -> None:
    """Only a draft can be frozen."""
    plan.require(
        PlanState.DRAFT,
        step="freeze its frame",
        todo="go on with the frozen frame, or void the plan with a reason and create another",
    )


def _require_revealed(plan: Plan) -> None:
    """Only a plan whose every commitment is opened can be drawn, and only once.

    Of a joint draw only the first plan has a ceremony; the others are drawn from their frozen state.
    """
    joint = plan.method.joint
    plan.require(
        PlanState.REVEALED if joint is None or joint.lead == plan.plan_id else PlanState.FROZEN,
        step="draw",
        todo="nothing can be drawn twice; a redraw needs a void with its reason and a new plan"
        if plan.is_drawn
        else "freeze, let two or more officials commit, and let each of them reveal",
    )


def _refuse_other_register(plan: Plan, register: GradedRegister) -> None:
    """Grades that moved between planning and freezing would change who can be drawn."""
    if register.digest != plan.draft.register_digest:
        raise PlanRefused(
            expected=f"the grade register the plan was made on, digest {plan.draft.register_digest[:16]}…",
            got=f"a register with digest {register.digest[:16]}…",
            todo="create a new plan on the current register",
        )


def _refuse_blank(text: str, what: str) -> None:
    """A record without its name or reason is worth nothing later."""
    if not text.strip():
        raise PlanRefused(expected=what, got="an empty text", todo="write it")
