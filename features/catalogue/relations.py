"""关联 · 股东、投资、分支机构、住所和法定代表人: how an entity is tied, and with how many it shares what.

What happened to those it is tied to stands in parties.py.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf, Known, day
from features.indicator import Dimension, Expression, Indicator, Missing
from features.portable import count, flag, total

# 一址多照: rules of Shandong and Guangzhou name ten or more at one address.
CROWDED = 10
CLASSIFICATION = "关于推进企业信用风险分类管理进一步提升监管效能的意见（国市监信发〔2022〕6号）"
HEAD = "legal_representative"
# What entities share, and what the other side of such a relation is.
SHARED = {"shared_address": "address", "shared_contact": "contact", HEAD: "person"}
HELD = ("relations.kind", "relations.related_kind", "relations.related_id")
LIVING = ("entities.entity_id", "entities.deregistered_on")

relation = partial(
    Indicator,
    dimension=Dimension.RELATION,
    source="relations",
    kind="integer",
    missing=Missing.ZERO,
    legal_basis=CLASSIFICATION,
    unit="户",
    unit_en="entities",
)


def counted(known: Known) -> ir.Table:
    """What each entity is tied to, once each, with `sharing` and `departures`: with how many others, living
    or deregistered in the last year, it shares this head, address or contact.

    Totals of a key minus the entity itself: linear, where pairs would be quadratic.
    """
    ties = standing_ties(known)
    holders = ties.filter(ibis.or_(*(is_shared(ties, kind) for kind in SHARED)))
    totals = holders.group_by(shared_kind="kind", shared_id="related_id").aggregate(
        holders=total(holders.living, ibis.literal(True)),
        departed=total(holders.departing, ibis.literal(True)),
    )
    # Most heads and addresses have one entity: only the others are joined.
    many = totals.filter((totals.holders > 1) | (totals.departed > 0))
    told = ties.left_join(many, [("kind", "shared_kind"), ("related_id", "shared_id")])
    return told.mutate(
        sharing=ibis.greatest(told.holders.fill_null(1) - 1, 0), departures=told.departed.fill_null(0)
    )


def standing_ties(known: Known) -> ir.Table:
    """One row for each entity and what it is tied to, however many records tell of it: `now` whether one is
    open, the largest open `share`, `living` and `departing` whether the entity is there or went this year.

    A relation that ended with its entity stood until then: who heads a deregistered one ends with it.
    """
    relations, gone = known["relations"], known.departed()
    held = relations.left_join(gone, [("entity_id", "departed_id")])
    held = held.filter(held.open_now | (held.ended_on >= held.departed_on).fill_null(False))
    year_ago = day(known.as_of.on - timedelta(days=365))
    return held.group_by("entity_id", "kind", "related_kind", "related_id").aggregate(
        now=flag(held.open_now).max(),
        share=held.share.max(where=held.open_now),
        living=flag(held.departed_on.isnull()).max(),
        departing=flag((held.departed_on > year_ago).fill_null(False)).max(),
    )


def is_shared(relations: ir.Table, kind: str) -> ir.BooleanValue:
    """Relations with what several entities may share."""
    return (relations.kind == kind) & (relations.related_kind == SHARED[kind])


def tied(kind: str, other: str) -> Expression:
    """With how many others of a type a relation of a kind is open."""
    return lambda relations, _: count(
        relations, (relations.now == 1) & (relations.kind == kind) & (relations.related_kind == other)
    )


def most(kind: str, column: str) -> Expression:
    """The largest of a column over what the entity shares now; 0 without."""
    return lambda relations, _: (
        relations[column].max(where=(relations.now == 1) & is_shared(relations, kind)).fill_null(0)
    )


def crowded(relations: ir.Table, as_of: AsOf) -> ir.Value:
    """Whether ten or more, itself among them, are at one of its addresses."""
    return flag(most("shared_address", "sharing")(relations, as_of) >= CROWDED - 1)


def largest_share(relations: ir.Table, _: AsOf) -> ir.Value:
    """The largest share one shareholder holds now, in percent."""
    return relations.share.max(where=relations.kind == "shareholder") * 100.0


def ties(name: str, family: str, expression: Expression, words: tuple[str, ...]) -> Indicator:
    """A count of ties that in itself is neither good nor bad."""
    zh, holds, unit, en, unit_en = words
    return relation(
        name=name,
        family=family,
        direction=0,
        expression=expression,
        reads=HELD,
        unit=unit,
        unit_en=unit_en,
        label_zh=f"当前{zh}数",
        label_en=f"{en} now",
        raises_zh=f"当前{holds}，此类主体的问题较多",
        raises_en=f"{{value}} {en.lower()} now; such entities have more problems",
        lowers_zh=f"当前{holds}，此类主体的问题较少",
        lowers_en=f"{{value}} {en.lower()} now; such entities have fewer problems",
    )


TIES = (
    ties(
        "shareholders_corporate_now",
        "shareholders_count",
        tied("shareholder", "entity"),
        ("法人股东", "有{value}家法人股东", "家", "Corporate shareholders", "shareholders"),
    ),
    ties(
        "shareholders_natural_now",
        "shareholders_count",
        tied("shareholder", "person"),
        ("自然人股东", "有{value}名自然人股东", "名", "Natural-person shareholders", "shareholders"),
    ),
    ties(
        "investments_count_now",
        "investments_count",
        tied("investment", "entity"),
        ("对外投资企业", "有{value}家对外投资企业", "家", "Entities invested in", "entities"),
    ),
    ties(
        "branches_count_now",
        "branches_count",
        tied("branch", "entity"),
        ("分支机构", "有{value}家分支机构", "家", "Branches", "branches"),
    ),
    relation(
        name="shareholder_largest_now",
        kind="number",
        family="shareholders_count",
        direction=0,
        missing=Missing.NULL,
        expression=largest_share,
        reads=(*HELD, "relations.share"),
        unit="%",
        unit_en="%",
        label_zh="当前单一股东最高出资比例",
        label_en="Largest share of one shareholder now",
        raises_zh="当前单一股东最高出资比例为{value}%，此类主体的问题较多",
        raises_en="One shareholder holds {value}% now; such entities have more problems",
        lowers_zh="当前单一股东最高出资比例为{value}%，此类主体的问题较少",
        lowers_en="One shareholder holds {value}% now; such entities have fewer problems",
    ),
)

SHARING = (
    relation(
        name="address_sharing_now",
        family="address_sharing",
        direction=1,
        expression=most("shared_address", "sharing"),
        reads=(*HELD, *LIVING),
        label_zh="当前同一住所的其他主体数",
        label_en="Other entities at the same address now",
        raises_zh="当前有{value}户其他主体登记在同一住所",
        raises_en="{value} other entities at the same address now",
        lowers_zh="当前仅有{value}户其他主体登记在同一住所",
        lowers_en="Only {value} other entities at the same address now",
    ),
    relation(
        name="address_crowded_now",
        family="address_sharing",
        direction=1,
        expression=crowded,
        reads=(*HELD, *LIVING),
        unit="",
        unit_en="",
        label_zh="当前同一住所登记十户以上",
        label_en="Ten or more at one address",
        raises_zh="当前同一住所登记有十户以上（含本主体）",
        raises_en="Ten or more entities, itself included, are at its address now",
        lowers_zh="当前同一住所登记不足十户",
        lowers_en="Fewer than ten entities are at its address now",
    ),
    relation(
        name="contact_sharing_now",
        family="contact_sharing",
        direction=1,
        expression=most("shared_contact", "sharing"),
        reads=(*HELD, *LIVING),
        label_zh="当前同一联系方式的其他主体数",
        label_en="Other entities under the same contact now",
        raises_zh="当前有{value}户其他主体使用同一联系方式",
        raises_en="{value} other entities under the same contact now",
        lowers_zh="当前仅有{value}户其他主体使用同一联系方式",
        lowers_en="Only {value} other entities under the same contact now",
    ),
    relation(
        name="head_entities_now",
        family="head_entities",
        direction=1,
        expression=most(HEAD, "sharing"),
        reads=(*HELD, *LIVING),
        label_zh="当前同一法定代表人（负责人）的其他主体数",
        label_en="Other entities with the same legal representative now",
        raises_zh="其法定代表人（负责人）当前还在{value}户其他主体任此职务",
        raises_en="{value} other entities with the same legal representative now",
        lowers_zh="其法定代表人（负责人）当前仅在{value}户其他主体任此职务",
        lowers_en="Only {value} other entities with the same legal representative now",
    ),
    relation(
        name="head_deregistered_365d",
        window_days=365,
        family="head_deregistered",
        direction=1,
        expression=most(HEAD, "departures"),
        reads=(*HELD, *LIVING),
        label_zh="近一年同一法定代表人（负责人）注销的主体数",
        label_en="Entities of the same legal representative deregistered in the last year",
        raises_zh="其法定代表人（负责人）名下近一年有{value}户主体注销",
        raises_en="{value} entities of the same legal representative deregistered in the last year",
        lowers_zh="其法定代表人（负责人）名下近一年仅有{value}户主体注销",
        lowers_en="Only {value} entities of the same legal representative deregistered in the last year",
    ),
)

INDICATORS = (*TIES, *SHARING)
