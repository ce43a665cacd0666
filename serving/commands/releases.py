"""The commands of releases: promote, rollback, live, shadow. What is live is decided in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.refusal import Refusal
from features.as_of import AsOf
from features.snapshot import open_snapshot
from models.grades import LETTERS
from models.manifest import Manifest
from models.registry import MirrorRefused, mirror_alias, resolve
from models.release import Release, load_release
from models.verdict import Verdict
from serving.commands.asking import ledger_of, person_of
from serving.ledger.deployments import (
    Deployment,
    Exemption,
    candidate_of,
    history,
    live_at,
    promote,
    replaced,
    roll_back,
)
from serving.ledger.registers import current_register
from serving.register import open_register
from serving.shadow import Shadow, shadow

console = Console(highlight=False)

City = Annotated[str | None, typer.Option(help="The city; by default XINHENG_CITY.")]
By = Annotated[str | None, typer.Option(help="Who does this; by default XINHENG_PERSON.")]
Why = Annotated[str, typer.Option(help="Why; recorded.")]
UNKNOWN_SELECTION = "selection_known"
EVERY = "all"


class WishRefused(Refusal):
    """Options of a command that do not fit together."""


def register_release_commands(app: typer.Typer) -> None:
    """Adds the commands to an application."""
    app.command("promote")(promote_command)
    app.command("rollback")(rollback_command)
    app.command("live")(live_command)
    app.command("shadow")(shadow_command)


def promote_command(
    release: Annotated[str, typer.Argument(help="A release's name, or `latest`.")],
    reason: Why,
    by: By = None,
    city: City = None,
    despite: Annotated[
        list[str] | None,
        typer.Option(help="A failed gate to let pass, recorded and shown; `all` means each that failed."),
    ] = None,
    because: Annotated[
        list[str] | None, typer.Option(help="Why that gate may fail; one for every --despite, in order.")
    ] = None,
    accept_unknown_selection: Annotated[
        bool, typer.Option(help="Accept that nobody knows why entities were inspected; recorded and shown.")
    ] = False,
) -> None:
    """Makes a release live whose gates passed; who trained it may not promote it."""
    with ledger_of(city) as (environment, ledger):
        verified = load_release(resolve(environment.releases_folder, release))
        exemptions = exemptions_of(verified.verdict, despite or [], because or [])
        if accept_unknown_selection:
            exemptions += [
                Exemption(gate=gate.name, because=f"accepted by the promoter: {gate.reason_en}")
                for gate in verified.verdict.conditions
                if gate.name == UNKNOWN_SELECTION and gate.name not in {each.gate for each in exemptions}
            ]
        live = promote(
            ledger,
            candidate_of(verified),
            by=person_of(environment, by),
            reason=reason,
            now=datetime.now(UTC),
            exemptions=exemptions,
        )
        _tell(live)
        console.print(_mirrored(environment, verified.manifest), style="dim")


def rollback_command(reason: Why, by: By = None, city: City = None) -> None:
    """Makes the release live again that the present one replaced, with the register it had."""
    with ledger_of(city) as (environment, ledger):
        person = person_of(environment, by)
        before = replaced(ledger, environment.city)
        verified = _verified(environment, before)
        live = roll_back(ledger, city=environment.city, by=person, reason=reason, now=datetime.now(UTC))
        _tell(live)
        row = current_register(ledger, environment.city, release_id=live.release_id)
        if row is None:
            console.print(
                f"It has no register: write one with `python -m serving grade --city {environment.city}`.",
                style="yellow",
            )
        else:
            console.print(f"Its register as of {row.as_of} is current: {row.folder}", soft_wrap=True)
        console.print(_mirrored(environment, verified.manifest), style="dim")


def live_command(
    at: Annotated[
        str | None, typer.Option(help="A moment, as 2026-07-01T12:00 (UTC unless it says otherwise).")
    ] = None,
    city: City = None,
) -> None:
    """Tells which release and register were live at a moment, by whose decision, and what came before."""
    with ledger_of(city) as (environment, ledger):
        when = moment_of(at) if at else datetime.now(UTC)
        live = live_at(ledger, environment.city, when)
        if live is None:
            console.print(f"No release was live in {environment.city} at {when:%Y-%m-%d %H:%M} UTC.")
            return
        console.print(f"At {when:%Y-%m-%d %H:%M} UTC:")
        _tell(live)
        row = current_register(ledger, environment.city, release_id=live.release_id, until=when)
        console.print(
            f"Register as of {row.as_of}, SHA-256 {row.digest}"
            if row
            else "No register of it was there yet.",
            soft_wrap=True,
        )
        console.print(_past([each for each in history(ledger, environment.city) if each.at <= when]))


def shadow_command(
    challenger: Annotated[str, typer.Argument(help="A release's name, or `latest`.")], city: City = None
) -> None:
    """Grades the entities of the served register with a challenger and tells who would move; changes nothing.

    The comparison and everyone who would move are written beside the register.
    """
    with ledger_of(city) as (environment, ledger):
        release = load_release(resolve(environment.releases_folder, challenger))
        live = live_at(ledger, environment.city, datetime.now(UTC))
        row = current_register(ledger, environment.city, release_id=live.release_id) if live else None
        if row is None:
            raise WishRefused(
                expected=f"a served register of {environment.city} to compare with",
                got="none of a live release in the ledger",
                todo="promote a release and run `python -m serving grade`, then compare",
            )
        register = open_register(Path(row.folder))
        snapshot = open_snapshot(
            environment.snapshots_folder,
            AsOf(on=register.as_of, used_on=register.used_on),
            lake_digest=register.card.lake_digest,
        )
        with console.status(f"Grading in the shadow of {register.card.release_id}"):
            found, folder = shadow(register, release, snapshot)
        console.print(_migration(found))
        moved = f"{found.churn:.1%} would change grade, {found.jumps:.2%} by two or more"
        console.print(
            f"{moved}. Nothing served has changed; who would move stands in {folder}", soft_wrap=True
        )


def _migration(found: Shadow) -> Table:
    """From the served grades, in rows, to the challenger's."""
    title = f"{found.entities:,} entities as of {found.as_of}: from {found.live} to {found.challenger}"
    table = Table("served", *(f"→ {grade}" for grade in LETTERS), box=SIMPLE_HEAD, title=title)
    for grade, counts in zip(LETTERS, found.matrix, strict=True):
        table.add_row(grade, *(f"{count:,}" for count in counts))
    return table


