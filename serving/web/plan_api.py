"""The JSON API of plans: preview, create, freeze, commit, reveal, draw, void, read, bundle."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serving.inspections.field.published_staffing import verified
from serving.inspections.plans.ceremony import commit_secret, reveal_secret
from serving.inspections.plans.plan import Plan, PlanNotFound, PlanState
from serving.inspections.plans.steps import draw_plan, find_plan, freeze_plan, list_plans, void_plan
from serving.inspections.plans.terms import PlanTerms
from serving.inspections.policies.unequal_frames import frame_of_plan
from serving.ledger.tokens import Holder
from serving.sampling.policy import Ratios
from serving.web.desk import Desk
from serving.web.hit_rates import evidence_of
from serving.web.holder import holder_of_request, planner_of_request, region_for
from serving.web.plan_answers import PlanAnswer, plan_answer
from serving.web.plans_page import visible
from serving.web.preview import preview_of, sizes_in
from serving.web.published import zipped
from serving.web.workbench.drawable import objects_folder
from serving.web.workbench.saving import new_plan

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Hexadecimal = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[str, StringConstraints(strip_whitespace=True, max_length=24)]


class RatiosBody(BaseModel):
    """The share of each grade as decimal or fraction text, for exactness: "0.02", "1/3"."""

    model_config = ConfigDict(extra="forbid")

    a: Share
    b: Share
    c: Share
    d: Share

    def ratios(self) -> Ratios:
        """The ratios, checked."""
        return Ratios(a=self.a, b=self.b, c=self.c, d=self.d)


class PreviewBody(BaseModel):
    """Ratios over a region."""

    model_config = ConfigDict(extra="forbid")

    ratios: RatiosBody
    region_prefix: str = Field(default="", max_length=12)


class TermsBody(BaseModel):
    """Who inspects what, when and under which cap; a plan with these has tasks."""

    model_config = ConfigDict(extra="forbid")

    department: Words
    item_codes: list[Words] = Field(min_length=1, max_length=200)
    first_day: date
    last_day: date
    policy_id: str = Field(default="", max_length=120)
    policy_version: int = Field(default=0, ge=0, le=10**6)
    yearly_cap: int = Field(default=0, ge=0, le=1000)
    joint_with: list[str] = Field(default_factory=list, max_length=50)

    def terms(self) -> PlanTerms:
        """The terms, checked."""
        lists = {"item_codes": tuple(self.item_codes), "joint_with": tuple(self.joint_with)}
        return PlanTerms(**{**self.model_dump(), **lists})


class PlanBody(PreviewBody):
    """A new plan; without terms it is a draw and has no tasks."""

    title: Words
    terms: TermsBody | None = None


class CommitmentBody(BaseModel):
    """The promise of the token's holder: SHA-256 over plan, name and secret as the verifier describes."""

    model_config = ConfigDict(extra="forbid")

    commitment: Hexadecimal


class RevealBody(BaseModel):
    """The opened secret of the token's holder."""

    model_config = ConfigDict(extra="forbid")

    secret: Hexadecimal


class VoidBody(BaseModel):
    """Why a plan is ended."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class PreviewLineAnswer(BaseModel):
    """One grade under the ratios."""

    grade: str
    size: int
    drawn: int
    expected: float | None
    low: float | None
    high: float | None


class PreviewAnswer(BaseModel):
    """What ratios would draw."""

    lines: list[PreviewLineAnswer]
    size: int
    drawn: int
    overall: float
    expected: float | None
    floor_met: bool
    short: int


class PlanLineAnswer(BaseModel):
    """A plan in the list; days and department are null for a draw without tasks."""

    plan_id: str
    title: str
    state: str
    as_of: date
    region_prefix: str
    department: str | None
    first_day: date | None
    last_day: date | None


class PlansAnswer(BaseModel):
    """Plans, the newest first; `total` counts those that are not shown too."""

    total: int
    plans: list[PlanLineAnswer]


class VerificationAnswer(BaseModel):
    """What drawing again from the published files found; `differences` name the files and what differs."""

    ok: bool
    draw_digest: str
    differences: list[str]


def plans(
    request: Request,
    state: PlanState | None = None,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> PlansAnswer:
    """The plans within the caller's region, the newest first."""
    desk: Desk = request.app.state.desk_source()
    holder = holder_of_request(request)
    found = [
        plan
        for plan in list_plans(desk.ledger, desk.city)
        if visible(plan, holder) and state in (None, plan.state)
    ]
    return PlansAnswer(total=len(found), plans=[_line(one) for one in found[offset : offset + limit]])


def preview(request: Request, body: PreviewBody) -> PreviewAnswer:
    """What ratios would draw from the current register, and what to expect of it."""
    desk: Desk = request.app.state.desk_source()
    region = region_for(holder_of_request(request), body.region_prefix)
    shown = preview_of(sizes_in(desk.register, region), body.ratios.ratios(), evidence_of(desk.release))
    return PreviewAnswer.model_validate(shown, from_attributes=True)


