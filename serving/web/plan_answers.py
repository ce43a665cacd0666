"""What the JSON API tells of a plan."""

from __future__ import annotations

from pydantic import BaseModel

from serving.inspections.plans.plan import Plan
from serving.web.desk import Desk
from serving.web.published import drawn_entities


class OfficialAnswer(BaseModel):
    """An official with commitment and, once revealed, the secret; `recorded_by` brought the commitment."""

    official: str
    recorded_by: str
    commitment: str
    secret: str | None


class EventAnswer(BaseModel):
    """A step: `by` took it; `official` is whose commitment or secret it was, else empty."""

    kind: str
    at: str
    by: str
    official: str
    detail: str
    reason: str


class DrawnAnswer(BaseModel):
    """A drawn entity with the probability it had."""

    entity_id: str
    stratum: str
    grade: str
    inclusion_probability: str
    ticket: str


class PlanAnswer(BaseModel):
    """A plan as it stands."""

    plan_id: str
    title: str
    state: str
    voided_after_reveal: bool
    as_of: str
    release_id: str
    register_digest: str
    region_prefix: str
    ratios: dict[str, str]
    terms: dict[str, object] | None
    method: dict[str, object]
    sizes: dict[str, int]
    counts: dict[str, int]
    frame_digest: str
    plan_digest: str
    seed: str
    draw_digest: str
    officials: list[OfficialAnswer]
    drawn: list[DrawnAnswer]
    events: list[EventAnswer]


def plan_answer(desk: Desk, plan: Plan) -> PlanAnswer:
    """A plan with its officials, its steps and its drawn entities."""
    found = drawn_entities(desk.plans_folder / plan.plan_id) if plan.draw_digest else ()
    return PlanAnswer(
        plan_id=plan.plan_id,
        title=plan.title,
        state=plan.state.value,
        voided_after_reveal=plan.voided_after_reveal,
        as_of=plan.draft.as_of.isoformat(),
        release_id=plan.draft.release_id,
        register_digest=plan.draft.register_digest,
        region_prefix=plan.draft.region_prefix,
        terms=plan.terms.content() if plan.terms else None,
        method=plan.method.as_json(),
        ratios=dict(zip("ABCD", plan.ratios.texts(), strict=True)),
        sizes=plan.sizes,
        counts=plan.counts,
        frame_digest=plan.frame_digest,
        plan_digest=plan.plan_digest,
        seed=plan.seed,
        draw_digest=plan.draw_digest,
        officials=_officials(plan),
        drawn=[DrawnAnswer.model_validate(entity, from_attributes=True) for entity in found],
        events=_events(plan),
    )


def _officials(plan: Plan) -> list[OfficialAnswer]:
    """The commitments with what has been opened of them."""
    opened = {one.official: one.secret for one in plan.reveals}
    return [
        OfficialAnswer(
            official=one.official,
            recorded_by=one.by,
            commitment=one.commitment,
            secret=opened.get(one.official),
        )
        for one in plan.commitments
    ]


def _events(plan: Plan) -> list[EventAnswer]:
    """The steps in the order they were taken."""
    return [
        EventAnswer(
            kind=event.kind,
            at=event.at.isoformat(),
            by=event.by,
            official=event.official,
            detail=event.detail,
            reason=event.reason,
        )
        for event in plan.events
    ]
