"""The plan of a rolling origin on the terminal, as a table and a picture, and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from features.engines.on_duckdb import open_engine
from training.commands.terminal import bars, console
from training.plan.recipe import Recipe
from training.plan.rolling_origin import picture, plan
from training.plan.time_splits import TimeSplit
from training.rows.fold_rows import FoldRows, Source, gather_folds
from training.rows.history import knowledge_of
from training.rows.outcomes import outcome_of


def folds_of(environment: Environment, recipe: Recipe, *, past_only: bool) -> tuple[FoldRows, ...]:
    """Shows the plan, then gathers its rows; `past_only` looks at nothing after the first test date."""
    lake = open_lake(environment.lake_folder)
    with open_engine(lake) as engine:
        outcome = outcome_of(recipe.outcome, recipe.outcome_items)
        known_by = knowledge_of(engine, lake, outcome)
        until = min(known_by, recipe.test_dates[0]) if past_only else known_by
        folds = plan(recipe.grid, until=until)
        show_plan(folds, until=until)
        with bars() as progress:
            dates = {day for split in folds for day in split.dates()}
            task = progress.add_task("Snapshots and outcomes", total=len(dates))

            def ready(day: date) -> None:
                progress.update(task, advance=1, description=f"Snapshot and outcomes of {day}")

            source = Source(
                engine=engine, lake=lake, snapshots_folder=environment.snapshots_folder, until=until
            )
            return gather_folds(source, recipe, folds, ready)


def show_plan(folds: Sequence[TimeSplit], *, until: date) -> None:
    """Every fold in a line of a table, then what each date is to each of them."""
    table = Table(box=SIMPLE_HEAD, title=f"Rolling origin: {len(folds)} folds, nothing known after {until}")
    for heading in ("judged on", "outcomes\nuntil", "curve and\nstopping", "boosting\nfrom", "to", "dates"):
        table.add_column(heading, no_wrap=True)
    for split in folds:
        judged, later = split.test[0], split.calibration[0]
        boosting = (split.training[0], split.training[-1], len(split.training))
        cells = (judged, split.maturity(judged), later, *boosting)
        table.add_row(*map(str, cells))
    console.print(table)
    console.print(picture(folds), "", sep="\n")
