"""The commands of results: results import|enter|list|form, publish, follow-up, return-results, effect …"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from serving.commands.asking import CommandRefused, ledger_of, person_of
from serving.effect.lines import facts_of
from serving.effect.measures import GROUPINGS, Effect, Measure, effects
from serving.inspections.plans.steps import find_plan
from serving.inspections.results.entering import close_plan, enter_results
from serving.inspections.results.facts import standing_results
from serving.inspections.results.files import blank_form, import_results
from serving.inspections.results.publication import (
    follow_up,
    publication_states,
    publish_results,
    repair_result,
    withhold_result,
)
from serving.inspections.results.returning import admission_command, return_results
from serving.inspections.results.rules import SEVERITIES, ResultEntry, read_codes, refuse, unknown_codes
from serving.ledger.moments import day_in_china

console = Console(highlight=False)
MOST_SHOWN = 40

City = Annotated[str | None, typer.Option(help="The city; by default XINHENG_CITY.")]
By = Annotated[str | None, typer.Option(help="Who does this; by default XINHENG_PERSON.")]
PlanId = Annotated[str, typer.Argument(help="The plan's id, as `plan` printed it.")]
TaskId = Annotated[str, typer.Argument(help="The task's id: plan, slash, entity.")]
Item = Annotated[str, typer.Argument(help="The code of the item.")]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; default today.")]
Why = Annotated[str, typer.Option(help="Why; it stays visible.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or .xlsx, as the form.")]

results_app = typer.Typer(no_args_is_help=True, help="Results of inspections: import, enter, list, form.")


def register_result_commands(app: typer.Typer) -> None:
    """Adds the commands to an application."""
    app.add_typer(results_app, name="results")
    for name, step in (
        ("publish", publish_command),
        ("withhold", withhold_command),
        ("follow-up", follow_up_command),
        ("repair", repair_command),
        ("close-plan", close_command),
        ("return-results", return_command),
        ("effect", effect_command),
    ):
        app.command(name)(step)


@results_app.command("import")
def import_command(file: File, by: By = None, city: City = None) -> None:
    """Takes the good rows of a file and keeps the others with their reasons; the same file only once."""
    with ledger_of(city) as (environment, ledger):
        folder = environment.city_folder / "results"
        outcome = import_results(
            ledger, file, city=environment.city, folder=folder, by=person_of(environment, by), now=_now()
        )
    if not outcome.fresh:
        console.print(f"The same file was imported before (import {outcome.import_id}); nothing changed.")
    console.print(
        f"{outcome.rows:,} rows: {outcome.taken:,} taken, {outcome.unchanged:,} as they stood, "
        f"{outcome.rejected:,} rejected"
    )
    if outcome.rejected_file:
        console.print(f"rejected rows with their reasons: {outcome.rejected_file}", soft_wrap=True)


@results_app.command("enter")
def enter_command(
    task_id: TaskId,
    item_code: Item,
    codes: Annotated[str, typer.Option(help="Result codes, joined by ; several may hold.")],
    on: Day = None,
    counts: Annotated[str, typer.Option(help="Violations counted: critical,serious,minor.")] = "",
    reason: Annotated[str, typer.Option(help="Why, if it corrects an earlier result.")] = "",
    by: By = None,
    city: City = None,
) -> None:
    """Enters one result, or corrects it with a reason; the old version stays."""
    with ledger_of(city) as (environment, ledger):
        known, strange = read_codes(codes)
        refuse(unknown_codes(strange))
        critical, serious, minor = _counts(counts)
        entry = ResultEntry(
            task_id=task_id,
            item_code=item_code,
            visited_on=_day(on),
            codes=known,
            critical_count=critical,
            serious_count=serious,
            minor_count=minor,
            reason=reason.strip(),
        )
        entered = enter_results(
            ledger, [entry], city=environment.city, by=person_of(environment, by), now=_now()
        )
    console.print("entered" if entered.taken else "the same stood there already; nothing changed")


@results_app.command("list")
def list_command(plan_id: PlanId, city: City = None) -> None:
    """Shows the results of a plan as they stand, with their publication."""
    with ledger_of(city) as (_, ledger):
        find_plan(ledger, plan_id)
        with ledger.reading() as session:
            standing, states = standing_results(session, [plan_id]), publication_states(session, [plan_id])
    table = Table(box=SIMPLE_HEAD)
    for heading in ("task", "item", "visited", "codes", "version", "entered", "publication"):
        table.add_column(heading)
    for key, result in sorted(standing.items())[:MOST_SHOWN]:
        table.add_row(
            *key,
            str(result.entry.visited_on),
            "; ".join(result.entry.codes),
            str(result.version),
            f"{result.entered_on} {result.by}",
            f"{states[key].kind} {states[key].day or f'by {states[key].due}'}",
        )
    console.print(table)
    console.print(
        f"{len(standing):,} results" + (f", {MOST_SHOWN} shown" if len(standing) > MOST_SHOWN else "")
    )


@results_app.command("form")
def form_command(
    plan_id: PlanId,
    to: Annotated[Path | None, typer.Option(help="File to write; default the standard output.")] = None,
    city: City = None,
) -> None:
    """Writes a CSV form of every task and item without a result, to be filled in and imported."""
    with ledger_of(city) as (_, ledger):
        find_plan(ledger, plan_id)
        with ledger.reading() as session:
            form = blank_form(session, plan_id)
        if to:
            to.write_bytes(form)
        else:
            sys.stdout.buffer.write(form)


def publish_command(
    plan_id: PlanId,
    on: Day = None,
    task: Annotated[list[str] | None, typer.Option(help="Only of this task; may be repeated.")] = None,
    by: By = None,
    city: City = None,
) -> None:
    """Marks the results of a plan as published on a day."""
    with ledger_of(city) as (environment, ledger):
        person = person_of(environment, by)
        many = publish_results(
            ledger, plan_id, on=_day(on), by=person, now=_now(), task_ids=frozenset(task or ())
        )
    console.print(f"{many:,} results published")


def withhold_command(task_id: TaskId, item_code: Item, reason: Why, by: By = None, city: City = None) -> None:
    """Says that a result is not published, and why."""
    with ledger_of(city) as (environment, ledger):
        withhold_result(ledger, task_id, item_code, reason=reason, by=person_of(environment, by), now=_now())
    console.print("withheld")


def follow_up_command(
    task_id: TaskId,
    item_code: Item,
    how: Annotated[str, typer.Option(help="How the problem was handled.")],
    on: Day = None,
    by: By = None,
    city: City = None,
) -> None:
    """Records how a problem was handled."""
    with ledger_of(city) as (environment, ledger):
        person = person_of(environment, by)
        follow_up(ledger, task_id, item_code, handled_on=_day(on), how=how, by=person, now=_now())
    console.print("handled")


def repair_command(
    task_id: TaskId, item_code: Item, reason: Why, on: Day = None, by: By = None, city: City = None
) -> None:
    """Ends the publication of a handled problem; from that day it is neither shown nor used."""
    with ledger_of(city) as (environment, ledger):
        person = person_of(environment, by)
        repair_result(ledger, task_id, item_code, on=_day(on), reason=reason, by=person, now=_now())
    console.print("repaired")


def close_command(plan_id: PlanId, by: By = None, city: City = None) -> None:
    """Ends the life of a plan whose results are all entered, or can no longer be entered in time."""
    with ledger_of(city) as (environment, ledger):
        plan = close_plan(ledger, plan_id, by=person_of(environment, by), now=_now())
    console.print(f"{plan.plan_id} {plan.state}")


def return_command(
    raw: Annotated[Path | None, typer.Option(help="Folder of raw files; default the city's own.")] = None,
    by: By = None,
    city: City = None,
) -> None:
    """Writes the results of all plans into the city's raw folder, for `data_contracts admit`."""
    with ledger_of(city) as (environment, ledger):
        files = return_results(
            ledger,
            environment.city,
            raw_folder=raw or environment.raw_folder,
            by=person_of(environment, by),
            now=_now(),
        )
    for file in files:
        console.print(f"{file.plan_id}: {file.rows:,} rows, {'new' if file.fresh else 'as before'}")
    admission = admission_command(environment.city, day_in_china(_now()))
    console.print(f"Next: {admission}{f' --raw {raw}' if raw else ''}", soft_wrap=True)


