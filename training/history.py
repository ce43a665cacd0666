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
from training.outcomes import (
    LabelWindow,
    Outcome,
    check_labels,
    last_knowledge,
    outcome_of,
    outcome_rows,
    reaches,
)
from training.recipe import Recipe
from training.time_splits import PartName, Section, check_maturity

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
    labelled: Mapping[PartName, tuple[LabelledRows, ...]]
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

    def rows(self, part: PartName) -> tuple[LabelledRows, ...]:
        """The labelled rows of every date of a part; the same date may know more labels in a later part."""
        return self.labelled[part]


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
        section.name: _outcomes(engine, outcome, recipe, section=section, used_on=known_by)
        for section in recipe.split.sections(known_by)
    }
    snapshots: dict[date, Snapshot] = {}
    for day in recipe.split.dates():
        snapshots[day] = build_snapshot(engine, lake, AsOf(on=day, used_on=known_by), snapshots_folder)
        progress(day)
    labelled = {
        name: tuple(join_labels(day, snapshots[day].read(), table) for day, table in tables.items())
        for name, tables in outcomes.items()
    }
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
    engine: DuckEngine, outcome: Outcome, recipe: Recipe, *, section: Section, used_on: date
) -> dict[date, pa.Table]:
    """The outcomes after every date of a part, as known when the next part begins."""
    tables: dict[date, pa.Table] = {}
    for as_of in section.dates:
        window = LabelWindow(
            as_of=as_of, horizon_days=recipe.horizon_days, known_by=section.known_by, used_on=used_on
        )
        tables[as_of] = engine.frame(outcome_rows(engine.tables["inspections"], outcome, window))
    check_labels(tables, outcome)
    return tables
