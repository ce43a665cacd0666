"""监管 · 行政处罚: how often, how heavily and how recently an entity was penalised."""

from __future__ import annotations

from functools import partial, reduce
from operator import add

import ibis.expr.types as ir

from data_contracts.codes import codes_of
from features.as_of import AsOf
from features.catalogue.windows import IN_CHINESE, IN_ENGLISH
from features.indicator import Dimension, Indicator, Missing
from features.portable import any_row, count, days_since, distinct, has_any, percent, total, within, yuan

# Beyond money and warnings: the trade or a person is stopped.
SEVERE_KINDS = (
    "licence_suspended", "qualification_lowered", "licence_revoked",
    "activity_restricted", "suspension", "closure", "practice_restricted", "detention",
)  # fmt: skip
KINDS = codes_of("penalties", "kinds")
DISCLOSURE = "企业信息公示暂行条例；市场监督管理行政处罚信息公示规定"

penalty = partial(
    Indicator,
    dimension=Dimension.SUPERVISION,
    source="penalties",
    direction=1,
    missing=Missing.ZERO,
    legal_basis=DISCLOSURE,
)


def counted(days: int) -> Indicator:
    """How many penalties in a window."""
    return penalty(
        name=f"penalties_count_{days}d",
        window_days=days,
        kind="integer",
        family="penalties_count",
        expression=lambda penalties, as_of: count(penalties, within(penalties, as_of, days)),
        reads=("penalties.occurred_on",),
        unit="次",
        unit_en="times",
        label_zh=f"{IN_CHINESE[days]}行政处罚次数",
        label_en=f"Penalties {IN_ENGLISH[days]}",
        raises_zh=f"{IN_CHINESE[days]}受到行政处罚{{value}}次",
        raises_en=f"{{value}} penalties {IN_ENGLISH[days]}",
        lowers_zh=f"{IN_CHINESE[days]}仅受到行政处罚{{value}}次",
        lowers_en=f"Only {{value}} penalties {IN_ENGLISH[days]}",
    )


def amount(days: int, column: str, words: tuple[str, str, str]) -> Indicator:
    """How much money was taken in a window: integer fen are summed, yuan are shown."""
    subject, zh, en = words
    return penalty(
        name=f"penalties_{subject}_{days}d",
        window_days=days,
        kind="number",
        family="penalties_amount",
        expression=lambda penalties, as_of: yuan(total(penalties[column], within(penalties, as_of, days))),
        reads=("penalties.occurred_on", f"penalties.{column}"),
        unit="元",
        unit_en="yuan",
        label_zh=f"{IN_CHINESE[days]}{zh}金额",
        label_en=f"{en} {IN_ENGLISH[days]}",
        raises_zh=f"{IN_CHINESE[days]}被{zh}{{value}}元",
        raises_en=f"{en} of {{value}} yuan {IN_ENGLISH[days]}",
        lowers_zh=f"{IN_CHINESE[days]}被{zh}仅{{value}}元",
        lowers_en=f"{en} of only {{value}} yuan {IN_ENGLISH[days]}",
    )


def severe(penalties: ir.Table, as_of: AsOf) -> ir.Value:
    """Penalties that stop the trade, the licence or a person."""
    return count(penalties, within(penalties, as_of, 1095) & has_any(penalties.kinds, SEVERE_KINDS))


def ordinary(penalties: ir.Table, as_of: AsOf) -> ir.Value:
    """Penalties by ordinary procedure: the simple one is for small sums on the spot."""
    return count(penalties, within(penalties, as_of, 1095) & (penalties.procedure == "ordinary"))


def kinds(penalties: ir.Table, as_of: AsOf) -> ir.Value:
    """How many kinds of penalty; a decision may be of several."""
    recent = within(penalties, as_of, 1095)
    met = (any_row(penalties, recent & has_any(penalties["kinds"], (kind,))) for kind in KINDS)
    return reduce(add, met)


def growth(penalties: ir.Table, as_of: AsOf) -> ir.Value:
    """Fines of the last year against those of the year before, in percent; null when there were none then."""
    now = total(penalties.fine_fen, within(penalties, as_of, 365))
    before = total(penalties.fine_fen, within(penalties, as_of, 730)) - now
    return percent(now - before, before)


def fields(penalties: ir.Table, as_of: AsOf) -> ir.Value:
    """In how many fields of law."""
    return distinct(penalties.field, within(penalties, as_of, 1095))


