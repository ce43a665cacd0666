"""`python -m training tune`: candidates on the folds of the past, in a study that survives its process."""

from __future__ import annotations

import hashlib
import math
import re
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from data_contracts.refusal import exit_on_refusal
from features.assembly import definitions
from features.catalogue import CATALOGUE
from features.snapshot import definitions_digest
from training.commands.plan import folds_of
from training.commands.terminal import City, bars, console
from training.fitting.boosting import BoostingParameters
from training.plan.recipe import Recipe, read_recipe, recipe_file
from training.tuning.trials import (
    CAP,
    Choice,
    TuningRefused,
    candidates,
    choose,
    finished,
    open_study,
    run_trials,
)

# What ends a run with neither a number of trials nor of minutes.
TRIALS = 50
CAP_LINE = re.compile(rf"^{CAP} *=.*\n", re.M)
SECTION = re.compile(r"^\[boosting\]\s*$.*?(?=^\[|\Z)", re.M | re.S)


def tune_command(
    city: City = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe; by default the one of the city.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Trials of the study in all.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Begin no trial after so many.")] = None,
) -> None:
    """Tunes [boosting] on folds that end by the first test date; writes a new recipe beside the study.

    Where random draws weigh more than other rows, the cap of their weights is tuned with it. The same
    command continues a study that was interrupted. The given recipe is never changed.
    """
    with exit_on_refusal():
        environment = Environment().of_city(city)
        given = recipe or recipe_file(environment.city)
        chosen = read_recipe(given)
        file = study_file(environment, chosen)
        # With their weights in full: how far boosting caps them is tuned.
        folds = folds_of(environment, replace(chosen, training_weight_cap=chosen.weight_cap), past_only=True)
        most = trials or (None if minutes is not None else TRIALS)
        ends = None if minutes is None else time.monotonic() + 60 * minutes
        with open_study(file, chosen) as study, bars() as progress:
            console.print(f"Study {file}: {finished(study)} trials are there.")
            task = progress.add_task("Trials", total=most, completed=finished(study))

            def over(done: int) -> bool:
                progress.update(task, completed=done)
                return (most is not None and done >= most) or (ends is not None and time.monotonic() >= ends)

            run_trials(
                study, folds, chosen, over=over,
                progress=lambda done, day: progress.update(task, description=f"Trial {done + 1}, {day}"),
            )  # fmt: skip
            choice, done = choose(candidates(study)), finished(study)
        show_choice(choice, chosen, done=done)
        written = write_tuned(given, file.with_name(f"{file.stem}-{done}.toml"), choice)
        console.print(f"Written to {written}; the test dates have not been looked at.")


def study_file(environment: Environment, recipe: Recipe) -> Path:
    """The journal of a study: another recipe, other records or other indicators are another study."""
    parts = (
        recipe.digest,
        open_lake(environment.lake_folder).digest,
        definitions_digest(definitions(CATALOGUE)),
    )
    name = hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]
    return environment.city_folder / "studies" / f"{name}.log"


def show_choice(choice: Choice, recipe: Recipe, *, done: int) -> None:
    """The chosen candidate beside the best mean and what the recipe had, on every judged date."""
    named = {"chosen": choice.chosen, "best mean": choice.best_mean, "as the recipe": choice.before}
    there = {name: each for name, each in named.items() if each is not None}
    table = Table(
        box=SIMPLE_HEAD, title=f"{recipe.tuning.measure} in the past, mean over seeds, {done} trials"
    )
    table.add_column("judged on")
    for name, each in there.items():
        table.add_column(f"{name}\ntrial {each.number}", justify="right", no_wrap=True)
    for place, day in enumerate(sorted(choice.chosen.scores)):
        table.add_row(str(day), *(f"{each.by_date[place]:.4f}" for each in there.values()))
    table.add_row("mean", *(f"{each.mean:.4f}" for each in there.values()), style="bold")
    console.print(table)
    console.print(
        f"{choice.eligible} candidates lie within one standard error of the best mean; of them the chosen "
        f"has the least regret over time: never more than {choice.regret:.4f} below the best of a date."
    )
    console.print(_cap_line(choice) + _section(choice.chosen.parameters), markup=False)


def write_tuned(given: Path, target: Path, choice: Choice) -> Path:
    """The given recipe with what was chosen, in a file of its own, read back before it counts."""
    text, line = SECTION.sub("", given.read_text("utf-8")).rstrip() + "\n", _cap_line(choice)
    if line:
        # Keys of the recipe itself stand above its first table.
        text = CAP_LINE.sub("", text)
        above = min((found.start() for found in re.finditer(r"^\[\w", text, re.M)), default=len(text))
        text = text[:above].rstrip() + "\n\n" + line + "\n" + text[above:]
    target.write_text(text.rstrip() + "\n\n" + _section(choice.chosen.parameters), encoding="utf-8")
    wanted = replace(read_recipe(given), boosting=choice.chosen.parameters)
    if line:
        wanted = replace(wanted, training_weight_cap=choice.chosen.training_weight_cap)
    if read_recipe(target) != wanted:
        raise TuningRefused(
            expected=f"a recipe like {given} with another [boosting]", got=f"{target} says something else",
            todo=f"write [boosting] of {given} as one table with a key on each line",
        )  # fmt: skip
    return target


def _cap_line(choice: Choice) -> str:
    """The key of the chosen cap in TOML; nothing where weights do not differ."""
    cap = choice.chosen.training_weight_cap
    return f"{CAP} = {cap}\n" if math.isfinite(cap) else ""


def _section(parameters: BoostingParameters) -> str:
    """The table [boosting] in TOML."""
    values = {name: str(value).lower() for name, value in asdict(parameters).items()}
    return "\n".join(("[boosting]", *(f"{name} = {value}" for name, value in values.items()))) + "\n"
