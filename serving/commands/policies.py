"""The commands of policies: new, list, show; the frontier of findings and precision; replays of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from data_contracts.refusal import exit_on_refusal
from serving.commands.asking import CommandRefused, ledger_of, person_of
from serving.inspections.policies.versions import (
    StoredPolicy,
    change_policy,
    create_policy,
    find_policy,
    list_policies,
    policy_versions,
)
from serving.ledger.database import Ledger
from serving.ledger.deployments import live_at
from serving.ledger.registers import registers_of
from serving.ledger.schema import RegisterRow
from serving.sampling.policy import Policy, parse_ratios
from serving.sampling.presets import PRESETS, is_preset, preset

if TYPE_CHECKING:
    from serving.inspections.policies.past_draws import DrawnBefore
    from serving.sampling.frontier import Point

City = Annotated[str, typer.Option(help="The city whose folders and ledger are used.")]
By = Annotated[str, typer.Option(help="Who does this; default from XINHENG_PERSON.")]
PolicyName = Annotated[
    str, typer.Option("--policy", help="A policy's id, or the name of a published practice.")
]
console = Console(highlight=False)
_TABLE_FILE = "register.parquet"


def register_policy_commands(app: typer.Typer) -> None:
    """Adds the commands to an application."""
    policies = typer.Typer(
        no_args_is_help=True, help="Policies of sampling, in versions with author and reason."
    )
    policies.command("new")(new_command)
    policies.command("list")(list_command)
    policies.command("show")(show_command)
    app.add_typer(policies, name="policy")
    app.command("frontier")(frontier_command)
    app.command("replay")(replay_command)


def new_command(
    title: Annotated[
        str, typer.Option(help="What the policy is called; a new version keeps its title.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Why it is made or changed.")] = "",
    file: Annotated[Path | None, typer.Option(help="The policy as JSON, as `policy show` prints it.")] = None,
    practice: Annotated[str, typer.Option("--preset", help="Start from a published practice.")] = "",
    over: Annotated[str, typer.Option(help="ID@VERSION of the policy that this replaces.")] = "",
    by: By = "",
    city: City = "",
) -> None:
    """Writes a policy, or a new version over the one you saw, into the ledger."""
    with ledger_of(city) as (environment, ledger):
        policy = _given(file, practice)
        now, person = datetime.now(UTC), person_of(environment, by)
        if not over:
            made = create_policy(
                ledger, policy, city=environment.city, title=title, by=person, reason=reason, now=now
            )
        else:
            policy_id, version = _seen(over)
            made = change_policy(
                ledger, policy_id, policy, version=version, by=person, reason=reason, now=now
            )
        typer.echo(_line(made))


def list_command(city: City = "") -> None:
    """Lists the city's policies, and the published practices that one can start from."""
    with ledger_of(city) as (environment, ledger):
        for stored in list_policies(ledger, environment.city):
            typer.echo(_line(stored))
        for one in PRESETS:
            typer.echo(f"{one.name}  {one.percents_text} %  {one.place_en}, {one.dated}  ({one.source})")


def show_command(
    name: Annotated[str, typer.Argument(help="A policy's id, or the name of a published practice.")],
    version: Annotated[int | None, typer.Option(help="By default the newest.")] = None,
    city: City = "",
) -> None:
    """Prints a policy as JSON; on standard error its versions with author and reason."""
    with exit_on_refusal():
        if is_preset(name):
            typer.echo(preset(name).policy().to_json())
            return
    with ledger_of(city) as (_, ledger):
        stored = find_policy(ledger, name, version)
        for one in policy_versions(ledger, name):
            typer.echo(f"{_line(one)}  {one.at:%Y-%m-%d}  {one.by}: {one.reason}", err=True)
        typer.echo(stored.policy.to_json())


def frontier_command(
    hours: Annotated[float, typer.Option(help="Officer-hours at hand.")],
    hours_per_visit: Annotated[float, typer.Option(help="Officer-hours that a visit takes.")] = 4.0,
    policy: PolicyName = "henan-2021",
    error: Annotated[float | None, typer.Option(help="The largest standard error, such as 0.004.")] = None,
    region: Annotated[str, typer.Option(help="Only entities whose region code starts so.")] = "",
    city: City = "",
) -> None:
    """Shows how many findings each precision costs, or with --error one plan and the price of its limits."""
    with ledger_of(city) as (environment, ledger), console.status("Weighing findings against precision"):
        # Here, because solver and statistics take seconds that the other commands save.
        from serving.inspections.policies.capacities import sized  # noqa: PLC0415
        from serving.sampling.capacity import Rate, cells_under, limits_under  # noqa: PLC0415
        from serving.sampling.frontier import frontier, point_at  # noqa: PLC0415

        wanted = _policy(ledger, policy)
        table = _graded(_registers(ledger, environment.city)[0], ("grade", "entity_type", "region_code"))
        found = sized(table, wanted, region=region)
        drawn = _drawn(environment, ledger)
        rates = {
            one.grade: Rate(rate=one.rate, rate_error=one.rate_error)
            for one in drawn.by_item()
            if not one.item
        }
        cells = cells_under(
            wanted,
            sizes=found.sizes,
            enterprises=found.enterprises,
            rates=rates,
            hours_per_visit=hours_per_visit,
        )
        limits = limits_under(wanted, hours=hours, enterprises=sum(found.enterprises.values()))
        points = (point_at(cells, limits, target=error),) if error else frontier(cells, limits).points
    console.print(_points_table(points))
    for price in points[-1].prices if error is None else points[0].prices:
        if price.binds:
            console.print(f"{price.told_zh} {price.told_en}")


