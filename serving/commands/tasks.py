"""The commands of a plan's later life: yearly-plan, tasks, staff, recuse, begin, clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from serving.commands.asking import ledger_of, person_of
from serving.inspections.clocks.clocks import Colour
from serving.inspections.field.assignments import AskedBy, Roster, recuse, staff_plan
from serving.inspections.field.open_clocks import OpenClocks, open_clocks
from serving.inspections.field.starting import begin_visit, begin_visits, read_visit_ids
from serving.inspections.field.visit_roster import visit_roster
from serving.inspections.field.visits import Visit, find_visit, find_visits, visits_of_plan
from serving.inspections.plans.plan import Plan
from serving.inspections.plans.steps import find_plan
from serving.inspections.results.dates import result_dates
from serving.inspections.results.facts import plans_with_tasks
from serving.inspections.yearly.yearly_plan import YearlyPlan, punctuality, read_lines
from serving.inspections.yearly.yearly_plans import (
    amend_yearly_plan,
    create_yearly_plan,
    find_yearly_plan,
    list_yearly_plans,
    publish_yearly_plan,
    published_folder,
)
from serving.ledger.database import Ledger
from serving.ledger.moments import day_in_china
from serving.sampling.staffing import Scope, ScopeKind

console = Console(highlight=False)
COLOURS = {Colour.MET: "green", Colour.GREEN: "green", Colour.AMBER: "yellow", Colour.RED: "red"}
MOST_SHOWN = 40

City = Annotated[str | None, typer.Option(help="The city; by default XINHENG_CITY.")]
By = Annotated[str | None, typer.Option(help="Who does this; by default XINHENG_PERSON.")]
Why = Annotated[str, typer.Option(help="Why; it stays visible.")]
PlanId = Annotated[str, typer.Argument(help="The plan's id, as `plan` printed it.")]
VisitId = Annotated[str, typer.Argument(help="The visit's id, as `tasks` shows it.")]
YearlyId = Annotated[str, typer.Argument(help="The yearly plan's id, as `yearly-plan list` shows it.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV table of its lines.")]
Kind = Annotated[ScopeKind, typer.Option("--scope", help="From whom inspectors are drawn.")]
Stations = Annotated[list[str] | None, typer.Option("--station", help="A station, if the scope is stations.")]

yearly_app = typer.Typer(
    no_args_is_help=True, help="Yearly plans (年度抽查工作计划): new, amend, publish, list."
)


def register_task_commands(app: typer.Typer) -> None:
    """Adds the commands to an application."""
    app.add_typer(yearly_app, name="yearly-plan")
    app.command("tasks")(tasks_command)
    app.command("staff")(staff_command)
    app.command("recuse")(recuse_command)
    app.command("begin")(begin_command)
    app.command("clocks")(clocks_command)


@yearly_app.command("new")
def new_yearly_command(
    file: File,
    department: Annotated[str, typer.Option(help="Whose plan it is.")],
    year: Annotated[int, typer.Option(min=2004, max=2100, help="The year it plans.")],
    by: By = None,
    city: City = None,
) -> None:
    """Creates the first version of a department's plan for a year."""
    with ledger_of(city) as (environment, ledger):
        plan = create_yearly_plan(
            ledger,
            city=environment.city,
            year=year,
            department=department,
            lines=read_lines(file.read_bytes()),
            by=person_of(environment, by),
            now=_now(),
        )
        _tell_yearly(plan)


@yearly_app.command("amend")
def amend_yearly_command(
    yearly_plan_id: YearlyId, file: File, reason: Why, by: By = None, city: City = None
) -> None:
    """Replaces its lines by a new version with the reason; a published plan is to be published again."""
    with ledger_of(city) as (environment, ledger):
        lines, person = read_lines(file.read_bytes()), person_of(environment, by)
        _tell_yearly(amend_yearly_plan(ledger, yearly_plan_id, lines, reason=reason, by=person, now=_now()))


