"""Gathers what a recipe learns from: every as-of date's snapshot, outcomes and past results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from data_contracts.lake import Lake
from data_contracts.refusal import Refusal
from features.as_of import AsOf
from features.engines.on_duckdb import DuckEngine
from features.snapshot import Snapshot, build_snapshot
from training.baselines import past_results
from training.matrix import LabelledRows, join_labels
from training.outcomes import Outcome, check_labels, last_knowledge, outcome_of, outcome_rows, reaches
from training.recipe import Recipe
from training.time_splits import check_maturity

# Told each date that is ready, for a progress bar.
Progress = Callable[[date], None]


class HistoryRefused(Refusal):
    """A lake that has no history to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """All that a fit reads; nothing in it was known later than its as-of date, outcomes apart."""

    city: str
    lake_digest: str
    known_by: date
    snapshots: Mapping[date, Snapshot]
    labelled: Mapping[date, LabelledRows]
    past: Mapping[date, pa.Table]

    @property
    def unavailable(self) -> dict[str, str]:
        """Indicators that are missing on at least one date, with the first reason."""
        found: dict[str, str] = {}
        for snapshot in self.snapshots.values():
            for name, reason in snapshot.unavailable.items():
                found.setdefault(name, reason)
        return found

    @property
    def definitions_digest(self) -> str:
        """The digest of the indicators' definitions, the same in every snapshot."""
        return next(iter(self.snapshots.values())).definitions_digest

    def rows(self, dates: tuple[date, ...]) -> tuple[LabelledRows, ...]:
        """The labelled rows of some dates."""
        return tuple(self.labelled[day] for day in dates)


def gather_history(
    engine: DuckEngine, lake: Lake, recipe: Recipe, *, snapshots_folder: Path, progress: Progress
) -> History:
    """Snapshots (built where they are not there yet) and labels of every date of the recipe.

    "Today" is the last day the records speak of, so that the same lake gives the same history on any day.
    """
    outcome = outcome_of(recipe.outcome, recipe.outcome_items)
    known_by = knowledge_of(engine, lake)
    check_maturity(recipe.split, known_by)
    outcomes = {
        day: _outcomes(engine, outcome, recipe, as_of=day, known_by=known_by) for day in recipe.split.dates()
    }
    check_labels(outcomes, outcome)
    snapshots: dict[date, Snapshot] = {}
    labelled: dict[date, LabelledRows] = {}
    for day, table in outcomes.items():
        snapshots[day] = build_snapshot(engine, lake, AsOf(on=day, used_on=known_by), snapshots_folder)
        labelled[day] = join_labels(day, snapshots[day].read(), table)
        progress(day)
    inspections = engine.tables["inspections"]
    past = {
        day: engine.frame(past_results(inspections, outcome, AsOf(on=day, used_on=known_by)))
        for day in recipe.test_dates
    }
    return History(
        city=lake.city, lake_digest=lake.digest, known_by=known_by,
        snapshots=snapshots, labelled=labelled, past=past,
    )  # fmt: skip


def knowledge_of(engine: DuckEngine, lake: Lake) -> date:
    """The last day up to which the lake knows the outcomes of inspections."""
    if "inspections" not in engine.tables:
        raise HistoryRefused(
            expected="a table of inspections to learn from",
            got=f"only {', '.join(lake.tables)} in the lake of {lake.city}",
            todo="map a source of inspections and admit it",
        )
    table = engine.frame(last_knowledge(engine.tables["inspections"], lake.exported_on))
    return reaches(table.column("last")[0].as_py(), lake.exported_on)


def _outcomes(
    engine: DuckEngine, outcome: Outcome, recipe: Recipe, *, as_of: date, known_by: date
) -> pa.Table:
    """The outcomes after one date."""
    rows = outcome_rows(
        engine.tables["inspections"],
        outcome,
        as_of=as_of,
        horizon_days=recipe.horizon_days,
        known_by=known_by,
    )
    return engine.frame(rows)
