"""`python -m training study`: do intervals cover a known truth, and do grades survive five years of loops?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.refusal import exit_on_refusal
from models.document import Json, write_json
from training.commands.terminal import bars, console
from training.plan.recipe import read_recipe, recipe_file
from training.study import coverage, loops
from training.study.city import City, read_city
from training.study.grading import Learning
from training.study.pictures import coverage_picture, loops_picture

# An innermost list of numbers.
SPREAD = re.compile(r"\[[-+.\d,eE\s]+\]")
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

CityFolder = Annotated[
    Path, typer.Option(help="Folder of a sandbox city with lake/ and truth/, as VAR/CITY of `make demo`.")
]
On = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%d"], help="First day of the quarter that is lived again.")
]
Recipe = Annotated[Path | None, typer.Option(help="How one learns; by default the sandbox's recipe.")]
Into = Annotated[Path, typer.Option(help="Folder of the JSON document and the picture.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all chance.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads of the booster.")]
Snapshots = Annotated[Path | None, typer.Option(help="Folder of snapshots; by default the city's own.")]


@app.callback()
def studies() -> None:
    """Studies on a sandbox city whose truth is known. They read the truth; no release ever does."""


@app.command("coverage")
def coverage_command(
    city_folder: CityFolder,
    histories: Annotated[int, typer.Option(min=1, help="Histories to draw.")] = 200,
    on: On = datetime(2026, 1, 1),  # noqa: DTZ001 - a day
    bootstrap: Annotated[int, typer.Option(min=1, help="Repetitions of each bootstrap.")] = 500,
    training_draws: Annotated[int, typer.Option(min=1, help="Quarters the judged model learns from.")] = 8,
    seed: Seed = 11,
    threads: Threads = 2,
    recipe: Recipe = None,
    snapshots: Snapshots = None,
    into: Into = Path("docs/studies"),
) -> None:
    """Draws the inspections of a quarter again and again: how often do 95 % intervals hold the truth?

    Honest: random draws, weighted by 1/π. Naive: every inspected row, each alike. Same functions for both.
    """
    with exit_on_refusal():
        city = _city(city_folder, on.date(), snapshots)
        plan = coverage.Plan(
            histories=histories, seed=seed, repetitions=bootstrap, training_draws=training_draws
        )
        with bars() as progress:
            task = progress.add_task("Histories", total=histories)
            found = coverage.study_coverage(
                city, _learning(recipe, threads), plan, tell=lambda: progress.advance(task)
            )
        headings = ("figure", "truth", "honest: mean · covered", "naive: mean · covered")
        title = f"{histories} histories of {len(city):,} entities, the quarter from {city.on}"
        _show(title, headings, coverage.table_of(found.figures))
        _say(
            f"{found.effective_rows:,.0f} effective honest rows of {found.rows['random_draw']:,.0f} in a "
            f"mean history; their 1/π stand for {found.represented:.3f} of the city."
        )
        low, high = coverage.PROMISED
        _say(
            f"Honest intervals cover in {low:.0%} to {high:.0%} of the histories (AUC, rates): "
            f"{_yes(found.honest_kept)}. Naive ones surely cover less: {_yes(found.naive_broken)}."
        )
        document = found.to_json()
        _write(into, "coverage", document, coverage_picture(document))


@app.command("loops")
def loops_command(
    city_folder: CityFolder,
    histories: Annotated[int, typer.Option(min=1, help="How often the years are lived in each way.")] = 10,
    years: Annotated[int, typer.Option(min=1, help="Years of inspecting by last year's grade.")] = 5,
    learned_years: Annotated[int, typer.Option(min=1, help="Last years that a year's model learns.")] = 1,
    prompted: Annotated[bool, typer.Option(help="Whether complaints and leads bring visits too.")] = True,
    on: On = datetime(2026, 1, 1),  # noqa: DTZ001 - a day
    seed: Seed = 11,
    threads: Threads = 2,
    recipe: Recipe = None,
    snapshots: Snapshots = None,
    into: Into = Path("docs/studies"),
) -> None:
    """Inspects by last year's grade for years: what becomes of the true violators, ours against naive?

    Both plan as many visits. Ours draws in every grade and weighs by 1/π; naive spends all on C and D and
    learns from every inspected row alike. Visits after complaints reach every grade, as chance would.
    """
    with exit_on_refusal():
        city = _city(city_folder, on.date(), snapshots)
        plan = loops.Plan(
            years=years, repetitions=histories, seed=seed, learned_years=learned_years, prompted=prompted
        )
        with bars() as progress:
            task = progress.add_task("Years", total=histories * (years + 1) * 2)
            found = loops.study_loops(
                city, _learning(recipe, threads), plan, tell=lambda: progress.advance(task)
            )
        words = ("in C, D", "in A", "reached", "AUC")
        headings = ("year", *(f"{each}\n{way.name}" for each in words for way in found.ways))
        title = (
            f"True violators graded C or D, graded A, and reached by a visit in A; "
            f"mean of {histories} lives, {len(city):,} entities"
        )
        _show(title, headings, loops.table_of(found))
        for figure, each in zip(loops.FIGURES, words, strict=True):
            changes = (
                f"{way.name} {_change(found.change(way.name, figure))} since the beginning"
                for way in found.ways
            )
            gap = _change(found.gap(figure))
            _say(f"{each}: {'; '.join(changes)}; ours less naive in year {years} {gap}")
        document = found.to_json()
        name = "loops" if prompted else "loops_planned_only"
        _write(into, name, document, loops_picture(document))


def _city(folder: Path, on: date, snapshots: Path | None) -> City:
    """The city, whose snapshot may take a while to be built."""
    with console.status("Reading the city and its truth …"):
        return read_city(folder, on, snapshots=snapshots)


def _learning(recipe: Path | None, threads: int) -> Learning:
    """How the sandbox's recipe, or another, learns and grades."""
    chosen = read_recipe(recipe or recipe_file("sandbox"))
    return Learning(
        boosting=chosen.boosting,
        weight_cap=chosen.weight_cap,
        grade_shares=chosen.grade_shares,
        seed=chosen.seeds.boosting,
        threads=threads,
    )


def _show(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The figures as a table."""
    table = Table(box=SIMPLE_HEAD, title=title, collapse_padding=True, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _say(words: str) -> None:
    """A sentence below the table."""
    console.print(words, markup=False)


def _yes(held: bool) -> str:
    return "yes" if held else "no"


def _change(figure: tuple[float, float, float]) -> str:
    """A change with its interval."""
    mean, low, high = figure
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"


def _on_one_line(numbers: re.Match[str]) -> str:
    """A list of numbers, which a spelling for releases spreads over as many lines."""
    return " ".join(numbers[0].split()).replace("[ ", "[").replace(" ]", "]")


def _write(folder: Path, name: str, document: dict[str, Json], picture: str) -> None:
    """The document and its picture; the same study writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(SPREAD.sub(_on_one_line, write_json(document)), encoding="utf-8")
    (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
    _say(f"Written: {folder / name}.json and {folder / name}.svg")
