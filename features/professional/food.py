"""专业型 · 食品安全: indicators and inspection items of food safety."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf, day
from features.catalogue.complaints import COUNTED, genuine
from features.catalogue.inspections import RESULTS
from features.catalogue.key_persons import WHO, people
from features.indicator import DERIVED, Dimension, Indicator, Missing
from features.portable import count, flag, within
from features.professional.field import Field, Item, ItemClass

LAW = "食品安全法"
LICENCES = ("food_business", "food_production")
OFFICER = "food_safety_officer"
# Free words of the sources: what names food or poisoning, in Chinese or as a code.
WORDS = ("食品", "食物中毒", "food")
ITEMS = (
    Item(
        code="FOOD-01",
        item_class=ItemClass.KEY,
        label_zh="食品经营主体责任落实情况检查",
        label_en="Duties of food businesses",
        legal_basis="食品安全法第一百一十条",
    ),
    Item(
        code="FOOD-02",
        item_class=ItemClass.ORDINARY,
        label_zh="食品标签、说明书和过期食品检查",
        label_en="Food labels, instructions and expired food",
        legal_basis="食品安全法第六十七条、第五十四条",
    ),
)
CODES = tuple(item.code for item in ITEMS)

food = partial(Indicator, kind="integer", direction=1, missing=Missing.ZERO, legal_basis=LAW)


def of_food(words: ir.StringValue) -> ir.BooleanValue:
    """Whether free words speak of food."""
    found = words.contains(WORDS[0])
    for word in WORDS[1:]:
        found |= words.contains(word)
    return found


def expired(licences: ir.Table, _: AsOf) -> ir.Value:
    """Food licences past their last day, neither ended nor followed by a valid one of the kind."""
    over = licences.ran_out & licences.open_now & ~licences.replaced
    return count(licences, over & licences.kind.isin(LICENCES))


def cold_chain(products: ir.Table, _: AsOf) -> ir.Value:
    """Batches of cold chain food in hand."""
    return count(products, products.open_now & (products.kind == "cold_chain"))


def unqualified(products: ir.Table, as_of: AsOf) -> ir.Value:
    """Food of which an unqualified result was told in the last year."""
    recent = products.known_on > day(as_of.on - timedelta(days=365))
    failed = products.kind.isin(("cold_chain", "rice")) & (products.result == "unqualified")
    return count(products, recent & failed)


def penalised(penalties: ir.Table, as_of: AsOf) -> ir.Value:
    """Penalties for food in three years."""
    return count(penalties, within(penalties, as_of, 1095) & of_food(penalties.field))


def complained(complaints: ir.Table, as_of: AsOf) -> ir.Value:
    """Genuine complaints about food in the last year."""
    return count(complaints, within(complaints, as_of, 365) & genuine(complaints) & of_food(complaints.topic))


def problems(inspections: ir.Table, as_of: AsOf) -> ir.Value:
    """Inspections of food items that found a problem in three years."""
    of_items = within(inspections, as_of, 1095) & inspections.item_code.isin(CODES)
    return count(inspections, of_items & inspections.problem)


def officer_absent(row: ir.Table, _: AsOf) -> ir.Value:
    """Whether an entity with a food licence has nobody in post for food safety."""
    return flag((row.food_licences_now > 0) & (row.food_officers_now == 0))


INDICATORS = (
    food(
        name="food_licences_now",
        dimension=Dimension.DYNAMIC,
        source="licences",
        direction=0,
        family="food_licences",
        expression=lambda licences, _: count(licences, licences.valid & licences.kind.isin(LICENCES)),
        reads=("licences.kind", "licences.valid_until"),
        unit="项",
        unit_en="licences",
        label_zh="当前有效食品许可数",
        label_en="Valid food licences now",
        raises_zh="当前有{value}项有效食品许可，此类主体的问题较多",
        raises_en="{value} valid food licences now; such entities have more problems",
        lowers_zh="当前有{value}项有效食品许可，此类主体的问题较少",
        lowers_en="{value} valid food licences now; such entities have fewer problems",
    ),
    food(
        name="food_licences_expired_now",
        dimension=Dimension.DYNAMIC,
        source="licences",
        family="licences_lapsed",
        expression=expired,
        reads=("licences.kind", "licences.valid_until"),
        unit="项",
        unit_en="licences",
        label_zh="当前已过有效期的食品许可数",
        label_en="Food licences that ran out",
        raises_zh="当前有{value}项食品许可已过有效期",
        raises_en="{value} food licences that ran out",
        lowers_zh="当前仅有{value}项食品许可已过有效期",
        lowers_en="Only {value} food licences that ran out",
        legal_basis="食品安全法第三十五条",
    ),
    food(
        name="food_officers_now",
        dimension=Dimension.DYNAMIC,
        source="key_persons",
        direction=-1,
        family="safety_officers",
        expression=lambda persons, _: people(persons, persons.open_now & (persons.group == OFFICER)),
        reads=WHO,
        unit="人",
        unit_en="persons",
        label_zh="当前在岗的食品安全员（总监）数",
        label_en="Food safety officers in post",
        raises_zh="当前仅有{value}名食品安全员（总监）在岗",
        raises_en="Only {value} food safety officers in post",
        lowers_zh="当前有{value}名食品安全员（总监）在岗",
        lowers_en="{value} food safety officers in post",
    ),
    food(
        name="food_cold_chain_now",
        dimension=Dimension.SUPERVISION,
        source="products",
        direction=0,
        changeable=False,
        family="food_products",
        expression=cold_chain,
        reads=("products.kind",),
        unit="批",
        unit_en="batches",
        label_zh="当前冷链食品批次数",
        label_en="Batches of cold chain food now",
        raises_zh="当前有{value}批冷链食品，此类主体的问题较多",
        raises_en="{value} batches of cold chain food now; such entities have more problems",
        lowers_zh="当前有{value}批冷链食品，此类主体的问题较少",
        lowers_en="{value} batches of cold chain food now; such entities have fewer problems",
    ),
    food(
        name="food_unqualified_365d",
        window_days=365,
        dimension=Dimension.SUPERVISION,
        source="products",
        family="products_unqualified",
        expression=unqualified,
        reads=("products.kind", "products.result"),
        unit="批",
        unit_en="batches",
        label_zh="近一年检验不合格的食品批次数",
        label_en="Batches of food that failed inspection in the last year",
        raises_zh="近一年有{value}批食品检验不合格",
        raises_en="{value} batches of food failed inspection in the last year",
        lowers_zh="近一年仅有{value}批食品检验不合格",
        lowers_en="Only {value} batches of food failed inspection in the last year",
    ),
    food(
        name="food_penalties_1095d",
        window_days=1095,
        dimension=Dimension.SUPERVISION,
        source="penalties",
        family="penalties_food",
        expression=penalised,
        reads=("penalties.occurred_on", "penalties.field"),
        unit="次",
        unit_en="times",
        label_zh="近三年食品安全行政处罚次数",
        label_en="Penalties for food in the last three years",
        raises_zh="近三年因食品安全受到行政处罚{value}次",
        raises_en="{value} penalties for food in the last three years",
        lowers_zh="近三年仅有{value}次因食品安全受到行政处罚",
        lowers_en="Only {value} penalties for food in the last three years",
    ),
    food(
        name="food_complaints_365d",
        window_days=365,
        dimension=Dimension.SOCIAL,
        source="complaints",
        family="food_complaints",
        expression=complained,
        reads=(*COUNTED, "complaints.topic"),
        unit="件",
        unit_en="complaints",
        label_zh="近一年食品安全投诉举报件数",
        label_en="Complaints about food in the last year",
        raises_zh="近一年涉及食品安全的投诉举报{value}件",
        raises_en="{value} complaints about food in the last year",
        lowers_zh="近一年仅有{value}件食品安全投诉举报",
        lowers_en="Only {value} complaints about food in the last year",
    ),
    food(
        name="food_problems_1095d",
        window_days=1095,
        dimension=Dimension.SUPERVISION,
        source="inspections",
        family="inspections_problems",
        expression=problems,
        reads=(*RESULTS, "inspections.item_code"),
        unit="次",
        unit_en="inspections",
        label_zh="近三年食品事项检查发现问题次数",
        label_en="Inspections of food items that found problems in the last three years",
        raises_zh="近三年有{value}次食品事项检查发现问题",
        raises_en="{value} inspections of food items found problems in the last three years",
        lowers_zh="近三年仅有{value}次食品事项检查发现问题",
        lowers_en="Only {value} inspections of food items found problems in the last three years",
    ),
    food(
        name="food_unattended_now",
        dimension=Dimension.DYNAMIC,
        source=DERIVED,
        missing=Missing.NULL,
        family="safety_officers",
        expression=officer_absent,
        reads=("licences.kind", "licences.valid_until", *WHO),
        unit="",
        unit_en="",
        label_zh="持有食品许可但无食品安全员",
        label_en="A food licence without a food safety officer",
        raises_zh="持有有效食品许可，但没有食品安全员（总监）在岗",
        raises_en="Holds a valid food licence, but has no food safety officer in post",
        lowers_zh="没有持有食品许可却无食品安全员在岗的情况",
        lowers_en="Not without a food safety officer while holding a food licence",
        legal_basis="企业落实食品安全主体责任监督管理规定（总局令第60号）",
    ),
)

FIELD = Field(name="food", label_zh="食品安全", label_en="Food safety", items=ITEMS, indicators=INDICATORS)
