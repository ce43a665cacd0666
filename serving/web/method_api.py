"""The JSON API of how a plan is drawn: its method, chosen while it is a draft, and the public value."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from serving.inspections.plans.ceremony import enter_public_value
from serving.inspections.plans.methods import choose_method
from serving.sampling.method import Design, DrawMethod, JointDraw, PublicSource
from serving.sampling.tickets import TicketHash
from serving.web.desk import Desk
from serving.web.holder import holder_of_request, planner_of_request
from serving.web.plan_answers import PlanAnswer, plan_answer
from serving.web.plan_api import plan_for

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PlanId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class PublicSourceBody(BaseModel):
    """A value that nobody knows yet: its name with issue, and the moment (with zone) when it is published."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    published_at: AwareDatetime


class JointBody(BaseModel):
    """The plans that share seed and tickets, this one among them, in the order of their ids."""

    model_config = ConfigDict(extra="forbid")

    label: Text
    plans: list[PlanId] = Field(min_length=2, max_length=50)


class MethodBody(BaseModel):
    """How the plan is drawn; left out: SHA-256, equal chances, officials' secrets, drawn alone."""

    model_config = ConfigDict(extra="forbid")

    hash: TicketHash = TicketHash.SHA256
    design: Design = Design.STRATIFIED
    public: PublicSourceBody | None = None
    joint: JointBody | None = None

    def method(self) -> DrawMethod:
        """The method, checked."""
        public, joint = self.public, self.joint
        return DrawMethod(
            ticket_hash=self.hash,
            design=self.design,
            public=PublicSource(name=public.name, published_at=public.published_at) if public else None,
            joint=JointDraw(label=joint.label, plans=tuple(joint.plans)) if joint else None,
        )


class PublicValueBody(BaseModel):
    """The value as the token's holder read it at the named source."""

    model_config = ConfigDict(extra="forbid")

    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


def method(request: Request, plan_id: str, body: MethodBody) -> PlanAnswer:
    """Chooses the method of a draft, once."""
    desk: Desk = request.app.state.desk_source()
    holder, chosen = planner_of_request(request), body.method()
    for one in (plan_id, *(chosen.joint.plans if chosen.joint else ())):
        plan_for(desk, holder, one)
    plan = choose_method(desk.ledger, plan_id, chosen, by=holder.person, now=desk.now())
    return plan_answer(desk, plan)


def public_value(request: Request, plan_id: str, body: PublicValueBody) -> PlanAnswer:
    """Enters the public value in the caller's own name; it stands once two entered it alike."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    plan_for(desk, holder, plan_id)
    name = holder.person
    plan = enter_public_value(desk.ledger, plan_id, official=name, value=body.value, by=name, now=desk.now())
    return plan_answer(desk, plan)
