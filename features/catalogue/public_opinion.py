"""社会评价 · 舆情: what is said of an entity, how much of it is negative and how far that reaches.

Unverified by nature: it tells where to look, never what was found.
"""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf
from features.catalogue.windows import IN_CHINESE, IN_ENGLISH
from features.indicator import Dimension, Indicator, Missing
from features.portable import count, percent, total, within

TOLD = ("public_opinion.occurred_on", "public_opinion.tone")

opinion = partial(
    Indicator,
    dimension=Dimension.SOCIAL,
    source="public_opinion",
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
    reads=TOLD,
    unit="条",
    unit_en="reports",
)
rate = partial(opinion, kind="number", missing=Missing.NULL, unit="%", unit_en="%")


def negative(opinions: ir.Table, as_of: AsOf, days: int) -> ir.BooleanValue:
    """Negative reports of a window."""
    return within(opinions, as_of, days) & (opinions.tone == "negative")


def negative_share(opinions: ir.Table, as_of: AsOf) -> ir.Value:
    """The share of the month's reports that are negative, in percent; null without reports."""
    return percent(
        count(opinions, negative(opinions, as_of, 30)), count(opinions, within(opinions, as_of, 30))
    )


def growth(opinions: ir.Table, as_of: AsOf) -> ir.Value:
    """The last 90 days against the 90 before them, in percent; null when there were none before."""
    now = count(opinions, negative(opinions, as_of, 90))
    before = count(opinions, negative(opinions, as_of, 180)) - now
    return percent(now - before, before)


def reach(opinions: ir.Table, as_of: AsOf) -> ir.Value:
    """How often negative reports of a quarter were read, forwarded or answered; unknown counts as none."""
    return total(opinions.reach, negative(opinions, as_of, 90))


def counted(days: int) -> Indicator:
    """How many negative reports in a window."""
    return opinion(
        name=f"opinion_negative_{days}d",
        window_days=days,
        family="opinion_negative",
        expression=lambda opinions, as_of: count(opinions, negative(opinions, as_of, days)),
        label_zh=f"{IN_CHINESE[days]}负面舆情条数",
        label_en=f"Negative reports {IN_ENGLISH[days]}",
        raises_zh=f"{IN_CHINESE[days]}有{{value}}条负面舆情",
        raises_en=f"{{value}} negative reports {IN_ENGLISH[days]}",
        lowers_zh=f"{IN_CHINESE[days]}仅有{{value}}条负面舆情",
        lowers_en=f"Only {{value}} negative reports {IN_ENGLISH[days]}",
    )


INDICATORS = (
    counted(30),
    counted(90),
    counted(365),
    rate(
        name="opinion_share_30d",
        window_days=30,
        family="opinion_share",
        expression=negative_share,
        label_zh="近一个月负面舆情占比",
        label_en="Share of negative reports in the last month",
        raises_zh="近一个月有{value}%的舆情为负面",
        raises_en="{value}% of the reports of the last month are negative",
        lowers_zh="近一个月仅有{value}%的舆情为负面",
        lowers_en="Only {value}% of the reports of the last month are negative",
    ),
    rate(
        name="opinion_growth_90d",
        window_days=90,
        family="opinion_growth",
        expression=growth,
        label_zh="近三个月负面舆情变动率",
        label_en="Change of negative reports in the last three months",
        raises_zh="近三个月负面舆情较前三个月变动{value}%",
        raises_en="Negative reports changed by {value}% against the three months before",
        lowers_zh="近三个月负面舆情较前三个月变动{value}%",
        lowers_en="Negative reports changed by {value}% against the three months before",
    ),
    opinion(
        name="opinion_reach_90d",
        window_days=90,
        family="opinion_reach",
        expression=reach,
        reads=(*TOLD, "public_opinion.reach"),
        unit="次",
        unit_en="times",
        label_zh="近三个月负面舆情传播量",
        label_en="Reach of negative reports in the last three months",
        raises_zh="近三个月负面舆情被阅读、转发和评论{value}次",
        raises_en="Negative reports of the last three months were read, forwarded or answered {value} times",
        lowers_zh="近三个月负面舆情仅被阅读、转发和评论{value}次",
        lowers_en="Negative reports of the last three months were read, forwarded or answered only "
        "{value} times",
    ),
)
