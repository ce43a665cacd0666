"""The commands of the releases: show what there is, verify its bytes, explain one decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import Lake, open_lake
from data_contracts.refusal import Refusal, exit_on_refusal
from features.as_of import AsOf
from features.engines.on_duckdb import open_engine
from features.entity_rows import rows_of
from features.snapshot import Snapshot, days_of, open_snapshot
from models.colours import DEFAULT, read_colours
from models.deciding import Occasion, decide_one
from models.decision import Decision
from models.direct_rules import RULES, rule_set_digest, rules_in_force
from models.explanation import Section, explanation_of, explanation_page, ways_section
from models.explanation.terminal import explanation_text
from models.explanation.whom import whom_of
from models.manifest import HASHED_FILES
from models.registry import LATEST, release_ids, resolve
from models.release import Release, load_release
from models.remedies.asking import advice_for, advised_sample, proof_of, proof_told, searcher_of
from models.remedies.telling import advice_lines, as_json_text
from models.sentences import LANGUAGES

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
console = Console(highlight=False)

City = Annotated[str | None, typer.Option(help="The city; by default XINHENG_CITY.")]
ReleaseName = Annotated[str, typer.Option("--release", help="A release's name, or `latest`.")]
Language = Annotated[str, typer.Option(help="zh or en.")]


# The regulators' day begins in China.
CALENDAR = timezone(timedelta(hours=8))


class EntityUnknown(Refusal):
    """The snapshot has no such entity."""


@app.command()
def show(
    release: Annotated[str, typer.Argument(help="A release's name, or `latest`.")] = LATEST, city: City = None
) -> None:
    """Lists the city's releases and tells one of them: origin, validation, grades, indicators."""
    with exit_on_refusal():
        folder = _releases(city)
        opened = load_release(resolve(folder, release))
        console.print("Releases, oldest first: " + ", ".join(release_ids(folder)))
        console.print(_origin(opened))
        console.print(_measures(opened))
        if opened.validation.get("grades"):
            console.print(_rates(opened))
        console.print(_indicators(opened))


@app.command()
def verify(
    release: Annotated[str, typer.Argument(help="A release's name, or `latest`.")] = LATEST, city: City = None
) -> None:
    """Checks every byte of a release against its manifest and its scores against its golden rows."""
    with exit_on_refusal():
        opened = load_release(resolve(_releases(city), release))
        console.print(
            f"[green]{opened.release_id} is whole[/]: {len(HASHED_FILES)} files equal their SHA-256,"
        )
        console.print(f"{len(opened.golden.raw)} golden rows score as in training. Manifest {opened.digest}")


@app.command()
def explain(
    entity: Annotated[str, typer.Argument(help="The entity's identifier.")],
    as_of: Annotated[str, typer.Option(help="The date of the snapshot, as 2026-06-30.")],
    used_on: Annotated[
        str | None,
        typer.Option(help="The date up to which forgetting counts; by default that of `serving grade`."),
    ] = None,
    lake: Annotated[
        str | None,
        typer.Option(help="Digest of the lake, or its first eight digits; by default the current one's."),
    ] = None,
    city: City = None,
    release: ReleaseName = LATEST,
    language: Language = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="Print all that is told as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write it as a page of its own into this file.")] = None,
    colours: Annotated[Path, typer.Option(help="The colour policy, a TOML file.")] = DEFAULT,
    with_remedies: Annotated[
        bool, typer.Option("--remedies", help="Tell what would lower the grade as well; takes seconds.")
    ] = False,
) -> None:
    """Tells why an entity has its grade: the sum in points, direct rules with law and records, colour."""
    with exit_on_refusal():
        environment = Environment().of_city(city)
        opened = load_release(resolve(environment.releases_folder, release))
        current = open_lake(environment.lake_folder)
        days = days_of(current, _day(as_of), _day(used_on) if used_on else None)
        snapshot = open_snapshot(environment.snapshots_folder, days, lake_digest=lake or current.digest)
        decision = decided(opened, snapshot, entity)
        # A record repaired since is not shown, whatever the decision used.
        seen = AsOf(on=days.on, used_on=max(days.used_on, datetime.now(CALENDAR).date()))
        told = explanation_of(
            decision,
            opened.schema,
            whom=whom_of(current, entity, days.on),
            colours=read_colours(colours),
            rows=lambda table: rows_of(current, table, entity, seen),
            sections=[_ways(opened, current, days, decision)] if with_remedies else (),
        )
        shown = explanation_text(told, language)
    if html is not None:
        html.write_text(explanation_page(told), "utf-8")
        typer.echo(f"Written: {html}", err=as_json)
    if as_json:
        typer.echo(told.to_json())
    elif html is None:
        console.print(shown)
        if opened.cuts.margin:
            console.print(
                "As in a first register: a grade that the change guard holds stands in its register.",
                style="dim",
            )


@app.command()
def rules(
    on: Annotated[str | None, typer.Option(help="Only those in force on a day, as 2026-06-30.")] = None,
    language: Language = "zh",
) -> None:
    """Lists the direct rules: facts, the grade they mean, the law, and from when to when."""
    found = rules_in_force(_day(on)) if on else RULES
    table = Table("code", "facts", "grade", "from", "until", title=f"Rules {rule_set_digest()[:16]}")
    table.add_column("law", overflow="fold")
    for rule in found:
        facts = "\n".join(f"{one.column} >= {one.at_least}" for one in rule.conditions)
        law = rule.legal_basis_en if language == "en" else rule.legal_basis_zh
        until = str(rule.valid_until or "")
        table.add_row(rule.code, facts, rule.grade.value, str(rule.valid_from), until, law)
    console.print(table)


