"""The linter of leaks: which indicators may know the answer, by their definition or by what they do.

It stops a fit before anything is learned and names every suspect. A definition is proven on its expression
tree: each way down to a table of the records must pass through the as-of rule of that day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import ibis
import ibis.expr.operations as ops
import numpy as np

from data_contracts.contract import contract_names, load_contract
from data_contracts.refusal import Refusal
from features.as_of import AsOf, Known
from features.assembly import TYPES, promised, seen, value
from features.indicator import DERIVED, Indicator
from models.direct_rules import settled_facts
from models.schema import Schema
from training.estimates.measures import FloatArray, IntArray, auc
from training.rows.outcomes import Outcome

# An indicator that alone ranks the labels like this is not a good indicator but the answer.
SUSPECT_AUC = 0.95
# Fewer rows of a class in each half tell nothing; more rows than this tell nothing new.
FEWEST, MOST = 10, 60_000
BINS = 64
REFERENCE = AsOf(on=date(2001, 3, 4), used_on=date(2001, 3, 5))
# How an entity came to be inspected and by whom is no property of the entity. Past mechanisms may be
# counted (visits after complaints); the chance of a draw, its number and the inspector never.
OF_THE_DRAW = {
    "inspections.draw_id": "the number of a draw",
    "inspections.inclusion_probability": "the probability of a draw",
    "inspections.inspector": "the inspector",
}
# What the product itself concludes must not come back as a fact.
CONCLUSIONS = frozenset(
    {"grade", "graded", "score", "points", "probability", "label", "outcome", "mechanism"}
)


class LeakageRefused(Refusal):
    """Indicators that know, or may know, what is to be foreseen; `leaks` names each with its reason."""

    def __init__(self, leaks: Sequence[Leak], outcome: str) -> None:
        """Keeps the leaks beside the message."""
        told = "; ".join(f"{leak.indicator} {leak.reason}" for leak in leaks)
        super().__init__(
            expected=f"indicators that cannot know the outcome {outcome}",
            got=f"{len(leaks)} that may: {told}",
            todo="correct their definitions or records, or name them under excluded_indicators in the recipe",
        )
        self.leaks = tuple(leaks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One suspect; the reason continues a sentence that begins with its name."""

    indicator: str
    reason: str


def check_leaks(
    catalogue: Sequence[Indicator],
    schema: Schema,
    *,
    outcome: Outcome,
    unavailable: Mapping[str, str],
    matrix: FloatArray,
    label: FloatArray,
) -> None:
    """Refuses the columns of a schema that leak by their definition or, failing that, by their values.

    `matrix` and `label` are the training rows (rows × columns; 0 or 1). Raises LeakageRefused with all names.
    """
    used = {spec.name for spec in schema}
    leaks = leaks_by_definition(catalogue, used, outcome=outcome, unavailable=unavailable)
    named = {leak.indicator for leak in leaks}
    shown = tuple(leak for leak in suspects(schema, matrix, label) if leak.indicator not in named)
    if leaks or shown:
        raise LeakageRefused((*leaks, *shown), outcome.name)


def leaks_by_definition(
    catalogue: Sequence[Indicator],
    used: Collection[str],
    *,
    outcome: Outcome,
    unavailable: Mapping[str, str],
) -> tuple[Leak, ...]:
    """The used indicators that are refused whatever their values are, each with its first reason."""
    past_the_rule = _past_the_rule(tuple(catalogue))
    found = []
    for indicator in catalogue:
        if indicator.name in used:
            tables = past_the_rule[indicator.name]
            reason = next(_reasons(indicator, tables, outcome=outcome, unavailable=unavailable), None)
            if reason is not None:
                found.append(Leak(indicator=indicator.name, reason=reason))
    return tuple(found)


def _reasons(
    indicator: Indicator, tables: Sequence[str], *, outcome: Outcome, unavailable: Mapping[str, str]
) -> Iterator[str]:
    """Every reason to refuse a definition that reaches some tables past the as-of rule."""
    for column in indicator.reads:
        if column in OF_THE_DRAW:
            yield f"reads {OF_THE_DRAW[column]} ({column}), which is about the inspection, not the entity"
    if indicator.name in settled_facts():
        yield "is a fact of a direct rule, which grades by itself"
    own = CONCLUSIONS & set(indicator.name.split("_"))
    if own:
        yield f"is named like a conclusion of this system ({', '.join(sorted(own))})"
    for table in sorted({column.partition(".")[0] for column in indicator.reads}):
        if load_contract(table).clock("known") is None:
            yield f"reads {table}, whose contract keeps no day of knowledge"
    if indicator.name in unavailable:
        yield f"cannot be told as of a past day: {unavailable[indicator.name]}"
    for table in tables:
        shared = f"shares source events with {outcome.name} inside the horizon"
        later = shared if table in outcome.sources else "sees records of later days"
        yield f"reads {table} past the as-of rule: it {later}"