INDICATORS = (
    counted(90),
    counted(365),
    counted(1095),
    amount(365, "fine_fen", ("fine", "罚款", "Fines")),
    amount(1095, "fine_fen", ("fine", "罚款", "Fines")),
    amount(1095, "confiscated_fen", ("confiscated", "没收", "Confiscations")),
    penalty(
        name="penalties_severe_1095d",
        window_days=1095,
        kind="integer",
        family="penalties_severity",
        expression=severe,
        reads=("penalties.occurred_on", "penalties.kinds"),
        unit="次",
        unit_en="times",
        label_zh="近三年较重行政处罚次数",
        label_en="Severe penalties in the last three years",
        raises_zh="近三年受到责令停产停业、暂扣或吊销许可证件、拘留等较重处罚{value}次",
        raises_en="{value} severe penalties (closure, licence taken or suspended, detention) in the last "
        "three years",
        lowers_zh="近三年仅受到较重行政处罚{value}次",
        lowers_en="Only {value} severe penalties in the last three years",
    ),
    penalty(
        name="penalties_ordinary_1095d",
        window_days=1095,
        kind="integer",
        family="penalties_severity",
        expression=ordinary,
        reads=("penalties.occurred_on", "penalties.procedure"),
        unit="次",
        unit_en="times",
        label_zh="近三年普通程序行政处罚次数",
        label_en="Penalties by ordinary procedure in the last three years",
        raises_zh="近三年受到普通程序行政处罚{value}次",
        raises_en="{value} penalties by ordinary procedure in the last three years",
        lowers_zh="近三年仅受到普通程序行政处罚{value}次",
        lowers_en="Only {value} penalties by ordinary procedure in the last three years",
        legal_basis="行政处罚法",
    ),
    penalty(
        name="penalties_fields_1095d",
        window_days=1095,
        kind="integer",
        family="penalties_count",
        expression=fields,
        reads=("penalties.occurred_on", "penalties.field"),
        unit="个",
        unit_en="fields",
        label_zh="近三年受到行政处罚的领域数",
        label_en="Fields of penalties in the last three years",
        raises_zh="近三年在{value}个领域受到行政处罚",
        raises_en="Penalised in {value} fields in the last three years",
        lowers_zh="近三年仅在{value}个领域受到行政处罚",
        lowers_en="Penalised in only {value} fields in the last three years",
    ),
    penalty(
        name="penalties_kinds_1095d",
        window_days=1095,
        kind="integer",
        family="penalties_severity",
        expression=kinds,
        reads=("penalties.occurred_on", "penalties.kinds"),
        unit="种",
        unit_en="kinds",
        label_zh="近三年受到行政处罚的种类数",
        label_en="Kinds of penalties in the last three years",
        raises_zh="近三年受到{value}种行政处罚",
        raises_en="{value} kinds of penalties in the last three years",
        lowers_zh="近三年仅受到{value}种行政处罚",
        lowers_en="Only {value} kinds of penalties in the last three years",
        legal_basis="行政处罚法",
    ),
    penalty(
        name="penalties_growth_365d",
        window_days=365,
        kind="number",
        family="penalties_growth",
        missing=Missing.NULL,
        expression=growth,
        reads=("penalties.occurred_on", "penalties.fine_fen"),
        unit="%",
        unit_en="%",
        label_zh="近一年罚款金额变动率",
        label_en="Change of fines on the year before",
        raises_zh="近一年罚款金额较前一年变动{value}%",
        raises_en="Fines changed by {value}% on the year before",
        lowers_zh="近一年罚款金额较前一年变动{value}%",
        lowers_en="Fines changed by {value}% on the year before",
    ),
    penalty(
        name="penalties_recency_last",
        kind="integer",
        family="penalties_count",
        direction=-1,
        missing=Missing.NULL,
        expression=lambda penalties, as_of: days_since(penalties.happened_on.max(), as_of),
        reads=("penalties.occurred_on",),
        unit="天",
        unit_en="days",
        label_zh="距最近一次行政处罚天数",
        label_en="Days since the last penalty",
        raises_zh="距最近一次行政处罚仅{value}天",
        raises_en="Only {value} days since the last penalty",
        lowers_zh="距最近一次行政处罚已有{value}天",
        lowers_en="The last penalty was {value} days ago",
    ),
)
