"""监管 · 司法信息: cases against an entity, enforcement, its equity frozen or pledged, insolvency.

A lawsuit is no finding: only those in which the entity is the defendant are counted.
"""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import any_row, count, total, within, yuan

DAYS = 1095
ENFORCEMENT = "民事诉讼法"
DISCLOSURE = "企业信息公示暂行条例"
INSOLVENCY = "企业破产法"
KIND = ("judicial.occurred_on", "judicial.kind")
SUED = (*KIND, "judicial.role")
# Shares are added up as whole ten-thousandths: a float sum depends on its order.
PARTS = 10_000

case = partial(
    Indicator,
    dimension=Dimension.SUPERVISION,
    source="judicial",
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
)


def sued(cases: ir.Table, as_of: AsOf) -> ir.BooleanValue:
    """Lawsuits of the window in which the entity is the defendant."""
    return within(cases, as_of, DAYS) & (cases.kind == "litigation") & (cases.role == "defendant")


def open_cases(kind: str) -> Expression:
    """How many cases or measures of a kind are open at the date."""
    return lambda cases, _: count(cases, cases.open_now & (cases.kind == kind))


def pledged(cases: ir.Table, rows: ir.BooleanValue) -> ir.Value:
    """Shares of the equity in these pledges together in percent, at most 100: a part may be pledged twice."""
    parts = (cases.equity_share * float(PARTS) + 0.5).floor().cast("int64")
    together = total(parts, (rows & (cases.kind == "equity_pledge")).fill_null(False))
    return ibis.least(together, PARTS).cast("float64") * 100.0 / float(PARTS)


def standing(kind: str, words: tuple[str, str], *, basis: str | None) -> Indicator:
    """Whether proceedings of a kind are open against the entity."""
    zh, en = words
    return case(
        name=f"{kind}_open_now",
        family=kind,
        expression=lambda cases, _: any_row(cases, cases.open_now & (cases.kind == kind)),
        reads=KIND,
        unit="",
        unit_en="",
        label_zh=f"当前处于{zh}",
        label_en=f"Now in {en}",
        raises_zh=f"当前处于{zh}",
        raises_en=f"Now in {en}",
        lowers_zh=f"当前未处于{zh}",
        lowers_en=f"Not in {en} now",
        legal_basis=basis,
    )


LAWSUITS = (
    case(
        name="lawsuits_count_1095d",
        window_days=DAYS,
        family="lawsuits",
        expression=lambda cases, as_of: count(cases, sued(cases, as_of)),
        reads=SUED,
        unit="件",
        unit_en="lawsuits",
        label_zh="近三年作为被告的诉讼件数",
        label_en="Lawsuits as defendant in the last three years",
        raises_zh="近三年作为被告涉及诉讼{value}件",
        raises_en="{value} lawsuits as defendant in the last three years",
        lowers_zh="近三年仅有{value}件作为被告的诉讼",
        lowers_en="Only {value} lawsuits as defendant in the last three years",
    ),
    case(
        name="lawsuits_amount_1095d",
        window_days=DAYS,
        kind="number",
        family="lawsuits",
        expression=lambda cases, as_of: yuan(total(cases.amount_fen, sued(cases, as_of).fill_null(False))),
        reads=(*SUED, "judicial.amount_fen"),
        unit="元",
        unit_en="yuan",
        label_zh="近三年作为被告的诉讼标的金额",
        label_en="Amount claimed in lawsuits as defendant in the last three years",
        raises_zh="近三年作为被告的诉讼标的金额合计{value}元",
        raises_en="{value} yuan claimed in lawsuits as defendant in the last three years",
        lowers_zh="近三年作为被告的诉讼标的金额仅{value}元",
        lowers_en="Only {value} yuan claimed in lawsuits as defendant in the last three years",
    ),
)

ENFORCED = (
    case(
        name="enforcement_open_now",
        family="enforcement",
        expression=open_cases("debtor"),
        reads=KIND,
        unit="件",
        unit_en="cases",
        label_zh="当前未执结的被执行案件数",
        label_en="Enforcement cases open against it",
        raises_zh="当前作为被执行人有{value}件案件尚未执结",
        raises_en="{value} enforcement cases open against it",
        lowers_zh="当前作为被执行人仅有{value}件案件尚未执结",
        lowers_en="Only {value} enforcement cases open against it",
        legal_basis=ENFORCEMENT,
    ),
    case(
        name="enforcement_amount_now",
        kind="number",
        family="enforcement",
        expression=lambda cases, _: yuan(total(cases.amount_fen, cases.open_now & (cases.kind == "debtor"))),
        reads=(*KIND, "judicial.amount_fen"),
        unit="元",
        unit_en="yuan",
        label_zh="当前未执结案件的执行标的金额",
        label_en="Amount under enforcement",
        raises_zh="当前未执结案件的执行标的金额合计{value}元",
        raises_en="{value} yuan under enforcement",
        lowers_zh="当前未执结案件的执行标的金额仅{value}元",
        lowers_en="Only {value} yuan under enforcement",
        legal_basis=ENFORCEMENT,
    ),
)