def effect_command(
    by: Annotated[str, typer.Option(help=f"Grouped by {', '.join(GROUPINGS)}.")] = "whole",
    year: Annotated[int | None, typer.Option(help="Only plans of this year.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With meanings and sources, for programs.")] = False,
    city: City = None,
) -> None:
    """Shows what inspections achieved: the six national measures and ours, with intervals."""
    with ledger_of(city) as (environment, ledger):
        if by not in GROUPINGS:
            raise CommandRefused(
                expected=f"--by {', '.join(GROUPINGS)}", got=repr(by), todo="choose one of them"
            )
        with ledger.reading() as session:
            facts = facts_of(session, environment.city, today=day_in_china(_now()), year=year)
        found = effects(facts, by)
    if as_json:
        typer.echo(json.dumps([_as_json(effect) for effect in found], ensure_ascii=False, indent=1))
    else:
        _show(found)


def _counts(text: str) -> tuple[int | None, int | None, int | None]:
    """The counts of violations from "0,1,2"; none where nobody counted."""
    if not text.strip():
        return None, None, None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != len(SEVERITIES) or not all(part.isdecimal() for part in parts):
        raise CommandRefused(
            expected="three counts such as --counts 0,1,2 (critical, serious, minor)",
            got=repr(text),
            todo="give all three, or leave the option out",
        )
    critical, serious, minor = map(int, parts)
    return critical, serious, minor


def _as_json(effect: Effect) -> dict[str, object]:
    measures = [{**asdict(one), "definition": asdict(one.definition)} for one in effect.measures]
    return {"group": effect.group, "measures": measures}


def _show(found: tuple[Effect, ...]) -> None:
    table = Table(box=SIMPLE_HEAD)
    for heading in ("group", "measure", "", "of", "value", "95 % interval"):
        table.add_column(heading)
    for effect in found:
        for one in effect.measures:
            told = one.definition
            table.add_row(
                effect.group,
                f"{told.zh} {told.en}",
                f"{one.numerator:,.0f}",
                f"{one.denominator:,.0f}",
                _value(one),
                "" if one.low is None or one.high is None else f"{one.low:.1%} – {one.high:.1%}",
            )
    console.print(table if found else "no plan has tasks yet")


def _value(one: Measure) -> str:
    if one.value is None:
        return one.why
    return f"{one.value:.3f}" if one.name == "burden" else f"{one.value:.1%}"


def _day(on: datetime | None) -> date:
    return on.date() if on else day_in_china(_now())


def _now() -> datetime:
    return datetime.now(UTC)
