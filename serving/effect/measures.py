"""The measures of a group of tasks: the six of the national rules and ours, each with its interval. Pure.

Shares of counts have Wilson's interval; the population rate that of the design (serving.sampling.estimates).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from serving.effect.definitions import DEFINITIONS, Definition
from serving.effect.lines import Facts, PlanFrame, TaskLine
from serving.sampling.estimates import (
    EstimateRefused,
    RateEstimate,
    StratumSample,
    hajek,
    violation_rate,
    wilson,
)

STRATIFIED = "stratified"
GROUPINGS: Mapping[str, Callable[[TaskLine], str]] = {
    "whole": lambda _: "whole",
    "plan": lambda line: line.plan_id,
    "department": lambda line: line.department,
    "month": lambda line: line.month,
    "grade": lambda line: line.grade,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure: what was divided by what, the value, and its 95 % interval; None where nothing follows.

    `why` says why there is no value; the unit is a share from 0 to 1, or visits per entity and year (burden).
    `standard_error` is that of the population rate; shares of counts have none.
    """

    name: str
    numerator: float
    denominator: float
    value: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""
    standard_error: float | None = None

    @property
    def definition(self) -> Definition:
        """Its names, meaning and source."""
        return DEFINITIONS[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The measures of one group, such as a plan or a month."""

    group: str
    measures: tuple[Measure, ...]

    def of(self, name: str) -> Measure:
        """The measure of that name."""
        return next(measure for measure in self.measures if measure.name == name)


def effects(facts: Facts, grouping: str) -> tuple[Effect, ...]:
    """The measures of every group, by its name; `grouping` is a key of GROUPINGS."""
    groups = defaultdict[str, list[TaskLine]](list)
    for line in facts.lines:
        groups[GROUPINGS[grouping](line)].append(line)
    return tuple(
        Effect(group=name, measures=_measures(lines, facts.frames, grouping))
        for name, lines in sorted(groups.items())
    )


def _measures(
    lines: Sequence[TaskLine], frames: Mapping[str, PlanFrame], grouping: str
) -> tuple[Measure, ...]:
    own = [frames[plan_id] for plan_id in sorted({line.plan_id for line in lines})]
    grade = lines[0].grade if grouping == "grade" else ""
    entities = max(_entities(frame, grade) for frame in own)
    done = [line for line in lines if line.done]
    checked = [line for line in lines if line.in_time]
    visits = defaultdict[str, set[str]](set)
    for line in checked:
        visits[line.visit_id].add(line.department)
    # Of a task without a result the month is that of its last day, which may lie in the next year.
    years = max(1, len({line.month[:4] for line in checked}))
    items = {item for line in lines for item in line.items}
    return (
        _share("entities_checked", len({line.entity_id for line in checked}), entities),
        _share("item_coverage", len({item for line in lines for item in line.in_time}), len(items)),
        _share("joint_rate", sum(len(who) > 1 for who in visits.values()), len(visits)),
        _share("credit_rule", sum(line.graded_ratios for line in lines), len(lines)),
        _share(
            "on_time_publication",
            sum(line.published for line in lines),
            sum(line.publishable for line in lines),
        ),
        _share("problems_handled", sum(line.handled for line in lines), sum(line.problems for line in lines)),
        _share("tasks_done", len(done), len(done) + sum(line.due and not line.done for line in lines)),
        _share("hit_rate", sum(line.found for line in checked), len(checked)),
        _population_rate(checked, own, grade, grouping),
        Measure(
            name="burden",
            numerator=len(visits),
            denominator=entities * years,
            value=len(visits) / (entities * years) if entities else None,
        ),
    )


def _share(name: str, part: int, whole: int) -> Measure:
    if not whole:
        return Measure(name=name, numerator=part, denominator=whole, value=None, why="nothing to divide by")
    low, high = wilson(part, whole)
    return Measure(name=name, numerator=part, denominator=whole, value=part / whole, low=low, high=high)


def _entities(frame: PlanFrame, grade: str) -> int:
    """The entities of a frame, or those of one grade that could be drawn."""
    if not grade:
        return frame.rows
    return sum(size for name, size in frame.sizes.items() if frame.grades[name] == grade)


def _population_rate(
    checked: Sequence[TaskLine], frames: Sequence[PlanFrame], grade: str, grouping: str
) -> Measure:
    """The rate over all that could be drawn; strata of several plans stand side by side."""
    name = "population_rate"
    found = sum(line.found for line in checked)
    if grouping == "month":
        why = "a month is a part of a draw, which speaks for nobody else"
        return Measure(name=name, numerator=found, denominator=len(checked), value=None, why=why)
    sizes = {
        f"{frame.plan_id}/{stratum}": size
        for frame in frames
        for stratum, size in frame.sizes.items()
        if not grade or frame.grades[stratum] == grade
    }
    try:
        estimate = (
            violation_rate(_samples(checked, sizes))
            if all(frame.design == STRATIFIED for frame in frames)
            else _weighted(checked, sizes)
        )
    except EstimateRefused as refused:
        return Measure(name=name, numerator=found, denominator=len(checked), value=None, why=f"{refused.got}")
    total = float(sum(sizes.values()))
    return Measure(
        name=name,
        numerator=estimate.value * total,
        denominator=total,
        value=estimate.value,
        low=max(estimate.low, 0.0),
        high=min(estimate.high, 1.0),
        standard_error=estimate.standard_error,
    )


def _samples(checked: Sequence[TaskLine], sizes: Mapping[str, int]) -> list[StratumSample]:
    drawn, found = defaultdict[str, int](int), defaultdict[str, int](int)
    for line in checked:
        drawn[f"{line.plan_id}/{line.stratum}"] += 1
        found[f"{line.plan_id}/{line.stratum}"] += line.found
    return [
        StratumSample(size=size, drawn=drawn[name], found=found[name], name=name)
        for name, size in sorted(sizes.items())
    ]


def _weighted(checked: Sequence[TaskLine], sizes: Mapping[str, int]) -> RateEstimate:
    """Of draws with unequal chances: Hájek's ratio of expanded sums."""
    return hajek(
        np.array([float(line.found) for line in checked]),
        np.array([float(Fraction(line.chance)) for line in checked]),
        np.array([f"{line.plan_id}/{line.stratum}" for line in checked]),
        dict(sizes),
    )
