"""Commands of the indicators: build, refresh, list, fields, sql."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

import ibis
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from data_contracts.contract import contract_names
from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from data_contracts.place import place_of
from data_contracts.refusal import Refusal, exit_on_refusal
from features.as_of import AsOf
from features.assembly import assemble, needed, promised
from features.catalogue import find_indicator
from features.engines.chosen import EngineName, open_chosen
from features.engines.on_duckdb import open_engine
from features.listing import as_markdown, by_dimension, chosen
from features.professional import catalogue_of, fields
from features.refresh import refresh_snapshot
from features.snapshot import Snapshot, build_snapshot
from features.starting_point import find_start

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
CityOption = Annotated[str | None, typer.Option("--city", help="City; default XINHENG_CITY or sandbox.")]
FieldOption = Annotated[
    list[str] | None,
    typer.Option("--field", help="A professional catalogue beside the general one; repeatable."),
]
DAY = ["%Y-%m-%d"]
RISK_SIGNS = {1: "+", -1: "-", 0: ""}


class Pace(StrEnum):
    """How often a series of snapshots is taken: on the first day of each."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Months from one snapshot to the next."""
        return {Pace.MONTH: 1, Pace.QUARTER: 3, Pace.YEAR: 12}[self]


class CommandError(Refusal):
    """Options that do not make a command."""


# More threads than a few for each processor make an engine slower, and thousands stop the machine.
THREADS_EACH = 4
MemoryOption = Annotated[
    str, typer.Option(help="Most memory of the engine; the command takes up to 1 GB beside it.")
]
ThreadsOption = Annotated[int, typer.Option(min=1, help="Threads of the engine.")]


@app.command("build")
def build_command(
    city: CityOption = None,
    as_of: Annotated[
        list[datetime] | None, typer.Option("--as-of", formats=DAY, help="Day to describe; repeatable.")
    ] = None,
    every: Annotated[Pace | None, typer.Option(help="A series instead of single days.")] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="Series: not before.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Series: not after.")] = None,
    used_on: Annotated[
        datetime | None,
        typer.Option(formats=DAY, help="Day of use: records repaired by then are forgotten. Default today."),
    ] = None,
    field: FieldOption = None,
    memory_limit: MemoryOption = "7GB",
    threads: ThreadsOption = 2,
    engine_name: Annotated[EngineName, typer.Option("--engine", help="What computes.")] = EngineName.DUCKDB,
    spark_master: Annotated[
        str | None,
        typer.Option(help="Spark: URL of a cluster, such as spark://host:7077. Default this machine."),
    ] = None,
    spark_conf: Annotated[
        list[str] | None, typer.Option(help="Spark: a setting NAME=VALUE; repeatable.")
    ] = None,
    tables_at: Annotated[
        str | None, typer.Option(help="Spark: URL of the lake's tables, where the cluster finds them.")
    ] = None,
    lake_at: Annotated[
        str | None, typer.Option("--lake", help="Folder or URL of the lake. Default the city's folder.")
    ] = None,
    snapshots_at: Annotated[
        str | None, typer.Option("--snapshots", help="Folder or URL of the snapshots. Default likewise.")
    ] = None,
) -> None:
    """Computes every indicator of every entity as of one or more days; what is up to date is kept."""
    console = Console()
    with exit_on_refusal():
        environment = Environment().of_city(city)
        catalogue = catalogue_of(field or ())
        days = [moment.date() for moment in as_of or []] + _series(every, first, last)
        if not days:
            raise CommandError(
                expected="a day to describe",
                got="neither --as-of nor --every",
                todo="add --as-of 2025-12-31, or --every quarter --from 2024-01-01 --to 2025-12-31",
            )
        use = used_on.date() if used_on else max(datetime.now(UTC).date(), *days)
        moments = [AsOf(on=day, used_on=use) for day in sorted(set(days))]
        lake = open_lake(place_of(lake_at) if lake_at else environment.lake_folder)
        folder = place_of(snapshots_at) if snapshots_at else environment.snapshots_folder
        opened = open_chosen(
            engine_name, lake, memory_limit=memory_limit, threads=_threads(threads),
            master=spark_master, settings=spark_conf or [], tables_at=tables_at,
        )  # fmt: skip
        with opened as engine, _progress() as progress:
            task = progress.add_task(f"indicators of {lake.city}", total=len(moments))
            for moment in moments:
                started = time.perf_counter()
                snapshot = build_snapshot(engine, lake, moment, folder, catalogue=catalogue)
                progress.console.print(_told(snapshot, time.perf_counter() - started), highlight=False)
                progress.advance(task)
    for reason in sorted({*snapshot.unavailable.values()}):
        names = [name for name, why in snapshot.unavailable.items() if why == reason]
        console.print(f"{len(names)} indicators are null: {reason}.", style="yellow", highlight=False)


