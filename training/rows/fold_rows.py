"""The labelled rows of every fold of a rolling origin, gathered before anything is fitted.

A label is what was known when the next part of its fold begins; that of a judged date, what was known by the
day up to which the plan may look. Nothing that became known later is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from data_contracts.lake import Lake
from features.as_of import AsOf
from features.catalogue import CATALOGUE
from features.engines.on_duckdb import DuckEngine
from features.snapshot import build_snapshot
from models.schema import Schema
from training.plan.recipe import Recipe
from training.plan.time_splits import TimeSplit
from training.rows.history import Progress, knowledge_of, labels_after
from training.rows.matrix import LabelledRows, choose_columns, join_labels
from training.rows.outcomes import LabelWindow, check_labels, outcome_of
from training.rows.parts import Part, part_of

# A date, and the day by which its outcomes had to be known.
Asked = tuple[date, date]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoldRows:
    """One fold: its dates, the columns its training rows can tell, and its three parts."""

    split: TimeSplit
    schema: Schema
    training: Part
    calibration: Part
    test: Part

    @property
    def day(self) -> date:
        """The date that the fold is judged on."""
        return self.split.test[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """Where folds are gathered from, and the day after which nothing is looked at."""

    engine: DuckEngine
    lake: Lake
    snapshots_folder: Path
    until: date


def gather_folds(
    source: Source, recipe: Recipe, folds: Sequence[TimeSplit], progress: Progress
) -> tuple[FoldRows, ...]:
    """The rows of every fold, in the order of the plan; snapshots are built where they are not there yet."""
    wanted = sorted({pair for split in folds for _, pair in _asked(split, source.until)})
    outcome = outcome_of(recipe.outcome, recipe.outcome_items)
    labels = {pair: _outcomes(source, recipe, pair) for pair in wanted}
    found: dict[Asked, LabelledRows] = {}
    unavailable: dict[str, str] = {}
    for day in sorted({day for day, _ in wanted}):
        used_on = knowledge_of(source.engine, source.lake, outcome)
        snapshot = build_snapshot(
            source.engine, source.lake, AsOf(on=day, used_on=used_on), source.snapshots_folder
        )
        unavailable = {**snapshot.unavailable, **unavailable}
        table = snapshot.read()
        for pair in wanted:
            if pair[0] == day:
                found[pair] = join_labels(day, table, labels[pair])
        progress(day)
    return tuple(_fold(split, recipe, found, unavailable, source.until) for split in folds)


def _fold(
    split: TimeSplit,
    recipe: Recipe,
    found: Mapping[Asked, LabelledRows],
    unavailable: Mapping[str, str],
    until: date,
) -> FoldRows:
    """The parts of a fold; its columns are chosen by its own training rows."""
    rows: dict[str, list[LabelledRows]] = {}
    for name, pair in _asked(split, until):
        rows.setdefault(name, []).append(found[pair])
    schema = choose_columns(
        CATALOGUE, rows["training"], unavailable=unavailable, excluded=recipe.excluded_indicators
    ).schema
    cap, bent = recipe.weight_cap, recipe.training_weight_cap
    parts = {
        name: part_of(
            each, schema, weight_cap=cap, training_cap=bent,
            adjusted=recipe.adjust_for_inspector and name == "training",
        )
        for name, each in rows.items()
    }  # fmt: skip
    return FoldRows(
        split=split, schema=schema, training=parts["training"],
        calibration=parts["calibration"], test=parts["test"],
    )  # fmt: skip


def _asked(split: TimeSplit, until: date) -> Iterator[tuple[str, Asked]]:
    """Every part's dates, each with the day by which its outcomes had to be known."""
    for section in split.sections(until):
        for day in section.dates:
            yield section.name, (day, section.known_by)


def _outcomes(source: Source, recipe: Recipe, pair: Asked) -> pa.Table:
    """The outcomes after a date as known on a day; refused where nobody was inspected."""
    day, known_by = pair
    outcome = outcome_of(recipe.outcome, recipe.outcome_items)
    window = LabelWindow(
        as_of=day,
        horizon_days=recipe.horizon_days,
        known_by=known_by,
        used_on=knowledge_of(source.engine, source.lake, outcome),
    )
    table = source.engine.frame(labels_after(source.engine.tables, outcome, window))
    check_labels({day: table}, outcome)
    return table
