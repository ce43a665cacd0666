"""Gathers what a recipe learns from: every as-of date's snapshot, outcomes and past results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa

from data_contracts.lake import Lake
from data_contracts.refusal import Refusal
from features.as_of import AsOf
from features.engines.on_duckdb import DuckEngine
from features.snapshot import Snapshot, build_snapshot
from training.plan.recipe import Recipe
from training.plan.time_splits import PartName, Section, check_maturity
from training.rows.baselines import past_results
from training.rows.matrix import LabelledRows, join_labels
from training.rows.outcomes import (
    SANCTIONED,
    LabelWindow,
    Outcome,
    check_labels,
    last_knowledge,
    outcome_of,
    outcome_rows,
    reaches,
)
from training.rows.sanctions import past_sanctions, sanction_rows

INSPECTED = Outcome(name="problem_found", codes=frozenset())
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
    known_by = knowledge_of(engine, lake, outcome)
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
    past = {
        day: engine.frame(past_of(engine.tables, outcome, AsOf(on=day, used_on=known_by)))
        for day in recipe.test_dates
    }
    return History(
        city=lake.city, lake_digest=lake.digest, known_by=known_by,
        snapshots=snapshots, labelled=labelled, past=past,
    )  # fmt: skip


def knowledge_of(engine: DuckEngine, lake: Lake, outcome: Outcome = INSPECTED) -> date:
    """The last day up to which the lake knows an outcome in all the tables that decide it."""
    tables = [name for name in outcome.sources if name in engine.tables]
    if not tables:
        raise HistoryRefused(
            expected=f"a table of {' or of '.join(outcome.sources)} to learn from",
            got=f"only {', '.join(lake.tables)} in the lake of {lake.city}",
            todo=f"map a source of {' or of '.join(outcome.sources)} and admit it",
        )
    last = [engine.frame(last_knowledge(engine.tables[name], lake.exported_on)) for name in tables]
    return min(reaches(table.column("last")[0].as_py(), lake.exported_on) for table in last)


def labels_after(tables: Mapping[str, ir.Table], outcome: Outcome, window: LabelWindow) -> ir.Table:
    """The outcomes in a window, one row for each entity of which something is known, in OUTCOME_COLUMNS."""
    if outcome.name == SANCTIONED:
        return sanction_rows(tables, window)
    return outcome_rows(tables["inspections"], outcome, window)


def past_of(tables: Mapping[str, ir.Table], outcome: Outcome, as_of: AsOf) -> ir.Table:
    """What is known on a day of earlier outcomes of each entity: `visits`, `problems` and `last`."""
    if outcome.name == SANCTIONED:
        return past_sanctions(tables, as_of)
    return past_results(tables["inspections"], outcome, as_of)


def _outcomes(
    engine: DuckEngine, outcome: Outcome, recipe: Recipe, *, section: Section, used_on: date
) -> dict[date, pa.Table]:
    """The outcomes after every date of a part, as known when the next part begins."""
    tables: dict[date, pa.Table] = {}
    for as_of in section.dates:
        window = LabelWindow(
            as_of=as_of, horizon_days=recipe.horizon_days, known_by=section.known_by, used_on=used_on
        )
        tables[as_of] = engine.frame(labels_after(engine.tables, outcome, window))
    check_labels(tables, outcome)
    return tables