EQUITY = (
    case(
        name="freezes_count_1095d",
        window_days=DAYS,
        family="freezes",
        expression=lambda cases, as_of: count(
            cases, within(cases, as_of, DAYS) & (cases.kind == "equity_freeze")
        ),
        reads=KIND,
        unit="次",
        unit_en="times",
        label_zh="近三年股权冻结次数",
        label_en="Freezes of equity in the last three years",
        raises_zh="近三年股权被冻结{value}次",
        raises_en="{value} freezes of equity in the last three years",
        lowers_zh="近三年股权仅被冻结{value}次",
        lowers_en="Only {value} freezes of equity in the last three years",
        legal_basis=ENFORCEMENT,
    ),
    case(
        name="freezes_open_now",
        family="freezes",
        expression=open_cases("equity_freeze"),
        reads=KIND,
        unit="项",
        unit_en="freezes",
        label_zh="当前未解除的股权冻结数",
        label_en="Freezes of equity in force",
        raises_zh="当前有{value}项股权冻结尚未解除",
        raises_en="{value} freezes of equity in force",
        lowers_zh="当前仅有{value}项股权冻结尚未解除",
        lowers_en="Only {value} freezes of equity in force",
        legal_basis=ENFORCEMENT,
    ),
    case(
        name="pledges_share_1095d",
        window_days=DAYS,
        kind="number",
        family="pledges",
        direction=0,
        expression=lambda cases, as_of: pledged(cases, within(cases, as_of, DAYS)),
        reads=(*KIND, "judicial.equity_share"),
        unit="%",
        unit_en="%",
        label_zh="近三年股权出质比例",
        label_en="Share of the equity pledged in the last three years",
        raises_zh="近三年有{value}%的股权出质，此类主体的问题较多",
        raises_en="{value}% of the equity pledged in the last three years; such entities have more problems",
        lowers_zh="近三年有{value}%的股权出质，此类主体的问题较少",
        lowers_en="{value}% of the equity pledged in the last three years; such entities have fewer problems",
        legal_basis=DISCLOSURE,
    ),
    case(
        name="pledges_share_now",
        kind="number",
        family="pledges",
        direction=0,
        expression=lambda cases, _: pledged(cases, cases.open_now),
        reads=(*KIND, "judicial.equity_share"),
        unit="%",
        unit_en="%",
        label_zh="当前股权出质比例",
        label_en="Share of the equity under pledge",
        raises_zh="当前有{value}%的股权处于出质状态，此类主体的问题较多",
        raises_en="{value}% of the equity under pledge now; such entities have more problems",
        lowers_zh="当前有{value}%的股权处于出质状态，此类主体的问题较少",
        lowers_en="{value}% of the equity under pledge now; such entities have fewer problems",
        legal_basis=DISCLOSURE,
    ),
)

PROPERTY = (
    case(
        name="mortgages_open_now",
        family="mortgages",
        direction=0,
        expression=open_cases("chattel_mortgage"),
        reads=KIND,
        unit="笔",
        unit_en="mortgages",
        label_zh="当前未注销的动产抵押数",
        label_en="Chattel mortgages in force",
        raises_zh="当前有{value}笔动产抵押尚未注销，此类主体的问题较多",
        raises_en="{value} chattel mortgages in force; such entities have more problems",
        lowers_zh="当前有{value}笔动产抵押尚未注销，此类主体的问题较少",
        lowers_en="{value} chattel mortgages in force; such entities have fewer problems",
        legal_basis=DISCLOSURE,
    ),
    standing("bankruptcy", ("破产程序", "bankruptcy proceedings"), basis=INSOLVENCY),
    standing("liquidation", ("清算程序", "liquidation"), basis=None),
)

INDICATORS = (*LAWSUITS, *ENFORCED, *EQUITY, *PROPERTY)
