"""The commands of ledger and draw: migrate, token, plan, freeze, commit, reveal, draw, void, verify-draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer

from data_contracts.environment import Environment
from data_contracts.refusal import exit_on_refusal
from serving.commands.asking import CommandRefused, ledger_of, person_of
from serving.inspections.field.published_staffing import verified
from serving.inspections.plans.bundle import FRAME, Verification, verify_bundle
from serving.inspections.plans.ceremony import commit_secret, reveal_secret
from serving.inspections.plans.plan import Plan, PlanDraft, PlanState
from serving.inspections.plans.steps import (
    create_plan,
    draw_plan,
    find_plan,
    freeze_plan,
    list_plans,
    void_plan,
)
from serving.inspections.plans.terms import PlanTerms
from serving.inspections.policies.policy_frames import policy_of_terms
from serving.inspections.policies.unequal_frames import frame_of_plan
from serving.inspections.policies.versions import policy_of_city
from serving.ledger.database import Ledger, migrate
from serving.ledger.deployments import live_at
from serving.ledger.persons import tidy_name
from serving.ledger.registers import current_register
from serving.ledger.schema import RegisterRow
from serving.ledger.tokens import create_token
from serving.sampling.frame import Stratification, left_out
from serving.sampling.policy import Ratios, parse_ratios
from serving.sampling.presets import is_preset
from serving.sampling.tickets import commitment_of

City = Annotated[str, typer.Option(help="The city whose folders and ledger are used.")]
By = Annotated[str, typer.Option(help="Who does this; default from XINHENG_PERSON.")]
PlanId = Annotated[str, typer.Argument(help="The plan's id, as `plan` printed it.")]


def register_plan_commands(app: typer.Typer) -> None:
    """Adds the commands to an application."""
    app.command("migrate")(migrate_command)
    app.command("token")(token_command)
    app.command("plan")(plan_command)
    app.command("plans")(plans_command)
    app.command("freeze")(freeze_command)
    app.command("commit")(commit_command)
    app.command("reveal")(reveal_command)
    app.command("draw")(draw_command)
    app.command("void")(void_command)
    app.command("verify-draw")(verify_draw_command)


def migrate_command(city: City = "") -> None:
    """Makes the ledger, or brings it to the version of this program. Harmless when repeated."""
    with exit_on_refusal():
        address = Environment().of_city(city or None).ledger_address
        typer.echo(f"ledger at version {migrate(address)}")


def token_command(
    person: Annotated[str, typer.Option(help="Whose token it is.")],
    role: Annotated[str, typer.Option(help="analyst, planner, supervisor, auditor or administrator.")],
    region: Annotated[str, typer.Option(help="Only entities whose region code starts so.")] = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it ends.")] = 90,
    by: Annotated[str, typer.Option(help="Who makes it; default XINHENG_PERSON, or the person.")] = "",
    city: City = "",
) -> None:
    """Makes an API token and prints it, for the only time."""
    with ledger_of(city) as (environment, ledger):
        now = datetime.now(UTC)
        token = create_token(
            ledger,
            person=person,
            role=role,
            region_prefix=region,
            expires_on=now.date() + timedelta(days=days),
            now=now,
            by=by or environment.person or "",
        )
        typer.echo(token)


def plan_command(  # noqa: PLR0913 - a plan is decided by all of these
    title: Annotated[str, typer.Option(help="What the plan is called.")],
    ratios: Annotated[str, typer.Option(help="For example A=0.02,B=0.05,C=0.2,D=1; or a policy's.")] = "",
    policy: Annotated[
        str,
        typer.Option(help="A policy's id or a published practice: its ratios, cap and scope."),
    ] = "",
    region: Annotated[str, typer.Option(help="Only entities whose region code starts so.")] = "",
    strata: Annotated[Stratification, typer.Option(help="What makes a stratum.")] = Stratification.GRADE,
    allow_zero: Annotated[str, typer.Option(help="The reason, if a grade is not to be drawn at all.")] = "",
    department: Annotated[str, typer.Option(help="Who inspects; with it the plan has tasks.")] = "",
    item: Annotated[list[str] | None, typer.Option(help="The code of an item; once for each.")] = None,
    first_day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day of the visits.")
    ] = None,
    last_day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Their last day, in the same year.")
    ] = None,
    yearly_cap: Annotated[
        int, typer.Option(min=0, help="The most visits of an entity in the year; 0: no cap.")
    ] = 0,
    joint_with: Annotated[list[str] | None, typer.Option(help="A plan that shares the visits.")] = None,
    by: By = "",
    city: City = "",
) -> None:
    """Creates a plan on the city's current grade register; department, items and days give it tasks."""
    with ledger_of(city) as (environment, ledger):
        terms = _terms(department, item, (first_day, last_day), yearly_cap, joint_with)
        under = _under_policy(ledger, policy, terms, ratios, city=environment.city)
        terms = under[1] if under else terms
        wanted = under[0] if under else parse_ratios(ratios, allow_zero=allow_zero)
        row = _register_row(ledger, environment.city)
        draft = PlanDraft(
            title=title,
            city=environment.city,
            as_of=row.as_of,
            release_id=row.release_id,
            register_digest=row.digest,
            ratios=wanted,
            region_prefix=region,
            stratification=strata,
        )
        person = person_of(environment, by)
        _tell(create_plan(ledger, draft, by=person, now=datetime.now(UTC), terms=terms))