@app.command()
def remedies(
    entity: Annotated[str, typer.Argument(help="The entity's identifier; none with --check.")] = "",
    as_of: Annotated[str, typer.Option(help="The date of the snapshot, as 2026-06-30.")] = "",
    check: Annotated[int, typer.Option(help="Prove the advice for so many entities of grade C and D.")] = 0,
    city: City = None,
    release: ReleaseName = LATEST,
    language: Language = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="Print all that is told as JSON.")] = False,
) -> None:
    """Tells by which lawful acts, and from when, a grade would be lower; every promise is replayed."""
    kept, told = True, partial(typer.echo, err=True)
    with exit_on_refusal():
        environment = Environment().of_city(city)
        opened = load_release(resolve(environment.releases_folder, release))
        lake = open_lake(environment.lake_folder)
        days = days_of(lake, _day(as_of) if as_of else None)
        snapshot = open_snapshot(environment.snapshots_folder, days, lake_digest=lake.digest)
        with open_engine(lake) as engine:
            searcher = searcher_of(opened, lake, engine, days)
            if check:
                advices = advised_sample(searcher, snapshot, check, told)
            else:
                advice = advice_for(searcher, decided(opened, snapshot, entity))
        if check:
            with TemporaryDirectory(prefix="remedies-") as scratch:
                proof = proof_of(advices, opened, lake, open_engine, Path(scratch), told)
            kept, shown = proof.holds, "\n".join(proof_told(proof, days.on))
        else:
            shown = as_json_text(advice) if as_json else "\n".join(advice_lines(advice, language))
    typer.echo(shown)
    if not kept:
        raise typer.Exit(1)


def decided(release: Release, snapshot: Snapshot, entity: str) -> Decision:
    """The decision about one entity of a snapshot."""
    row = snapshot.of_entity(entity)
    if row.num_rows != 1:
        raise EntityUnknown(
            expected=f"an entity of the {snapshot.rows} in the snapshot of {snapshot.as_of.on}",
            got=repr(entity),
            todo="check the identifier; an entity not known or deregistered on that date has no grade",
        )
    # Without a past: what the guard of an earlier register would hold stands in the register alone.
    occasion = Occasion(
        as_of=snapshot.as_of.on, used_on=snapshot.as_of.used_on, snapshot_digest=snapshot.digest
    )
    return decide_one(release, row, occasion)


def _ways(release: Release, lake: Lake, days: AsOf, decision: Decision) -> Section:
    """What would lower the grade, as a section of an explanation."""
    with open_engine(lake) as engine:
        advice = advice_for(searcher_of(release, lake, engine, days), decision)
    # The first line names the entity, which an explanation has done.
    zh, en = ([line for line in advice_lines(advice, each)[1:] if line] for each in LANGUAGES)
    return ways_section(zh, en)


def _origin(release: Release) -> Table:
    manifest = release.manifest
    table = Table(title=release.release_id, title_justify="left", show_header=False, box=None)
    table.add_row("outcome", f"{manifest.outcome} within {manifest.horizon_days} days")
    table.add_row("trained", f"by {manifest.trained_by} on {', '.join(map(str, manifest.training_dates))}")
    table.add_row("calibrated", ", ".join(map(str, manifest.calibration_dates)))
    table.add_row("tested", ", ".join(map(str, manifest.test_dates)))
    table.add_row("code, lake", f"{manifest.code_commit[:12]}, {manifest.lake_digest[:16]}")
    return table


def _measures(release: Release) -> Table:
    table = Table("measure", title="Measures on the test dates", title_justify="left")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    metrics = release.validation.get("metrics")
    for name, metric in metrics.items() if isinstance(metrics, dict) else ():
        if isinstance(metric, dict):
            table.add_row(name, _figure(metric.get("value")), _interval(metric, _figure))
        elif isinstance(metric, int | float):
            table.add_row(name, _figure(metric), "")
    return table


def _rates(release: Release) -> Table:
    grades = release.validation["grades"]
    table = Table("grade", title="What inspections found in each grade", title_justify="left")
    for name in ("share", "inspected", "problems", "rate of problems found", "95 % interval"):
        table.add_column(name, justify="right")
    for row in grades if isinstance(grades, list) else ():
        if isinstance(row, dict):
            counts = (str(row.get(name, "–")) for name in ("inspected", "problems"))
            rate, interval = _percent(row.get("rate")), _interval(row, _percent)
            table.add_row(str(row.get("grade")), _percent(row.get("share")), *counts, rate, interval)
    return table


def _interval(row: Mapping[str, Any], written: Callable[[Any], str]) -> str:
    bounds = [row.get("low"), row.get("high")]
    return "" if None in bounds else " – ".join(written(bound) for bound in bounds)


def _figure(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "–"


def _percent(value: Any) -> str:
    return f"{value:.1%}" if isinstance(value, int | float) else "–"


def _indicators(release: Release) -> Table:
    table = Table(
        "position",
        "column",
        "type",
        "direction",
        "label_zh",
        "label_en",
        title="Columns",
        title_justify="left",
    )
    signs = {-1: "−", 0: "", 1: "+"}
    for place, spec in enumerate(release.schema, 1):
        table.add_row(str(place), spec.name, spec.kind, signs[spec.direction], spec.label_zh, spec.label_en)
    return table


def _releases(city: str | None) -> Path:
    return Environment().of_city(city).releases_folder


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"expected a date as 2026-06-30, got {text!r}") from error


if __name__ == "__main__":
    app(prog_name="python -m models")
