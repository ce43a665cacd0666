"""What a model must beat without learning: chance, the last result, the own past rate, a points table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.as_of import AsOf
from training.estimates.measures import FloatArray
from training.rows.matrix import floats
from training.rows.outcomes import Outcome, known_inspections


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRule:
    """So many points for each unit of a fact inside its influence period (影响期), up to a most.

    `bands` are indicators of ever longer windows with the share of the points that each still carries: what
    a longer window holds beyond the shorter one weighs less, and what lies outside the last one nothing.
    """

    bands: tuple[tuple[str, float], ...]
    points: float
    most: float


# A points table as cities publish them (扣分表): round numbers, each fact by itself, full weight in the first
# year and less until its influence period of at most three years ends, caps against piling up. An indicator
# that a city cannot give adds nothing.
POINTS_TABLE: tuple[PointsRule, ...] = (
    PointsRule(bands=(("serious_listed_now", 1.0), ("serious_listed_ever", 0.3)), points=100, most=100),
    PointsRule(bands=(("abnormal_listed_now", 1.0),), points=40, most=40),
    PointsRule(bands=(("abnormal_count_365d", 1.0), ("abnormal_count_1095d", 0.5)), points=20, most=40),
    PointsRule(bands=(("tax_abnormal_now", 1.0),), points=30, most=30),
    # Grave penalties keep their whole weight for three years, others a third of it after the first.
    PointsRule(bands=(("penalties_severe_1095d", 1.0),), points=30, most=60),
    PointsRule(bands=(("penalties_count_365d", 1.0), ("penalties_count_1095d", 1 / 3)), points=30, most=90),
    PointsRule(bands=(("inspections_problem_last", 1.0),), points=20, most=20),
    PointsRule(
        bands=(("inspections_problems_365d", 1.0), ("inspections_problems_1095d", 0.5)), points=20, most=60
    ),
    PointsRule(bands=(("inspections_uncooperative_1095d", 1.0),), points=30, most=30),
    PointsRule(bands=(("complaints_upheld_365d", 1.0),), points=10, most=30),
    PointsRule(bands=(("complaints_count_90d", 1.0), ("complaints_count_365d", 0.6)), points=5, most=20),
    PointsRule(bands=(("report_missing_2y", 1.0),), points=15, most=30),
    PointsRule(bands=(("commitments_broken_1095d", 1.0),), points=20, most=40),
    PointsRule(bands=(("evaluations_poor_1095d", 1.0),), points=15, most=15),
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
        points, counted = np.zeros(indicators.num_rows), np.zeros(indicators.num_rows)
        for name, share in rule.bands:
            if name in indicators.column_names:
                value = np.nan_to_num(floats(indicators.column(name)))
                points += np.maximum(value - counted, 0.0) * rule.points * share
                counted = np.maximum(counted, value)
        total += np.minimum(points, rule.most)
    return total
