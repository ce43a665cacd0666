"""The QR code of a draw: digests of the draw and of the program that checks it, to be compared on paper."""

from __future__ import annotations

import io

import segno
from fastapi import Request
from starlette.responses import Response

from serving.inspections.plans.bundle import VERIFIER
from serving.inspections.plans.plan import Plan, PlanRefused
from serving.web.ceremony.verifiers import verifier_digests
from serving.web.desk import Desk
from serving.web.holder import holder_of_request
from serving.web.plan_api import plan_for

_INK = "#17212b"


class NotDrawnYet(PlanRefused):
    """A plan whose draw is asked for before there is one."""


def code_text(plan: Plan) -> str:
    """What the QR code says: one line each for the plan, its draw and the program that checks it."""
    if not plan.draw_digest:
        raise NotDrawnYet(
            expected=f"a draw of plan {plan.plan_id}",
            got=f"plan {plan.plan_id}, which is {plan.state}",
            todo="draw the plan first",
        )
    lines = (
        f"XINHENG {plan.plan_id}",
        f"draw.json sha256 {plan.draw_digest}",
        f"{VERIFIER} sha256 {verifier_digests(plan)[VERIFIER]}",
    )
    return "\n".join(lines)


def code(request: Request, plan_id: str) -> Response:
    """The QR code of a draw as SVG, for the page and for print."""
    desk: Desk = request.app.state.desk_source()
    plan = plan_for(desk, holder_of_request(request), plan_id)
    out = io.BytesIO()
    segno.make(code_text(plan), error="m", micro=False).save(
        out, kind="svg", xmldecl=False, border=2, dark=_INK, light="#ffffff", omitsize=True
    )
    return Response(out.getvalue(), media_type="image/svg+xml")