def plans_command(
    plan_id: Annotated[str, typer.Argument(help="Only this plan, with its counts and digests.")] = "",
    state: Annotated[PlanState | None, typer.Option(help="Only plans that stand here in their life.")] = None,
    city: City = "",
) -> None:
    """Lists the city's plans with where they stand, the newest first; or tells one."""
    with ledger_of(city) as (environment, ledger):
        if plan_id:
            _tell(find_plan(ledger, plan_id))
            return
        for plan in list_plans(ledger, environment.city):
            if state in (None, plan.state):
                window = f"{plan.terms.first_day} – {plan.terms.last_day}" if plan.terms else "-"
                typer.echo(f"{plan.plan_id}  {plan.state}  {window}  {plan.title}")


def freeze_command(plan_id: PlanId, by: By = "", city: City = "") -> None:
    """Fixes and publishes the frame: who can be drawn, with which chance. Comes before any secret."""
    with ledger_of(city) as (environment, ledger):
        folder = Path(_register_row(ledger, environment.city).folder)
        # Here, because it pulls in LightGBM: seconds that the other commands save.
        from serving.register import open_register  # noqa: PLC0415

        register = open_register(folder)
        plan = freeze_plan(
            ledger,
            plan_id,
            register=register,
            folder=environment.plans_folder,
            by=person_of(environment, by),
            now=datetime.now(UTC),
            frame_of=frame_of_plan(
                ledger,
                find_plan(ledger, plan_id),
                register=register,
                objects_folder=environment.city_folder / "objects",
            ),
        )
        _tell(plan)
        reasons = left_out((environment.plans_folder / plan_id / FRAME).read_bytes())
        if reasons:
            typer.echo("  left out: " + ", ".join(f"{count} {reason}" for reason, count in reasons.items()))


def commit_command(
    plan_id: PlanId,
    official: Annotated[str, typer.Option(help="Whose commitment it is.")],
    commitment: Annotated[str, typer.Option(help="The digest; left out, a secret is made and printed.")] = "",
    by: By = "",
    city: City = "",
) -> None:
    """Records an official's commitment. The printed secret is kept by the official alone until the reveal."""
    with ledger_of(city) as (environment, ledger):
        official = tidy_name(official)
        secret = "" if commitment else token_hex(32)
        plan = commit_secret(
            ledger,
            plan_id,
            official=official,
            commitment=commitment or commitment_of(plan_id, official, secret),
            by=person_of(environment, by),
            now=datetime.now(UTC),
        )
        _tell(plan)
        if secret:
            typer.echo(f"secret of {official} (shown once): {secret}")


def reveal_command(
    plan_id: PlanId,
    official: Annotated[str, typer.Option(help="Whose secret it is.")],
    secret: Annotated[str, typer.Option(help="The secret that was committed.", prompt=True)],
    by: By = "",
    city: City = "",
) -> None:
    """Opens an official's secret and checks it against the commitment."""
    with ledger_of(city) as (environment, ledger):
        plan = reveal_secret(
            ledger,
            plan_id,
            official=official,
            secret=secret,
            by=person_of(environment, by),
            now=datetime.now(UTC),
        )
        _tell(plan)


def draw_command(plan_id: PlanId, by: By = "", city: City = "") -> None:
    """Draws, once and for all, and publishes the bundle."""
    with ledger_of(city) as (environment, ledger):
        drawn = draw_plan(
            ledger,
            plan_id,
            folder=environment.plans_folder,
            by=person_of(environment, by),
            now=datetime.now(UTC),
        )
        _tell(drawn.plan)
        typer.echo(f"bundle: {drawn.bundle}   check it: python {drawn.bundle / 'verify.py'} {drawn.bundle}")


