"""监管 · 名录和名单: where an entity is listed now, for how long, on what ground, and how often before."""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from data_contracts.codes import codes_of
from features.as_of import AsOf
from features.catalogue.windows import IN_CHINESE, IN_ENGLISH
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import any_row, count, days_since, within

ABNORMAL = "企业经营异常名录管理办法"
# "Other" says only that the ground is none of these: two listings of it need not be alike.
NAMED_GROUNDS = tuple(ground for ground in codes_of("listings", "ground") if ground != "other")
SERIOUS = "市场监督管理严重违法失信名单管理办法（总局令第44号）"

listing = partial(
    Indicator,
    dimension=Dimension.SUPERVISION,
    source="listings",
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
)


def now(kind: str, *grounds: str) -> Expression:
    """Whether a listing of a kind (and, if given, on one of the grounds) is open at the date."""

    def expression(listings: ir.Table, _: AsOf) -> ir.Value:
        open_ones = listings.open_now & (listings.kind == kind)
        return any_row(listings, open_ones & listings.ground.isin(grounds) if grounds else open_ones)

    return expression


def state(
    name: str, kind: str, words: tuple[str, str], *, basis: str | None = None, family: str = ""
) -> Indicator:
    """Whether the entity stands on a list now."""
    zh, en = words
    return listing(
        name=name,
        family=family or name.removesuffix("_now"),
        expression=now(kind),
        reads=("listings.kind",),
        unit="",
        unit_en="",
        label_zh=f"当前{zh}",
        label_en=f"Now {en}",
        raises_zh=f"当前{zh}",
        raises_en=f"Now {en}",
        lowers_zh=f"当前未{zh}",
        lowers_en=f"Not {en} now",
        legal_basis=basis,
    )


def ground(name: str, grounds: tuple[str, ...], words: tuple[str, str]) -> Indicator:
    """Whether the entity stands on the abnormal list now, on certain grounds."""
    zh, en = words
    return listing(
        name=name,
        family="abnormal_listed",
        expression=now("abnormal", *grounds),
        reads=("listings.kind", "listings.ground"),
        unit="",
        unit_en="",
        label_zh=f"当前因{zh}被列入经营异常名录",
        label_en=f"On the abnormal list: {en}",
        raises_zh=f"当前因{zh}被列入经营异常名录",
        raises_en=f"On the abnormal list now: {en}",
        lowers_zh=f"当前没有因{zh}被列入经营异常名录",
        lowers_en=f"Not on the abnormal list on this ground: {en}",
        legal_basis=ABNORMAL,
    )


def days_listed(listings: ir.Table, as_of: AsOf) -> ir.Value:
    """Days since the earliest abnormal listing that is still open; 0 without one."""
    open_ones = listings.open_now & (listings.kind == "abnormal")
    return days_since(listings.happened_on.min(where=open_ones), as_of).fill_null(0)


def repeated(listings: ir.Table, as_of: AsOf) -> ir.Value:
    """The most abnormal listings of the window on one and the same ground."""
    abnormal = within(listings, as_of, 1095) & (listings.kind == "abnormal")
    return ibis.greatest(*(count(listings, abnormal & (listings.ground == one)) for one in NAMED_GROUNDS))


def counted(kind: str | None, days: int, words: tuple[str, str, str]) -> Indicator:
    """How many listings (of a kind) began in a window."""
    name, zh, en = words
    return listing(
        name=f"{name}_count_{days}d",
        window_days=days,
        # How often and how long are the same fact as being listed now, told once.
        family="abnormal_listed",
        expression=lambda listings, as_of: count(
            listings,
            within(listings, as_of, days) & (listings.kind == kind)
            if kind
            else within(listings, as_of, days),
        ),
        reads=("listings.occurred_on", "listings.kind") if kind else ("listings.occurred_on",),
        unit="次",
        unit_en="times",
        label_zh=f"{IN_CHINESE[days]}{zh}次数",
        label_en=f"Times {en} {IN_ENGLISH[days]}",
        raises_zh=f"{IN_CHINESE[days]}{zh}{{value}}次",
        raises_en=f"{en.capitalize()} {{value}} times {IN_ENGLISH[days]}",
        lowers_zh=f"{IN_CHINESE[days]}仅{zh}{{value}}次",
        lowers_en=f"{en.capitalize()} only {{value}} times {IN_ENGLISH[days]}",
        legal_basis=ABNORMAL if kind == "abnormal" else None,
    )


