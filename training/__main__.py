"""The commands of learning: fit a release from a city's history, compare two releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from data_contracts.refusal import exit_on_refusal
from features.assembly import definitions
from features.catalogue import CATALOGUE
from features.snapshot import definitions_digest
from models.release import Release
from training.commands.backtest import backtest_command
from training.commands.compare import compare
from training.commands.drift import drift
from training.commands.made_with import code_commit, libraries
from training.commands.study import app as study_app
from training.commands.terminal import City, console, gathered
from training.commands.tune import tune_command
from training.commands.verdict import show_verdict
from training.commands.verify import verify_command
from training.plan.recipe import Recipe, read_recipe, recipe_file
from training.release.fitted_model import fit_model
from training.release.model_card import write_card
from training.release.release_writer import Provenance, find_release, write_release
from training.release.tracking import register_release

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
# Shown beside the baselines'; a Brier score needs probabilities, which baselines do not give.
RANKED = {"auc": "AUC", "average_precision": "average\nprecision", "lift_at_5pct": "lift at\n5 %"}


@app.callback()
def commands() -> None:
    """Learning: from history to a release."""


@app.command()
def fit(
    by: Annotated[str, typer.Option(help="Who trains; this person cannot promote the release.")],
    city: City = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe; by default the one of the city.")] = None,
    again: Annotated[bool, typer.Option(help="Fit even if such a release is there.")] = False,
) -> None:
    """Builds missing snapshots, fits, measures on the latest dates, writes and registers the release.

    A release of the same recipe, records, indicators, code and person is shown and not fitted again.
    """
    with exit_on_refusal():
        environment = Environment().of_city(city)
        chosen = read_recipe(recipe or recipe_file(environment.city))
        provenance = Provenance(trained_by=by, code_commit=code_commit(), libraries=libraries())
        release = None if again else _found(environment, chosen, provenance)
        if release is None:
            release = _fitted(environment, chosen, provenance)
        else:
            console.print(f"Nothing changed since {release.release_id}: it is kept.")
        show_release(release)
        with console.status("Registering in MLflow …"):
            registered = register_release(
                release,
                tracking_url=environment.tracking_url,
                artifacts=environment.releases / "mlflow-artifacts",
            )
        console.print(f"Release [bold]{release.release_id}[/] in {release.folder}")
        console.print(f"MLflow: {registered.name} version {registered.version}, alias challenger")


def _found(environment: Environment, recipe: Recipe, provenance: Provenance) -> Release | None:
    """The release that a fit would only repeat; uncommitted code is not known well enough to say so."""
    if provenance.code_commit.endswith("-dirty"):
        return None
    return find_release(
        environment.releases_folder,
        recipe=recipe,
        provenance=provenance,
        lake_digest=open_lake(environment.lake_folder).digest,
        definitions_digest=definitions_digest(definitions(CATALOGUE)),
    )


def _fitted(environment: Environment, recipe: Recipe, provenance: Provenance) -> Release:
    """A fresh release."""
    history = gathered(environment, recipe)
    with console.status("Fitting, calibrating and measuring …"):
        fitted = fit_model(history, recipe)
        return write_release(
            environment.releases_folder,
            fitted,
            history=history,
            recipe=recipe,
            provenance=provenance,
            card=write_card(history, recipe, fitted, trained_by=provenance.trained_by),
        )


def show_release(release: Release) -> None:
    """Figures beside the baselines', the rate of each grade, and what must be known before use."""
    validation = _validation(release)
    rows = validation["rows"]
    console.print(
        f"Trained on {rows['training']} rows ({rows['training_problems']} problems), judged on "
        f"{rows['test_honest']} of {rows['test']} (effective {validation['effective_rows']:.0f}) "
        f"at {', '.join(validation['test_dates'])}."
    )
    console.print(_ranking(validation))
    line = validation["test_calibration"]
    console.print(
        f"Brier {_interval(validation['metrics']['brier'])}; calibration on the test rows: "
        f"slope {line['slope']:.2f} (1 is right), intercept {line['intercept']:+.2f} (0 is right).\n"
    )
    console.print(_grade_table(validation))
    console.print(validation["selection_note_zh"])
    console.print(validation["selection_note_en"])
    for warning in validation["warnings"]:
        console.print(f"[yellow]Mind: {warning}.[/]")
    show_verdict(release.verdict)


def _ranking(validation: Any) -> Table:
    """The model's ranking beside the baselines', narrow enough for 80 columns."""
    named = {"this model": validation["metrics"], **validation["baselines"]}
    title = "Ranking on the test dates, with 95 % intervals by entity"
    table = Table(box=SIMPLE_HEAD, title=title, collapse_padding=True, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in RANKED.values():
        table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("95 %", style="dim", no_wrap=True)
    for name, measured in named.items():
        cells = [cell for figure in RANKED for cell in _value_and_range(measured[figure])]
        table.add_row(name.replace("_", " "), *cells, style="bold" if name == "this model" else None)
    return table


def _grade_table(validation: Any) -> Table:
    """How often inspections found a problem in each final grade."""
    table = Table(box=SIMPLE_HEAD, title="True rate of each grade, direct rules included")
    table.add_column("grade")
    for heading in ("share of all", "inspected", "problems", "rate"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("95 %", style="dim", no_wrap=True)
    for row in validation["grades"]:
        counts = (f"{row['share']:.1%}", str(row["inspected"]), str(row["problems"]))
        table.add_row(row["grade"], *counts, *_value_and_range(_rate(row)))
    return table


def _validation(release: Release) -> Any:
    """The validation document, which this package wrote."""
    return release.validation


def _rate(row: Any) -> dict[str, Any]:
    """A grade's rate in the shape of a figure."""
    return {"value": row["rate"], "low": row["low"], "high": row["high"]}


def _value_and_range(figure: Any) -> tuple[str, str]:
    """The value, and its interval in a column of its own; dashes for what was not measured."""
    if figure["value"] is None:
        return "–", "–"
    return f"{figure['value']:.3f}", f"{figure['low']:.2f}–{figure['high']:.2f}"


def _interval(figure: Any) -> str:
    """value [low, high]; a dash for what was not measured."""
    if not figure or figure["value"] is None:
        return "–"
    return f"{figure['value']:.3f} [dim]\\[{figure['low']:.3f}, {figure['high']:.3f}][/]"


app.command()(compare)
app.command()(drift)
app.command(name="backtest")(backtest_command)
app.command(name="tune")(tune_command)
app.add_typer(study_app, name="study")
app.command(name="verify")(verify_command)


if __name__ == "__main__":
    app()