def moment_of(text: str) -> datetime:
    """The moment of an ISO text; without a time zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise WishRefused(
            expected="a moment as 2026-07-01T12:00", got=repr(text), todo="write date and time in this form"
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def exemptions_of(verdict: Verdict, despite: Sequence[str], because: Sequence[str]) -> list[Exemption]:
    """Every gate with the reason that stands at its place; `all` is every open one, each by its own name."""
    if len(despite) != len(because):
        raise WishRefused(
            expected="one --because WHY for every --despite GATE",
            got=f"{len(despite)} of one and {len(because)} of the other",
            todo="answer for each gate by itself, in order",
        )
    answered = dict(zip(despite, because, strict=True))
    if EVERY in answered:
        others = (gate.name for gate in (*verdict.failed, *verdict.conditions))
        answered = dict.fromkeys(others, answered[EVERY]) | {k: v for k, v in answered.items() if k != EVERY}
    return [Exemption(gate=gate, because=why) for gate, why in answered.items()]


def _verified(environment: Environment, deployment: Deployment) -> Release:
    """The deployed release, byte for byte where the ledger knows its digest."""
    folder = resolve(environment.releases_folder, deployment.release_id)
    return load_release(folder, digest=deployment.digest or None)


def _tell(live: Deployment) -> None:
    """What is live, and despite what."""
    since = f"since {live.at:%Y-%m-%d %H:%M} UTC by {live.by} ({live.action})"
    console.print(f"Live in {live.city}: [bold]{live.release_id}[/] {since}", soft_wrap=True)
    console.print(f"Why: {live.reason}. Trained by {live.trained_by}.", soft_wrap=True)
    for each in live.exemptions:
        console.print(f"Despite {each.gate}: {each.because}", style="yellow", soft_wrap=True)


def _past(deployments: Sequence[Deployment]) -> Table:
    """The deployments up to the moment, newest first."""
    table = Table("since (UTC)", "release", "how", "by", "why", box=SIMPLE_HEAD)
    for each in deployments:
        table.add_row(f"{each.at:%Y-%m-%d %H:%M}", each.release_id, each.action, each.by, each.reason)
    return table


def _mirrored(environment: Environment, manifest: Manifest) -> str:
    """Moves MLflow's champion alias where there is an MLflow store; the ledger has decided already."""
    if not (environment.releases / "mlflow.sqlite").is_file():
        return "No MLflow store here; nothing to mirror."
    try:
        version = mirror_alias(environment.tracking_url, manifest, "champion")
    except MirrorRefused as refusal:
        return f"Not mirrored to MLflow: {refusal}"
    return f"MLflow: champion is version {version}."
