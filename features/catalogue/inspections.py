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
        raises_zh="近一年被检查{value}次，此类主体的问题较多",
        raises_en="{value} inspections in the last year; such entities have more problems",
        lowers_zh="近一年被检查{value}次，此类主体的问题较少",
        lowers_en="{value} inspections in the last year; such entities have fewer problems",
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
        raises_zh="近三年被检查{value}次，此类主体的问题较多",
        raises_en="{value} inspections in the last three years; such entities have more problems",
        lowers_zh="近三年被检查{value}次，此类主体的问题较少",
        lowers_en="{value} inspections in the last three years; such entities have fewer problems",
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
        raises_zh="最近一次检查距今{value}天，此类主体的问题较多",
        raises_en="The last inspection was {value} days ago; such entities have more problems",
        lowers_zh="最近一次检查距今{value}天，此类主体的问题较少",
        lowers_en="The last inspection was {value} days ago; such entities have fewer problems",
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
        raises_zh="首次检查距今{value}天，此类主体的问题较多",
        raises_en="The first inspection on record was {value} days ago; such entities have more problems",
        lowers_zh="首次检查距今{value}天，此类主体的问题较少",
        lowers_en="The first inspection on record was {value} days ago; such entities have fewer problems",
    ),
    tally(
        name="inspections_followups_1095d",
        family="inspections_followups",
        expression=chosen_by("follow_up"),
        reads=CHOSEN,
        label_zh="近三年被复查次数",
        label_en="Follow-up inspections in the last three years",
        raises_zh="近三年被复查{value}次",
        raises_en="{value} follow-up inspections in the last three years",
        lowers_zh="近三年仅被复查{value}次",
        lowers_en="Only {value} follow-up inspections in the last three years",
    ),
    tally(
        name="inspections_prompted_1095d",
        family="inspections_prompted",
        expression=chosen_by("complaint", "lead"),
        reads=CHOSEN,
        label_zh="近三年因投诉举报或线索被检查次数",
        label_en="Inspections after complaints or leads in the last three years",
        raises_zh="近三年因投诉举报或线索被检查{value}次",
        raises_en="{value} inspections after complaints or leads in the last three years",
        lowers_zh="近三年因投诉举报或线索仅被检查{value}次",
        lowers_en="Only {value} inspections after complaints or leads in the last three years",
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
        raises_en="{value} inspections found problems in the last year",
        lowers_zh="近一年仅有{value}次检查发现问题",
        lowers_en="Only {value} inspections found problems in the last year",
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
        raises_en="{value} inspections found problems in the last three years",
        lowers_zh="近三年仅有{value}次检查发现问题",
        lowers_en="Only {value} inspections found problems in the last three years",
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
        raises_en="{value} inspections with grave results in the last three years",
        lowers_zh="近三年仅有{value}次检查的结果较重",
        lowers_en="Only {value} inspections with grave results in the last three years",
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
        lowers_zh="近一年的检查中仅有{value}%发现问题",
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
        lowers_zh="近三年的检查中仅有{value}%发现问题",
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
        raises_en="Problems were found at {value}% of its inspections",
        lowers_zh="历次检查中仅有{value}%发现问题",
        lowers_en="Problems were found at only {value}% of its inspections",
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
        raises_en="{value} orders to correct or stop after inspections in the last three years",
        lowers_zh="近三年检查后仅被责令改正或停止经营活动{value}次",
        lowers_en="Only {value} orders to correct or stop after inspections in the last three years",
    ),
    tally(
        name="inspections_disclosure_1095d",
        family="inspections_disclosure",
        expression=result("disclosure_missing", "disclosure_false"),
        reads=RESULTS,
        label_zh="近三年检查发现公示信息问题次数",
        label_en="Inspections that found disclosure missing or false in the last three years",
        raises_zh="近三年有{value}次检查发现未按规定公示信息或公示信息弄虚作假",
        raises_en="{value} inspections found disclosure missing or false in the last three years",
        lowers_zh="近三年仅有{value}次检查发现公示信息问题",
        lowers_en="Only {value} inspections found disclosure missing or false in the last three years",
        legal_basis="企业信息公示暂行条例",
    ),
    tally(
        name="inspections_uncooperative_1095d",
        family="inspections_grave",
        expression=result("uncooperative"),
        reads=RESULTS,
        label_zh="近三年不配合检查且情节严重次数",
        label_en="Grave refusals to cooperate in the last three years",
        raises_zh="近三年有{value}次不配合检查且情节严重的情况",
        raises_en="{value} grave refusals to cooperate in the last three years",
        lowers_zh="近三年仅有{value}次不配合检查且情节严重的情况",
        lowers_en="Only {value} grave refusals to cooperate in the last three years",
    ),
    tally(
        name="inspections_unreachable_1095d",
        family="inspections_unreachable",
        expression=result("unreachable"),
        reads=RESULTS,
        label_zh="近三年检查时无法联系次数",
        label_en="Not reachable at inspections in the last three years",
        raises_zh="近三年检查时有{value}次通过登记住所无法联系的情况",
        raises_en="{value} failures to reach it at inspections in the last three years",
        lowers_zh="近三年检查时仅有{value}次通过登记住所无法联系的情况",
        lowers_en="Only {value} failures to reach it at inspections in the last three years",
    ),
)

INDICATORS = (
    *VISITS,
    *FURTHER_VISITS,
    *PROBLEMS,
)
