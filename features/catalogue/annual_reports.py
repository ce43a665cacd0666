"""动态 · 年报: filed, in time and believable; revenue, profit, debt, staff and tax as reported.

"Last" is the latest reported year; the due year is the latest one whose filing time is over.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import any_row, count, day, days_between, flag, percent, yuan

FILING = "企业信息公示暂行条例第八条"
LAST_MONTH, LAST_DAY = 6, 30
# Years before the due one that an indicator may still look at.
YEARS_BACK = 3

report = partial(
    Indicator, dimension=Dimension.DYNAMIC, source="annual_reports", missing=Missing.NULL, legal_basis=FILING
)
figure = partial(report, direction=0, changeable=False)
mark = partial(report, kind="integer", direction=1, unit="", unit_en="")


def due_year(as_of: AsOf) -> int:
    """The latest year whose report had to be filed before the date: filing ends on 30 June of the next."""
    over = (as_of.on.month, as_of.on.day) > (LAST_MONTH, LAST_DAY)
    return as_of.on.year - (1 if over else 2)


def yearly(reports: ir.Table, as_of: AsOf) -> ir.Table:
    """The latest known version of each recent year's report, with its first filing and `years_back`."""
    recent = reports.filter(
        reports.report_year >= due_year(as_of) - YEARS_BACK, reports.report_year < as_of.on.year
    )
    same_year = {"group_by": ("entity_id", "report_year")}
    newest = [ibis.desc("known_on"), ibis.desc("occurred_on"), ibis.desc("report_id")]
    versions = recent.mutate(
        version=ibis.row_number().over(ibis.window(**same_year, order_by=newest)),
        first_filed=recent.happened_on.min().over(ibis.window(**same_year)),
        corrected=flag(recent.amended.fill_null(False)).max().over(ibis.window(**same_year)),
    )
    latest = versions.filter(versions.version == 0)
    newest_year = latest.report_year.max().over(ibis.window(group_by="entity_id"))
    return latest.mutate(years_back=newest_year - latest.report_year)


def filed(years_before: int) -> Expression:
    """Whether the report of the due year (or of one before) is known."""
    return lambda reports, as_of: any_row(reports, reports.report_year == due_year(as_of) - years_before)


def days_late(reports: ir.Table, as_of: AsOf) -> ir.Value:
    """Days between the end of the filing time and the first filing for the due year; 0 when in time."""
    year = due_year(as_of)
    late = days_between(reports.first_filed, day(date(year + 1, LAST_MONTH, LAST_DAY)))
    return ibis.greatest(late, 0).max(where=reports.report_year == year).cast("int64")


def at(column: str, years_back: int = 0) -> Expression:
    """A number of the latest reported year, or of the year before it."""
    return lambda reports, _: reports[column].max(where=reports.years_back == years_back)


def money(column: str) -> Expression:
    """An amount of the latest reported year, in yuan."""
    return lambda reports, as_of: yuan(at(column)(reports, as_of))


def change(column: str) -> Expression:
    """Change against the year before in percent; null unless that year was reported above zero."""

    def expression(reports: ir.Table, as_of: AsOf) -> ir.Value:
        last, before = at(column)(reports, as_of), at(column, 1)(reports, as_of)
        base = (before > 0).ifelse(before, ibis.null("int64"))
        return percent(last.cast("float64") - base.cast("float64"), base)

    return expression


def share(part: str, whole: str) -> Expression:
    """One number of the latest year in percent of another; null unless the other is above zero."""

    def expression(reports: ir.Table, as_of: AsOf) -> ir.Value:
        base = at(whole)(reports, as_of)
        return percent(at(part)(reports, as_of), (base > 0).ifelse(base, ibis.null("int64")))

    return expression


def all_zero(reports: ir.Table, _: AsOf) -> ir.Value:
    """Whether revenue, assets, profit and tax of the latest year are all reported as zero."""
    zero = (
        (reports.revenue_fen == 0)
        & (reports.total_assets_fen == 0)
        & (reports.net_profit_fen == 0)
        & (reports.tax_paid_fen == 0)
    )
    return flag(zero).max(where=reports.years_back == 0)


def loss_last(reports: ir.Table, _: AsOf) -> ir.Value:
    """Whether the latest year ended in a loss."""
    return flag(reports.net_profit_fen < 0).max(where=reports.years_back == 0)


def no_tax(reports: ir.Table, _: AsOf) -> ir.Value:
    """Whether no tax was paid in the latest year."""
    return flag(reports.tax_paid_fen == 0).max(where=reports.years_back == 0)


