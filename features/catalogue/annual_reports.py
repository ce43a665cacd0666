"""动态 · 年报报送: filed, in time, confirmed and not all zero. The figures stand in reported_figures.py.

"Last" is the latest reported year; the due year is the latest one whose filing time is over.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf, day
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import count, days_between, flag

FILING = "企业信息公示暂行条例第八条"
LAST_MONTH, LAST_DAY = 6, 30
# Years before the due one that an indicator may still look at.
YEARS_BACK = 3

report = partial(
    Indicator, dimension=Dimension.DYNAMIC, source="annual_reports", missing=Missing.NULL, legal_basis=FILING
)
mark = partial(report, kind="integer", direction=1, unit="", unit_en="")


def due_year(as_of: AsOf) -> int:
    """The latest year whose report had to be filed before the date: filing ends on 30 June of the next."""
    over = (as_of.on.month, as_of.on.day) > (LAST_MONTH, LAST_DAY)
    return as_of.on.year - (1 if over else 2)


def yearly(reports: ir.Table, as_of: AsOf) -> ir.Table:
    """The latest known report of each recent year, with its first filing and `years_back`.

    A corrected report comes here as one row, in the version known on the day. A year has several reports only
    where the source gave each filing an identifier of its own.
    """
    recent = reports.filter(
        reports.report_year >= due_year(as_of) - YEARS_BACK, reports.report_year < as_of.on.year
    )
    # One order serves all: sorting rows once for each question was half the time of a city's snapshot.
    newest = [ibis.desc(key) for key in ("report_year", "known_on", "occurred_on", "report_id")]
    by_age = ibis.window(group_by="entity_id", order_by=newest)
    same_year = ibis.range_window(preceding=0, following=0, group_by="entity_id", order_by=newest[:1])
    reported = recent.mutate(
        year_before=recent.report_year.lag().over(by_age),
        newest_year=recent.report_year.max().over(ibis.window(group_by="entity_id")),
        first_filed=recent.happened_on.min().over(same_year),
        corrected=flag(recent.amended.fill_null(False)).max().over(same_year),
    )
    # The rows of a year follow one another: its newest stands where the year changes.
    latest = reported.filter(reported.year_before.isnull() | (reported.year_before != reported.report_year))
    return latest.mutate(years_back=latest.newest_year - latest.report_year)


def days_late(years_before: int) -> Expression:
    """Days from the end of the filing time to the first filing, for the due year or one before.

    0 when in time, null when no report is known: a combination tells who had to file one.
    """

    def expression(reports: ir.Table, as_of: AsOf) -> ir.Value:
        year = due_year(as_of) - years_before
        late = days_between(reports.first_filed, day(date(year + 1, LAST_MONTH, LAST_DAY)))
        return ibis.greatest(late, 0).max(where=reports.report_year == year).cast("int64")

    return expression


def lateness(name: str, years_before: int, words: tuple[str, str]) -> Indicator:
    """How late the report of a due year was filed."""
    zh, en = words
    return report(
        name=name,
        kind="integer",
        family="report_filed",
        direction=1,
        expression=days_late(years_before),
        reads=("annual_reports.report_year", "annual_reports.occurred_on"),
        unit="天",
        unit_en="days",
        label_zh=f"{zh}年报逾期天数",
        label_en=f"Days the annual report of {en} was late",
        raises_zh=f"{zh}的年报逾期{{value}}天报送",
        raises_en=f"The annual report of {en} was filed {{value}} days late",
        lowers_zh=f"{zh}的年报仅逾期{{value}}天报送",
        lowers_en=f"The annual report of {en} was filed only {{value}} days late",
    )


def all_zero(reports: ir.Table, _: AsOf) -> ir.Value:
    """Whether revenue, assets, profit and tax of the latest year are all reported as zero."""
    zero = (
        (reports.revenue_fen == 0)
        & (reports.total_assets_fen == 0)
        & (reports.net_profit_fen == 0)
        & (reports.tax_paid_fen == 0)
    )
    return flag(zero).max(where=reports.years_back == 0)


def unconfirmed(reports: ir.Table, _: AsOf) -> ir.Value:
    """Whether the authority could not reach the contact of the latest report."""
    return flag(~reports.contact_confirmed).max(where=reports.years_back == 0)


def corrections(reports: ir.Table, _: AsOf) -> ir.Value:
    """Reports corrected after filing, among the latest reported year and the two before it."""
    return count(reports, (reports.years_back <= 2) & (reports.corrected == 1))


INDICATORS = (
    lateness("report_late_last", 0, ("最近应报年度", "the last due year")),
    lateness("report_late_previous", 1, ("上一应报年度", "the due year before the last")),
    report(
        name="report_amended_3y",
        kind="integer",
        family="report_amended",
        direction=1,
        missing=Missing.ZERO,
        expression=corrections,
        reads=("annual_reports.report_year", "annual_reports.amended"),
        unit="个年度",
        unit_en="years",
        label_zh="近三个年报年度中修改过年报的年度数",
        label_en="Corrected annual reports among the last three years",
        raises_zh="近三个年报年度中有{value}个年度的年报报送后被修改",
        raises_en="{value} annual reports corrected after filing, of the last three",
        lowers_zh="近三个年报年度中仅有{value}个年度的年报报送后被修改",
        lowers_en="Only {value} annual reports corrected after filing, of the last three",
    ),
    mark(
        name="contact_unconfirmed_last",
        family="contact_unconfirmed",
        expression=unconfirmed,
        reads=("annual_reports.report_year", "annual_reports.contact_confirmed"),
        label_zh="年报联络员未能确认",
        label_en="Reported contact not confirmed",
        raises_zh="最近一次年报的联络员未能确认",
        raises_en="The contact of the latest annual report could not be confirmed",
        lowers_zh="最近一次年报的联络员已确认",
        lowers_en="The contact of the latest annual report is confirmed",
    ),
    mark(
        name="report_zero_last",
        family="report_zero",
        expression=all_zero,
        reads=(
            "annual_reports.report_year",
            "annual_reports.revenue_fen",
            "annual_reports.total_assets_fen",
            "annual_reports.net_profit_fen",
            "annual_reports.tax_paid_fen",
        ),
        label_zh="年报财务数据全部为零",
        label_en="All-zero annual report",
        raises_zh="最近一次年报的财务数据全部填报为零",
        raises_en="All figures of the latest annual report are zero",
        lowers_zh="最近一次年报的财务数据并非全零",
        lowers_en="The figures of the latest annual report are not all zero",
    ),
)
