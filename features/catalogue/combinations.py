"""Combinations that the rules name. Each reads the indicators of the sources and the entity's own columns,
in one row of the snapshot."""

from __future__ import annotations

from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf, day
from features.catalogue.annual_reports import FILING, due_year
from features.indicator import DERIVED, Dimension, Indicator, Missing
from features.portable import flag

# Shandong and Henan name capital of 100 million yuan beside no tax, no revenue or no staff as abnormal.
LARGE_CAPITAL_FEN = 100_000_000 * 100
LISTS = (
    "abnormal_listed_now",
    "serious_listed_now",
    "debtor_listed_now",
    "tax_abnormal_now",
    "tax_violation_now",
    "tax_arrears_now",
)

combination = partial(Indicator, source=DERIVED, kind="integer", direction=1, missing=Missing.NULL)


def had_to_file(row: ir.Table, year: int) -> ir.BooleanValue:
    """Whether the entity was there in a year: the report of that year is due from it."""
    return row.registered_on <= day(date(year, 12, 31))


def filed(row: ir.Table, year: int, late: ir.IntegerValue) -> ir.IntegerValue:
    """1 when filed, 0 when not although due; null when not due: the young are not blamed."""
    return ibis.cases((late.notnull(), 1), (had_to_file(row, year), 0)).cast("int64")


def filed_last(row: ir.Table, as_of: AsOf) -> ir.Value:
    """Whether the report of the due year is known."""
    return filed(row, due_year(as_of), row.report_late_last)


def filed_previous(row: ir.Table, as_of: AsOf) -> ir.Value:
    """Whether the report of the year before the due one is known."""
    return filed(row, due_year(as_of) - 1, row.report_late_previous)


def years_unreported(row: ir.Table, as_of: AsOf) -> ir.Value:
    """Due years of the last two without a report; null when one is missing and may not have been due."""
    year = due_year(as_of)
    last = flag(row.report_late_last.isnull() & had_to_file(row, year))
    before = flag(row.report_late_previous.isnull() & had_to_file(row, year - 1))
    return last + before


def idle_capital(row: ir.Table, _: AsOf) -> ir.Value:
    """Whether large capital stands beside no tax, no revenue or no staff in the latest report."""
    nothing = (row.tax_amount_last == 0) | (row.revenue_amount_last == 0) | (row.staff_count_last == 0)
    return flag((row.registered_capital_fen >= LARGE_CAPITAL_FEN) & nothing)


def lists_now(row: ir.Table, _: AsOf) -> ir.Value:
    """On how many lists the entity stands now."""
    total = row[LISTS[0]]
    for name in LISTS[1:]:
        total = total + row[name]
    return total


def untaxed_capital(row: ir.Table, _: AsOf) -> ir.Value:
    """Whether large capital stands beside no tax paid in a year or nobody insured, as the offices know."""
    nothing = (row.taxes_paid_1y == 0) | (row.insured_count_last == 0)
    return flag((row.registered_capital_fen >= LARGE_CAPITAL_FEN) & nothing)


def crowded_unreachable(row: ir.Table, _: AsOf) -> ir.Value:
    """Whether the entity is listed as not reachable at an address that ten or more share."""
    return flag((row.address_crowded_now == 1) & (row.abnormal_unreachable_now == 1))


def listed_overdue(row: ir.Table, _: AsOf) -> ir.Value:
    """Whether the entity is on the abnormal or the serious list and holds on to a licence that ran out."""
    listed = (row.abnormal_listed_now == 1) | (row.serious_listed_now == 1)
    return flag(listed & (row.licences_overdue_now > 0))


def rising_upheld(row: ir.Table, _: AsOf) -> ir.Value:
    """Whether complaints rise against the quarter before, and some of the year's were found right."""
    return flag((row.complaints_growth_90d > 0) & (row.complaints_upheld_365d > 0))


FILED = ("entities.registered_on", "annual_reports.report_year")

