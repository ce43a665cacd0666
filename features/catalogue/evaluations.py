"""社会评价 · 行业信用评价: the ratings that other authorities gave."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf
from features.indicator import Dimension, Indicator, Missing
from features.portable import count, within

evaluation = partial(
    Indicator,
    dimension=Dimension.SOCIAL,
    source="evaluations",
    window_days=1095,
    kind="integer",
    missing=Missing.ZERO,
    reads=("evaluations.occurred_on", "evaluations.grade"),
    unit="次",
    unit_en="times",
)


def poor(evaluations: ir.Table, as_of: AsOf) -> ir.Value:
    """Ratings of the lowest grade."""
    return count(evaluations, within(evaluations, as_of, 1095) & (evaluations.grade == "poor"))


def good(evaluations: ir.Table, as_of: AsOf) -> ir.Value:
    """Ratings of the two best grades."""
    return count(
        evaluations, within(evaluations, as_of, 1095) & evaluations.grade.isin(("excellent", "good"))
    )


INDICATORS = (
    evaluation(
        name="evaluations_poor_1095d",
        family="evaluations_poor",
        direction=1,
        expression=poor,
        label_zh="近三年行业信用评价为差的次数",
        label_en="Poor industry ratings in the last three years",
        raises_zh="近三年有{value}次行业信用评价为差",
        raises_en="{value} poor industry ratings in the last three years",
        lowers_zh="近三年仅有{value}次行业信用评价为差",
        lowers_en="Only {value} poor industry ratings in the last three years",
    ),
    evaluation(
        name="evaluations_good_1095d",
        family="evaluations_good",
        direction=-1,
        expression=good,
        label_zh="近三年行业信用评价为优良的次数",
        label_en="Good industry ratings in the last three years",
        raises_zh="近三年仅有{value}次行业信用评价为优良",
        raises_en="Only {value} good industry ratings in the last three years",
        lowers_zh="近三年有{value}次行业信用评价为优良",
        lowers_en="{value} good industry ratings in the last three years",
    ),
)
