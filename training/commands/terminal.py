"""What the commands of learning share: the terminal, the option --city, gathering under a progress bar."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from features.engines.on_duckdb import open_engine
from training.plan.recipe import Recipe
from training.rows.history import History, gather_history

console = Console(highlight=False)

City = Annotated[str | None, typer.Option(help="The city; by default XINHENG_CITY.")]


def bars() -> Progress:
    """A progress bar with counts and the time gone, which leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def gathered(environment: Environment, recipe: Recipe) -> History:
    """Snapshots and outcomes of every date, under a progress bar."""
    lake = open_lake(environment.lake_folder)
    with open_engine(lake) as engine, bars() as progress:
        task = progress.add_task("Snapshots and outcomes", total=len(recipe.split.dates()))

        def ready(day: date) -> None:
            progress.update(task, advance=1, description=f"Snapshot and outcomes of {day}")

        return gather_history(
            engine, lake, recipe, snapshots_folder=environment.snapshots_folder, progress=ready
        )
