"""动态 · 年报数据: revenue, profit, debt, staff and tax as the latest reported year tells them."""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf
from features.catalogue.annual_reports import mark, report
from features.indicator import Expression
from features.portable import count, flag, percent, yuan

figure = partial(report, direction=0, changeable=False)


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


def loss_last(reports: ir.Table, _: AsOf) -> ir.Value:
    """Whether the latest year ended in a loss."""
    return flag(reports.net_profit_fen < 0).max(where=reports.years_back == 0)


def deficit(reports: ir.Table, as_of: AsOf) -> ir.Value:
    """The loss of the latest year in percent of its revenue; 0 with a profit, null without revenue."""
    profit, revenue = at("net_profit_fen")(reports, as_of), at("revenue_fen")(reports, as_of)
    loss = ibis.cases((profit < 0, -profit), (profit >= 0, 0))
    return percent(loss, (revenue > 0).ifelse(revenue, ibis.null("int64")))


def no_tax(reports: ir.Table, _: AsOf) -> ir.Value:
    """Whether no tax was paid in the latest year."""
    return flag(reports.tax_paid_fen == 0).max(where=reports.years_back == 0)


def losses(reports: ir.Table, _: AsOf) -> ir.Value:
    """Years with a loss among the latest reported year and the two before it; null without a report."""
    among = count(reports, (reports.years_back <= 2) & (reports.net_profit_fen < 0))
    return (reports.count() > 0).ifelse(among, ibis.null("int64"))


INDICATORS = (
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
        raises_zh="营业收入同比变动{value}%，此类主体的问题较多",
        raises_en="Revenue changed by {value}% on the year before; such entities have more problems",
        lowers_zh="营业收入同比变动{value}%，此类主体的问题较少",
        lowers_en="Revenue changed by {value}% on the year before; such entities have fewer problems",
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
        name="profit_deficit_last",
        kind="number",
        family="profit_loss",
        direction=1,
        expression=deficit,
        reads=(
            "annual_reports.report_year",
            "annual_reports.net_profit_fen",
            "annual_reports.revenue_fen",
        ),
        unit="%",
        unit_en="%",
        label_zh="最近年度亏损额占营业收入的比例",
        label_en="Loss of the latest year as a share of its revenue",
        raises_zh="最近一次年报显示的亏损相当于营业收入的{value}%",
        raises_en="The latest reported year shows a loss of {value}% of revenue",
        lowers_zh="最近一次年报仅有相当于营业收入{value}%的亏损",
        lowers_en="The latest reported year shows a loss of only {value}% of revenue",
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
        label_zh="近三个年报年度中亏损的年度数",
        label_en="Years with a loss among the last three",
        raises_zh="近三个年报年度中有{value}个年度亏损",
        raises_en="{value} years with a loss among the last three reported",
        lowers_zh="近三个年报年度中仅有{value}个年度亏损",
        lowers_en="Only {value} years with a loss among the last three reported",
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
        raises_zh="资产负债率达{value}%",
        raises_en="The debt ratio reaches {value}%",
        lowers_zh="资产负债率为{value}%",
        lowers_en="The debt ratio is {value}%",
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
        raises_en="{value} staff in the latest report; entities of this size have more problems",
        lowers_zh="最近一次年报的从业人数为{value}人，同等规模主体的问题较少",
        lowers_en="{value} staff in the latest report; entities of this size have fewer problems",
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
        raises_zh="从业人数同比变动{value}%，此类主体的问题较多",
        raises_en="Staff changed by {value}% on the year before; such entities have more problems",
        lowers_zh="从业人数同比变动{value}%，此类主体的问题较少",
        lowers_en="Staff changed by {value}% on the year before; such entities have fewer problems",
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
        raises_zh="参加社保的人数仅为从业人数的{value}%",
        raises_en="Persons insured: only {value}% of the staff",
        lowers_zh="参加社保的人数为从业人数的{value}%",
        lowers_en="Persons insured: {value}% of the staff",
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
        raises_en="{value} yuan of tax paid in the latest year; entities of this size have more problems",
        lowers_zh="最近一次年报的纳税额为{value}元，同等规模主体的问题较少",
        lowers_en="{value} yuan of tax paid in the latest year; entities of this size have fewer problems",
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
