"""Commands of the records: admit, check, report, sandbox, document."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from data_contracts.admission import Preview, Request, admit, check, read_report
from data_contracts.document import catalogue_markdown
from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from data_contracts.mapping import MappingError, mapping_path, read_mapping
from data_contracts.refusal import exit_on_refusal
from data_contracts.report import as_markdown, as_table

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
CityOption = Annotated[str | None, typer.Option("--city", help="City; default XINHENG_CITY or sandbox.")]
RawOption = Annotated[Path | None, typer.Option("--raw", help="Folder of raw files; default the city's own.")]
MappingOption = Annotated[
    Path | None, typer.Option("--mapping", help="Mapping file; default the one that comes with the city.")
]
KEY_FILE = "pseudonym.key"


@app.command("admit")
def admit_command(city: CityOption = None, raw: RawOption = None, mapping: MappingOption = None) -> None:
    """Checks raw files against the contracts; good rows go into the lake, bad ones are kept with reasons."""
    with exit_on_refusal():
        environment = Environment().of_city(city)
        request, fresh_key = _request(environment, raw, mapping)
        try:
            with _progress() as tell:
                outcome = admit(request, environment.lake_folder, tell=tell)
        except BaseException:
            if fresh_key:
                fresh_key.unlink(missing_ok=True)
            raise
    console = Console()
    console.print(as_table(outcome.report))
    if outcome.fresh:
        console.print(
            f"Admitted {environment.city} into {environment.lake_folder}, version {outcome.lake.version}."
        )
    else:
        console.print(f"The same files were admitted before: version {outcome.lake.version} stays current.")


@app.command("check")
def check_command(city: CityOption = None, raw: RawOption = None, mapping: MappingOption = None) -> None:
    """Does all that admit does except writing, and shows the first five rows of every feed."""
    console = Console()
    with exit_on_refusal(), tempfile.TemporaryDirectory(prefix="xinheng-check-") as scratch:
        environment = Environment().of_city(city)
        request, _ = _request(environment, raw, mapping, keep_key=False)
        with _progress() as tell:
            report, previews = check(request, Path(scratch), tell=tell)
    for preview in previews:
        console.print(_preview_table(preview))
    console.print(as_table(report))
    over = [feed.feed for feed in report.feeds if feed.over_limit]
    if over:
        console.print(
            f"Admission would refuse these feeds for too many rejected rows: {', '.join(over)}.", style="red"
        )
        raise SystemExit(2)
    console.print("Nothing was written. To admit: the same command with admit.")


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

    with exit_on_refusal(), Console().status(f"Making a city of {entities:,} entities"):
        environment = Environment().of_city(city)
        generate(SandboxPlan(entities=entities, seed=seed), environment.raw_folder, environment.truth_folder)
    Console().print(
        f"Raw files in {environment.raw_folder}. "
        f"Next: python -m data_contracts admit --city {environment.city}"
    )


def _request(
    environment: Environment, raw: Path | None, mapping: Path | None, *, keep_key: bool = True
) -> tuple[Request, Path | None]:
    """What to admit, and the key file if it was made just now."""
    read = read_mapping(mapping or mapping_path(environment.city))
    if read.city != environment.city:
        raise MappingError(
            expected=f"a mapping file of the city {environment.city}",
            got=f"city = {read.city!r} in {mapping}",
            todo="give that city with --city, or correct 'city' in the file",
        )
    path = environment.lake_folder.parent / KEY_FILE
    fresh: Path | None = None
    if environment.pseudonym_key:
        key = environment.pseudonym_key.get_secret_value().encode()[:64]
    elif path.is_file():
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    elif any(feed.uses_pseudonyms for feed in read.feeds) and keep_key:
        key = secrets.token_bytes(32)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(key.hex() + "\n", encoding="ascii")
        fresh = path
    else:
        key = b""
    request = Request(
        mapping=read,
        raw_folder=raw or environment.raw_folder,
        admitted_on=datetime.now(tz=UTC).date(),
        key=key,
    )
    return request, fresh


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on the terminal, gone when done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading files", total=None)

        def tell(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total)

        yield tell


def _preview_table(preview: Preview) -> Table:
    table = Table(title=f"{preview.feed} → {preview.table}", title_justify="left")
    for column in preview.columns:
        table.add_column(column, overflow="fold")
    for row in preview.rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    return table


if __name__ == "__main__":
    app()
