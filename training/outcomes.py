"""What a model learns to foresee: whether the first inspection within the horizon finds a problem.

An entity that nobody inspected has no label; it is never counted as clean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from data_contracts.codes import problem_codes, serious_codes
from data_contracts.refusal import Refusal
from features.as_of import AsOf, known_events
from features.portable import day, has_any
from training.selection import RANDOM_DRAW

# Registers are quiet at week-ends and holidays: records whose last entry lies this close to a day reach it.
QUIET_DAYS = 10
OUTCOME_COLUMNS = ("entity_id", "inspection_id", "occurred_on", "mechanism", "inclusion_probability", "label")


class OutcomeRefused(Refusal):
    """An outcome that the records cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Which results count as a problem, and the inspections of which items are looked at (none: all)."""

    name: str
    codes: frozenset[str]
    items: tuple[str, ...] = ()


def outcome_of(name: str, items: tuple[str, ...] = ()) -> Outcome:
    """The outcome of that name; what counts as a problem stands in the contract of inspections."""
    codes = {"problem_found": problem_codes, "serious_problem_found": serious_codes}
    return Outcome(name=name, codes=codes[name](), items=items)


def known_inspections(inspections: ir.Table, outcome: Outcome, as_of: AsOf) -> ir.Table:
    """The inspections of the outcome's items known on a day, with `problem` (0 or 1)."""
    events = known_events(inspections, as_of)
    if outcome.items:
        events = events.filter(events.item_code.isin(outcome.items))
    return events.mutate(problem=has_any(events.result_codes, outcome.codes).cast("int64"))


def outcome_rows(
    inspections: ir.Table, outcome: Outcome, *, as_of: date, horizon_days: int, known_by: date
) -> ir.Table:
    """One row for every entity inspected in (t, t + horizon]: its first random visit, else its first one.

    Inspections of one entity on one day by one mechanism are one visit, which finds a problem if any does.
    """
    known = known_inspections(inspections, outcome, AsOf(on=known_by, used_on=known_by))
    window = known.filter(
        known.happened_on > day(as_of), known.happened_on <= day(as_of + timedelta(days=horizon_days))
    )
    chosen = window.mutate(
        place=ibis.dense_rank().over(
            group_by="entity_id",
            order_by=[(window.mechanism != RANDOM_DRAW).cast("int64"), window.happened_on, window.mechanism],
        )
    )
    first = chosen.filter(chosen.place == 0)
    visits = first.group_by("entity_id").aggregate(
        inspection_id=first.inspection_id.min(),
        occurred_on=first.happened_on.min(),
        mechanism=first.mechanism.min(),
        inclusion_probability=first.inclusion_probability.min(),
        label=first.problem.max(),
    )
    return visits.select(*OUTCOME_COLUMNS).order_by("entity_id")


def last_knowledge(inspections: ir.Table, exported_on: date | None) -> ir.Table:
    """One row: the last day on which an inspection became known, and never after the export."""
    last = inspections.known_on.max()
    return inspections.aggregate(last=last if exported_on is None else ibis.least(last, day(exported_on)))


def reaches(last_known: date | None, exported_on: date | None) -> date:
    """The day up to which outcomes are known: the last entry and a few quiet days, or the export."""
    if last_known is None:
        raise OutcomeRefused(
            expected="inspections to learn from",
            got="none in the lake",
            todo="map a source of inspections and admit it, or choose another city",
        )
    quiet = last_known + timedelta(days=QUIET_DAYS)
    return quiet if exported_on is None else min(quiet, exported_on)


def check_labels(labels: Mapping[date, pa.Table], outcome: Outcome) -> None:
    """Refuses dates after which nobody was inspected."""
    empty = [str(as_of) for as_of, table in labels.items() if table.num_rows == 0]
    if empty:
        items = f" of the items {', '.join(outcome.items)}" if outcome.items else ""
        raise OutcomeRefused(
            expected=f"inspections{items} within the horizon after every as-of date",
            got=f"none after {', '.join(empty)}",
            todo="choose dates with inspections after them, or correct outcome_items in the recipe",
        )
