"""动态 · 行政许可: what an entity is licensed to do now, what it let lapse, what was taken from it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf, day
from features.indicator import Dimension, Indicator, Missing
from features.portable import count, days_between, distinct, flag

LICENSING = "行政许可法"
# Those who let a licence run out must have it cancelled: article 70.
LAPSING = "行政许可法第七十条"
DAYS = 1095
RENEW_WITHIN = 60
RUNNING = ("licences.occurred_on", "licences.valid_until")
RUN_OUT = (*RUNNING, "licences.kind")

licence = partial(
    Indicator,
    dimension=Dimension.DYNAMIC,
    source="licences",
    kind="integer",
    missing=Missing.ZERO,
    legal_basis=LICENSING,
    unit="项",
    unit_en="licences",
)


def seen(licences: ir.Table, as_of: AsOf) -> ir.Table:
    """Licences with `valid`, `ran_out`, and `replaced`: another one of the kind is valid. Never null.

    A renewal is a licence of its own, so an old one that ran out says nothing by itself.
    """
    ran_out = (licences.valid_until < day(as_of.on)).fill_null(False)
    known = licences.mutate(ran_out=ran_out, valid=licences.open_now & ~ran_out)
    of_kind = ibis.window(group_by=("entity_id", "kind"))
    return known.mutate(replaced=flag(known.valid).max().over(of_kind) == 1)


def expiring(licences: ir.Table, as_of: AsOf) -> ir.Value:
    """Valid licences that run out within the days in which one asks for renewal."""
    last = day(as_of.on + timedelta(days=RENEW_WITHIN))
    return count(licences, licences.valid & (licences.valid_until <= last))


def nearest_expiry(licences: ir.Table, as_of: AsOf) -> ir.Value:
    """Days until the first of the valid licences runs out; null without one, or without its last day."""
    return days_between(licences.valid_until.min(where=licences.valid), day(as_of.on))


def not_replaced(licences: ir.Table) -> ir.BooleanValue:
    """Licences that ran out, and no licence of the kind came after them."""
    return licences.ran_out & ~licences.replaced


def lapsed(licences: ir.Table, as_of: AsOf) -> ir.Value:
    """Licences of which validity ended in the window, another one not in sight, whether recorded or not.

    One that was given back or taken before its last day did not lapse.
    """
    recent = licences.valid_until > day(as_of.on - timedelta(days=DAYS))
    ended_so = licences.open_now | (licences.end_reason == "expired")
    return count(licences, not_replaced(licences) & recent & ended_so)


def taken(licences: ir.Table, as_of: AsOf) -> ir.Value:
    """Licences revoked or withdrawn in the window, by the day of the end."""
    recent = licences.ended_on > day(as_of.on - timedelta(days=DAYS))
    return count(licences, recent & licences.end_reason.isin(("revoked", "withdrawn")))


INDICATORS = (
    licence(
        name="licences_held_now",
        family="licences_held",
        direction=0,
        changeable=False,
        expression=lambda licences, _: count(licences, licences.valid),
        reads=RUNNING,
        label_zh="当前有效行政许可数",
        label_en="Valid licences",
        raises_zh="当前持有{value}项有效行政许可，此类主体的问题较多",
        raises_en="{value} valid licences; such entities have more problems",
        lowers_zh="当前持有{value}项有效行政许可，此类主体的问题较少",
        lowers_en="{value} valid licences; such entities have fewer problems",
    ),
    licence(
        name="licences_kinds_now",
        family="licences_held",
        direction=0,
        changeable=False,
        expression=lambda licences, _: distinct(licences.kind, licences.valid),
        reads=RUN_OUT,
        unit="类",
        unit_en="kinds",
        label_zh="当前有效行政许可种类数",
        label_en="Kinds of valid licences",
        raises_zh="当前持有{value}类有效行政许可，此类主体的问题较多",
        raises_en="{value} kinds of valid licences; such entities have more problems",
        lowers_zh="当前持有{value}类有效行政许可，此类主体的问题较少",
        lowers_en="{value} kinds of valid licences; such entities have fewer problems",
    ),
    licence(
        name="licences_expiring_now",
        family="licences_expiring",
        direction=0,
        expression=expiring,
        reads=RUNNING,
        label_zh="六十日内到期的行政许可数",
        label_en="Licences that run out within sixty days",
        raises_zh="有{value}项行政许可将在六十日内到期，此类主体的问题较多",
        raises_en="{value} licences due to run out within sixty days; such entities have more problems",
        lowers_zh="有{value}项行政许可将在六十日内到期，此类主体的问题较少",
        lowers_en="{value} licences due to run out within sixty days; such entities have fewer problems",
    ),
    licence(
        name="licences_expiry_now",
        family="licences_expiring",
        direction=0,
        missing=Missing.NULL,
        expression=nearest_expiry,
        reads=RUNNING,
        unit="天",
        unit_en="days",
        label_zh="最早到期的行政许可剩余天数",
        label_en="Days until the first licence runs out",
        raises_zh="最早到期的行政许可还有{value}天到期，此类主体的问题较多",
        raises_en="The first licence runs out in {value} days; such entities have more problems",
        lowers_zh="最早到期的行政许可还有{value}天到期，此类主体的问题较少",
        lowers_en="The first licence runs out in {value} days; such entities have fewer problems",
    ),
    licence(
        name="licences_overdue_now",
        family="licences_lapsed",
        direction=1,
        expression=lambda licences, _: count(licences, licences.open_now & not_replaced(licences)),
        reads=RUN_OUT,
        label_zh="已过有效期仍未延续或注销的行政许可数",
        label_en="Licences past their last day, neither renewed nor cancelled",
        raises_zh="有{value}项行政许可已过有效期，仍未延续或注销",
        raises_en="{value} licences expired but neither renewed nor cancelled",
        lowers_zh="仅有{value}项行政许可已过有效期而未延续或注销",
        lowers_en="Only {value} licences expired but neither renewed nor cancelled",
        legal_basis=LAPSING,
    ),
    licence(
        name="licences_lapsed_1095d",
        window_days=DAYS,
        family="licences_lapsed",
        direction=1,
        expression=lapsed,
        reads=(*RUN_OUT, "licences.end_reason"),
        label_zh="近三年到期未延续的行政许可数",
        label_en="Licences that lapsed in the last three years and were not replaced",
        raises_zh="近三年有{value}项行政许可到期未延续，至今未重新取得",
        raises_en="{value} licences lapsed and not replaced in the last three years",
        lowers_zh="近三年仅有{value}项行政许可到期未延续",
        lowers_en="Only {value} licences lapsed and not replaced in the last three years",
        legal_basis=LAPSING,
    ),
    licence(
        name="licences_taken_1095d",
        window_days=DAYS,
        family="licences_taken",
        direction=1,
        expression=taken,
        reads=("licences.occurred_on", "licences.end_reason"),
        label_zh="近三年被吊销、撤销或撤回的行政许可数",
        label_en="Licences revoked or withdrawn in the last three years",
        raises_zh="近三年有{value}项行政许可被吊销、撤销或撤回",
        raises_en="{value} licences revoked or withdrawn in the last three years",
        lowers_zh="近三年仅有{value}项行政许可被吊销、撤销或撤回",
        lowers_en="Only {value} licences revoked or withdrawn in the last three years",
    ),
)
