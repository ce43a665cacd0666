"""动态 · 纳税社保: what an entity declared, paid and owed by its latest known periods, and whom it insured.

Periods become known months after they end, and a city sends years or months. So a year here is the one up to
the end of the entity's latest known period: counted back from the date, it would be empty every spring.
"""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import count, days_between, days_since, flag, percent, total, yuan

TAXATION = "税收征收管理法"
INSURANCE = "社会保险法"
PERIODS = ("tax_social.occurred_on", "tax_social.period")
YEAR, THREE_YEARS = 365, 1095
MONTH_LENGTH = len("2024-02")

declared = partial(
    Indicator,
    dimension=Dimension.DYNAMIC,
    source="tax_social",
    kind="number",
    missing=Missing.NULL,
    legal_basis=TAXATION,
)
# The share of periods with arrears tells of both kinds of them: one fact, told once.
ARREARS = "arrears"
figure = partial(declared, direction=0, changeable=False)


def periods(records: ir.Table) -> ir.Table:
    """The newest record of each period, with `days_back` from the end of the entity's latest one to its end.

    Where an entity has months, its years are left out: they would count the same money again. Between ends of
    months (or years) lie 365 or 366 days exactly when they are one year apart, so days tell years.
    """
    told = records.mutate(monthly=flag(records.period.length() == MONTH_LENGTH))
    newest = [ibis.desc(key) for key in ("monthly", "period", "known_on", "record_id")]
    # One order tells all three: each further window goes through all records again.
    by_age = ibis.window(group_by="entity_id", order_by=newest)
    ranked = told.mutate(
        period_before=told.period.lag().over(by_age),
        months=told.monthly.first().over(by_age),
        latest_end=told.happened_on.first().over(by_age),
    )
    first = ranked.period_before.isnull() | (ranked.period_before != ranked.period)
    latest = ranked.filter(first, ranked.monthly == ranked.months)
    return latest.mutate(days_back=days_between(latest.latest_end, latest.happened_on))


def last(column: str) -> Expression:
    """A number of the latest period."""
    return lambda records, _: records[column].max(where=records.days_back == 0)


def one_year_before(records: ir.Table) -> ir.BooleanValue:
    """The period that ended one year before the latest one."""
    return records.days_back.isin((YEAR, YEAR + 1))


def insured_change(records: ir.Table, as_of: AsOf) -> ir.Value:
    """Insured persons against one year before in percent; null unless there were some then."""
    now = last("insured_employees")(records, as_of)
    before = records.insured_employees.max(where=one_year_before(records))
    return percent(now - before, before)


def paid(records: ir.Table, _: AsOf) -> ir.Value:
    """Tax paid in the year of the latest periods; null where no period tells."""
    told = (records.days_back < YEAR) & records.tax_paid_fen.notnull()
    amount = total(records.tax_paid_fen, told)
    return yuan((count(records, told) > 0).ifelse(amount, ibis.null("int64")))


def burden(records: ir.Table, _: AsOf) -> ir.Value:
    """Tax paid in percent of the sales declared for the same periods of the year; null without sales."""
    told = (records.days_back < YEAR) & records.tax_paid_fen.notnull() & records.sales_fen.notnull()
    sales = total(records.sales_fen, told)
    return percent(total(records.tax_paid_fen, told), (sales > 0).ifelse(sales, ibis.null("int64")))


def sales_change(records: ir.Table, _: AsOf) -> ir.Value:
    """Sales of the year against the year before in percent.

    Null unless both years tell of as many periods, and of sales before: a year half known is no fall.
    """
    told = records.sales_fen.notnull()
    now = told & (records.days_back < YEAR)
    before = told & (records.days_back >= YEAR) & (records.days_back < 2 * YEAR)
    base = total(records.sales_fen, before)
    comparable = (count(records, now) == count(records, before)) & (base > 0)
    return percent(total(records.sales_fen, now) - base, comparable.ifelse(base, ibis.null("int64")))


def zero_share(records: ir.Table, _: AsOf) -> ir.Value:
    """Periods of the year in which nothing was declared, in percent; null where no period tells."""
    of_year = records.days_back < YEAR
    return percent(
        count(records, of_year & records.zero_declared),
        count(records, of_year & records.zero_declared.notnull()),
    )


def arrears_share(records: ir.Table, _: AsOf) -> ir.Value:
    """Periods of three years that ended with tax or contributions owed, in percent; null where none tells."""
    recent = records.days_back < THREE_YEARS
    told = records.tax_owed_fen.notnull() | records.social_owed_fen.notnull()
    owed = (records.tax_owed_fen > 0) | (records.social_owed_fen > 0)
    return percent(count(records, recent & owed), count(records, recent & told))


def owed_last(subject: str, column: str, words: tuple[str, str], *, basis: str) -> Indicator:
    """What was still owed at the end of the latest period."""
    zh, en = words
    return declared(
        name=f"{subject}_arrears_last",
        family=ARREARS,
        direction=1,
        expression=lambda records, as_of: yuan(last(column)(records, as_of)),
        reads=(*PERIODS, f"tax_social.{column}"),
        unit="元",
        unit_en="yuan",
        label_zh=f"最近所属期末{zh}余额",
        label_en=f"{en} owed at the end of the latest period",
        raises_zh=f"最近所属期末{zh}{{value}}元",
        raises_en=f"{{value}} yuan of {en.lower()} owed at the end of the latest period",
        lowers_zh=f"最近所属期末{zh}仅{{value}}元",
        lowers_en=f"Only {{value}} yuan of {en.lower()} owed at the end of the latest period",
        legal_basis=basis,
    )


