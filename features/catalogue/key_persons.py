"""动态 · 重点人员: whether those who answer for something are there, qualified and not barred.

Persons are counted, each once however many posts one holds. They are pseudonyms, told apart and never shown.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf, day
from features.indicator import Dimension, Indicator, Missing
from features.portable import distinct

SOON = 60
BARRED = "barred_person"
WHO = ("key_persons.person", "key_persons.group")
# The groups that the law asks to answer for the safety of food and of products.
OFFICERS = ("food_safety_officer", "quality_safety_director")
POSTS = (
    "企业落实食品安全主体责任监督管理规定（总局令第60号）；"
    "工业产品生产单位落实质量安全主体责任监督管理规定（总局令第75号）"
)

person = partial(
    Indicator,
    dimension=Dimension.DYNAMIC,
    source="key_persons",
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
    unit="人",
    unit_en="persons",
)


def people(persons: ir.Table, where: ir.BooleanValue) -> ir.IntegerScalar:
    """How many persons the rows tell of: one in two posts has two rows."""
    return distinct(persons.person, where)


def in_post(persons: ir.Table) -> ir.BooleanValue:
    """Posts that are held now; a bar from posts is not one."""
    return persons.open_now & (persons.group != BARRED)


def expired(persons: ir.Table, as_of: AsOf) -> ir.Value:
    """Holders of a post whose qualification ended before the date: its last day still counts."""
    return people(persons, in_post(persons) & (persons.qualified_until < day(as_of.on)))


def expiring(persons: ir.Table, as_of: AsOf) -> ir.Value:
    """Holders of a post whose qualification ends from the date on, within sixty days of it."""
    soon = persons.qualified_until.between(day(as_of.on), day(as_of.on + timedelta(days=SOON)))
    return people(persons, in_post(persons) & soon)


def left(persons: ir.Table, as_of: AsOf) -> ir.Value:
    """Those who gave up a post in the last year."""
    recently = persons.ended_on > day(as_of.on - timedelta(days=365))
    return people(persons, recently & (persons.group != BARRED))


INDICATORS = (
    person(
        name="persons_barred_now",
        dimension=Dimension.RELATION,
        family="persons_barred",
        expression=lambda persons, _: people(persons, persons.open_now & (persons.group == BARRED)),
        reads=WHO,
        label_zh="当前受任职资格限制的人员数",
        label_en="Persons barred from posts now",
        raises_zh="当前有{value}名人员受任职资格限制",
        raises_en="{value} persons barred from posts now",
        lowers_zh="当前仅有{value}名人员受任职资格限制",
        lowers_en="Only {value} persons barred from posts now",
        legal_basis="公司法第一百七十八条；市场主体登记管理条例第十二条",
    ),
    person(
        name="qualifications_expired_now",
        family="qualifications_expired",
        expression=expired,
        reads=(*WHO, "key_persons.qualified_until"),
        label_zh="当前资格已过期的在岗重点人员数",
        label_en="Key persons in post with an expired qualification",
        raises_zh="当前有{value}名在岗重点人员的资格已过期",
        raises_en="{value} key persons in post with an expired qualification",
        lowers_zh="当前仅有{value}名在岗重点人员的资格已过期",
        lowers_en="Only {value} key persons in post with an expired qualification",
    ),
    person(
        name="qualifications_expiring_now",
        family="qualifications_expired",
        expression=expiring,
        reads=(*WHO, "key_persons.qualified_until"),
        label_zh="资格将在六十日内到期的在岗重点人员数",
        label_en="Key persons whose qualification expires within sixty days",
        raises_zh="有{value}名在岗重点人员的资格将在六十日内到期",
        raises_en="{value} key persons in post with a qualification expiring within sixty days",
        lowers_zh="仅有{value}名在岗重点人员的资格将在六十日内到期",
        lowers_en="Only {value} key persons in post with a qualification expiring within sixty days",
    ),
    person(
        name="safety_officers_now",
        family="safety_officers",
        direction=-1,
        expression=lambda persons, _: people(persons, persons.open_now & persons.group.isin(OFFICERS)),
        reads=WHO,
        label_zh="当前在岗的食品、质量安全员（总监）数",
        label_en="Food and quality safety officers in post",
        raises_zh="当前仅有{value}名食品、质量安全员（总监）在岗",
        raises_en="Only {value} food and quality safety officers in post",
        lowers_zh="当前有{value}名食品、质量安全员（总监）在岗",
        lowers_en="{value} food and quality safety officers in post",
        legal_basis=POSTS,
    ),
    person(
        name="persons_left_365d",
        window_days=365,
        family="persons_left",
        expression=left,
        reads=(*WHO, "key_persons.ended_on"),
        label_zh="近一年离任的重点人员数",
        label_en="Key persons who left in the last year",
        raises_zh="近一年有{value}名重点人员离任",
        raises_en="{value} key persons left in the last year",
        lowers_zh="近一年仅有{value}名重点人员离任",
        lowers_en="Only {value} key persons left in the last year",
    ),
)
