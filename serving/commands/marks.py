"""The commands of marks (观察期 包容期 无事不扰, 红线, 全覆盖): a city's own lists, and who bears what."""

from __future__ import annotations

from typing import Annotated

import typer

from serving.commands.asking import ledger_of
from serving.commands.rosters import (
    LISTED,
    By,
    City,
    Folder,
    Mapping,
    Preset,
    Why,
    console,
    current_objects,
    import_and_tell,
    objects_folder,
    tell_marks,
)
from serving.rosters.mark_lists import current_import
from serving.rosters.marks import MARKS, marks_of
from serving.rosters.objects import find_marks

marks_app = typer.Typer(no_args_is_help=True, help="Marks: shields, red lines, full coverage.")


def register_mark_commands(app: typer.Typer) -> None:
    """Adds the group of commands to an application."""
    app.add_typer(marks_app, name="marks")


@marks_app.command("import")
def import_marks_command(
    preset: Preset = None,
    mapping: Mapping = None,
    folder: Folder = None,
    reason: Why = "imported on the command line",
    by: By = None,
    city: City = None,
) -> None:
    """Imports the city's whole list of marks by a mapping file; it takes the place of the list before."""
    import_and_tell(LISTED, preset, mapping, folder, reason=reason, by=by, city=city)
    console.print("in force for plans after `python -m serving objects build`")


@marks_app.command("show")
def show_marks_command(
    entity: Annotated[str | None, typer.Argument(help="The id of an entity; without one, counts.")] = None,
    city: City = None,
) -> None:
    """Shows how many entities bear each mark on the register's date, or what one of them bears."""
    with ledger_of(city) as (environment, ledger):
        card = current_objects(environment, ledger).card
        if entity:
            marks = find_marks(objects_folder(environment), register_digest=card.register_digest)
            for one in marks_of(marks, entity) if marks is not None else ():
                days = f"{one.from_day} – {one.until or 'the next register'}"
                console.print(f"{one.mark} ({MARKS[one.mark][1]})  {days}  {one.source}: {one.reason}")
            return
        tell_marks(card)
        if made := current_import(ledger, environment.city):
            counts = ", ".join(f"{count} {name}" for name, count in made.counts.items())
            console.print(f"list of {made.at:%Y-%m-%d} by {made.by}, {made.reason}: {counts}")
