"""`python -m training drift`: one month against a release's calibration, its season and its promises."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import Lake, open_lake
from data_contracts.refusal import Refusal, exit_on_refusal
from features.as_of import AsOf
from features.engines.on_duckdb import DuckEngine, open_engine
from features.snapshot import build_snapshot
from models.document import write_json
from models.registry import LATEST, resolve
from models.release import Release, load_release
from training.commands.terminal import City, console
from training.judging.drift import Kept, MonthDrift, drift_of, kept_of, same_month_last_year
from training.judging.evidence import honest_rows
from training.judging.populations import Population, population_of
from training.pack.plain import plain
from training.release.release_scale import scale_of
from training.rows.history import knowledge_of
from training.rows.matrix import join_labels
from training.rows.outcomes import LabelWindow, outcome_of, outcome_rows
from training.rows.parts import part_of


class DriftRefused(Refusal):
    """A date that cannot be watched: the release was fitted or calibrated on it."""


# So that a scheduler hears the alarm: 0 is quiet, 1 an error.
ALARM_STATUS = 3
BOOTSTRAP = 200


def drift(
    release: Annotated[str, typer.Argument(help="A release's name, or `latest`.")] = LATEST,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The as-of date; default the first of the last known month."),
    ] = None,
    city: City = None,
) -> None:
    """Compares a month with what the release was made for. Ends with status 3 when an alarm rings.

    Score and leading indicators against the calibration dates, with the same month a year earlier as the
    seasonal baseline; and, where the month's outcomes are known, what was found against what was promised.
    """
    with exit_on_refusal():
        environment = Environment().of_city(city)
        chosen = load_release(resolve(environment.releases_folder, release))
        lake = open_lake(environment.lake_folder)
        with open_engine(lake) as engine, console.status("Snapshots, scores and outcomes …"):
            watch = Watch(engine, lake, chosen, environment.snapshots_folder)
            found = watch.month(on.date() if on else watch.known_by.replace(day=1))
        file = environment.city_folder / "drift" / chosen.release_id / f"{found.on}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(write_json(plain(found)), "utf-8")
        show_drift(found)
        console.print(f"Written to {file}")
    if found.rings:
        raise typer.Exit(ALARM_STATUS)


class Watch:
    """A release beside the records it is watched over."""

    def __init__(self, engine: DuckEngine, lake: Lake, release: Release, snapshots: Path) -> None:
        """Keeps what it is given, and reads how far the records reach."""
        self.engine, self.lake, self.release, self.snapshots = engine, lake, release, snapshots
        self.known_by = knowledge_of(engine, lake)
        self.scale = scale_of(release)

    def month(self, on: date) -> MonthDrift:
        """The drift of one as-of date, which lies after everything that the release learned from."""
        last = max(self.release.manifest.calibration_dates)
        if on <= last:
            raise DriftRefused(
                expected=f"a date after {last}, the last that {self.release.release_id} was calibrated on",
                got=str(on),
                todo="give a later --on: what a model has seen tells nothing of how the world moved",
            )
        reference = [self._population(day) for day in self.release.manifest.calibration_dates]
        earlier = same_month_last_year(on)
        first = min(self.release.manifest.training_dates)
        season = self._population(earlier) if earlier >= first else None
        return drift_of(
            self.release.schema, self.scale, reference, self._population(on),
            season=season, kept=self._kept(on),
        )  # fmt: skip

    def _population(self, day: date) -> Population:
        return population_of(day, self._table(day), self.scale, self.release.cuts)

    def _table(self, day: date) -> Any:
        as_of = AsOf(on=day, used_on=max(self.known_by, day))
        return build_snapshot(self.engine, self.lake, as_of, self.snapshots).read()

    def _kept(self, on: date) -> Kept | None:
        """What the month's honest rows found; none before the horizon has passed."""
        made = self.release.manifest
        if (self.known_by - on).days < made.horizon_days:
            return None
        items = made.parameters.get("outcome_items")
        names = tuple(str(each) for each in items) if isinstance(items, list) else ()
        window = LabelWindow(
            as_of=on, horizon_days=made.horizon_days, known_by=self.known_by, used_on=self.known_by
        )
        outcome = outcome_of(made.outcome, names)
        table = self.engine.frame(outcome_rows(self.engine.tables["inspections"], outcome, window))
        rows = join_labels(on, self._table(on), table)
        cap = made.parameters.get("weight_cap")
        weight_cap = float(cap) if isinstance(cap, int | float) else 100.0
        part = part_of([rows], self.release.schema, weight_cap=weight_cap)
        validation: Any = self.release.validation
        return kept_of(
            honest_rows(self.scale, part), approved=validation["metrics"]["auc"],
            repetitions=BOOTSTRAP, seed=made.seeds.get("bootstrap", 0),
        )  # fmt: skip


def show_drift(found: MonthDrift) -> None:
    """Shifts as a table, promises in a line, alarms in red."""
    title = f"{found.population:,} entities on {found.on}, mean probability {found.mean_probability:.3f}"
    table = Table("PSI against", "calibration", "same month last year", "", box=SIMPLE_HEAD, title=title)
    season = {each.name: each for each in found.season}
    for each in found.shifts:
        beside = f"{season[each.name].psi:.3f}" if each.name in season else "–"
        table.add_row(each.name, f"{each.psi:.3f}", beside, each.level)
    console.print(table)
    if found.kept is not None:
        kept = found.kept
        ranked = f"AUC {kept.auc.value:.3f} (approved {kept.approved_auc:.3f})" if kept.auc else "no AUC"
        console.print(
            f"{kept.problems} problems in {kept.inspected} honest inspections: found {kept.found.value:.3f}, "
            f"promised {kept.promised:.3f}; {ranked}"
        )
    for alarm in found.alarms:
        console.print(f"[red]{alarm.reason_zh}[/]\n[red]{alarm.reason_en}[/]")
    if not found.rings:
        console.print("No alarm.")
