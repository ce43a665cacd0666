"""The commands of the rosters (一单两库): items, inspectors with leave and conflicts, objects with tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from features.as_of import AsOf
from models.grades import LETTERS
from serving.commands.asking import CommandRefused, ledger_of, person_of
from serving.ledger.database import Ledger
from serving.ledger.deployments import live_at
from serving.ledger.registers import current_register
from serving.rosters.from_lake import (
    LISTS_FOLDER,
    OBJECTS_FOLDER,
    RuleFiles,
    objects_by_rules,
    rule_files,
    rules_beside,
)
from serving.rosters.importing import (
    INSPECTORS,
    ITEMS,
    MAPPING_FILE,
    Import,
    RejectedRow,
    import_roster,
    preset_folder,
)
from serving.rosters.inspector import Conflict, Inspector
from serving.rosters.inspectors import list_inspectors, record_conflict, record_leave
from serving.rosters.item import Item
from serving.rosters.items import item_versions, list_items
from serving.rosters.mark_lists import import_marks
from serving.rosters.marks import MARKS
from serving.rosters.objects import ObjectRoster, ObjectsCard, concerned, find_objects
from serving.rosters.roster_mapping import read_roster_mapping

console = Console(highlight=False)
MOST_REJECTED = 20
# The roster of mapping files that is the city's own list of marks.
LISTED = "marks"

City = Annotated[str | None, typer.Option(help="The city; by default XINHENG_CITY.")]
By = Annotated[str | None, typer.Option(help="Who does this; by default XINHENG_PERSON.")]
Why = Annotated[str, typer.Option(help="Why; recorded.")]
Preset = Annotated[str | None, typer.Option(help="A set that comes with the program, such as sandbox.")]
Mapping = Annotated[Path | None, typer.Option(help="A mapping file of your own.")]
Folder = Annotated[Path | None, typer.Option(help="Where its files lie; by default beside it.")]
InspectorId = Annotated[str, typer.Argument(help="The id of the inspector, as `inspectors list` shows it.")]
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day such as 2026-07-06.")]

items_app = typer.Typer(no_args_is_help=True, help="Inspection items: import, list, show.")
inspectors_app = typer.Typer(no_args_is_help=True, help="Inspectors: import, list, leave, conflict.")
objects_app = typer.Typer(no_args_is_help=True, help="The object roster: build, show, concerned.")


def register_roster_commands(app: typer.Typer) -> None:
    """Adds the three groups of commands to an application."""
    app.add_typer(items_app, name="items")
    app.add_typer(inspectors_app, name="inspectors")
    app.add_typer(objects_app, name="objects")


@items_app.command("import")
def import_items_command(
    preset: Preset = None,
    mapping: Mapping = None,
    folder: Folder = None,
    reason: Why = "imported on the command line",
    by: By = None,
    city: City = None,
) -> None:
    """Imports items from CSV, Excel or JSON by a mapping file, or a preset; again, it changes nothing."""
    import_and_tell(ITEMS, preset, mapping, folder, reason=reason, by=by, city=city)


@inspectors_app.command("import")
def import_inspectors_command(
    preset: Preset = None,
    mapping: Mapping = None,
    folder: Folder = None,
    reason: Why = "imported on the command line",
    by: By = None,
    city: City = None,
) -> None:
    """Imports inspectors with leave and conflicts; what a file does not name stays as it is."""
    import_and_tell(INSPECTORS, preset, mapping, folder, reason=reason, by=by, city=city)


@items_app.command("list")
def list_items_command(
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only those of this day.")] = None,
    city: City = None,
) -> None:
    """Lists the items as they stand."""
    with ledger_of(city) as (environment, ledger):
        console.print(items_table(list_items(ledger, environment.city, on=on.date() if on else None)))


@items_app.command("show")
def show_item_command(
    code: Annotated[str, typer.Argument(help="The code of an item.")], city: City = None
) -> None:
    """Shows every version of an item with who recorded it and why."""
    with ledger_of(city) as (environment, ledger):
        versions = item_versions(ledger, environment.city, code)
        console.print(items_table([item for item, _ in versions]))
        for item, signed in versions:
            console.print(f"{item.version}  {signed.at:%Y-%m-%d %H:%M}  {signed.by}: {signed.reason}")
        item = versions[-1][0]
        asked = [f"{name} {', '.join(words)}" for name, words in item.concerns.as_row().items() if words]
        console.print(f"{item.field}  {item.law}\nconcerns {'; '.join(asked) or 'every entity'}")


@inspectors_app.command("list")
def list_inspectors_command(city: City = None) -> None:
    """Lists the inspectors as they stand, with leave and conflicts."""
    with ledger_of(city) as (environment, ledger):
        console.print(_inspectors_table(list_inspectors(ledger, environment.city)))


@inspectors_app.command("leave")
def leave_command(
    inspector: InspectorId,
    first_day: Day,
    last_day: Day,
    reason: Why,
    cancel: Annotated[bool, typer.Option("--cancel", help="Take this leave back.")] = False,
    by: By = None,
    city: City = None,
) -> None:
    """Records days of leave, first and last day included, or takes them back."""
    with ledger_of(city) as (environment, ledger):
        days = (first_day.date(), last_day.date())
        found = record_leave(
            ledger, environment.city, inspector, days, granted=not cancel,
            by=person_of(environment, by), now=datetime.now(UTC), reason=reason,
        )  # fmt: skip
        console.print(_inspectors_table([found]))


@inspectors_app.command("conflict")
def conflict_command(
    inspector: InspectorId,
    reason: Why,
    entity: Annotated[str, typer.Option(help="The id of an entity to keep away from.")] = "",
    person: Annotated[str, typer.Option(help="Or a person, by the pseudonym of the lake.")] = "",
    end: Annotated[bool, typer.Option("--end", help="The conflict is over.")] = False,
    by: By = None,
    city: City = None,
) -> None:
    """Records a conflict of interest (回避), or the end of one."""
    with ledger_of(city) as (environment, ledger):
        found = record_conflict(
            ledger, environment.city, inspector, Conflict(entity_id=entity, person=person), holds=not end,
            by=person_of(environment, by), now=datetime.now(UTC), reason=reason,
        )  # fmt: skip
        console.print(_inspectors_table([found]))


@objects_app.command("build")
def build_objects_command(
    preset: Preset = None,
    rules: Annotated[Path | None, typer.Option(help="Rules of tags of your own.")] = None,
    marks: Annotated[Path | None, typer.Option(help="Rules of marks: shields, red lines.")] = None,
    city: City = None,
) -> None:
    """Tags and marks every entity of the current register by rules and lists; kept by its digest."""
    with ledger_of(city) as (environment, ledger):
        tags = rules or rule_files(preset or environment.city).tags
        _tell_objects(_built(environment, ledger, rules_beside(tags, marks)))


@objects_app.command("show")
def show_objects_command(city: City = None) -> None:
    """Shows how many entities of the current register have each tag and each licence."""
    with ledger_of(city) as (environment, ledger):
        _tell_objects(current_objects(environment, ledger))


@objects_app.command("concerned")
def concerned_command(
    code: Annotated[str | None, typer.Argument(help="The code of an item; without one, all.")] = None,
    city: City = None,
) -> None:
    """Counts the entities that items concern, by grade."""
    with ledger_of(city) as (environment, ledger):
        roster = current_objects(environment, ledger)
        items = list_items(ledger, environment.city)
        if code:
            items = (item_versions(ledger, environment.city, code)[-1][0],)
        console.print(_concerned_table(roster, items))


def import_and_tell(
    roster: str,
    preset: str | None,
    mapping: Path | None,
    folder: Path | None,
    *,
    reason: str,
    by: str | None,
    city: str | None,
) -> None:
    """Imports a roster, or the city's list of marks, and tells what became of every row."""
    with ledger_of(city) as (environment, ledger):
        path = mapping_asked(preset, mapping)
        lists = lists_folder(environment)
        take = (
            partial(import_marks, lists=lists) if roster == LISTED else partial(import_roster, roster=roster)
        )
        made = take(
            ledger, environment.city, feeds=read_roster_mapping(path), folder=folder or path.parent,
            by=person_of(environment, by), now=datetime.now(UTC), reason=reason,
        )  # fmt: skip
        tell_import(made)