def create(request: Request, body: PlanBody) -> PlanAnswer:
    """A new plan on the current register."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    plan = new_plan(
        desk,
        holder,
        title=body.title,
        ratios=body.ratios.ratios(),
        region=body.region_prefix,
        terms=body.terms.terms() if body.terms else None,
    )
    return plan_answer(desk, plan)


def read(request: Request, plan_id: str) -> PlanAnswer:
    """A plan as it stands."""
    desk: Desk = request.app.state.desk_source()
    return plan_answer(desk, plan_for(desk, holder_of_request(request), plan_id))


def freeze(request: Request, plan_id: str) -> PlanAnswer:
    """Fixes the frame."""
    desk: Desk = request.app.state.desk_source()
    return plan_answer(desk, frozen(desk, planner_of_request(request), plan_id))


def commit(request: Request, plan_id: str, body: CommitmentBody) -> PlanAnswer:
    """Takes the caller's commitment."""
    desk: Desk = request.app.state.desk_source()
    return plan_answer(desk, committed(desk, holder_of_request(request), plan_id, body.commitment))


def reveal(request: Request, plan_id: str, body: RevealBody) -> PlanAnswer:
    """Takes the caller's secret."""
    desk: Desk = request.app.state.desk_source()
    return plan_answer(desk, opened(desk, holder_of_request(request), plan_id, body.secret))


def draw(request: Request, plan_id: str) -> PlanAnswer:
    """Draws, once and for all."""
    desk: Desk = request.app.state.desk_source()
    return plan_answer(desk, drawn(desk, planner_of_request(request), plan_id))


def void(request: Request, plan_id: str, body: VoidBody) -> PlanAnswer:
    """Ends a plan with a reason; it stays visible."""
    desk: Desk = request.app.state.desk_source()
    return plan_answer(desk, voided(desk, planner_of_request(request), plan_id, body.reason))


def verification(request: Request, plan_id: str) -> VerificationAnswer:
    """Draws again from the published files, inspectors too, and holds them against the ledger."""
    desk: Desk = request.app.state.desk_source()
    found = verified(plan_for(desk, holder_of_request(request), plan_id), desk.plans_folder)
    return VerificationAnswer(ok=found.ok, draw_digest=found.draw_digest, differences=list(found.differences))


def bundle(request: Request, plan_id: str) -> Response:
    """The published folder as a zip file, with the verifier inside."""
    desk: Desk = request.app.state.desk_source()
    plan = plan_for(desk, holder_of_request(request), plan_id)
    return Response(
        zipped(desk.plans_folder / plan.plan_id),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{plan.plan_id}.zip"'},
    )


def frozen(desk: Desk, holder: Holder, plan_id: str) -> Plan:
    """Freezes a plan within the holder's region."""
    plan = plan_for(desk, holder, plan_id)
    return freeze_plan(
        desk.ledger,
        plan_id,
        register=desk.register,
        folder=desk.plans_folder,
        by=holder.person,
        now=desk.now(),
        frame_of=frame_of_plan(
            desk.ledger, plan, register=desk.register, objects_folder=objects_folder(desk)
        ),
    )


def committed(desk: Desk, holder: Holder, plan_id: str, commitment: str) -> Plan:
    """Records the holder's commitment: over the web nobody takes part in another's name."""
    plan_for(desk, holder, plan_id)
    name = holder.person
    return commit_secret(desk.ledger, plan_id, official=name, commitment=commitment, by=name, now=desk.now())


def opened(desk: Desk, holder: Holder, plan_id: str, secret: str) -> Plan:
    """Records the holder's secret."""
    plan_for(desk, holder, plan_id)
    name = holder.person
    return reveal_secret(desk.ledger, plan_id, official=name, secret=secret, by=name, now=desk.now())


def drawn(desk: Desk, holder: Holder, plan_id: str) -> Plan:
    """Draws a plan within the holder's region."""
    plan_for(desk, holder, plan_id)
    return draw_plan(desk.ledger, plan_id, folder=desk.plans_folder, by=holder.person, now=desk.now()).plan


def voided(desk: Desk, holder: Holder, plan_id: str, reason: str) -> Plan:
    """Ends a plan within the holder's region."""
    plan_for(desk, holder, plan_id)
    return void_plan(desk.ledger, plan_id, reason=reason, by=holder.person, now=desk.now())


def plan_for(desk: Desk, holder: Holder, plan_id: str) -> Plan:
    """The plan, if it lies within the holder's region; otherwise as if it were not there."""
    plan = find_plan(desk.ledger, plan_id)
    if plan.draft.city != desk.city or not visible(plan, holder):
        raise PlanNotFound(
            expected="the id of a plan in your region",
            got=f"{plan_id!r}",
            todo="look the id up in the list of plans",
        )
    return plan


def _line(plan: Plan) -> PlanLineAnswer:
    """A plan in the list."""
    terms = plan.terms
    return PlanLineAnswer(
        plan_id=plan.plan_id,
        title=plan.title,
        state=plan.state.value,
        as_of=plan.draft.as_of,
        region_prefix=plan.draft.region_prefix,
        department=terms.department if terms else None,
        first_day=terms.first_day if terms else None,
        last_day=terms.last_day if terms else None,
    )
