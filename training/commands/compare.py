"""`python -m training compare`: the figures of two releases, and who moves grade from one to the other."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from data_contracts.refusal import Refusal, exit_on_refusal
from features.as_of import AsOf
from features.engines.on_duckdb import open_engine
from features.snapshot import build_snapshot
from models.grades import LETTERS
from models.registry import LATEST, resolve
from models.release import Release, load_release
from training.commands.terminal import City, console
from training.judging.comparison import Comparison, compare_models
from training.release.release_scale import scale_of
from training.rows.history import knowledge_of

FIGURES = {
    "auc": "AUC",
    "average_precision": "avg precision",
    "lift_at_5pct": "lift at 5 %",
    "ks": "KS",
    "brier": "Brier",
}


class ComparisonRefused(Refusal):
    """Two releases that no entity is graded by both of."""


def compare(
    first: Annotated[str, typer.Argument(help="A release's name, or `latest`.")],
    second: Annotated[str, typer.Argument(help="A release's name, or `latest`.")] = LATEST,
    city: City = None,
) -> None:
    """Shows the figures of two releases side by side, and who moves grade from the first to the second.

    Grades are those of the last test date of the second release, direct rules included.
    """
    with exit_on_refusal():
        environment = Environment().of_city(city)
        releases = [load_release(resolve(environment.releases_folder, name)) for name in (first, second)]
        show_figures(releases)
        if releases[0].release_id != releases[1].release_id:
            with console.status("Grading one day with both …"):
                compared = compared_on_last_date(environment, releases[0], releases[1])
            show_comparison(compared)


def compared_on_last_date(environment: Environment, first: Release, second: Release) -> Comparison:
    """Both releases over everyone of the second's last test date; its snapshot is built if it is missing."""
    if first.manifest.city != second.manifest.city:
        raise ComparisonRefused(
            expected="two releases of one city",
            got=f"{first.manifest.city} and {second.manifest.city}",
            todo="compare releases of the same --city",
        )
    on = max(second.manifest.test_dates)
    lake = open_lake(environment.lake_folder)
    with open_engine(lake) as engine:
        as_of = AsOf(on=on, used_on=max(on, knowledge_of(engine, lake)))
        table = build_snapshot(engine, lake, as_of, environment.snapshots_folder).read()
    return compare_models(on, table, (scale_of(first), first.cuts), (scale_of(second), second.cuts))


def show_figures(releases: list[Release]) -> None:
    """One column a release."""
    table = Table("", *(release.release_id for release in releases), box=SIMPLE_HEAD)
    table.add_row("trained by", *(release.manifest.trained_by for release in releases))
    table.add_row("gates", *(_verdict(release) for release in releases))
    table.add_row("test dates", *("\n".join(map(str, r.manifest.test_dates)) for r in releases))
    table.add_row("indicators", *(str(len(release.schema)) for release in releases))
    validations: list[Any] = [release.validation for release in releases]
    for name, words in FIGURES.items():
        table.add_row(words, *(_interval(each["metrics"].get(name)) for each in validations))
    for place, grade in enumerate("ABCD"):
        table.add_row(f"rate {grade}", *(_rate(each["grades"][place]) for each in validations))
    console.print(table)
    if len({release.manifest.test_dates for release in releases}) > 1:
        console.print("[yellow]Measured on different test dates: the figures do not compare.[/]")


def show_comparison(compared: Comparison) -> None:
    """The migration matrix from the first release's grades to the second's, and what moved the movers."""
    moved = compared.migration
    title = f"From the first's grade (rows) to the second's (columns), everyone on {compared.on}"
    table = Table("", *LETTERS, "all", box=SIMPLE_HEAD, title=title)
    for letter, counts in zip(LETTERS, moved.matrix, strict=True):
        table.add_row(letter, *(f"{count:,}" for count in counts), f"{sum(counts):,}")
    console.print(table)
    console.print(
        f"{moved.churn:.1%} change grade, {moved.jumps:.2%} by two or more; "
        f"matrix weighted bandwidth up {moved.mwb_upper:.3f}, down {moved.mwb_lower:.3f}"
    )
    for words, movers in (("worse", compared.worse), ("better", compared.better)):
        if movers:
            told = ", ".join(f"{each.name} {each.change:+.2f}" for each in movers)
            console.print(f"Why {words} (mean change in log-odds): {told}")


def _verdict(release: Release) -> str:
    failed = [gate.name for gate in release.verdict.failed]
    return "passed" if not failed else "failed: " + ", ".join(failed)


def _rate(row: Any) -> str:
    return _interval({"value": row["rate"], "low": row["low"], "high": row["high"]})


def _interval(figure: Any) -> str:
    """value [low, high]; a dash for what was not measured."""
    if not figure or figure["value"] is None:
        return "–"
    return f"{figure['value']:.3f} [dim]\\[{figure['low']:.3f}, {figure['high']:.3f}][/]"