def mapping_asked(preset: str | None, mapping: Path | None) -> Path:
    """The mapping file of a preset, or the one that was given."""
    if (preset is None) == (mapping is None):
        raise CommandRefused(
            expected="a preset or a mapping file",
            got="both" if preset else "neither",
            todo="give --preset sandbox, or --mapping FILE with --folder",
        )
    return mapping or preset_folder(preset or "") / MAPPING_FILE


def tell_import(made: Import) -> None:
    """The counts of an import, and its first rejected rows."""
    counts = made.counts()
    console.print(f"{made.roster}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    if made.rejected:
        console.print(_rejected_table(made.rejected[:MOST_REJECTED]))
        if len(made.rejected) > MOST_REJECTED:
            console.print(f"and {len(made.rejected) - MOST_REJECTED} more, all in the ledger")


def _rejected_table(rows: Sequence[RejectedRow]) -> Table:
    table = _table("file", "line", "field", "what is wrong")
    for row in rows:
        table.add_row(row.file, str(row.line), row.field, row.reason)
    return table


def items_table(items: Sequence[Item]) -> Table:
    """Version 1 and no last day, as most have, are left out."""
    table = _table("code", "item", "kind and methods", "department", "skills", "minutes")
    for item in items:
        told = [f"version {item.version}"] if item.version > 1 else []
        told += [f"until {item.valid_until}"] if item.valid_until else []
        name = "\n".join(filter(None, (item.name_zh, item.name_en, ", ".join(told))))
        how = f"{item.kind}: {', '.join(item.methods)}"
        table.add_row(item.code, name, how, item.department, ", ".join(item.skills) or "–", str(item.minutes))
    return table


def _inspectors_table(inspectors: Sequence[Inspector]) -> Table:
    table = _table("id", "name", "department", "station", "skills", "licensed until", "leave", "conflicts")
    for one in inspectors:
        away = "\n".join(f"{first} – {last}" for first, last in one.leave)
        conflicts = "\n".join([*sorted(one.conflicts), *sorted(one.conflict_persons)])
        table.add_row(
            one.inspector_id, one.name, one.department, one.station or "–", ", ".join(one.skills),
            str(one.licensed_until), away, conflicts,
        )  # fmt: skip
    return table


def _concerned_table(roster: ObjectRoster, items: Sequence[Item]) -> Table:
    table = _table("code", "item", "entities", *LETTERS)
    for item in items:
        by_grade = roster.counted("grade", concerned(roster, item))
        shown = [f"{by_grade.get(grade, 0):,}" for grade in LETTERS]
        table.add_row(item.code, item.name_zh, f"{sum(by_grade.values()):,}", *shown)
    return table


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for name in columns:
        table.add_column(name, no_wrap=not table.columns)
    return table


def _tell_objects(roster: ObjectRoster) -> None:
    card = roster.card
    console.print(f"{card.rows:,} entities as of {card.as_of}, sha256:{card.digest}")
    table = _table("tag or licence", "entities")
    for word, count in (*card.tags.items(), *card.licences.items()):
        table.add_row(word, f"{count:,}")
    console.print(table)
    tell_marks(card)


def tell_marks(card: ObjectsCard) -> None:
    """How many entities bear each mark; or that nobody has said of any."""
    if not card.has_marks:
        console.print("no marks are on record: no policy shields anybody")
        return
    table = _table("mark", "in words", "entities")
    for code, (_, english) in MARKS.items():
        table.add_row(code, english, f"{card.marks.get(code, 0):,}")
    console.print(table)
    told = f"marks in force on {card.as_of}, sha256:{card.marks_digest}"
    unknown = f"; {card.strangers:,} on the list are in no register" if card.strangers else ""
    console.print(told + unknown)


def _built(environment: Environment, ledger: Ledger, files: RuleFiles) -> ObjectRoster:
    """The roster of the current register, with what the lake knew that day and the list of marks in use."""
    # Here, because it pulls in LightGBM: seconds that the other commands save.
    from serving.register import open_register  # noqa: PLC0415

    register = open_register(_register_folder(ledger, environment.city))
    return objects_by_rules(
        ledger,
        register,
        open_lake(environment.lake_folder),
        AsOf(on=register.as_of, used_on=register.used_on),
        files,
        city_folder=environment.city_folder,
        memory_limit=environment.memory_limit,
    )


def current_objects(environment: Environment, ledger: Ledger) -> ObjectRoster:
    """The object roster of the current register; raises ObjectsMissing."""
    row = current_register(ledger, environment.city, release_id=_live_release(ledger, environment.city))
    digest = row.digest if row else ""
    return find_objects(objects_folder(environment), register_digest=digest)


def objects_folder(environment: Environment) -> Path:
    """Where the object rosters of a city lie."""
    return environment.city_folder / OBJECTS_FOLDER


def lists_folder(environment: Environment) -> Path:
    """Where its lists of marks lie."""
    return environment.city_folder / LISTS_FOLDER


def _register_folder(ledger: Ledger, city: str) -> Path:
    row = current_register(ledger, city, release_id=_live_release(ledger, city))
    if row is None:
        raise CommandRefused(
            expected=f"a grade register of {city} by the live release",
            got="none in the ledger",
            todo=f"run `python -m serving grade --city {city}` first",
        )
    return Path(row.folder)


def _live_release(ledger: Ledger, city: str) -> str:
    live = live_at(ledger, city, datetime.now(UTC))
    return live.release_id if live else ""
