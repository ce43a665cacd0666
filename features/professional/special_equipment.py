"""专业型 · 特种设备安全: indicators and inspection items of lifts, boilers and pressure vessels."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf, day
from features.catalogue.inspections import RESULTS
from features.catalogue.key_persons import WHO, people
from features.catalogue.products import DEVICES
from features.indicator import DERIVED, Dimension, Expression, Indicator, Missing
from features.portable import any_row, count, flag, within
from features.professional.field import Field, Item, ItemClass

LAW = "特种设备安全法"
OPERATOR = "special_equipment_operator"
ITEMS = (
    Item(
        code="EQUIP-01",
        item_class=ItemClass.KEY,
        label_zh="特种设备使用单位监督检查",
        label_en="Users of special equipment",
        legal_basis="特种设备安全法第五十七条",
    ),
)
CODES = tuple(item.code for item in ITEMS)

equipment = partial(
    Indicator,
    dimension=Dimension.SUPERVISION,
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
    legal_basis=LAW,
)


def overdue(kind: str) -> Expression:
    """Devices of a kind in use whose day of statutory inspection is over: on the day itself none is late."""
    return lambda products, as_of: count(
        products, products.open_now & (products.kind == kind) & (products.next_due_on < day(as_of.on))
    )


def failing(products: ir.Table, _: AsOf) -> ir.Value:
    """Whether a device is in use whose last inspection it did not pass."""
    return any_row(
        products, products.open_now & products.kind.isin(DEVICES) & (products.result == "unqualified")
    )


def uncertified(persons: ir.Table, as_of: AsOf) -> ir.Value:
    """Operators in post whose certificate has expired."""
    operating = persons.open_now & (persons.group == OPERATOR)
    return people(persons, operating & (persons.qualified_until < day(as_of.on)))


def problems(inspections: ir.Table, as_of: AsOf) -> ir.Value:
    """Inspections of equipment that found a problem in three years."""
    of_items = within(inspections, as_of, 1095) & inspections.item_code.isin(CODES)
    return count(inspections, of_items & inspections.problem)


def unattended(row: ir.Table, _: AsOf) -> ir.Value:
    """Whether devices are in use and nobody is in post to operate them."""
    return flag((row.equipment_devices_now > 0) & (row.equipment_operators_now == 0))


def overdue_of(kind: str, zh: str, en: str) -> Indicator:
    """How many devices of a kind are overdue."""
    return equipment(
        name=f"equipment_{kind}s_now",
        source="products",
        family="devices_overdue",
        expression=overdue(kind),
        reads=("products.kind", "products.next_due_on"),
        unit="台",
        unit_en="devices",
        label_zh=f"当前超期未检的{zh}数",
        label_en=f"{en} overdue for inspection",
        raises_zh=f"当前有{{value}}台{zh}超过检验日期",
        raises_en=f"{{value}} {en.lower()} overdue for inspection",
        lowers_zh=f"当前仅有{{value}}台{zh}超过检验日期",
        lowers_en=f"Only {{value}} {en.lower()} overdue for inspection",
        legal_basis="特种设备安全法第四十条",
    )


INDICATORS = (
    equipment(
        name="equipment_devices_now",
        source="products",
        direction=0,
        changeable=False,
        family="equipment_devices",
        expression=lambda products, _: count(products, products.open_now & products.kind.isin(DEVICES)),
        reads=("products.kind",),
        unit="台",
        unit_en="devices",
        label_zh="当前在用电梯、锅炉和压力容器数",
        label_en="Lifts, boilers and pressure vessels in use",
        raises_zh="当前有{value}台电梯、锅炉或压力容器在用，此类主体的问题较多",
        raises_en="{value} devices (lifts, boilers, pressure vessels) in use; such entities have more "
        "problems",
        lowers_zh="当前有{value}台电梯、锅炉或压力容器在用，此类主体的问题较少",
        lowers_en="{value} devices (lifts, boilers, pressure vessels) in use; such entities have fewer "
        "problems",
    ),
    overdue_of("lift", "电梯", "Lifts"),
    overdue_of("boiler", "锅炉", "Boilers"),
    equipment(
        name="equipment_failing_now",
        source="products",
        family="products_unqualified",
        expression=failing,
        reads=("products.kind", "products.result"),
        unit="",
        unit_en="",
        label_zh="当前使用检验不合格的特种设备",
        label_en="Special equipment in use that failed inspection",
        raises_zh="当前有在用特种设备最近一次检验不合格",
        raises_en="A device in use failed its last inspection",
        lowers_zh="当前在用的特种设备没有检验不合格的",
        lowers_en="No special equipment in use failed its last inspection",
        legal_basis="特种设备安全法第四十条",
    ),
    equipment(
        name="equipment_operators_now",
        dimension=Dimension.DYNAMIC,
        source="key_persons",
        direction=-1,
        family="equipment_operators",
        expression=lambda persons, _: people(persons, persons.open_now & (persons.group == OPERATOR)),
        reads=WHO,
        unit="人",
        unit_en="persons",
        label_zh="当前在岗的特种设备作业人员数",
        label_en="Operators of special equipment in post",
        raises_zh="当前仅有{value}名特种设备作业人员在岗",
        raises_en="Only {value} operators of special equipment in post",
        lowers_zh="当前有{value}名特种设备作业人员在岗",
        lowers_en="{value} operators of special equipment in post",
        legal_basis="特种设备安全法第十四条",
    ),
    equipment(
        name="equipment_uncertified_now",
        dimension=Dimension.DYNAMIC,
        source="key_persons",
        family="qualifications_expired",
        expression=uncertified,
        reads=(*WHO, "key_persons.qualified_until"),
        unit="人",
        unit_en="persons",
        label_zh="当前资格过期的特种设备作业人员数",
        label_en="Operators of special equipment with an expired certificate",
        raises_zh="当前有{value}名在岗特种设备作业人员的资格已过期",
        raises_en="{value} operators of special equipment in post with an expired certificate",
        lowers_zh="当前仅有{value}名在岗特种设备作业人员的资格已过期",
        lowers_en="Only {value} operators of special equipment in post with an expired certificate",
        legal_basis="特种设备安全法第十四条",
    ),
    equipment(
        name="equipment_problems_1095d",
        window_days=1095,
        source="inspections",
        family="inspections_problems",
        expression=problems,
        reads=(*RESULTS, "inspections.item_code"),
        unit="次",
        unit_en="inspections",
        label_zh="近三年特种设备事项检查发现问题次数",
        label_en="Inspections of special equipment that found problems in the last three years",
        raises_zh="近三年有{value}次特种设备事项检查发现问题",
        raises_en="{value} inspections of special equipment found problems in the last three years",
        lowers_zh="近三年仅有{value}次特种设备事项检查发现问题",
        lowers_en="Only {value} inspections of special equipment found problems in the last three years",
    ),
    equipment(
        name="equipment_unattended_now",
        dimension=Dimension.DYNAMIC,
        source=DERIVED,
        missing=Missing.NULL,
        family="equipment_operators",
        expression=unattended,
        reads=("products.kind", *WHO),
        unit="",
        unit_en="",
        label_zh="有特种设备在用但无作业人员",
        label_en="Special equipment in use without an operator",
        raises_zh="有特种设备在用，但没有特种设备作业人员在岗",
        raises_en="Special equipment is in use, but no operator is in post",
        lowers_zh="没有特种设备在用却无作业人员在岗的情况",
        lowers_en="Not without an operator while special equipment is in use",
        legal_basis="特种设备安全法第十四条",
    ),
)

FIELD = Field(
    name="special_equipment",
    label_zh="特种设备安全",
    label_en="Special equipment safety",
    items=ITEMS,
    indicators=INDICATORS,
)
