"""The command `items record`: one item, new or changed, as POST /api/v1/items takes it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from serving.commands.asking import CommandRefused, ledger_of, person_of
from serving.commands.rosters import By, City, Why, console, items_table
from serving.rosters.items import find_item, record_items
from serving.web.roster_api import ItemBody

_LISTS = ("methods", "skills")
_CONCERNS = "concerns"


def register_item_entry(items: typer.Typer) -> None:
    """Adds the command to the group of items."""
    items.command("record")(record_item_command)


def record_item_command(
    reason: Why,
    fields: Annotated[
        list[str] | None,
        typer.Argument(help="Fields such as code=FIRE-01 methods=site,paper concerns.industries=H,F."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A TOML file of the same fields.")] = None,
    by: By = None,
    city: City = None,
) -> None:
    """Records one item, or a new version of one; what is typed goes before the file."""
    with ledger_of(city) as (environment, ledger):
        body = _body(_read(file) if file else {}, fields or (), reason)
        recorded = record_items(
            ledger, environment.city, [body.item()], by=person_of(environment, by), now=datetime.now(UTC),
            reason=body.reason,
        )  # fmt: skip
        console.print(", ".join(f"{count} {name}" for name, count in recorded.counts().items()))
        console.print(items_table([find_item(ledger, environment.city, body.code)]))


def _body(document: dict[str, Any], fields: Sequence[str], reason: str) -> ItemBody:
    """The item of a file and of single fields; names every place that is wrong."""
    told = {name: value for name, value in document.items() if name != _CONCERNS}
    concerns = dict(document.get(_CONCERNS, {}))
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise CommandRefused(
                expected="fields as NAME=VALUE", got=f"{field!r}", todo="write code=FIRE-01, for example"
            )
        group, dot, word = name.partition(".")
        if dot and group == _CONCERNS:
            concerns[word] = _words(value)
        else:
            told[name] = _words(value) if name in _LISTS else value
    try:
        return ItemBody.model_validate(told | {_CONCERNS: concerns, "reason": reason})
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise CommandRefused(
            expected="an item as POST /api/v1/items takes it",
            got="; ".join(faults),
            todo="correct these fields; `items show CODE` shows one that is recorded",
        ) from error


def _words(value: str) -> list[str]:
    """The words of a list; none of an empty text."""
    return [word for word in value.split(",") if word.strip()]


def _read(file: Path) -> dict[str, Any]:
    """The fields of a TOML file."""
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise CommandRefused(
            expected=f"a readable TOML file at {file}", got=str(cause), todo="correct the file, or --file"
        ) from cause