@yearly_app.command("publish")
def publish_yearly_command(yearly_plan_id: YearlyId, by: By = None, city: City = None) -> None:
    """Publishes the version that counts, as CSV and JSON with their digests; due by 31 March."""
    with ledger_of(city) as (environment, ledger):
        folder, person = environment.plans_folder, person_of(environment, by)
        plan = publish_yearly_plan(ledger, yearly_plan_id, folder=folder, on=_today(), by=person, now=_now())
        _tell_yearly(plan)
        console.print(f"{published_folder(folder, plan, plan.latest.version)}")
        console.print(f"CSV sha256:{plan.latest.csv_digest}  JSON sha256:{plan.latest.json_digest}")


@yearly_app.command("list")
def list_yearly_command(
    year: Annotated[int, typer.Option(min=2004, max=2100, help="The year planned.")], city: City = None
) -> None:
    """Shows the yearly plans of a city, and whether they were published in time."""
    with ledger_of(city) as (environment, ledger):
        for plan in list_yearly_plans(ledger, environment.city, year):
            _tell_yearly(plan)


@yearly_app.command("show")
def show_yearly_command(yearly_plan_id: YearlyId, city: City = None) -> None:
    """Shows the lines of the version that counts."""
    with ledger_of(city) as (_, ledger):
        plan = find_yearly_plan(ledger, yearly_plan_id)
        _tell_yearly(plan)
        for line in plan.latest.lines:
            drawn = f"{line.count} objects" if line.ratios is None else f"{dict(line.ratios)}"
            months = f"months {line.first_month} to {line.last_month}"
            console.print(f"  {line.name} · {line.object_scope} · {drawn} · {months} · {line.body}")


def tasks_command(plan_id: PlanId, city: City = None) -> None:
    """Shows the visits in which a plan has a task, with their teams."""
    with ledger_of(city) as (_, ledger):
        with ledger.reading() as session:
            visits = visits_of_plan(session, plan_id)
        _tell_plan(find_plan(ledger, plan_id))
        _show_visits(visits)


def staff_command(
    plan_id: PlanId,
    scope: Kind = ScopeKind.WHOLE_BUREAU,
    station: Stations = None,
    by: By = None,
    city: City = None,
) -> None:
    """Draws inspectors for every visit of a drawn plan that has no whole team; harmless when repeated."""
    with ledger_of(city) as (environment, ledger):
        plan = find_plan(ledger, plan_id)
        with ledger.reading() as session:
            ids = [visit.entity_id for visit in visits_of_plan(session, plan_id)]
        roster = _roster(environment, ledger, plan, ids, Scope(kind=scope, stations=tuple(station or ())))
        done = staff_plan(ledger, plan_id, roster=roster, by=person_of(environment, by), now=_now())
        _tell_plan(done.plan)
        console.print(f"{done.staffed:,} visits staffed, {len(done.unstaffable):,} not")
        for one in done.unstaffable[:MOST_SHOWN]:
            console.print(f"  {one.visit_id}  {one.zh}  {one.en}", style="red")


def recuse_command(
    visit_id: VisitId,
    inspector: Annotated[str, typer.Option(help="The inspector's id.")],
    asked_by: Annotated[AskedBy, typer.Option(help="Who asked for it.")],
    reason: Why,
    scope: Kind = ScopeKind.WHOLE_BUREAU,
    station: Stations = None,
    by: By = None,
    city: City = None,
) -> None:
    """Takes an inspector off a visit (回避) and draws the seat again; the earlier team stays on record."""
    with ledger_of(city) as (environment, ledger):
        with ledger.reading() as session:
            visit = find_visit(session, visit_id)
        plan = find_plan(ledger, visit.opened_by)
        wanted = Scope(kind=scope, stations=tuple(station or ()))
        after = recuse(
            ledger,
            visit_id,
            inspector,
            asked_by=asked_by,
            reason=reason,
            roster=_roster(environment, ledger, plan, [visit.entity_id], wanted),
            by=person_of(environment, by),
            now=_now(),
        )
        _show_visits((after,))


