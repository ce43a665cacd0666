"""The steps of a plan: create, freeze, draw, void; between freeze and draw stands the ceremony.

Files are published first and the ledger commits last: a step that was interrupted left no trace in the ledger
and can simply be taken again; a step in the ledger is final.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from serving.inspections.bundle import DRAW as DRAW_FILE
from serving.inspections.bundle import (
    FRAME,
    PLAN,
    VERIFIER,
    draw_text,
    frozen_frame,
    plan_text,
    publish,
    staged,
    verifier_text,
)
from serving.inspections.plan import (
    GradedRegister,
    Plan,
    PlanDraft,
    PlanRefused,
    PlanState,
    refuse_no_name,
)
from serving.inspections.records import add_event, load_plan
from serving.ledger.database import Ledger
from serving.ledger.schema import (
    DrawnEntityRow,
    DrawRow,
    FrameRecord,
    PlanRow,
)
from serving.sampling.allocation import allocate
from serving.sampling.draw import DrawnEntity, draw
from serving.sampling.frame import build_frame, digest_of_bytes, read_frame
from serving.sampling.tickets import Reveal, seed_of

# Two who create plans of a city in one instant count the same plans before them; the loser counts again.
_NUMBERS_TRIED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPlan:
    """A plan with its draw, and the folder anyone can check."""

    plan: Plan
    selected: tuple[DrawnEntity, ...]
    bundle: Path


def create_plan(ledger: Ledger, draft: PlanDraft, *, by: str, now: datetime) -> Plan:
    """A new plan; its id tells city, day and number."""
    _refuse_blank(draft.title, "a title of the plan")
    refuse_no_name(by, "the name of who creates the plan")
    for _ in range(_NUMBERS_TRIED):
        try:
            return _numbered_plan(ledger, draft, by=by, now=now)
        except IntegrityError:
            continue
    raise PlanRefused(
        expected=f"a free number for a plan of {draft.city}",
        got=f"{_NUMBERS_TRIED} numbers that others took in the same instant",
        todo="create the plan again in a moment",
    )


def _numbered_plan(ledger: Ledger, draft: PlanDraft, *, by: str, now: datetime) -> Plan:
    """The plan under the next number of its day."""
    prefix = f"{draft.city}-{now:%Y%m%d}-"
    with ledger.writing() as session:
        earlier = session.scalar(
            select(func.count()).where(PlanRow.plan_id.startswith(prefix, autoescape=True))
        )
        row = PlanRow(plan_id=f"{prefix}{(earlier or 0) + 1:02d}", title=draft.title.strip(), city=draft.city)
        row.as_of, row.release_id, row.register_digest = draft.as_of, draft.release_id, draft.register_digest
        row.ratios = dict(zip("ABCD", draft.ratios.texts(), strict=True))
        row.allow_zero, row.stratification = draft.ratios.allow_zero, draft.stratification.value
        row.region_prefix, row.by, row.at, row.reason = draft.region_prefix, by, now, "created"
        session.add(row)
        session.flush()
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
) -> Plan:
    """Fixes who can be drawn and with which chance, before any secret exists; publishes frame and plan."""
    plan = find_plan(ledger, plan_id)
    _require_draft(plan)
    _refuse_other_register(plan, register)
    frame = build_frame(
        register.rows(plan.draft.region_prefix),
        stratification=plan.draft.stratification,
        exclusions=exclusions,
    )
    allocations = allocate(plan.ratios, frame.strata())
    frame_text = frame.text(allocations)
    record = FrameRecord(plan_id=plan_id, frame_digest=digest_of_bytes(frame_text), rows=len(frame.rows))
    text = plan_text(plan, allocations, frame_digest=record.frame_digest, frame_rows=record.rows)
    record.plan_digest, record.by, record.at, record.reason = digest_of_bytes(text), by, now, "frozen"
    record.strata = [asdict(allocation) for allocation in allocations]
    with staged(folder, {FRAME: frame_text, PLAN: text}) as staging, ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        _require_draft(plan)
        publish(staging, folder / plan_id)
        session.add(record)
        add_event(session, plan, kind="frozen", by=by, now=now, detail=record.frame_digest)
        session.flush()
        return load_plan(session, plan_id)


def draw_plan(ledger: Ledger, plan_id: str, *, folder: Path, by: str, now: datetime) -> DrawnPlan:
    """Draws once and for all, from the frozen frame and the opened secrets; publishes draw and verifier."""
    plan = find_plan(ledger, plan_id)
    _require_revealed(plan)
    frame = read_frame(frozen_frame(folder / plan_id, plan))
    reveals = [Reveal(official=one.official, secret=one.secret) for one in plan.reveals]
    seed = seed_of(plan.frame_digest, plan.plan_digest, reveals)
    selected = draw(frame, plan.allocations, seed=seed, plan_id=plan_id)
    text = draw_text(plan, selected, seed=seed, drawn_by=by, drawn_at=now)
    record = DrawRow(plan_id=plan_id, seed=seed, draw_digest=digest_of_bytes(text), drawn=len(selected))
    record.by, record.at, record.reason = by, now, "drawn"
    files = {DRAW_FILE: text, VERIFIER: verifier_text()}
    with staged(folder, files) as staging, ledger.writing() as session:
        plan = load_plan(session, plan_id, lock=True)
        _require_revealed(plan)
        publish(staging, folder / plan_id)
        session.add(record)
        session.flush()
        if selected:  # an empty list would insert one row of defaults
            rows = [{"plan_id": plan_id, **entity.as_row()} for entity in selected]
            session.execute(insert(DrawnEntityRow), rows)
        add_event(session, plan, kind="drawn", by=by, now=now, detail=record.draw_digest)
        session.flush()
        drawn = load_plan(session, plan_id, with_drawn=True)
    return DrawnPlan(plan=drawn, selected=selected, bundle=folder / plan_id)


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


def _require_draft(plan: Plan) -> None:
    """Only a draft can be frozen."""
    plan.require(
        PlanState.DRAFT,
        step="freeze its frame",
        todo="go on with the frozen frame, or void the plan with a reason and create another",
    )


def _require_revealed(plan: Plan) -> None:
    """Only a plan whose every commitment is opened can be drawn, and only once."""
    plan.require(
        PlanState.REVEALED,
        step="draw",
        todo="nothing can be drawn twice; a redraw needs a void with its reason and a new plan"
        if plan.state is PlanState.DRAWN
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
