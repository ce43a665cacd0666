"""The commands of how a plan is drawn: method, public-value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from serving.commands.asking import CommandRefused, ledger_of, person_of
from serving.inspections.plans.ceremony import enter_public_value
from serving.inspections.plans.methods import choose_method
from serving.inspections.plans.plan import Plan
from serving.ledger.persons import tidy_name
from serving.sampling.method import Design, DrawMethod, JointDraw, PublicSource
from serving.sampling.tickets import TicketHash

City = Annotated[str | None, typer.Option(help="The city; by default XINHENG_CITY.")]
By = Annotated[str | None, typer.Option(help="Who does this; by default XINHENG_PERSON.")]
PlanId = Annotated[str, typer.Argument(help="The plan's id, as `plan` printed it.")]


def register_method_commands(app: typer.Typer) -> None:
    """Adds the commands to an application."""
    app.command("method")(method_command)
    app.command("public-value")(public_value_command)


def method_command(  # noqa: PLR0913 - a method is decided by all of these
    plan_id: PlanId,
    hash_: Annotated[
        TicketHash, typer.Option("--hash", help="What makes the tickets; SM3 is the national standard.")
    ] = TicketHash.SHA256,
    design: Annotated[
        Design,
        typer.Option(
            help="stratified: the same chance for all of a stratum; pareto: by risk, with fixed counts; "
            "poisson: by risk, each for itself."
        ),
    ] = Design.STRATIFIED,
    public_source: Annotated[
        str, typer.Option(help="A value that will be public, with its issue: 'lottery 3D, issue 2026187'.")
    ] = "",
    public_at: Annotated[
        str, typer.Option(help="When it is published, with zone: 2026-07-15T21:15+08:00.")
    ] = "",
    joint: Annotated[
        list[str] | None, typer.Option(help="A plan that shares seed and tickets; once for each.")
    ] = None,
    joint_label: Annotated[
        str, typer.Option(help="What the joint draw is called; by default the ids of its plans.")
    ] = "",
    by: By = None,
    city: City = None,
) -> None:
    """Chooses how a draft is drawn, once; without this command: SHA-256, equal chances, officials' secrets.

    The design changes who is likely, not how many: by risk, the register's probability shares out the count
    of a stratum, above the exploration floor. Every chance stands in the published frame.
    """
    with ledger_of(city) as (environment, ledger):
        chosen = DrawMethod(
            ticket_hash=hash_,
            design=design,
            public=_public(public_source, public_at),
            joint=_joint(plan_id, joint or [], joint_label),
        )
        _tell(choose_method(ledger, plan_id, chosen, by=person_of(environment, by), now=datetime.now(UTC)))


def public_value_command(
    plan_id: PlanId,
    official: Annotated[str, typer.Option(help="Who read it at the source.")],
    value: Annotated[str, typer.Option(help="The value as published: '03 11 17 21 28 32 + 09'.")],
    by: By = None,
    city: City = None,
) -> None:
    """Enters the public value that opens the seed; it stands once two officials entered it alike."""
    with ledger_of(city) as (environment, ledger):
        _tell(
            enter_public_value(
                ledger,
                plan_id,
                official=tidy_name(official),
                value=value,
                by=person_of(environment, by),
                now=datetime.now(UTC),
            )
        )


def _public(name: str, at: str) -> PublicSource | None:
    """The named value; source and moment come together."""
    if not name and not at:
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        moment = None
    if not name or moment is None:
        raise CommandRefused(
            expected="a public source and the moment it is published, as 2026-07-15T21:15+08:00",
            got=f"source {name!r}, moment {at!r}",
            todo="give both --public-source and --public-at, or neither",
        )
    return PublicSource(name=name, published_at=moment)


def _joint(plan_id: str, others: list[str], label: str) -> JointDraw | None:
    """The joint draw of the plan with others; partners that name each other get the same."""
    if not others and not label:
        return None
    plans = tuple(sorted({plan_id, *others}))
    return JointDraw(label=label or "+".join(plans), plans=plans)


def _tell(plan: Plan) -> None:
    """The plan with its method, and what has been entered of a public value."""
    method = plan.method
    typer.echo(f"{plan.plan_id}  {plan.state}  {plan.title}")
    typer.echo(f"  {method.ticket_hash}, {method.design}")
    if method.public is not None:
        typer.echo(f"  seed from {method.public.name}, {method.public.published_at.isoformat()}")
    if method.joint is not None:
        typer.echo(f"  joint draw {method.joint.label}: {', '.join(method.joint.plans)}")
        typer.echo(f"  its ceremony is held on {method.joint.lead}")
    for one in plan.reveals if method.public is not None else ():
        typer.echo(f"  {one.official}: {one.secret}")