def unconfirmed(reports: ir.Table, _: AsOf) -> ir.Value:
    """Whether the authority could not reach the contact of the latest report."""
    return flag(~reports.contact_confirmed).max(where=reports.years_back == 0)


def losses(reports: ir.Table, _: AsOf) -> ir.Value:
    """Years with a loss among the latest reported year and the two before it; null without a report."""
    among = count(reports, (reports.years_back <= 2) & (reports.net_profit_fen < 0))
    return (reports.count() > 0).ifelse(among, ibis.null("int64"))


def corrections(reports: ir.Table, _: AsOf) -> ir.Value:
    """Reports corrected after filing, among the latest reported year and the two before it."""
    return count(reports, (reports.years_back <= 2) & (reports.corrected == 1))


FILINGS = (
    mark(
        name="report_filed_last",
        family="report_filed",
        direction=-1,
        missing=Missing.ZERO,
        expression=filed(0),
        reads=("annual_reports.report_year",),
        label_zh="已报送最近应报年度年报",
        label_en="Report of the last due year filed",
        raises_zh="未报送最近应报年度的年报",
        raises_en="The annual report of the last due year is not filed",
        lowers_zh="已报送最近应报年度的年报",
        lowers_en="The annual report of the last due year is filed",
    ),
    mark(
        name="report_filed_previous",
        family="report_filed",
        direction=-1,
        missing=Missing.ZERO,
        expression=filed(1),
        reads=("annual_reports.report_year",),
        label_zh="已报送上一应报年度年报",
        label_en="Report of the due year before the last filed",
        raises_zh="未报送上一应报年度的年报",
        raises_en="The annual report of the due year before the last is not filed",
        lowers_zh="已报送上一应报年度的年报",
        lowers_en="The annual report of the due year before the last is filed",
    ),
    report(
        name="report_late_last",
        kind="integer",
        family="report_filed",
        direction=1,
        expression=days_late,
        reads=("annual_reports.report_year", "annual_reports.occurred_on"),
        unit="天",
        unit_en="days",
        label_zh="最近应报年度年报逾期天数",
        label_en="Days the last due annual report was late",
        raises_zh="最近应报年度的年报逾期{value}天补报",
        raises_en="Days the last due annual report was late: {value}",
        lowers_zh="最近应报年度的年报按期或较早报送（逾期{value}天）",
        lowers_en="The last due annual report was in time or nearly so (days late: {value})",
    ),
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
        raises_en="Annual reports corrected after filing, of the last three years: {value}",
        lowers_zh="近三个年报年度中年报修改较少（{value}个年度）",
        lowers_en="Few annual reports corrected after filing, of the last three years ({value})",
    ),
    mark(
        name="contact_unconfirmed_last",
        family="contact_unconfirmed",
        expression=unconfirmed,
        reads=("annual_reports.report_year", "annual_reports.contact_confirmed"),
        label_zh="年报联络员未确认",
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
        label_zh="年报财务全零申报",
        label_en="All-zero annual report",
        raises_zh="最近一次年报的财务数据全部填报为零",
        raises_en="All figures of the latest annual report are zero",
        lowers_zh="最近一次年报的财务数据并非全零",
        lowers_en="The figures of the latest annual report are not all zero",
    ),
)

