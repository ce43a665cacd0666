"""What a model learns to foresee: whether the first inspection within the horizon finds a problem.

Or whether the entity is sanctioned (sanctions.py), which is known of everyone.
An entity that nobody inspected has no label; it is never counted as clean. Nor has one whose first inspection
is forgotten or has no recorded result: a later, cleaner visit does not take its place.
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
from features.as_of import AsOf, day, known_rows
from features.portable import has_any
from training.rows.matrix import usable
from training.rows.selection import RANDOM_DRAW

SANCTIONED = "sanctioned"
# At least one violation that the inspection counted as critical, whatever its result was.
CRITICAL = "critical_violation_found"
# Registers are quiet at week-ends and holidays: records whose last entry lies this close to a day reach it.
QUIET_DAYS = 10
OUTCOME_COLUMNS = (
    "entity_id", "inspection_id", "occurred_on", "mechanism", "inclusion_probability", "label", "forgotten",
    "inspector",
)  # fmt: skip


class OutcomeRefused(Refusal):
    """An outcome that the records cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Which results count as a problem, and the inspections of which items are looked at (none: all)."""

    name: str
    codes: frozenset[str]
    items: tuple[str, ...] = ()
    # The tables whose events decide it.
    sources: tuple[str, ...] = ("inspections",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelWindow:
    """The days after `as_of` that are looked at, the day by which it must be known, and the day of use."""

    as_of: date
    horizon_days: int
    known_by: date
    used_on: date


def outcome_of(name: str, items: tuple[str, ...] = ()) -> Outcome:
    """The outcome of that name; what counts as a problem stands in the contract of inspections."""
    if name == SANCTIONED:
        return Outcome(name=name, codes=frozenset(), sources=("penalties", "listings"))
    if name == CRITICAL:
        return Outcome(name=name, codes=frozenset(), items=items)
    codes = {"problem_found": problem_codes, "serious_problem_found": serious_codes}
    return Outcome(name=name, codes=codes[name](), items=items)


def known_inspections(inspections: ir.Table, outcome: Outcome, as_of: AsOf) -> ir.Table:
    """The inspections of the outcome's items known on a day with their result, with `problem` (0 or 1)."""
    events = known_rows("inspections", inspections, as_of)
    return _judged(events.filter(events.result_codes.notnull()), outcome)


def outcome_rows(inspections: ir.Table, outcome: Outcome, window: LabelWindow) -> ir.Table:
    """One row for every entity inspected in (t, t + horizon]: its first random visit, else its first one.

    Inspections of one entity on one day by one mechanism are one visit, which finds a problem if any does.
    The visit is chosen among all that were known; beside it stands whether it is forgotten by the day of use.
    """
    remembered = inspections.mutate(
        forgotten=(inspections.forgotten_on <= day(window.used_on)).fill_null(False),
        forgotten_on=ibis.null("date"),
    )
    by = AsOf(on=window.known_by, used_on=window.known_by)
    known = _judged(known_rows("inspections", remembered, by), outcome)
    last = window.as_of + timedelta(days=window.horizon_days)
    window_rows = known.filter(known.happened_on > day(window.as_of), known.happened_on <= day(last))
    chosen = window_rows.mutate(
        place=ibis.dense_rank().over(
            group_by="entity_id",
            order_by=[
                (window_rows.mechanism != RANDOM_DRAW).cast("int64"),
                window_rows.happened_on,
                window_rows.mechanism,
            ],
        )
    )
    first = chosen.filter(chosen.place == 0)
    visits = first.group_by("entity_id").aggregate(
        inspection_id=first.inspection_id.min(),
        occurred_on=first.happened_on.min(),
        mechanism=first.mechanism.min(),
        inclusion_probability=first.inclusion_probability.min(),
        label=first.problem.max(),
        forgotten=first.forgotten.any(),
        inspector=first.inspector.min(),
    )
    return visits.select(*OUTCOME_COLUMNS).order_by("entity_id")


def _judged(events: ir.Table, outcome: Outcome) -> ir.Table:
    """The events of the outcome's items, with `problem` (0 or 1; null where no result is recorded)."""
    if outcome.items:
        events = events.filter(events.item_code.isin(outcome.items))
    if outcome.name == CRITICAL:
        return events.mutate(problem=(events.critical_count > 0).cast("int64"))
    found = has_any(events.result_codes, outcome.codes).cast("int64")
    return events.mutate(problem=events.result_codes.isnull().ifelse(ibis.null("int64"), found))


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
    """Refuses dates after which nobody was inspected, or no inspection is left to learn from."""
    empty = [str(as_of) for as_of, table in labels.items() if usable(table).num_rows == 0]
    if empty:
        items = f" of the items {', '.join(outcome.items)}" if outcome.items else ""
        raise OutcomeRefused(
            expected=f"inspections{items} within the horizon after every as-of date, "
            "known with their result and not forgotten",
            got=f"none after {', '.join(empty)}",
            todo="choose dates with inspections after them, or correct outcome_items in the recipe",
        )