@lru_cache(maxsize=4)
def _past_the_rule(catalogue: tuple[Indicator, ...]) -> Mapping[str, tuple[str, ...]]:
    """For each indicator, the tables of records that its expression reaches past the as-of rule."""
    known = Known(tables={name: promised(name) for name in contract_names()}, as_of=REFERENCE)
    sources = {"entities", *(indicator.source for indicator in catalogue)} - {DERIVED}
    rows = {source: seen(source, known) for source in sources}
    columns = dict(rows["entities"].schema().items())
    columns |= {i.name: TYPES[i.kind] for i in catalogue if i.source != DERIVED}
    # What a combination sees: the entity's own columns and the indicators of the sources.
    rows[DERIVED] = ibis.table(columns, name="row")
    clocked = [name for name in contract_names() if load_contract(name).clock("known") is not None]
    by_the_rule = [known[name] for name in clocked]
    by_the_rule += [known.every_entity(), known.departed(), rows[DERIVED]]
    allowed = frozenset(table.op() for table in by_the_rule)
    return {i.name: _reached(value(i, rows[i.source], REFERENCE).op(), allowed) for i in catalogue}


def _reached(root: ops.Node, allowed: Collection[ops.Node]) -> tuple[str, ...]:
    """The tables that some way down from a node reaches without passing one of the allowed nodes."""
    reached: set[str] = set()
    walked: set[ops.Node] = set()
    ahead = [root]
    while ahead:
        node = ahead.pop()
        if node in walked or node in allowed:
            continue
        walked.add(node)
        if isinstance(node, ops.PhysicalTable):
            reached.add(str(node.name))
        ahead.extend(node.__children__)
    return tuple(sorted(reached))


def suspects(schema: Schema, matrix: FloatArray, label: FloatArray) -> tuple[Leak, ...]:
    """The columns that alone know the labels: in both halves of the rows, the rates that the other half
    teaches for each value (or bin of values) rank the labels with an AUC of SUSPECT_AUC or more.

    `matrix` is rows × columns of the schema, `label` 0 or 1. A function of the label, whatever its values,
    is caught as well. Too few rows of a class accuse nobody.
    """
    step = max(1, -(-len(label) // MOST))
    rows, told = matrix[::step], label[::step]
    halves = _halves(told)
    if min(float(told[half].sum()) for half in halves) < FEWEST:
        return ()
    if min(float((1 - told[half]).sum()) for half in halves) < FEWEST:
        return ()
    found = []
    for place, spec in enumerate(schema):
        power = _power(rows[:, place], told, halves)
        if power >= SUSPECT_AUC:
            reason = f"alone ranks the training labels with AUC {power:.3f} (suspected from {SUSPECT_AUC})"
            found.append(Leak(indicator=spec.name, reason=reason))
    return tuple(found)


def _halves(label: FloatArray) -> tuple[IntArray, IntArray]:
    """Every other row of each class, and the rest: both halves know both classes."""
    order = np.argsort(label, kind="stable")
    return order[::2], order[1::2]


def _power(values: FloatArray, label: FloatArray, halves: tuple[IntArray, IntArray]) -> float:
    """The lesser AUC of the two halves, each ranked by what the other half teaches."""
    bins = _bins(values)
    powers = []
    for taught, asked in (halves, halves[::-1]):
        rows = np.bincount(bins[taught], minlength=BINS + 2)
        problems = np.bincount(bins[taught], weights=label[taught], minlength=BINS + 2)
        # One row at the common rate: a value that the other half never saw is worth that rate.
        rates = (problems + label[taught].mean()) / (rows + 1)
        powers.append(auc(label[asked], rates[bins[asked]], np.ones(len(asked))))
    return min(powers)


def _bins(values: FloatArray) -> IntArray:
    """The place of each value among at most BINS + 1 bins; what is missing has a bin of its own."""
    known = np.isfinite(values)
    distinct = np.unique(values[known])
    if len(distinct) > BINS:
        distinct = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(known, np.searchsorted(distinct, values, side="right"), BINS + 1).astype(np.int64)