INSURED = (
    figure(
        name="insured_count_last",
        kind="integer",
        family="insured",
        expression=last("insured_employees"),
        reads=(*PERIODS, "tax_social.insured_employees"),
        unit="人",
        unit_en="persons",
        label_zh="社保参保人数",
        label_en="Persons with social insurance",
        raises_zh="最近所属期社保参保人数为{value}人，同等规模主体的问题较多",
        raises_en="{value} persons with social insurance; entities of this size have more problems",
        lowers_zh="最近所属期社保参保人数为{value}人，同等规模主体的问题较少",
        lowers_en="{value} persons with social insurance; entities of this size have fewer problems",
        legal_basis=INSURANCE,
    ),
    figure(
        name="insured_change_last",
        family="insured",
        expression=insured_change,
        reads=(*PERIODS, "tax_social.insured_employees"),
        unit="%",
        unit_en="%",
        label_zh="社保参保人数同比变动",
        label_en="Change of insured persons on the year before",
        raises_zh="社保参保人数同比变动{value}%，此类主体的问题较多",
        raises_en="The number of insured persons changed by {value}% on the year before; such entities "
        "have more problems",
        lowers_zh="社保参保人数同比变动{value}%，此类主体的问题较少",
        lowers_en="The number of insured persons changed by {value}% on the year before; such entities "
        "have fewer problems",
        legal_basis=INSURANCE,
    ),
    owed_last(
        "social",
        "social_owed_fen",
        ("欠缴社会保险费", "Social insurance"),
        basis=INSURANCE,
    ),
)

TAXED = (
    owed_last("tax", "tax_owed_fen", ("欠税", "Tax"), basis=TAXATION),
    declared(
        name="arrears_share_3y",
        family=ARREARS,
        direction=1,
        expression=arrears_share,
        reads=(*PERIODS, "tax_social.tax_owed_fen", "tax_social.social_owed_fen"),
        unit="%",
        unit_en="%",
        label_zh="最近三年存在欠税欠费的所属期占比",
        label_en="Share of periods with tax or contributions owed, of the latest three years",
        raises_zh="最近三年有{value}%的所属期存在欠税或欠缴社会保险费",
        raises_en="Tax or contributions were owed after {value}% of the periods of the latest three years",
        lowers_zh="最近三年仅有{value}%的所属期存在欠税或欠缴社会保险费",
        lowers_en="Tax or contributions were owed after only {value}% of the periods of the latest three "
        "years",
    ),
    figure(
        name="taxes_paid_1y",
        family="taxes_paid",
        expression=paid,
        reads=(*PERIODS, "tax_social.tax_paid_fen"),
        unit="元",
        unit_en="yuan",
        label_zh="最近一年入库税额",
        label_en="Tax received for the latest year",
        raises_zh="税务机关记录的最近一年入库税额为{value}元，同等规模主体的问题较多",
        raises_en="{value} yuan of tax received for the latest year; entities of this size have more "
        "problems",
        lowers_zh="税务机关记录的最近一年入库税额为{value}元，同等规模主体的问题较少",
        lowers_en="{value} yuan of tax received for the latest year; entities of this size have fewer "
        "problems",
    ),
    figure(
        name="taxes_burden_1y",
        family="taxes_paid",
        expression=burden,
        reads=(*PERIODS, "tax_social.tax_paid_fen", "tax_social.sales_fen"),
        unit="%",
        unit_en="%",
        label_zh="最近一年税负率",
        label_en="Tax paid as a share of declared sales in the latest year",
        raises_zh="最近一年税负率为{value}%，此类主体的问题较多",
        raises_en="Tax paid is {value}% of declared sales; such entities have more problems",
        lowers_zh="最近一年税负率为{value}%，此类主体的问题较少",
        lowers_en="Tax paid is {value}% of declared sales; such entities have fewer problems",
    ),
    figure(
        name="sales_change_1y",
        family="sales",
        expression=sales_change,
        reads=(*PERIODS, "tax_social.sales_fen"),
        unit="%",
        unit_en="%",
        label_zh="申报销售额同比变动",
        label_en="Change of declared sales on the year before",
        raises_zh="申报销售额同比变动{value}%，此类主体的问题较多",
        raises_en="Declared sales changed by {value}% on the year before; such entities have more problems",
        lowers_zh="申报销售额同比变动{value}%，此类主体的问题较少",
        lowers_en="Declared sales changed by {value}% on the year before; such entities have fewer problems",
    ),
    declared(
        name="declarations_zero_1y",
        family="declarations_zero",
        direction=1,
        expression=zero_share,
        reads=(*PERIODS, "tax_social.zero_declared"),
        unit="%",
        unit_en="%",
        label_zh="最近一年零申报的所属期占比",
        label_en="Share of periods with zero declarations in the latest year",
        raises_zh="最近一年有{value}%的所属期为零申报",
        raises_en="{value}% of the periods of the latest year were declared as zero",
        lowers_zh="最近一年仅有{value}%的所属期为零申报",
        lowers_en="Only {value}% of the periods of the latest year were declared as zero",
    ),
    declared(
        name="declarations_recency_last",
        kind="integer",
        family="declarations_recency",
        direction=1,
        expression=lambda records, as_of: days_since(records.happened_on.max(), as_of),
        reads=PERIODS,
        unit="天",
        unit_en="days",
        label_zh="距最近一个已申报所属期末天数",
        label_en="Days since the end of the latest declared period",
        raises_zh="距最近一个已申报的所属期末已有{value}天",
        raises_en="The latest declared period ended {value} days ago",
        lowers_zh="距最近一个已申报的所属期末仅{value}天",
        lowers_en="The latest declared period ended only {value} days ago",
    ),
)

INDICATORS = (*INSURED, *TAXED)
