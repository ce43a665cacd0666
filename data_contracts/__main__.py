"""Commands of the records: admit, check, draft, report, quality, sandbox, document."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from data_contracts.admission.admitting import Request, admit
from data_contracts.document import catalogue_markdown
from data_contracts.environment import Environment
from data_contracts.lake import open_lake, read_report
from data_contracts.mapping.city_mapping import (
    CityMapping,
    MappingError,
    mapping_path,
    open_mapping,
    read_mapping,
)
from data_contracts.mapping.reading import Reading
from data_contracts.pseudonym_key import fresh_key, kept_key, key_of_secret, refuse_other_key
from data_contracts.quality import Weights, check_target, measure, month_of, problems
from data_contracts.quality.shown import LEGEND, kinds_text, months_table, quality_table, unsaid_lines
from data_contracts.refusal import Refusal, exit_on_refusal
from data_contracts.rehearsal.draft import draft_of_file
from data_contracts.rehearsal.page import show
from data_contracts.rehearsal.rehearsing import rehearse
from data_contracts.report import Report, as_markdown, as_table
from data_contracts.shrinking import delivered, shrinking

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
CityOption = Annotated[str | None, typer.Option("--city", help="City; default XINHENG_CITY or sandbox.")]
RawOption = Annotated[Path | None, typer.Option("--raw", help="Folder of raw files; default the city's own.")]
MappingOption = Annotated[
    Path | None, typer.Option("--mapping", help="Mapping file; default the one that comes with the city.")
]


@app.command("admit")
def admit_command(
    city: CityOption = None,
    raw: RawOption = None,
    mapping: MappingOption = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Makes all pseudonyms of persons anew, with another key.")
    ] = False,
    exported_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day up to which the files tell, if not the mapping's."),
    ] = None,
) -> None:
    """Checks raw files against the contracts; good rows go into the lake, bad ones are kept with reasons."""
    with exit_on_refusal():
        read = read_mapping(_mapping_file(city, mapping))
        if exported_on:
            read = replace(read, exported_on=exported_on.date())
        environment = _environment(city, read)
        before = _report_before(environment)
        with _key(environment, read, new_key=new_key) as key, _progress() as tell:
            request = replace(_request(environment, read, raw, key), new_key=new_key)
            outcome = admit(request, environment.lake_folder, tell=tell)
    console = Console()
    console.print(as_table(outcome.report))
    if outcome.fresh:
        for feed in delivered(outcome.report):
            for what in shrinking([feed], before):
                console.print(f"• feed {feed.feed!r}: {what}", style="yellow", soft_wrap=True, markup=False)
        console.print(
            f"Admitted {environment.city} into {environment.lake_folder}, version {outcome.lake.version}."
        )
    else:
        console.print(f"The same files were admitted before: version {outcome.lake.version} stays current.")


@app.command("check")
def check_command(
    city: CityOption = None,
    raw: RawOption = None,
    mapping: MappingOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same for programs.")] = False,
) -> None:
    """Tells everything wrong with a mapping and its files, line by line, and shows rows; writes nothing."""
    console = Console()
    with exit_on_refusal(), tempfile.TemporaryDirectory(prefix="xinheng-check-") as scratch:
        opened = open_mapping(_mapping_file(city, mapping))
        environment = _environment(city, opened.mapping)
        # A key that nobody keeps: what is shown here as a person cannot be looked up anywhere.
        key = _given_key(environment) or secrets.token_bytes(32)
        with _progress() as tell:
            request = _request(environment, opened.mapping, raw, key)
            rehearsal = rehearse(
                opened, request, Path(scratch), tell=tell, before=_report_before(environment)
            )
    if as_json:
        typer.echo(json.dumps(rehearsal.as_json(), ensure_ascii=False, indent=1))
    else:
        show(rehearsal, console)
    if rehearsal.stopped:
        raise SystemExit(2)


@app.command("draft")
def draft_command(
    file: Annotated[Path, typer.Argument(help="A file that no mapping reads yet.", metavar="FILE")],
    table: Annotated[str | None, typer.Option("--table", help="Table it feeds; default a guess.")] = None,
    city: Annotated[str, typer.Option("--city", help="City to write into the mapping.")] = "my_city",
    header_line: Annotated[
        int | None, typer.Option(min=1, help="Line of the column names; default a guess.")
    ] = None,
    header_rows: Annotated[int, typer.Option(min=1, max=9, help="Lines that hold them.")] = 1,
) -> None:
    """Prints a mapping for a new file, guessed from its headings and values; every guess is marked."""
    with exit_on_refusal(), tempfile.TemporaryDirectory(prefix="xinheng-draft-") as scratch:
        today = datetime.now(tz=UTC).date()
        reading = Reading(header_line=header_line, header_rows=header_rows) if header_line else None
        text = draft_of_file(file, Path(scratch), table=table, city=city, today=today, reading=reading)
    typer.echo(text, nl=False)


@app.command("report")
def report_command(
    city: CityOption = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for documents.")] = False,
) -> None:
    """Shows the account of the last admission: rows read = admitted + rejected + duplicates."""
    with exit_on_refusal():
        environment = Environment().of_city(city)
        report = read_report(open_lake(environment.lake_folder))
    if markdown:
        typer.echo(as_markdown(report), nl=False)
    else:
        Console().print(as_table(report))


@app.command("quality")
def quality_command(
    city: CityOption = None,
    month: Annotated[str | None, typer.Option(help="One month only, such as 2026-05, or unknown.")] = None,
    table: Annotated[str | None, typer.Option(help="One table only, month by month.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="All months with all counts, for programs.")
    ] = False,
    weight: Annotated[list[str] | None, typer.Option(help="Such as accuracy=2; others count 1.")] = None,
    problem_file: Annotated[
        Path | None,
        typer.Option("--problems", help="Lists the rows to send back: FILE.csv, FILE.parquet, or a folder."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows of each kind.")] = None,
) -> None:
    """Scores every table on seven dimensions, month by month, and lists the rows to send back."""
    with exit_on_refusal(), tempfile.TemporaryDirectory(prefix="xinheng-quality-") as scratch:
        weights, chosen = Weights.given(weight or []), month_of(month) if month else None
        if problem_file:
            check_target(problem_file)
        lake = open_lake(Environment().of_city(city).lake_folder)
        names = [table] if table else []
        with _progress() as tell:
            quality = measure(lake, Path(scratch), tables=names, tell=tell)
        if chosen:
            quality.refuse_empty(chosen)
        if as_json:
            typer.echo(json.dumps(quality.as_json(weights, chosen), ensure_ascii=False, indent=1))
        elif table and not chosen:
            for entry in quality.tables:
                Console().print(months_table(quality, entry, weights), *unsaid_lines(entry), sep="\n")
        else:
            Console().print(quality_table(quality, weights, chosen), LEGEND, sep="\n")
        if problem_file:
            with _progress() as tell:
                kinds = problems(
                    lake, problem_file, Path(scratch), tables=names, month=chosen, limit=limit, tell=tell
                )
            Console(stderr=as_json).print(kinds_text(kinds, problem_file))


@app.command("document")
def document_command() -> None:
    """Prints the contracts as Markdown (kept in data_contracts/CATALOGUE.md)."""
    typer.echo(catalogue_markdown(), nl=False)


@app.command("sandbox")
def sandbox_command(
    entities: Annotated[int, typer.Option(min=100, help="Number of entities.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed: the same seed makes the same city.")] = 7,
    city: CityOption = None,
) -> None:
    """Makes the raw files of a synthetic city, ready to be admitted."""
    # Only this command needs the generator; the others start without it.
    from data_contracts.sandbox_city import SandboxPlan, generate  # noqa: PLC0415

    with exit_on_refusal(), _progress() as tell:
        environment = Environment().of_city(city)
        plan = SandboxPlan(entities=entities, seed=seed)
        files = generate(plan, environment.raw_folder, environment.truth_folder, tell=tell)
    Console().print(
        f"{sum(files.rows.values()):,} rows in {len(files.rows)} raw files in {environment.raw_folder}. "
        f"Next: python -m data_contracts admit --city {environment.city}"
    )


def _mapping_file(city: str | None, mapping: Path | None) -> Path:
    return mapping or mapping_path(Environment().of_city(city).city)


def _environment(city: str | None, mapping: CityMapping) -> Environment:
    """The environment of the city that was asked for; of the mapping's own if none was."""
    if city is not None and mapping.city != city:
        raise MappingError(
            expected=f"a mapping file of the city {city}",
            got=f"city = {mapping.city!r}",
            todo="give that city with --city, or correct 'city' in the file",
        )
    return Environment().of_city(mapping.city)