def replay_command(
    ratios: Annotated[str, typer.Option(help="For example A=0.02,B=0.05,C=0.2,D=1.")] = "",
    policy: PolicyName = "",
    breakdown: Annotated[str, typer.Option(help="all, grade, region or size.")] = "grade",
    city: City = "",
) -> None:
    """Shows what ratios would have visited and found in past years, with 95 % intervals."""
    with ledger_of(city) as (environment, ledger), console.status("Reading the draws of past years"):
        from serving.sampling.policy_replay import replay  # noqa: PLC0415 - statistics take a second

        shares = parse_ratios(ratios) if ratios else _policy(ledger, policy or "henan-2021").ratios
        texts = dict(zip("ABCD", shares.texts(), strict=True))
        drawn = _drawn(environment, ledger)
        lines = [line for line in replay(drawn.by_entity(), texts) if line.breakdown == breakdown]
    if not lines:
        _refuse_breakdown(breakdown)
    table = Table(title=f"Had {shares} been used ({_left_out(drawn)})")
    for name in ("year", breakdown, "drawn", "visits", "findings", "95 %", "hit rate", "no support"):
        table.add_column(name)
    for line in lines:
        known = line.visits is not None
        table.add_row(
            str(line.year),
            line.group,
            f"{line.drawn:,}",
            f"{line.visits:,.0f}" if known else "–",
            f"{line.findings:,.0f}" if known else "–",
            f"{line.findings_low:,.0f} – {line.findings_high:,.0f}" if known else "–",
            f"{line.hit_rate:.1%}" if known else "–",
            " ".join(line.no_support),
        )
    console.print(table)


def _left_out(drawn: DrawnBefore) -> str:
    """What a replay does not count."""
    told = f"{drawn.ungraded:,} inspections without a grade left out"
    late = ", ".join(drawn.unfinished)
    return f"{told}, and {late}, whose results are still coming in" if late else told


def _refuse_breakdown(breakdown: str) -> None:
    with exit_on_refusal():
        raise CommandRefused(
            expected="a breakdown by all, grade, region or size",
            got=f"{breakdown!r}",
            todo="choose one of them",
        )


def _points_table(points: Sequence[Point]) -> Table:
    """Points with their counts."""
    table = Table(title="Most expected findings for each standard error of the violation rate")
    for name in ("standard error", "findings", "95 %", "visits", "hours", "counts"):
        table.add_column(name, justify="left" if name == "counts" else "right")
    for one in points:
        table.add_row(
            f"{one.standard_error:.4f}",
            f"{one.findings:,.0f}",
            f"{one.low:,.0f} – {one.high:,.0f}",
            f"{one.visits:,}",
            f"{one.hours:,.0f}",
            " ".join(f"{name} {count:,}" for name, count in one.counts.items()),
        )
    return table


def _given(file: Path | None, practice: str) -> Policy:
    """The policy of a file or of a published practice."""
    if (file is None) == (not practice):
        raise CommandRefused(
            expected="a policy file or a published practice",
            got="neither" if file is None else "both",
            todo="give --file FILE or --preset NAME; `policy list` names the practices",
        )
    return preset(practice).policy() if file is None else Policy.from_json(file.read_text("utf-8"))


def _policy(ledger: Ledger, name: str) -> Policy:
    """A policy by its id, or a published practice by its name."""
    return preset(name).policy() if is_preset(name) else find_policy(ledger, name).policy


def _seen(over: str) -> tuple[str, int]:
    """ID@VERSION."""
    policy_id, _, version = over.rpartition("@")
    if not policy_id or not version.isdigit():
        raise CommandRefused(
            expected="--over ID@VERSION, the version that you saw",
            got=f"{over!r}",
            todo="`policy list` shows both",
        )
    return policy_id, int(version)


def _registers(ledger: Ledger, city: str) -> list[RegisterRow]:
    """The registers of the live release, newest first."""
    live = live_at(ledger, city, datetime.now(UTC))
    rows = [row for row in registers_of(ledger, city) if live and row.release_id == live.release_id]
    if not rows:
        raise CommandRefused(
            expected=f"a grade register of {city} by the live release",
            got="none in the ledger",
            todo=f"run `python -m serving grade --city {city}` first",
        )
    return rows


def _graded(row: RegisterRow, columns: Sequence[str]) -> pa.Table:
    return pq.read_table(Path(row.folder) / _TABLE_FILE, columns=list(columns))


def _drawn(environment: Environment, ledger: Ledger) -> DrawnBefore:
    """The past random draws of the city, by the grades of its registers."""
    from serving.inspections.policies.past_draws import GradedOn, drawn_before  # noqa: PLC0415 - statistics

    rows = registers_of(ledger, environment.city)
    registers = [GradedOn(as_of=row.as_of, grades=_graded(row, ("entity_id", "grade"))) for row in rows]
    today = datetime.now(UTC).date()
    return drawn_before(open_lake(environment.lake_folder), registers=registers, today=today)


def _line(stored: StoredPolicy) -> str:
    return f"{stored.policy_id}@{stored.version}  {stored.title}  {stored.policy.ratios}"
