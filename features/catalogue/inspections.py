"""监管 · 抽查检查: what past inspections found. Counts that grow with visits are also given per visit.
The inspector is never read: leniency belongs to persons, not to entities."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from data_contracts.codes import problem_codes, serious_codes
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import (
    count,
    days_since,
    flag,
    has_any,
    largest_on_last_day,
    percent,
    within,
)

DAYS, YEAR = 1095, 365
RESULTS = ("inspections.occurred_on", "inspections.result_codes")
CHOSEN = ("inspections.occurred_on", "inspections.mechanism")
RULES = "国务院关于在市场监管领域全面推行部门联合双随机、一公开监管的意见"

inspection = partial(
    Indicator,
    dimension=Dimension.SUPERVISION,
    source="inspections",
    direction=1,
    legal_basis=RULES,
)
tally = partial(
    inspection, window_days=DAYS, kind="integer", missing=Missing.ZERO, unit="次", unit_en="inspections"
)


def seen(inspections: ir.Table) -> ir.Table:
    """Inspections with what their results mean: `recorded`, `problem` and `serious`, never null.

    A visit whose result nobody recorded is a visit, but neither clean nor a problem.
    """
    return inspections.mutate(
        recorded=inspections.result_codes.notnull(),
        problem=has_any(inspections.result_codes, problem_codes()).fill_null(False),
        serious=has_any(inspections.result_codes, serious_codes()).fill_null(False),
    )


def problem_share(inspections: ir.Table, visits: ir.BooleanValue) -> ir.Value:
    """Share of visits with a recorded result that found a problem, in percent; null without such visits."""
    told = visits & inspections.recorded
    return percent(count(inspections, told & inspections.problem), count(inspections, told))


def result(*codes: str) -> Expression:
    """How many visits of the window ended in one of the results."""
    return lambda inspections, as_of: count(
        inspections, within(inspections, as_of, DAYS) & has_any(inspections.result_codes, codes)
    )


def chosen_by(*mechanisms: str) -> Expression:
    """How many visits of the window came about in one of these ways."""
    return lambda inspections, as_of: count(
        inspections, within(inspections, as_of, DAYS) & inspections.mechanism.isin(mechanisms)
    )


VISITS = (
    tally(
        name="inspections_count_365d",
        window_days=YEAR,
        family="inspections_count",
        direction=0,
        changeable=False,
        expression=lambda inspections, as_of: count(inspections, within(inspections, as_of, YEAR)),
        reads=("inspections.occurred_on",),
        label_zh="近一年被检查次数",
        label_en="Inspections in the last year",
        raises_zh="近一年被检查{value}次",
        raises_en="Inspections in the last year: {value}",
        lowers_zh="近一年被检查{value}次",
        lowers_en="Inspections in the last year: {value}",
    ),
    tally(
        name="inspections_count_1095d",
        family="inspections_count",
        direction=0,
        changeable=False,
        expression=lambda inspections, as_of: count(inspections, within(inspections, as_of, DAYS)),
        reads=("inspections.occurred_on",),
        label_zh="近三年被检查次数",
        label_en="Inspections in the last three years",
        raises_zh="近三年被检查{value}次",
        raises_en="Inspections in the last three years: {value}",
        lowers_zh="近三年被检查{value}次",
        lowers_en="Inspections in the last three years: {value}",
    ),
    inspection(
        name="inspections_recency_last",
        kind="integer",
        missing=Missing.NULL,
        family="inspections_count",
        direction=0,
        changeable=False,
        expression=lambda inspections, as_of: days_since(inspections.happened_on.max(), as_of),
        reads=("inspections.occurred_on",),
        unit="天",
        unit_en="days",
        label_zh="距最近一次检查天数",
        label_en="Days since the last inspection",
        raises_zh="距最近一次检查已有{value}天",
        raises_en="The last inspection was {value} days ago",
        lowers_zh="距最近一次检查{value}天",
        lowers_en="Days since the last inspection: {value}",
    ),
)

FURTHER_VISITS = (
    inspection(
        name="inspections_tenure_ever",
        kind="integer",
        missing=Missing.NULL,
        family="inspections_count",
        direction=0,
        changeable=False,
        expression=lambda inspections, as_of: days_since(inspections.happened_on.min(), as_of),
        reads=("inspections.occurred_on",),
        unit="天",
        unit_en="days",
        label_zh="距首次检查天数",
        label_en="Days since the first inspection on record",
        raises_zh="首次检查距今{value}天",
        raises_en="The first inspection on record was {value} days ago",
        lowers_zh="首次检查距今已有{value}天",
        lowers_en="Days since the first inspection on record: {value}",
    ),
    tally(
        name="inspections_followups_1095d",
        family="inspections_followups",
        expression=chosen_by("follow_up"),
        reads=CHOSEN,
        label_zh="近三年被复查次数",
        label_en="Follow-up inspections in the last three years",
        raises_zh="近三年被复查{value}次",
        raises_en="Follow-up inspections in the last three years: {value}",
        lowers_zh="近三年被复查较少（{value}次）",
        lowers_en="Few follow-up inspections in the last three years ({value})",
    ),
    tally(
        name="inspections_prompted_1095d",
        family="inspections_prompted",
        expression=chosen_by("complaint", "lead"),
        reads=CHOSEN,
        label_zh="近三年因投诉举报或线索被检查次数",
        label_en="Inspections after complaints or leads in the last three years",
        raises_zh="近三年因投诉举报或线索被检查{value}次",
        raises_en="Inspections after complaints or leads in the last three years: {value}",
        lowers_zh="近三年因投诉举报或线索被检查较少（{value}次）",
        lowers_en="Few inspections after complaints or leads in the last three years ({value})",
    ),
)

PROBLEMS = (
    tally(
        name="inspections_problems_365d",
        window_days=YEAR,
        family="inspections_problems",
        expression=lambda inspections, as_of: count(
            inspections, within(inspections, as_of, YEAR) & inspections.problem
        ),
        reads=RESULTS,
        label_zh="近一年检查发现问题次数",
        label_en="Inspections that found problems in the last year",
        raises_zh="近一年有{value}次检查发现问题",
        raises_en="Inspections that found problems in the last year: {value}",
        lowers_zh="近一年检查发现问题较少（{value}次）",
        lowers_en="Few inspections found problems in the last year ({value})",
    ),
    tally(
        name="inspections_problems_1095d",
        family="inspections_problems",
        expression=lambda inspections, as_of: count(
            inspections, within(inspections, as_of, DAYS) & inspections.problem
        ),
        reads=RESULTS,
        label_zh="近三年检查发现问题次数",
        label_en="Inspections that found problems in the last three years",
        raises_zh="近三年有{value}次检查发现问题",
        raises_en="Inspections that found problems in the last three years: {value}",
        lowers_zh="近三年检查发现问题较少（{value}次）",
        lowers_en="Few inspections found problems in the last three years ({value})",
    ),
    tally(
        name="inspections_grave_1095d",
        family="inspections_grave",
        expression=lambda inspections, as_of: count(
            inspections, within(inspections, as_of, DAYS) & inspections.serious
        ),
        reads=RESULTS,
        label_zh="近三年检查结果较重次数",
        label_en="Inspections with grave results in the last three years",
        raises_zh="近三年有{value}次检查的结果较重（不配合检查、责令停止经营或问题待处理）",
        raises_en="Inspections with grave results in the last three years: {value}",
        lowers_zh="近三年结果较重的检查较少（{value}次）",
        lowers_en="Few inspections with grave results in the last three years ({value})",
    ),
    inspection(
        name="inspections_rate_365d",
        window_days=YEAR,
        kind="number",
        missing=Missing.NULL,
        family="inspections_problems",
        expression=lambda inspections, as_of: problem_share(inspections, within(inspections, as_of, YEAR)),
        reads=RESULTS,
        unit="%",
        unit_en="%",
        label_zh="近一年检查问题发现率",
        label_en="Share of inspections with problems in the last year",
        raises_zh="近一年的检查中有{value}%发现问题",
        raises_en="Problems were found at {value}% of the inspections of the last year",
        lowers_zh="近一年的检查中发现问题的比例较低（{value}%）",
        lowers_en="Problems were found at only {value}% of the inspections of the last year",
    ),
    inspection(
        name="inspections_rate_1095d",
        window_days=DAYS,
        kind="number",
        missing=Missing.NULL,
        family="inspections_problems",
        expression=lambda inspections, as_of: problem_share(inspections, within(inspections, as_of, DAYS)),
        reads=RESULTS,
        unit="%",
        unit_en="%",
        label_zh="近三年检查问题发现率",
        label_en="Share of inspections with problems in the last three years",
        raises_zh="近三年的检查中有{value}%发现问题",
        raises_en="Problems were found at {value}% of the inspections of the last three years",
        lowers_zh="近三年的检查中发现问题的比例较低（{value}%）",
        lowers_en="Problems were found at only {value}% of the inspections of the last three years",
    ),
    inspection(
        name="inspections_rate_ever",
        kind="number",
        missing=Missing.NULL,
        family="inspections_problems",
        changeable=False,
        expression=lambda inspections, _: problem_share(inspections, inspections.happened_on.notnull()),
        reads=RESULTS,
        unit="%",
        unit_en="%",
        label_zh="历次检查问题发现率",
        label_en="Share of all inspections with problems",
        raises_zh="历次检查中有{value}%发现问题",
        raises_en="Problems were found at {value}% of all inspections",
        lowers_zh="历次检查中发现问题的比例较低（{value}%）",
        lowers_en="Problems were found at only {value}% of all inspections",
    ),
    inspection(
        name="inspections_problem_last",
        kind="integer",
        missing=Missing.NULL,
        family="inspections_problems",
        expression=lambda inspections, _: largest_on_last_day(
            inspections, flag(inspections.problem), ceiling=1, where=inspections.recorded
        ),
        reads=RESULTS,
        unit="",
        unit_en="",
        label_zh="最近一次检查发现问题",
        label_en="Problem found at the last inspection",
        raises_zh="最近一次检查发现问题",
        raises_en="The last inspection found a problem",
        lowers_zh="最近一次检查未发现问题",
        lowers_en="The last inspection found no problem",
    ),
    tally(
        name="inspections_ordered_1095d",
        family="inspections_grave",
        expression=result("ordered_to_correct", "ordered_to_stop"),
        reads=RESULTS,
        label_zh="近三年检查后被责令改正或停止次数",
        label_en="Orders to correct or stop in the last three years",
        raises_zh="近三年检查后被责令改正或停止经营活动{value}次",
        raises_en="Orders to correct or stop after inspections in the last three years: {value}",
        lowers_zh="近三年检查后被责令改正或停止较少（{value}次）",
        lowers_en="Few orders to correct or stop in the last three years ({value})",
    ),
    tally(
        name="inspections_disclosure_1095d",
        family="inspections_disclosure",
        expression=result("disclosure_missing", "disclosure_false"),
        reads=RESULTS,
        label_zh="近三年检查发现公示信息问题次数",
        label_en="Inspections that found disclosure missing or false in the last three years",
        raises_zh="近三年检查发现未按规定公示信息或公示信息弄虚作假{value}次",
        raises_en="Disclosure found missing or false at inspections in the last three years: {value}",
        lowers_zh="近三年检查发现公示信息问题较少（{value}次）",
        lowers_en="Disclosure rarely found missing or false in the last three years ({value})",
        legal_basis="企业信息公示暂行条例",
    ),
    tally(
        name="inspections_uncooperative_1095d",
        family="inspections_grave",
        expression=result("uncooperative"),
        reads=RESULTS,
        label_zh="近三年不配合检查且情节严重次数",
        label_en="Grave refusals to cooperate in the last three years",
        raises_zh="近三年不配合检查且情节严重{value}次",
        raises_en="Grave refusals to cooperate in the last three years: {value}",
        lowers_zh="近三年不配合检查且情节严重的较少（{value}次）",
        lowers_en="Few grave refusals to cooperate in the last three years ({value})",
    ),
    tally(
        name="inspections_unreachable_1095d",
        family="inspections_unreachable",
        expression=result("unreachable"),
        reads=RESULTS,
        label_zh="近三年检查时无法联系次数",
        label_en="Not reachable at inspections in the last three years",
        raises_zh="近三年检查时通过登记住所无法联系{value}次",
        raises_en="Not reachable at its address at inspections in the last three years: {value}",
        lowers_zh="近三年检查时无法联系较少（{value}次）",
        lowers_en="Rarely unreachable at inspections in the last three years ({value})",
    ),
)

INDICATORS = (
    *VISITS,
    *FURTHER_VISITS,
    *PROBLEMS,
)
