"""`python -m training backtest`: a recipe on every date that the records can judge, or the price of depth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.refusal import exit_on_refusal
from training.commands.plan import folds_of
from training.commands.terminal import City, bars, console
from training.plan.recipe import Recipe, read_recipe, recipe_file
from training.rows.fold_rows import FoldRows
from training.tuning.backtest import DEPTHS, DepthPrice, FoldFigures, backtest, depth_prices


def backtest_command(
    city: City = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe; by default the one of the city.")] = None,
    past: Annotated[bool, typer.Option(help="Look at nothing after the first test date.")] = False,
    depths: Annotated[bool, typer.Option(help="Tell what depth 4, 6, 8 and none cost instead.")] = False,
    into: Annotated[Path | None, typer.Option(help="Also write the figures as JSON.")] = None,
) -> None:
    """Shows the plan of every date that the records can judge, fits on each fold, and shows the figures.

    Nothing of it enters a release. With --past it may be looked at before a choice, as `tune` does.
    """
    with exit_on_refusal():
        environment = Environment().of_city(city)
        chosen = read_recipe(recipe or recipe_file(environment.city))
        folds = folds_of(environment, chosen, past_only=past or depths)
        text = _depths(folds, chosen) if depths else _figures(folds, chosen)
        if into is not None:
            into.write_text(text, encoding="utf-8")
            console.print(f"Written to {into}.")


def _figures(folds: Sequence[FoldRows], recipe: Recipe) -> str:
    """Fits every fold and shows a line for each; the same as JSON."""
    with bars() as progress:
        task = progress.add_task("Fitting", total=len(folds))
        found = backtest(
            folds, recipe, lambda day: progress.update(task, advance=1, description=f"Judged on {day}")
        )
    table = Table(box=SIMPLE_HEAD, title="Each date judged by what was fitted before it, 95 % intervals")
    for heading in (
        "judged on",
        "rows",
        "rate",
        "AUC",
        "95 %",
        "average\nprecision",
        "lift at\n5 %",
        "slope",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found:
        table.add_row(*_cells(each))
    values = np.array([each.auc.value for each in found])
    console.print(table)
    console.print(f"AUC over {len(found)} dates: mean {values.mean():.4f}, least {values.min():.4f}.")
    return json.dumps([asdict(each) for each in found], default=str, indent=1) + "\n"


def _cells(figures: FoldFigures) -> tuple[str, ...]:
    return (
        str(figures.day), f"{figures.rows:,}", f"{figures.rate:.1%}", f"{figures.auc.value:.3f}",
        f"[dim]{figures.auc.low:.2f}–{figures.auc.high:.2f}[/]", f"{figures.average_precision.value:.3f}",
        f"{figures.lift_at_5pct.value:.2f}", f"{figures.calibration.slope:.2f}",
    )  # fmt: skip


def _depths(folds: Sequence[FoldRows], recipe: Recipe) -> str:
    """Fits every fold at every depth and shows what a bound costs; the same as JSON."""
    with bars() as progress:
        task = progress.add_task("Fitting", total=len(DEPTHS))
        found = depth_prices(
            folds, recipe, lambda depth: progress.update(task, advance=1, description=f"Depth {depth} done")
        )
    table = Table(box=SIMPLE_HEAD, title=f"The price of bounded trees: {recipe.tuning.measure} in the past")
    for heading in ("depth", "mean", "least", "less than free", "standard error"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found:
        table.add_row(*_price(each, found[-1]))
    console.print(table)
    return (
        json.dumps([{"depth": each.depth, "scores": each.scores.tolist()} for each in found], indent=1) + "\n"
    )


def _price(each: DepthPrice, free: DepthPrice) -> tuple[str, ...]:
    loss, error = each.against(free)
    return each.depth, f"{each.scores.mean():.4f}", f"{each.scores.min():.4f}", f"{loss:+.4f}", f"{error:.4f}"