def begin_command(
    visit_id: Annotated[
        list[str] | None, typer.Argument(help="The ids of visits, as `tasks` shows them.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A CSV file with a column visit_id.")
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; by default today in China.")
    ] = None,
    by: By = None,
    city: City = None,
) -> None:
    """The team of a visit sets out, or the teams of many; from then on no other plan's task joins them."""
    with ledger_of(city) as (environment, ledger):
        day, person = on.date() if on else _today(), person_of(environment, by)
        asked = [*(visit_id or ()), *(read_visit_ids(file.read_bytes()) if file else ())]
        if len(asked) == 1:
            _show_visits((begin_visit(ledger, asked[0], on=day, by=person, now=_now()),))
            return
        with ledger.reading() as session:
            own = {one.visit_id for one in find_visits(session, asked) if one.city == environment.city}
        done = begin_visits(ledger, asked, on=day, by=person, now=_now(), among=own)
        console.print(
            f"{len(done.begun):,} visits begun on {day}, {len(done.already):,} before, "
            f"{len(done.refused):,} not"
        )
        for one in done.refused[:MOST_SHOWN]:
            console.print(f"  {one.visit_id}  {one.why}", style="red")


def clocks_command(
    department: Annotated[str, typer.Option(help="Only of this department.")] = "",
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As of a day; by default today in China.")
    ] = None,
    city: City = None,
) -> None:
    """Shows what is due in Chinese working days: counts by department and colour, the most urgent first."""
    with ledger_of(city) as (environment, ledger):
        today = on.date() if on else _today()
        with ledger.reading() as session:
            clocks = open_clocks(
                session,
                environment.city,
                today=today,
                department=department,
                results=result_dates(session, plans_with_tasks(session, environment.city)),
                most=MOST_SHOWN,
            )
        _show_clocks(clocks)


def _roster(
    environment: Environment, ledger: Ledger, plan: Plan, entity_ids: list[str], scope: Scope
) -> Roster:
    """The rosters of the city as staffing takes them."""
    return visit_roster(
        ledger,
        plan,
        scope=scope,
        entity_ids=entity_ids,
        objects_folder=environment.city_folder / "objects",
        lake=open_lake(environment.lake_folder) if environment.lake_folder.is_dir() else None,
        bundles=environment.plans_folder,
    )


def _show_visits(visits: tuple[Visit, ...]) -> None:
    """The visits as a table; a long one is cut and says so."""
    table = Table(box=SIMPLE_HEAD)
    for heading in ("visit", "entity", "departments", "items", "days", "team", "begun"):
        table.add_column(heading)
    for one in visits[:MOST_SHOWN]:
        team = ", ".join(one.team.inspectors)
        table.add_row(
            one.visit_id,
            one.entity_id,
            ", ".join(one.departments),
            ", ".join(one.item_codes),
            f"{one.first_day} – {one.last_day}" if one.tasks else "void",
            f"{team} {one.team.unstaffable}".strip(),
            str(one.begun_on or ""),
        )
    console.print(table)
    if len(visits) > MOST_SHOWN:
        console.print(f"and {len(visits) - MOST_SHOWN:,} more")


def _show_clocks(clocks: OpenClocks) -> None:
    """Counts, then the urgent lines."""
    for one in clocks.counts:
        console.print(f"{one.department}  {one.kind}  {one.colour}  {one.count:,}", style=COLOURS[one.colour])
    for line in clocks.urgent:
        told = f"{line.task_id}  {line.clock.words_zh}  {line.clock.words_en}"
        console.print(told, style=COLOURS[line.clock.colour])
    if not clocks.counts:
        console.print("no running clocks")


def _tell_yearly(plan: YearlyPlan) -> None:
    """A yearly plan in a line, with its publication."""
    told = punctuality(plan, _today())
    waits = f", version {plan.latest.version} to be published" if plan.to_publish else ""
    console.print(
        f"{plan.yearly_plan_id}  {plan.department}  {plan.state}{waits}  {len(plan.latest.lines)} lines  "
        f"{told.words_zh}  {told.words_en}",
        style=COLOURS[told.colour],
    )


def _tell_plan(plan: Plan) -> None:
    """A plan in a line, with its terms."""
    terms = plan.terms
    about = f"  {terms.department}  {terms.first_day} – {terms.last_day}" if terms else ""
    console.print(f"{plan.plan_id}  {plan.state}  {plan.title}{about}")


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    """Today in China."""
    return day_in_china(_now())
