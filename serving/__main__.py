"""The commands of serving: grade a city, run the service; those of releases, ledger and draw beside them."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import pyarrow as pa
import typer
from rich.console import Console
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import Lake, open_lake
from data_contracts.refusal import exit_on_refusal
from features.as_of import AsOf, known_entities
from features.engines.on_duckdb import open_engine
from features.snapshot import build_snapshot, days_of
from models.alerts.alert import KINDS, SEVERITIES
from models.grades import Grade
from models.registry import LATEST
from models.release import Release, load_release
from serving.alerting import made_alerts, write_alerts
from serving.commands.asking import ledger_of, person_of
from serving.commands.item_entry import register_item_entry
from serving.commands.marks import register_mark_commands
from serving.commands.methods import register_method_commands
from serving.commands.panels import ABOUT, InOrder, arrange
from serving.commands.plans import register_plan_commands
from serving.commands.policies import register_policy_commands
from serving.commands.preview import place_of, register_preview_command
from serving.commands.releases import register_release_commands
from serving.commands.results import register_result_commands
from serving.commands.rosters import items_app, register_roster_commands
from serving.commands.tasks import register_task_commands
from serving.earlier import register_before
from serving.grading import write_register
from serving.ledger.database import Ledger
from serving.ledger.deployments import live_at
from serving.ledger.registers import current_register, previous_register, record_register, registers_of
from serving.ledger.schema import RegisterRow
from serving.ledger.tokens import create_token, holder_of
from serving.process import Address, free_address, served
from serving.register import ATTRIBUTES, Register, open_register
from serving.web.desk import Desk
from serving.web.hit_rates import evidence_of
from serving.web.opening import NothingToServe, open_desk

app = typer.Typer(cls=InOrder, no_args_is_help=True, pretty_exceptions_enable=False, help=ABOUT)
register_release_commands(app)
register_plan_commands(app)
register_method_commands(app)
register_roster_commands(app)
register_item_entry(items_app)
register_mark_commands(app)
register_policy_commands(app)
register_preview_command(app)
register_task_commands(app)
register_result_commands(app)
console = Console(highlight=False)

City = Annotated[str | None, typer.Option(help="The city; by default XINHENG_CITY.")]
By = Annotated[str | None, typer.Option(help="Who does this; by default XINHENG_PERSON.")]
COLOURS = {"A": "green", "B": "blue", "C": "yellow", "D": "red"}
DEMO_DAYS = 30
# Two persons, because one alone cannot take part in a draw.
DEMO_PERSON = ("demo", "administrator")
DEMO_WITNESS = ("demo-witness", "supervisor")


@app.command("grade")
def grade_command(
    as_of: Annotated[
        str | None, typer.Option(help="The date graded (YYYY-MM-DD); by default the export's.")
    ] = None,
    used_on: Annotated[
        str | None,
        typer.Option(help="The date up to which forgetting counts; by default the export's, if later."),
    ] = None,
    by: By = None,
    city: City = None,
) -> None:
    """Grades every entity of a city with the live release; what is there already is reused."""
    with ledger_of(city) as (environment, ledger):
        lake = open_lake(environment.lake_folder)
        days = days_of(lake, _day(as_of), _day(used_on))
        release = _live_release(environment, ledger)
        with console.status(f"Grading {environment.city} as of {days.on}"):
            before = previous_register(ledger, environment.city, release_id=release.release_id, as_of=days.on)
            register = _graded(environment, lake, release, days, before)
        record_register(
            ledger,
            city=environment.city,
            as_of=days.on,
            release_id=release.release_id,
            digest=register.digest,
            folder=register.folder.resolve(),
            counts=register.counts(),
            by=person_of(environment, by),
            now=_now(),
        )
        current = current_register(ledger, environment.city, release_id=release.release_id)
        console.print(f"Register of {register.card.rows:,} entities as of {days.on}: {register.path}")
        console.print(_past_told(register, release))
        if current is not None and current.digest != register.digest:
            console.print(
                f"Served is another one, of a later day or graded later: {current.folder}",
                style="yellow",
            )
        console.print(_grades_table(register, release))


@app.command("alerts")
def alerts_command(
    as_of: Annotated[
        str | None, typer.Option(help="The date of the register (YYYY-MM-DD); by default the latest.")
    ] = None,
    city: City = None,
) -> None:
    """Makes the early warnings of a register, against the one before: Parquet and CSV beside it."""
    with ledger_of(city) as (environment, ledger):
        release = _live_release(environment, ledger)
        register = _register_of(ledger, environment.city, release, _day(as_of))
        lake = open_lake(environment.lake_folder)
        previous = register_before(ledger, register)
        with (
            console.status(f"Looking through {register.card.rows:,} entities"),
            open_engine(lake) as engine,
        ):
            made = made_alerts(engine, register, previous, release, snapshots=environment.snapshots_folder)
        path = write_alerts(made, register, previous, lake)
        console.print(f"{made.num_rows:,} alerts as of {register.as_of}: {path}")
        if previous is None:
            console.print("No register of this release is a month older: no grade can have risen.")
        console.print(_alerts_table(made))


@app.command("run")
def run_command(
    token: Annotated[Path | None, typer.Option(help="File with the token to show; made if absent.")] = None,
    host: Annotated[str | None, typer.Option(help="By default XINHENG_HOST, this machine only.")] = None,
    port: Annotated[
        int | None, typer.Option(help="By default XINHENG_PORT; the next free one if taken.")
    ] = None,
    city: City = None,
) -> None:
    """Serves a graded city until Ctrl-C."""
    with exit_on_refusal():
        environment = Environment().of_city(city)
        desk = open_desk(place_of(environment), now=_now)
        token_file = token or environment.city_folder / "demo.token"
        witness_file = token_file.with_name(f"{token_file.stem}-witness{token_file.suffix}")
        for file, demo in ((token_file, DEMO_PERSON), (witness_file, DEMO_WITNESS)):
            _keep_token(desk.ledger, file, *demo)
        asked = port or environment.port
        address = free_address(host or environment.host, asked)
        if address.port != asked:
            console.print(
                f"Port {asked} is taken by another program: serving on {address.port}.", style="yellow"
            )
        log = environment.city_folder / "service.log"
        with _until_told(), served(address, settings=_settings(environment), log=log) as process:
            _welcome(desk, address, token_file, witness_file)
            code = process.wait()
            raise NothingToServe(
                expected="the service to run until Ctrl-C", got=f"exit code {code}", todo=f"read {log}"
            )
    console.print("Stopped.")


def _graded(
    environment: Environment, lake: Lake, release: Release, days: AsOf, before: RegisterRow | None
) -> Register:
    """The register of a day, held against the one before; its snapshot is built first if need be."""
    previous = open_register(Path(before.folder), digest=before.digest) if before else None
    with open_engine(lake) as engine:
        snapshot = build_snapshot(engine, lake, days, environment.snapshots_folder)
        known = known_entities(engine.tables["entities"], days).select("entity_id", *ATTRIBUTES)
        attributes = engine.frame(known)
    return write_register(
        release, snapshot, attributes, folder=environment.register_folder, previous=previous
    )


def _register_of(ledger: Ledger, city: str, release: Release, day: date | None) -> Register:
    """The release's register of a day, the one recorded last; the latest where no day is named."""
    rows = [row for row in registers_of(ledger, city) if row.release_id == release.release_id]
    found = next((row for row in rows if day in (None, row.as_of)), None)
    if found is None:
        raise NothingToServe(
            expected=f"a register of {city} by {release.release_id}" + (f" as of {day}" if day else ""),
            got=", ".join(str(row.as_of) for row in rows) or "none in the ledger",
            todo=f"write it with `python -m serving grade --city {city}`, or name another date",
        )
    return open_register(Path(found.folder), digest=found.digest)


