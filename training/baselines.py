"""What a model must beat on the same rows: chance, the last result, the own past rate, a points table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.as_of import AsOf
from training.matrix import floats
from training.measures import FloatArray
from training.outcomes import Outcome, known_inspections


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRule:
    """So many points for each unit of an indicator, up to a most."""

    indicator: str
    points: int
    most: int


# A points table as cities publish them (扣分表): round numbers, each fact by itself, caps against piling up.
# An indicator that a city cannot give adds nothing.
POINTS_TABLE: tuple[PointsRule, ...] = (
    PointsRule(indicator="serious_listed_now", points=100, most=100),
    PointsRule(indicator="abnormal_listed_now", points=40, most=40),
    PointsRule(indicator="abnormal_count_1095d", points=10, most=20),
    PointsRule(indicator="penalties_count_365d", points=20, most=60),
    PointsRule(indicator="penalties_count_1095d", points=10, most=30),
    PointsRule(indicator="inspections_problem_last", points=20, most=20),
    PointsRule(indicator="inspections_problems_1095d", points=10, most=30),
    PointsRule(indicator="complaints_upheld_365d", points=10, most=30),
    PointsRule(indicator="complaints_count_365d", points=3, most=15),
    PointsRule(indicator="report_missing_2y", points=15, most=30),
    PointsRule(indicator="evaluations_poor_1095d", points=15, most=15),
)


def past_results(inspections: ir.Table, outcome: Outcome, as_of: AsOf) -> ir.Table:
    """One row for every entity inspected before: visits, problems found, and whether the last day had one."""
    known = known_inspections(inspections, outcome, as_of)
    place = ibis.dense_rank().over(group_by="entity_id", order_by=known.happened_on.desc())
    ranked = known.mutate(place=place)
    return (
        ranked.group_by("entity_id")
        .aggregate(
            visits=ranked.count(),
            problems=ranked.problem.sum(),
            last=ranked.problem.max(where=ranked.place == 0),
        )
        .order_by("entity_id")
    )


def baseline_scores(
    indicators: pa.Table, past: pa.Table, *, base_rate: float, seed: int
) -> Mapping[str, FloatArray]:
    """Each baseline's score for the rows of `indicators` (with entity_id); higher means riskier."""
    places = pc.index_in(indicators.column("entity_id"), value_set=past.column("entity_id").combine_chunks())
    visits, problems, last = (
        floats(past.column(name).take(places)) for name in ("visits", "problems", "last")
    )
    seen = np.nan_to_num(visits)
    return {
        "random": np.random.default_rng(seed).random(len(seen)),
        "last_result": np.where(np.isnan(last), base_rate, last),
        # One visit at the base rate is added, so that one clean visit does not mean "never".
        "own_past_rate": (np.nan_to_num(problems) + base_rate) / (seen + 1),
        "points_table": points_of(indicators),
    }


def points_of(indicators: pa.Table) -> FloatArray:
    """The sum of the points table for every row."""
    total = np.zeros(indicators.num_rows)
    for rule in POINTS_TABLE:
        if rule.indicator in indicators.column_names:
            values = np.nan_to_num(floats(indicators.column(rule.indicator)))
            total += np.clip(values * rule.points, 0, rule.most)
    return total