def void_command(
    plan_id: PlanId,
    reason: Annotated[str, typer.Option(help="Why; it stays visible.")],
    by: By = "",
    city: City = "",
) -> None:
    """Ends a plan with a reason; plan and draw stay visible."""
    with ledger_of(city) as (environment, ledger):
        _tell(void_plan(ledger, plan_id, reason=reason, by=person_of(environment, by), now=datetime.now(UTC)))


def verify_draw_command(
    folder: Annotated[Path, typer.Argument(help="A published bundle, or the id of a plan of the city.")],
    city: City = "",
) -> None:
    """Repeats a published draw, and that of inspectors, from files; with a plan's id, the ledger too."""
    with exit_on_refusal():
        verification = verify_bundle(folder) if folder.is_dir() else _verify_by_id(str(folder), city)
        if not verification.ok:
            typer.secho("\n".join(verification.differences), fg=typer.colors.RED, err=True)
            raise typer.Exit(1)
        typer.echo(f"OK  draw.json sha256:{verification.draw_digest}")


def _verify_by_id(plan_id: str, city: str) -> Verification:
    """The bundle of a plan against the digest in the ledger."""
    with ledger_of(city) as (environment, ledger):
        return verified(find_plan(ledger, plan_id), environment.plans_folder)


def _terms(
    department: str,
    items: list[str] | None,
    window: tuple[datetime | None, datetime | None],
    yearly_cap: int,
    joint_with: list[str] | None,
) -> PlanTerms | None:
    """The terms, if any were given; then all that a task needs must be there."""
    first, last = window
    if not department and not items and first is None and last is None:
        return None
    if first is None or last is None:
        raise CommandRefused(
            expected="the first and last day of the visits, with department and items",
            got="none",
            todo="add --first-day and --last-day, or leave department and items out",
        )
    return PlanTerms(
        department=department,
        item_codes=tuple(items or ()),
        first_day=first.date(),
        last_day=last.date(),
        yearly_cap=yearly_cap,
        joint_with=tuple(joint_with or ()),
    )


def _under_policy(
    ledger: Ledger, policy: str, terms: PlanTerms | None, ratios: str, *, city: str
) -> tuple[Ratios, PlanTerms] | None:
    """Ratios and terms of a plan under a policy, in its newest version; None without one."""
    if not policy:
        return None
    if terms is None or ratios:
        raise CommandRefused(
            expected="a policy with department, items and days, and without ratios of the plan's own",
            got=f"--policy {policy}" + (f" and --ratios {ratios}" if ratios else " alone"),
            todo="a policy has ratios; leave --ratios out, and add what the plan needs for tasks",
        )
    version = 0 if is_preset(policy) else policy_of_city(ledger, city, policy).version
    named = replace(terms, policy_id=policy, policy_version=version)
    found = policy_of_terms(ledger, named)
    if found is None:
        raise AssertionError("a policy that was named is none")
    return found.graded_ratios(terms.item_codes), replace(
        named, yearly_cap=terms.yearly_cap or found.yearly_cap
    )


def _register_row(ledger: Ledger, city: str) -> RegisterRow:
    """The current register of the city: one of the live release."""
    live = live_at(ledger, city, datetime.now(UTC))
    row = current_register(ledger, city, release_id=live.release_id) if live else None
    if row is None:
        raise CommandRefused(
            expected=f"a grade register of {city} by the live release, {live.release_id if live else 'none'}",
            got="none in the ledger",
            todo=f"run `python -m serving grade --city {city}` first",
        )
    return row


def _tell(plan: Plan) -> None:
    """The plan in a few lines."""
    typer.echo(f"{plan.plan_id}  {plan.state}  {plan.title}  {plan.ratios}")
    for grade, size in plan.sizes.items():
        typer.echo(f"  {grade}: {plan.counts[grade]} of {size}")
    if plan.floor is not None:
        typer.secho(f"  {plan.floor}", fg=None if plan.floor.met else typer.colors.YELLOW)
    if plan.frame_digest:
        typer.echo(f"  frame sha256:{plan.frame_digest}")
    if plan.voided_after_reveal:
        typer.secho("  voided after the first reveal", fg=typer.colors.YELLOW)
    if plan.draw_digest:
        typer.echo(f"  {plan.drawn_count} drawn, seed {plan.seed}, draw.json sha256:{plan.draw_digest}")