FIGURES = (
    figure(
        name="revenue_amount_last",
        kind="number",
        family="revenue",
        expression=money("revenue_fen"),
        reads=("annual_reports.report_year", "annual_reports.revenue_fen"),
        unit="元",
        unit_en="yuan",
        label_zh="最近年度营业收入",
        label_en="Revenue of the latest year",
        raises_zh="最近一次年报的营业收入为{value}元，同等规模主体的问题较多",
        raises_en="Revenue of the latest year is {value} yuan; entities of this size have more problems",
        lowers_zh="最近一次年报的营业收入为{value}元，同等规模主体的问题较少",
        lowers_en="Revenue of the latest year is {value} yuan; entities of this size have fewer problems",
    ),
    figure(
        name="revenue_change_last",
        kind="number",
        family="revenue",
        expression=change("revenue_fen"),
        reads=("annual_reports.report_year", "annual_reports.revenue_fen"),
        unit="%",
        unit_en="%",
        label_zh="营业收入同比变动",
        label_en="Change of revenue on the year before",
        raises_zh="营业收入同比变动{value}%",
        raises_en="Revenue changed by {value}% on the year before",
        lowers_zh="营业收入同比变动{value}%",
        lowers_en="Revenue changed by {value}% on the year before",
    ),
    mark(
        name="profit_loss_last",
        family="profit_loss",
        expression=loss_last,
        reads=("annual_reports.report_year", "annual_reports.net_profit_fen"),
        label_zh="最近年度亏损",
        label_en="Loss in the latest year",
        raises_zh="最近一次年报显示亏损",
        raises_en="The latest annual report shows a loss",
        lowers_zh="最近一次年报未显示亏损",
        lowers_en="The latest annual report shows no loss",
    ),
    report(
        name="profit_losses_3y",
        kind="integer",
        family="profit_loss",
        direction=1,
        expression=losses,
        reads=("annual_reports.report_year", "annual_reports.net_profit_fen"),
        unit="个年度",
        unit_en="years",
        label_zh="近三个年报年度亏损次数",
        label_en="Years with a loss among the last three",
        raises_zh="近三个年报年度中有{value}个年度亏损",
        raises_en="Years with a loss, of the last three: {value}",
        lowers_zh="近三个年报年度亏损较少（{value}个年度）",
        lowers_en="Few years with a loss, of the last three ({value})",
    ),
    report(
        name="debt_ratio_last",
        kind="number",
        family="debt_ratio",
        direction=1,
        expression=share("total_liabilities_fen", "total_assets_fen"),
        reads=(
            "annual_reports.report_year",
            "annual_reports.total_liabilities_fen",
            "annual_reports.total_assets_fen",
        ),
        unit="%",
        unit_en="%",
        label_zh="资产负债率",
        label_en="Debt ratio",
        raises_zh="资产负债率为{value}%，处于较高水平",
        raises_en="The debt ratio is high ({value}%)",
        lowers_zh="资产负债率为{value}%，处于较低水平",
        lowers_en="The debt ratio is low ({value}%)",
    ),
    figure(
        name="staff_count_last",
        kind="integer",
        family="staff",
        expression=at("employees"),
        reads=("annual_reports.report_year", "annual_reports.employees"),
        unit="人",
        unit_en="persons",
        label_zh="从业人数",
        label_en="Staff",
        raises_zh="最近一次年报的从业人数为{value}人，同等规模主体的问题较多",
        raises_en="Staff in the latest report: {value}; entities of this size have more problems",
        lowers_zh="最近一次年报的从业人数为{value}人，同等规模主体的问题较少",
        lowers_en="Staff in the latest report: {value}; entities of this size have fewer problems",
    ),
    figure(
        name="staff_change_last",
        kind="number",
        family="staff",
        expression=change("employees"),
        reads=("annual_reports.report_year", "annual_reports.employees"),
        unit="%",
        unit_en="%",
        label_zh="从业人数同比变动",
        label_en="Change of staff on the year before",
        raises_zh="从业人数同比变动{value}%",
        raises_en="Staff changed by {value}% on the year before",
        lowers_zh="从业人数同比变动{value}%",
        lowers_en="Staff changed by {value}% on the year before",
    ),
    report(
        name="staff_insured_last",
        kind="number",
        family="staff_insured",
        direction=-1,
        expression=share("social_insured", "employees"),
        reads=("annual_reports.report_year", "annual_reports.social_insured", "annual_reports.employees"),
        unit="%",
        unit_en="%",
        label_zh="社保参保比例",
        label_en="Share of staff with social insurance",
        raises_zh="从业人员参加社保的比例较低（{value}%）",
        raises_en="A low share of the staff has social insurance ({value}%)",
        lowers_zh="从业人员参加社保的比例为{value}%",
        lowers_en="Share of the staff with social insurance: {value}%",
        legal_basis="社会保险法",
    ),
    figure(
        name="tax_amount_last",
        kind="number",
        family="tax",
        expression=money("tax_paid_fen"),
        reads=("annual_reports.report_year", "annual_reports.tax_paid_fen"),
        unit="元",
        unit_en="yuan",
        label_zh="年纳税额",
        label_en="Tax paid in the latest year",
        raises_zh="最近一次年报的纳税额为{value}元，同等规模主体的问题较多",
        raises_en="Tax paid in the latest year is {value} yuan; such entities have more problems",
        lowers_zh="最近一次年报的纳税额为{value}元，同等规模主体的问题较少",
        lowers_en="Tax paid in the latest year is {value} yuan; such entities have fewer problems",
    ),
    mark(
        name="tax_zero_last",
        family="tax",
        expression=no_tax,
        reads=("annual_reports.report_year", "annual_reports.tax_paid_fen"),
        label_zh="最近年度零纳税",
        label_en="No tax in the latest year",
        raises_zh="最近一次年报的纳税额为零",
        raises_en="No tax was paid in the latest reported year",
        lowers_zh="最近一次年报的纳税额不为零",
        lowers_en="Tax was paid in the latest reported year",
    ),
)

INDICATORS = (*FILINGS, *FIGURES)