def _request(environment: Environment, mapping: CityMapping, raw: Path | None, key: bytes) -> Request:
    return Request(
        mapping=mapping,
        raw_folder=raw or environment.raw_folder,
        admitted_on=datetime.now(tz=UTC).date(),
        key=key,
        memory_limit=environment.memory_limit,
    )


def _report_before(environment: Environment) -> Report | None:
    """The account of the lake as it is, if there is one that can be read."""
    try:
        return read_report(open_lake(environment.lake_folder))
    except Refusal:
        return None


def _given_key(environment: Environment) -> bytes | None:
    """The key of pseudonyms that is set or lies beside the lake."""
    if environment.pseudonym_key:
        return key_of_secret(environment.pseudonym_key.get_secret_value())
    return kept_key(environment.city_folder)


@contextmanager
def _key(environment: Environment, mapping: CityMapping, *, new_key: bool) -> Iterator[bytes]:
    """The key to admit with: the given one, or one made now that is kept if the admission succeeds."""
    given = None if new_key and not environment.pseudonym_key else _given_key(environment)
    if given is not None or not any(feed.uses_pseudonyms for feed in mapping.feeds):
        yield given or b""
        return
    if not new_key:
        refuse_other_key(environment.lake_folder, None)
    with fresh_key(environment.city_folder) as made:
        yield made


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on the terminal, gone when done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading files", total=None)

        def tell(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total)

        yield tell


if __name__ == "__main__":
    app()
