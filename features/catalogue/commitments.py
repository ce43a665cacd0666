"""动态 · 信用承诺: commitments kept, broken and overdue. They count from the day of the check."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf, day
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import count, percent

DAYS = 1095
GUIDANCE = "关于加快推进社会信用体系建设构建以信用为基础的新型监管机制的指导意见（国办发〔2019〕35号）"
FOUND = ("commitments.ended_on", "commitments.outcome")

commitment = partial(
    Indicator,
    dimension=Dimension.DYNAMIC,
    source="commitments",
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
    legal_basis=GUIDANCE,
    unit="项",
    unit_en="commitments",
)


def found(commitments: ir.Table, as_of: AsOf, *outcomes: str) -> ir.BooleanValue:
    """Commitments checked in the last three years with one of the outcomes."""
    recent = commitments.ended_on > day(as_of.on - timedelta(days=DAYS))
    return recent & commitments.outcome.isin(outcomes)


def ended(outcome: str) -> Expression:
    """How many commitments were found kept, or broken."""
    return lambda commitments, as_of: count(commitments, found(commitments, as_of, outcome))


def overdue(commitments: ir.Table, as_of: AsOf) -> ir.Value:
    """Commitments whose term is over and that nobody has found kept or broken yet."""
    return count(commitments, commitments.open_now & (commitments.due_on < day(as_of.on)))


def broken_share(commitments: ir.Table, as_of: AsOf) -> ir.Value:
    """The share of broken ones among those checked, in percent; null when none was."""
    broken = count(commitments, found(commitments, as_of, "broken"))
    return percent(broken, count(commitments, found(commitments, as_of, "broken", "kept")))


INDICATORS = (
    commitment(
        name="commitments_broken_1095d",
        window_days=DAYS,
        family="commitments_broken",
        expression=ended("broken"),
        reads=FOUND,
        label_zh="近三年未履行的信用承诺数",
        label_en="Commitments broken in the last three years",
        raises_zh="近三年有{value}项信用承诺经核查未履行",
        raises_en="{value} commitments found broken in the last three years",
        lowers_zh="近三年仅有{value}项信用承诺经核查未履行",
        lowers_en="Only {value} commitments found broken in the last three years",
    ),
    commitment(
        name="commitments_kept_1095d",
        window_days=DAYS,
        family="commitments_kept",
        direction=-1,
        expression=ended("kept"),
        reads=FOUND,
        label_zh="近三年已履行的信用承诺数",
        label_en="Commitments kept in the last three years",
        raises_zh="近三年仅有{value}项信用承诺经核查已履行",
        raises_en="Only {value} commitments found kept in the last three years",
        lowers_zh="近三年有{value}项信用承诺经核查已履行",
        lowers_en="{value} commitments found kept in the last three years",
    ),
    commitment(
        name="commitments_overdue_now",
        family="commitments_overdue",
        expression=overdue,
        reads=("commitments.due_on",),
        label_zh="当前已过期限、尚未核查的信用承诺数",
        label_en="Commitments past their term and not yet checked",
        raises_zh="当前有{value}项信用承诺已过期限，尚未核查履行情况",
        raises_en="{value} commitments past term and not yet checked",
        lowers_zh="当前仅有{value}项信用承诺已过期限而尚未核查",
        lowers_en="Only {value} commitments past term and not yet checked",
    ),
    commitment(
        name="commitments_share_1095d",
        window_days=DAYS,
        kind="number",
        missing=Missing.NULL,
        family="commitments_broken",
        expression=broken_share,
        reads=FOUND,
        unit="%",
        unit_en="%",
        label_zh="近三年信用承诺未履行比例",
        label_en="Share of commitments broken in the last three years",
        raises_zh="近三年经核查有{value}%的信用承诺未履行",
        raises_en="{value}% of the commitments checked in the last three years were broken",
        lowers_zh="近三年经核查仅有{value}%的信用承诺未履行",
        lowers_en="Only {value}% of the commitments checked in the last three years were broken",
    ),
)