INDICATORS = (
    combination(
        name="report_filed_last",
        dimension=Dimension.DYNAMIC,
        family="report_filed",
        direction=-1,
        expression=filed_last,
        reads=FILED,
        unit="",
        unit_en="",
        label_zh="已报送最近应报年度年报",
        label_en="Whether the annual report of the last due year was filed",
        raises_zh="未报送最近应报年度的年报",
        raises_en="The annual report of the last due year has not been filed",
        lowers_zh="已报送最近应报年度的年报",
        lowers_en="The annual report of the last due year has been filed",
        legal_basis=FILING,
    ),
    combination(
        name="report_filed_previous",
        dimension=Dimension.DYNAMIC,
        family="report_filed",
        direction=-1,
        expression=filed_previous,
        reads=FILED,
        unit="",
        unit_en="",
        label_zh="已报送上一应报年度年报",
        label_en="Whether the annual report of the due year before the last was filed",
        raises_zh="未报送上一应报年度的年报",
        raises_en="The annual report of the due year before the last has not been filed",
        lowers_zh="已报送上一应报年度的年报",
        lowers_en="The annual report of the due year before the last has been filed",
        legal_basis=FILING,
    ),
    combination(
        name="report_missing_2y",
        dimension=Dimension.DYNAMIC,
        family="report_filed",
        expression=years_unreported,
        reads=FILED,
        unit="个年度",
        unit_en="years",
        label_zh="最近两个应报年度中未报送年报的年度数",
        label_en="Unreported years among the last two due",
        raises_zh="最近两个应报年度中有{value}个年度未报送年报",
        raises_en="{value} annual reports missing, of the last two due",
        lowers_zh="最近两个应报年度中仅有{value}个年度未报送年报",
        lowers_en="Only {value} annual reports missing, of the last two due",
        legal_basis=FILING,
    ),
    combination(
        name="capital_idle_last",
        dimension=Dimension.DYNAMIC,
        family="capital_idle",
        expression=idle_capital,
        reads=(
            "entities.registered_capital_fen",
            "annual_reports.report_year",
            "annual_reports.tax_paid_fen",
            "annual_reports.revenue_fen",
            "annual_reports.employees",
        ),
        unit="",
        unit_en="",
        label_zh="注册资本一亿元以上但纳税、营业收入、从业人数有一项为零",
        label_en="Capital of 100 million yuan or more with zero tax, revenue or staff",
        raises_zh="注册资本在一亿元以上，但最近一次年报的纳税额、营业收入、从业人数至少一项为零",
        raises_en="Capital of 100 million yuan or more, yet no tax, revenue or staff reported",
        lowers_zh="没有注册资本一亿元以上却零纳税、零收入或零从业的情况",
        lowers_en="No capital of 100 million yuan with zero tax, revenue or staff",
    ),
    combination(
        name="lists_count_now",
        dimension=Dimension.SUPERVISION,
        family="abnormal_listed",
        expression=lists_now,
        reads=("listings.kind",),
        unit="个",
        unit_en="lists",
        label_zh="当前被列入的名录和名单数",
        label_en="Lists the entity is on now",
        raises_zh="当前被列入{value}个名录或名单",
        raises_en="On {value} lists now",
        lowers_zh="当前仅被列入{value}个名录或名单",
        lowers_en="On only {value} lists now",
    ),
    combination(
        name="capital_untaxed_last",
        dimension=Dimension.DYNAMIC,
        family="capital_idle",
        expression=untaxed_capital,
        reads=(
            "entities.registered_capital_fen",
            "tax_social.occurred_on",
            "tax_social.period",
            "tax_social.tax_paid_fen",
            "tax_social.insured_employees",
        ),
        unit="",
        unit_en="",
        label_zh="注册资本一亿元以上但未入库税款或无人参保",
        label_en="Capital of 100 million or more without tax paid or staff insured",
        raises_zh="注册资本在一亿元以上，但最近一年未入库税款，或最近所属期无人参保",
        raises_en="Capital of 100 million yuan or more, yet no tax paid or nobody insured",
        lowers_zh="没有注册资本一亿元以上却未入库税款或无人参保的情况",
        lowers_en="No capital of 100 million yuan without tax paid or staff insured",
    ),
    combination(
        name="crowded_unreachable_now",
        dimension=Dimension.RELATION,
        family="crowded_unreachable",
        expression=crowded_unreachable,
        reads=(
            "relations.kind",
            "relations.related_kind",
            "relations.related_id",
            "entities.entity_id",
            "entities.deregistered_on",
            "listings.kind",
            "listings.ground",
        ),
        unit="",
        unit_en="",
        label_zh="当前十户以上同一住所且无法联系",
        label_en="Not reachable at an address of ten or more",
        raises_zh="当前登记在十户以上的同一住所，并因无法联系被列入经营异常名录",
        raises_en="Listed as not reachable at an address that ten or more entities share",
        lowers_zh="没有登记在十户以上的同一住所且无法联系的情况",
        lowers_en="Not an unreachable entity at an address shared by ten or more",
        legal_basis="企业经营异常名录管理办法",
    ),
    combination(
        name="listed_overdue_now",
        dimension=Dimension.SUPERVISION,
        family="listed_overdue",
        expression=listed_overdue,
        reads=("listings.kind", "licences.kind", "licences.valid_until"),
        unit="",
        unit_en="",
        label_zh="当前被列入名录（名单）且许可已过有效期",
        label_en="Listed now, with a licence that ran out",
        raises_zh="当前被列入经营异常名录或严重违法失信名单，且有行政许可已过有效期",
        raises_en="On the abnormal or serious-violation list now, with a licence that ran out",
        lowers_zh="没有被列入名录（名单）且许可已过有效期的情况",
        lowers_en="Not both listed and holding a licence that ran out",
        legal_basis="行政许可法第七十条",
    ),
    combination(
        name="complaints_rising_90d",
        dimension=Dimension.SOCIAL,
        window_days=90,
        family="complaints_growth",
        expression=rising_upheld,
        reads=(
            "complaints.occurred_on",
            "complaints.kind",
            "complaints.suspected_professional",
            "complaints.outcome",
        ),
        unit="",
        unit_en="",
        label_zh="近三个月投诉举报增长且有查实",
        label_en="Complaints rising and upheld",
        raises_zh="近三个月投诉举报较前三个月增长，且近一年有查证属实的投诉举报",
        raises_en="Complaints rose on the three months before, and some of the last year were upheld",
        lowers_zh="没有投诉举报增长且查证属实的情况",
        lowers_en="No rise in complaints together with upheld ones",
        legal_basis="市场监督管理投诉举报处理暂行办法",
    ),
)