INDICATORS = (
    state("abnormal_listed_now", "abnormal", ("被列入经营异常名录", "on the abnormal list"), basis=ABNORMAL),
    listing(
        name="abnormal_days_now",
        family="abnormal_listed",
        expression=days_listed,
        reads=("listings.occurred_on", "listings.kind"),
        unit="天",
        unit_en="days",
        label_zh="当前被列入经营异常名录的天数",
        label_en="Days on the abnormal list",
        raises_zh="被列入经营异常名录已有{value}天，至今未移出",
        raises_en="On the abnormal list for {value} days without removal",
        lowers_zh="列入经营异常名录仅{value}天",
        lowers_en="On the abnormal list for only {value} days",
        legal_basis=ABNORMAL,
    ),
    ground(
        "abnormal_report_now", ("annual_report_missing",), ("未按期公示年报", "annual report not published")
    ),
    ground(
        "abnormal_unreachable_now",
        ("unreachable",),
        ("通过登记的住所或者经营场所无法联系", "not reachable at its address"),
    ),
    ground(
        "abnormal_disclosure_now",
        ("disclosure_missing", "disclosure_false"),
        ("未按要求公示信息或公示信息弄虚作假", "disclosure missing or false"),
    ),
    counted("abnormal", 365, ("abnormal", "被列入经营异常名录", "put on the abnormal list")),
    counted("abnormal", 1095, ("abnormal", "被列入经营异常名录", "put on the abnormal list")),
    listing(
        name="abnormal_repeated_1095d",
        window_days=1095,
        family="abnormal_listed",
        expression=repeated,
        reads=("listings.occurred_on", "listings.kind", "listings.ground"),
        unit="次",
        unit_en="times",
        label_zh="近三年因同一事由被列入经营异常名录的最多次数",
        label_en="Most abnormal listings on one ground in the last three years",
        raises_zh="近三年因同一事由被列入经营异常名录{value}次",
        raises_en="Put on the abnormal list {value} times on one ground in the last three years",
        lowers_zh="近三年因同一事由仅被列入经营异常名录{value}次",
        lowers_en="Put on the abnormal list only {value} times on one ground in the last three years",
        legal_basis=ABNORMAL,
    ),
    state(
        "serious_listed_now",
        "serious",
        ("被列入严重违法失信名单", "on the serious-violation list"),
        basis=SERIOUS,
    ),
    listing(
        name="serious_listed_ever",
        family="serious_listed",
        expression=lambda listings, _: any_row(listings, listings.kind == "serious"),
        reads=("listings.kind",),
        changeable=False,
        unit="",
        unit_en="",
        label_zh="有严重违法失信名单记录",
        label_en="Ever on the serious-violation list",
        raises_zh="有被列入严重违法失信名单的记录",
        raises_en="Has been on the serious-violation list",
        lowers_zh="没有严重违法失信名单记录",
        lowers_en="Never on the serious-violation list",
        legal_basis=SERIOUS,
    ),
    state("debtor_listed_now", "judgment_debtor", ("被列为失信被执行人", "a listed judgment debtor")),
    state("tax_abnormal_now", "tax_abnormal", ("被认定为税务非正常户", "an abnormal tax payer")),
    state(
        "tax_violation_now", "tax_serious", ("被列为重大税收违法失信主体", "listed for a major tax violation")
    ),
    state(
        "tax_arrears_now", "tax_arrears", ("被税务机关公告欠税", "listed for tax arrears"), family="arrears"
    ),
    counted(None, 1095, ("listings", "被列入各类名录和名单", "put on a list")),
)
