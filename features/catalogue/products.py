"""监管 · 重点产品和特种设备: what an entity must keep safe, what is overdue for inspection or failed it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf, day
from features.catalogue.windows import IN_CHINESE, IN_ENGLISH
from features.indicator import Dimension, Indicator, Missing
from features.portable import count, distinct, percent

DEVICES = ("boiler", "lift", "pressure_vessel")
EQUIPMENT = "特种设备安全法第四十条"
QUALITY = "产品质量监督抽查管理暂行办法"
RESULT = ("products.result",)

product = partial(
    Indicator,
    dimension=Dimension.SUPERVISION,
    source="products",
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
    legal_basis=QUALITY,
)


def overdue(products: ir.Table, as_of: AsOf) -> ir.Value:
    """Lifts, boilers and pressure vessels in use whose day of statutory inspection is over."""
    in_use = products.open_now & products.kind.isin(DEVICES)
    return count(products, in_use & (products.next_due_on < day(as_of.on)))


def told_within(products: ir.Table, as_of: AsOf, days: int) -> ir.BooleanValue:
    """Whether a row became known in the window: a result is as of then, the product may be much older."""
    return products.known_on > day(as_of.on - timedelta(days=days))


def failed(products: ir.Table, as_of: AsOf, days: int) -> ir.Value:
    """Products whose latest result, told in the window, is unqualified."""
    return count(products, told_within(products, as_of, days) & (products.result == "unqualified"))


def failed_share(products: ir.Table, as_of: AsOf) -> ir.Value:
    """The share of unqualified among the results told in three years, in percent; null without results."""
    tested = told_within(products, as_of, 1095) & products.result.isin(("qualified", "unqualified"))
    return percent(failed(products, as_of, 1095), count(products, tested))


def kinds(products: ir.Table, _: AsOf) -> ir.Value:
    """How many kinds of key products or devices the entity has."""
    return distinct(products.kind, products.open_now)


def unqualified(days: int) -> Indicator:
    """How many unqualified results in a window."""
    return product(
        name=f"products_unqualified_{days}d",
        window_days=days,
        family="products_unqualified",
        expression=lambda products, as_of: failed(products, as_of, days),
        reads=RESULT,
        unit="件",
        unit_en="products",
        label_zh=f"{IN_CHINESE[days]}检验不合格的重点产品（设备）数",
        label_en=f"Key products or devices that failed inspection {IN_ENGLISH[days]}",
        raises_zh=f"{IN_CHINESE[days]}有{{value}}件重点产品（设备）检验不合格",
        raises_en=f"{{value}} key products failed inspection {IN_ENGLISH[days]}",
        lowers_zh=f"{IN_CHINESE[days]}仅有{{value}}件重点产品（设备）检验不合格",
        lowers_en=f"Only {{value}} key products failed inspection {IN_ENGLISH[days]}",
    )


INDICATORS = (
    product(
        name="devices_overdue_now",
        family="devices_overdue",
        expression=overdue,
        reads=("products.kind", "products.next_due_on"),
        unit="台",
        unit_en="devices",
        label_zh="当前超期未检的特种设备数",
        label_en="Lifts, boilers and pressure vessels overdue for inspection",
        raises_zh="当前有{value}台电梯、锅炉或压力容器超过检验日期",
        raises_en="{value} devices (lifts, boilers, pressure vessels) overdue for inspection",
        lowers_zh="当前仅有{value}台电梯、锅炉或压力容器超过检验日期",
        lowers_en="Only {value} devices (lifts, boilers, pressure vessels) overdue for inspection",
        legal_basis=EQUIPMENT,
    ),
    unqualified(365),
    unqualified(1095),
    product(
        name="products_share_1095d",
        window_days=1095,
        kind="number",
        missing=Missing.NULL,
        family="products_unqualified",
        expression=failed_share,
        reads=RESULT,
        unit="%",
        unit_en="%",
        label_zh="近三年重点产品（设备）检验不合格比例",
        label_en="Share of key products or devices that failed inspection in the last three years",
        raises_zh="近三年检验的重点产品（设备）中有{value}%不合格",
        raises_en="{value}% of the key products and devices tested in the last three years failed",
        lowers_zh="近三年检验的重点产品（设备）中仅有{value}%不合格",
        lowers_en="Only {value}% of the key products and devices tested in the last three years failed",
    ),
    product(
        name="products_kinds_now",
        family="products_kinds",
        direction=0,
        changeable=False,
        expression=kinds,
        reads=("products.kind",),
        unit="种",
        unit_en="kinds",
        label_zh="当前重点产品（设备）种类数",
        label_en="Kinds of key products or devices now",
        raises_zh="当前有{value}种重点产品（设备），此类主体的问题较多",
        raises_en="{value} kinds of key products or devices now; such entities have more problems",
        lowers_zh="当前有{value}种重点产品（设备），此类主体的问题较少",
        lowers_en="{value} kinds of key products or devices now; such entities have fewer problems",
    ),
)
