"""The command `preview`: what a plan would draw, counted as the workbench and /api/v1 count it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.refusal import exit_on_refusal
from serving.commands.asking import CommandRefused
from serving.inspections.plans.plan import Plan
from serving.inspections.plans.steps import find_plan
from serving.inspections.policies.policy_frames import policy_of_terms
from serving.sampling.policy import parse_ratios
from serving.web.desk import Desk
from serving.web.hit_rates import evidence_of
from serving.web.opening import Place, open_desk
from serving.web.preview import Preview, preview_of, sizes_in
from serving.web.workbench.api import WeighingBody, form_of
from serving.web.workbench.drawn_preview import (
    WorkbenchPreview,
    drawn_by,
    preview_of_plan,
)
from serving.web.workbench.form import policy_in

console = Console(highlight=False)


def register_preview_command(app: typer.Typer) -> None:
    """Adds the command to an application."""
    app.command("preview")(preview_command)


def preview_command(
    plan: Annotated[str, typer.Option(help="The id of a plan; what it would draw today.")] = "",
    ratios: Annotated[str, typer.Option(help="For example A=0.02,B=0.05,C=0.2,D=1; or a policy's.")] = "",
    policy: Annotated[str, typer.Option(help="A policy's id or a published practice.")] = "",
    region: Annotated[str, typer.Option(help="Only entities whose region code starts so.")] = "",
    item: Annotated[list[str] | None, typer.Option(help="The code of an item; once for each.")] = None,
    first_day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day: caps are of its year.")
    ] = None,
    yearly_cap: Annotated[
        int, typer.Option(min=0, help="The most visits of an entity in the year; 0: the policy's.")
    ] = 0,
    city: Annotated[str, typer.Option(help="The city whose folders and ledger are used.")] = "",
) -> None:
    """Shows what a plan would draw by line, whom it leaves out and why, the floor, and what it finds."""
    with exit_on_refusal():
        if [bool(plan), bool(ratios), bool(policy)].count(True) != 1 or (item and not policy):
            raise CommandRefused(
                expected="--plan ID, or --ratios, or --policy with the items that it is for",
                got=_given(plan=plan, ratios=ratios, policy=policy, item=item),
                todo="give one of the three; items go with a policy",
            )
        desk = open_desk(place_of(Environment().of_city(city or None)), now=lambda: datetime.now(UTC))
        if plan:
            _tell_plan(desk, find_plan(desk.ledger, plan))
        elif ratios:
            sizes = sizes_in(desk.register, region)
            _tell_lines(preview_of(sizes, parse_ratios(ratios), evidence_of(desk.release)))
        else:
            year = first_day.year if first_day else 0
            body = WeighingBody(policy_id=policy, items=item or [], region_prefix=region, year=year)
            _tell_drawn(_under_policy(desk, body, yearly_cap))


def place_of(environment: Environment) -> Place:
    """Where a city's parts lie, as a desk is told."""
    return Place(
        city=environment.city,
        ledger_address=environment.ledger_address,
        releases_folder=environment.releases_folder,
        lake_folder=environment.lake_folder,
        plans_folder=environment.plans_folder,
        snapshots_folder=environment.snapshots_folder,
        raw_folder=environment.raw_folder,
    )


def _given(**options: object) -> str:
    """The options that were given."""
    return " and ".join(f"--{name}" for name, value in options.items() if value) or "none of them"


def _under_policy(desk: Desk, body: WeighingBody, yearly_cap: int) -> WorkbenchPreview:
    """What POST /api/v1/plans/weighing counts; a cap of the plan's own takes the place of the policy's."""
    form = form_of(desk, body)
    policy = policy_in(form)
    policy = replace(policy, yearly_cap=yearly_cap or policy.yearly_cap)
    return drawn_by(desk, form, policy, body.region_prefix, "en")


def _tell_plan(desk: Desk, plan: Plan) -> None:
    """The lines of a plan as its page tells them; of a draft under a policy also whom it leaves out."""
    console.print(f"{plan.plan_id}  {plan.state}  {plan.title}")
    _tell_lines(preview_of_plan(desk, plan))
    terms = plan.terms
    policy = policy_of_terms(desk.ledger, terms) if terms else None
    if plan.allocations or terms is None or policy is None:
        return
    body = WeighingBody(
        policy=policy.as_document(), items=list(terms.item_codes),
        region_prefix=plan.draft.region_prefix, year=terms.year,
    )  # fmt: skip
    _tell_beside(_under_policy(desk, body, terms.yearly_cap))


def _tell_drawn(drawn: WorkbenchPreview) -> None:
    """What a policy would draw."""
    _tell_lines(drawn.preview)
    _tell_beside(drawn)


def _tell_lines(shown: Preview) -> None:
    """The lines with their sum, and the legal floor."""
    table = Table(box=SIMPLE_HEAD)
    for name in ("line", "entities", "ratio", "drawn", "findings expected", "95 %"):
        table.add_column(name, justify="left" if name == "line" else "right")
    for line in shown.lines:
        known = line.expected is not None
        spread = f"{line.low:,.1f} – {line.high:,.1f}" if known else "–"
        found = f"{line.expected:,.1f}" if known else "–"
        table.add_row(line.grade, f"{line.size:,}", line.ratio, f"{line.drawn:,}", found, spread)
    total = f"{shown.expected:,.1f}" if shown.expected is not None else "–"
    table.add_row("all", f"{shown.size:,}", f"{shown.overall:.1%}", f"{shown.drawn:,}", total, "")
    console.print(table)
    whom = "enterprises" if shown.of_enterprises else "all entities"
    short = f"{shown.short:,} short of it" if shown.short else "met"
    console.print(f"legal floor of {whom}: {short}", style=None if shown.floor_met else "yellow")


def _tell_beside(drawn: WorkbenchPreview) -> None:
    """Who is left out and why, who comes in whole or again, the officer-hours, and the joint plans."""
    console.print(f"{drawn.drawable:,} of {drawn.total:,} entities may be drawn")
    for one in drawn.excluded:
        console.print(f"  {one.count:,} left out: {one.label}")
    if drawn.whole:
        console.print(f"  {drawn.whole:,} are drawn as full coverage")
    if drawn.pierced:
        console.print(f"  {drawn.pierced:,} are let in by a trigger despite a shield")
    if drawn.no_marks:
        console.print("  no marks are on record: the policy's shields shield nobody", style="yellow")
    console.print(f"{drawn.hours:,.0f} officer-hours, {drawn.hours_per_visit:.1f} a visit")
    for partner in drawn.partners:
        console.print(f"  {partner.department}: {partner.drawn:,} drawn, {partner.hours:,.0f} officer-hours")
