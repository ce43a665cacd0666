"""动态 · 登记备案变更: how often an entity changes what it registered, and by how much its capital moved."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf
from features.catalogue.windows import IN_CHINESE, IN_ENGLISH
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import count, days_since, percent, within

REGISTRATION = "市场主体登记管理条例"
CAPITAL_DAYS = 1095

change = partial(
    Indicator,
    dimension=Dimension.DYNAMIC,
    source="registry_changes",
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
    legal_basis=REGISTRATION,
)


def changed(subject: str, item: str, days: int, words: tuple[str, str]) -> Indicator:
    """How often one item of the registration was changed in a window."""
    zh, en = words
    return change(
        name=f"changes_{subject}_{days}d",
        window_days=days,
        family=f"changes_{subject}",
        expression=lambda changes, as_of: count(
            changes, within(changes, as_of, days) & (changes["item"] == item)
        ),
        reads=("registry_changes.occurred_on", "registry_changes.item"),
        unit="次",
        unit_en="times",
        label_zh=f"{IN_CHINESE[days]}{zh}变更次数",
        label_en=f"Changes of {en} {IN_ENGLISH[days]}",
        raises_zh=f"{IN_CHINESE[days]}变更{zh}{{value}}次",
        raises_en=f"{{value}} changes of {en} {IN_ENGLISH[days]}",
        lowers_zh=f"{IN_CHINESE[days]}仅有{{value}}次{zh}变更",
        lowers_en=f"Only {{value}} changes of {en} {IN_ENGLISH[days]}",
    )


def largest_move(*, upward: bool) -> Expression:
    """The largest single raise (or cut) of the capital in the window, in percent of what stood before.

    Several changes of one day have no order, so a first and a last of a window would be chance.
    A raise from nothing has no percentage and is left out.
    """

    def expression(changes: ir.Table, as_of: AsOf) -> ir.Value:
        before, after = changes.capital_before_fen, changes.capital_after_fen
        more, less = (after, before) if upward else (before, after)
        moved = within(changes, as_of, CAPITAL_DAYS) & (changes["item"] == "capital") & (more > less)
        return percent(more - less, before).max(where=moved.fill_null(False))

    return expression


capital_move = partial(
    change,
    window_days=CAPITAL_DAYS,
    kind="number",
    reads=(
        "registry_changes.occurred_on",
        "registry_changes.item",
        "registry_changes.capital_before_fen",
        "registry_changes.capital_after_fen",
    ),
    unit="%",
    unit_en="%",
)

INDICATORS = (
    change(
        name="changes_items_365d",
        window_days=365,
        family="changes_items",
        expression=lambda changes, as_of: count(changes, within(changes, as_of, 365)),
        reads=("registry_changes.occurred_on",),
        unit="项",
        unit_en="items",
        label_zh="近一年登记备案变更项数",
        label_en="Items of the registration changed in the last year",
        raises_zh="近一年变更登记备案事项{value}项",
        raises_en="{value} items of the registration changed in the last year",
        lowers_zh="近一年仅有{value}项登记备案变更",
        lowers_en="Only {value} items of the registration changed in the last year",
    ),
    changed("head", "legal_representative", 365, ("法定代表人（负责人）", "the legal representative")),
    changed("head", "legal_representative", 1095, ("法定代表人（负责人）", "the legal representative")),
    changed("name", "name", 1095, ("名称", "the name")),
    changed("address", "address", 365, ("登记住所（经营场所）", "the registered address")),
    changed("address", "address", 1095, ("登记住所（经营场所）", "the registered address")),
    changed("scope", "scope", 1095, ("经营范围", "the scope of business")),
    changed("shareholders", "shareholders", 1095, ("股东或出资", "shareholders or contributions")),
    capital_move(
        name="capital_raise_1095d",
        family="capital_moves",
        direction=0,
        changeable=False,
        expression=largest_move(upward=True),
        label_zh="近三年注册资本单次最大增幅",
        label_en="Largest raise of the registered capital in the last three years",
        raises_zh="近三年注册资本单次增加{value}%，此类主体的问题较多",
        raises_en="Registered capital raised by {value}% at once in the last three years; such entities "
        "have more problems",
        lowers_zh="近三年注册资本单次增加{value}%，此类主体的问题较少",
        lowers_en="Registered capital raised by {value}% at once in the last three years; such entities "
        "have fewer problems",
    ),
    capital_move(
        name="capital_cut_1095d",
        family="capital_moves",
        expression=largest_move(upward=False),
        label_zh="近三年注册资本单次最大减幅",
        label_en="Largest cut of the registered capital in the last three years",
        raises_zh="近三年注册资本单次减少{value}%",
        raises_en="Registered capital cut by {value}% at once in the last three years",
        lowers_zh="近三年注册资本单次仅减少{value}%",
        lowers_en="Registered capital cut by only {value}% at once in the last three years",
    ),
    change(
        name="changes_recency_last",
        family="changes_items",
        direction=0,
        missing=Missing.NULL,
        changeable=False,
        expression=lambda changes, as_of: days_since(changes.happened_on.max(), as_of),
        reads=("registry_changes.occurred_on",),
        unit="天",
        unit_en="days",
        label_zh="距最近一次登记备案变更天数",
        label_en="Days since the last change of the registration",
        raises_zh="最近一次登记备案变更距今{value}天，此类主体的问题较多",
        raises_en="The registration was last changed {value} days ago; such entities have more problems",
        lowers_zh="最近一次登记备案变更距今{value}天，此类主体的问题较少",
        lowers_en="The registration was last changed {value} days ago; such entities have fewer problems",
    ),
)