@app.command("refresh")
def refresh_command(
    as_of: Annotated[datetime, typer.Option("--as-of", formats=DAY, help="Day to describe.")],
    city: CityOption = None,
    start: Annotated[
        datetime | None,
        typer.Option("--from", formats=DAY, help="Day of the earlier snapshot. Default newest."),
    ] = None,
    used_on: Annotated[datetime | None, typer.Option(formats=DAY, help="Day of use. Default today.")] = None,
    field: FieldOption = None,
    memory_limit: MemoryOption = "7GB",
    threads: ThreadsOption = 2,
) -> None:
    """Makes a snapshot from an earlier one: anew only what can have changed, equal to a full build.

    DuckDB computes it, whichever engine made the earlier one.
    """
    console = Console()
    with exit_on_refusal():
        environment = Environment().of_city(city)
        catalogue = catalogue_of(field or ())
        day = as_of.date()
        moment = AsOf(on=day, used_on=used_on.date() if used_on else max(datetime.now(UTC).date(), day))
        lake, folder = open_lake(environment.lake_folder), environment.snapshots_folder
        earlier = find_start(
            folder, lake, moment,
            on=start.date() if start else None, catalogue=catalogue, fields=field or (),
        )  # fmt: skip
        started = time.perf_counter()
        with open_engine(lake, memory_limit=memory_limit, threads=_threads(threads)) as engine:
            refreshed = refresh_snapshot(engine, lake, moment, folder, start=earlier, catalogue=catalogue)
    console.print(_told(refreshed.snapshot, time.perf_counter() - started), highlight=False)
    if refreshed.touched is None:
        console.print("It was there already; nothing was computed.", highlight=False)
        return
    console.print(f"From that of {earlier.snapshot.as_of.on}; entities computed anew:", highlight=False)
    for source, entities in refreshed.touched.items():
        console.print(f"  {source}: {'all' if entities is None else entities}", highlight=False)


@app.command("list")
def list_command(
    dimension: Annotated[
        str | None, typer.Option(help="basic, dynamic, supervision, relation or social.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="A table of the contracts, or derived.")] = None,
    direction: Annotated[str | None, typer.Option(help="more, less or none: what raises the risk.")] = None,
    field: FieldOption = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown page.")] = False,
) -> None:
    """Shows the catalogue of indicators, by dimension."""
    with exit_on_refusal():
        catalogue = catalogue_of(field or ())
        found = chosen(catalogue, dimension=dimension, source=source, direction=direction)
    if markdown:
        typer.echo(as_markdown(found), nl=False)
        return
    table = Table("name", "dimension", "risk", "unit", "meaning", title=f"{len(found)} of {len(catalogue)}")
    table.columns[0].no_wrap = True
    for group, indicators in by_dimension(found).items():
        for i in indicators:
            table.add_row(
                i.name, group.label_zh, RISK_SIGNS[i.direction], i.unit, f"{i.label_zh}\n{i.label_en}"
            )
        table.add_section()
    Console().print(table)


@app.command("fields")
def fields_command() -> None:
    """Shows the professional catalogues: each field, its inspection items and how many indicators it adds."""
    table = Table("field", "item", "class", "meaning", "basis")
    with exit_on_refusal():
        known = fields()
    for name, field in known.items():
        meaning = f"{field.label_zh} {field.label_en}: {len(field.indicators)} indicators"
        table.add_row(name, "", "", meaning, "")
        for item in field.items:
            words = f"{item.label_zh}\n{item.label_en}"
            table.add_row("", item.code, item.item_class.label_zh, words, item.legal_basis)
        table.add_section()
    Console().print(table)


@app.command("sql")
def sql_command(
    name: Annotated[str, typer.Argument(help="Name of an indicator, as `list` prints it.")],
    as_of: Annotated[datetime, typer.Option("--as-of", formats=DAY, help="Day to describe.")] = datetime(
        2026, 1, 1, tzinfo=UTC
    ),
) -> None:
    """Prints the query that computes one indicator, as DuckDB runs it."""
    with exit_on_refusal():
        catalogue = catalogue_of(tuple(fields()))
        wanted = needed(find_indicator(name, catalogue), catalogue)
        moment = AsOf(on=as_of.date(), used_on=as_of.date())
        tables = {table: promised(table) for table in contract_names()}
        query = assemble(tables, moment, wanted, skipped=())
    typer.echo(ibis.to_sql(query, dialect="duckdb"))


def _series(every: Pace | None, first: datetime | None, last: datetime | None) -> list[date]:
    """The first days of months, quarters or years between two days, both included."""
    if every is None and first is None and last is None:
        return []
    if every is None or first is None or last is None or first > last:
        raise CommandError(
            expected="--every, --from and --to together, in order of time",
            got=f"every={every}, from={first and first.date()}, to={last and last.date()}",
            todo="write for example --every quarter --from 2024-01-01 --to 2025-12-31",
        )
    starts = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13, every.months)
    ]
    days = [day for day in starts if first.date() <= day <= last.date()]
    if not days:
        before = max(day for day in starts if day <= first.date())
        raise CommandError(
            expected=f"days between which a {every} begins",
            got=f"from {first.date()} to {last.date()}, with the first day of none",
            todo=f"name the days with --as-of, or begin with --from {before}",
        )
    return days


def _threads(asked: int) -> int:
    most = THREADS_EACH * (os.cpu_count() or 1)
    if asked > most:
        raise CommandError(
            expected=f"at most {most} threads, {THREADS_EACH} for each processor of this machine",
            got=f"--threads {asked}",
            todo="leave --threads out, or ask for as many as there are processors",
        )
    return asked


def _told(snapshot: Snapshot, seconds: float) -> str:
    there = len(snapshot.columns) - len(snapshot.unavailable)
    return (
        f"{snapshot.as_of.on}: {snapshot.rows} entities, {there} of {len(snapshot.columns)} indicators, "
        f"digest {snapshot.digest[:12]}, {seconds:.1f} s"
    )


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        transient=True,
    )


if __name__ == "__main__":
    app()