def _alerts_table(made: pa.Table) -> Table:
    """How many alerts of each kind and severity."""
    table = Table(title="Alerts by kind and severity")
    for name in ("kind", *reversed(SEVERITIES), "all"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    pairs = Counter(zip(made["kind"].to_pylist(), made["severity"].to_pylist(), strict=True))
    for kind in KINDS:
        counts = [pairs[kind, severity] for severity in reversed(SEVERITIES)]
        table.add_row(kind, *(f"{count:,}" for count in counts), f"{sum(counts):,}")
    return table


def _past_told(register: Register, release: Release) -> str:
    """Which register the change guard held the grades against, and how many it held."""
    card = register.card
    if not release.cuts.margin:
        return "This release has no change guard: its margin is 0."
    if not card.previous_as_of:
        return "No register of this release is a month older: nothing to hold the grades against."
    return (
        f"Held against the register as of {card.previous_as_of}: the change guard kept {card.held:,} grades "
        f"({card.held / max(card.rows, 1):.1%}) from moving."
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise NothingToServe(expected="a date as YYYY-MM-DD", got=repr(text), todo="correct it") from error


def _live_release(environment: Environment, ledger: Ledger) -> Release:
    live = live_at(ledger, environment.city, _now())
    if live is None:
        raise NothingToServe(
            expected=f"a live release of {environment.city}",
            got="none in the ledger",
            todo=f"run `python -m serving promote {LATEST} --city {environment.city} --by NAME --reason WHY`",
        )
    return load_release(environment.releases_folder / live.release_id, digest=live.digest or None)


@contextmanager
def _until_told() -> Iterator[None]:
    """Ctrl-C and a polite kill end the block quietly, once."""

    # SIGINT too: a shell starts its background jobs deaf to it, and Python then leaves it so.
    signs = (signal.SIGINT, signal.SIGTERM)

    def told(_: int, __: FrameType | None) -> None:
        # Impatient repeats must not break into the ending and leave children behind.
        for sign in signs:
            signal.signal(sign, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(sign, told) for sign in signs]
    try:
        yield
    except KeyboardInterrupt:
        console.print()
    finally:
        for sign, heard in zip(signs, before, strict=True):
            signal.signal(sign, heard)


def _settings(environment: Environment) -> dict[str, str]:
    """What the child process is told; BentoML's own folder goes beside the city's, not into a home."""
    return {
        "XINHENG_CITY": environment.city,
        "XINHENG_HOME": str(environment.home.resolve()),
        "XINHENG_RELEASES": str(environment.releases.resolve()),
        "XINHENG_LEDGER_URL": environment.ledger_address,
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOME": str((environment.city_folder / "bentoml").resolve()),
    }


def _keep_token(ledger: Ledger, file: Path, person: str, role: str) -> None:
    """A token in the file that opens the door; a spent one is replaced."""
    now = _now()
    if file.is_file() and holder_of(ledger, file.read_text("ascii").strip(), now):
        return
    fresh = create_token(
        ledger,
        person=person,
        role=role,
        expires_on=now.date() + timedelta(days=DEMO_DAYS),
        now=now,
        reason="made by `python -m serving run`",
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(fresh + "\n", "ascii")


def _welcome(desk: Desk, address: Address, token_file: Path, witness_file: Path) -> None:
    """What a newcomer needs: where, with what, and something worth looking at."""
    sample = desk.register.page(grade=Grade.D, limit=1).lines or desk.register.page(limit=1).lines
    lines = [
        f"[bold]{address}[/]",
        *(f"{address}/entities/{line.entity_id}   (an entity of grade {line.grade})" for line in sample),
        f"token  [bold]{token_file.read_text('ascii').strip()}[/]",
        f"Log in with the token at {address}/login. It is kept in {token_file}.",
        f"second official of a draw  [bold]{witness_file.read_text('ascii').strip()}[/]",
        f"A draw needs two: log in as {DEMO_WITNESS[0]} in a private window. It is kept in {witness_file}.",
        "Ctrl-C ends the service.",
    ]
    console.print(_grades_table(desk.register, desk.release))
    console.print("\n".join(lines), soft_wrap=True)


def _grades_table(register: Register, release: Release) -> Table:
    """Grades with their shares, and how often an inspection of them finds a problem."""
    table = Table(title=f"Grades as of {register.as_of}, release {release.release_id}")
    for name in ("grade", "entities", "share", "true hit rate", "95 % interval", "inspected"):
        table.add_column(name, justify="left" if name == "grade" else "right")
    rates, counts = evidence_of(release).rates, register.counts()
    for grade, count in counts.items():
        rate = rates[grade]
        known = rate.rate is not None and rate.low is not None and rate.high is not None
        table.add_row(
            f"[{COLOURS[grade]}]{grade} {Grade(grade).label_en}[/]",
            f"{count:,}",
            f"{count / max(register.card.rows, 1):.1%}",
            f"{rate.rate:.1%}" if known else "–",
            f"{rate.low:.1%} – {rate.high:.1%}" if known else "–",
            f"{rate.inspected:,}",
        )
    return table


def _now() -> datetime:
    return datetime.now(UTC)


arrange(app)

if __name__ == "__main__":
    app()
