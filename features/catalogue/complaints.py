"""社会评价 · 投诉举报: how much, how fast growing and how well founded. Suspected professional claimants
are left out of every count; contacts (consultations) are counted apart."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from features.as_of import AsOf
from features.catalogue.windows import IN_CHINESE, IN_ENGLISH
from features.indicator import Dimension, Indicator, Missing
from features.portable import count, days_since, percent, within

KINDS = ("complaint", "report")
COUNTED = ("complaints.occurred_on", "complaints.kind", "complaints.suspected_professional")
HANDLING = "市场监督管理投诉举报处理暂行办法"

complaint = partial(
    Indicator,
    dimension=Dimension.SOCIAL,
    source="complaints",
    kind="integer",
    direction=1,
    missing=Missing.ZERO,
    legal_basis=HANDLING,
    unit="件",
    unit_en="complaints",
)


def genuine(complaints: ir.Table) -> ir.BooleanValue:
    """Complaints and reports, except those of suspected professional claimants."""
    return complaints.kind.isin(KINDS) & ~complaints.suspected_professional.fill_null(False)


def recent(complaints: ir.Table, as_of: AsOf, days: int) -> ir.IntegerScalar:
    """How many genuine complaints in a window."""
    return count(complaints, within(complaints, as_of, days) & genuine(complaints))


def upheld(complaints: ir.Table, as_of: AsOf) -> ir.Value:
    """Genuine complaints of the year that are known to be found right."""
    of_year = within(complaints, as_of, 365) & genuine(complaints)
    return count(complaints, of_year & (complaints.outcome == "upheld"))


def growth(complaints: ir.Table, as_of: AsOf) -> ir.Value:
    """The last 90 days against the 90 before them, in percent; null when there were none before."""
    now = recent(complaints, as_of, 90)
    before = recent(complaints, as_of, 180) - now
    return percent(now - before, before)


def counted(days: int) -> Indicator:
    """How many genuine complaints and reports in a window."""
    return complaint(
        name=f"complaints_count_{days}d",
        window_days=days,
        family="complaints_count",
        expression=lambda complaints, as_of: recent(complaints, as_of, days),
        reads=COUNTED,
        label_zh=f"{IN_CHINESE[days]}投诉举报件数",
        label_en=f"Complaints and reports {IN_ENGLISH[days]}",
        raises_zh=f"{IN_CHINESE[days]}涉及投诉举报{{value}}件",
        raises_en=f"{{value}} complaints {IN_ENGLISH[days]}",
        lowers_zh=f"{IN_CHINESE[days]}仅有{{value}}件投诉举报",
        lowers_en=f"Only {{value}} complaints {IN_ENGLISH[days]}",
    )


INDICATORS = (
    counted(90),
    counted(365),
    complaint(
        name="complaints_reports_365d",
        window_days=365,
        family="complaints_count",
        expression=lambda complaints, as_of: count(
            complaints, within(complaints, as_of, 365) & genuine(complaints) & (complaints.kind == "report")
        ),
        reads=COUNTED,
        label_zh="近一年举报件数",
        label_en="Reports of violations in the last year",
        raises_zh="近一年涉及举报{value}件",
        raises_en="{value} reports of violations in the last year",
        lowers_zh="近一年仅有{value}件举报",
        lowers_en="Only {value} reports of violations in the last year",
    ),
    complaint(
        name="complaints_upheld_365d",
        window_days=365,
        family="complaints_upheld",
        expression=upheld,
        reads=(*COUNTED, "complaints.outcome"),
        label_zh="近一年查实的投诉举报件数",
        label_en="Complaints upheld in the last year",
        raises_zh="近一年有{value}件投诉举报查证属实",
        raises_en="{value} complaints upheld in the last year",
        lowers_zh="近一年仅有{value}件投诉举报查证属实",
        lowers_en="Only {value} complaints upheld in the last year",
    ),
    complaint(
        name="complaints_growth_90d",
        window_days=90,
        kind="number",
        family="complaints_growth",
        missing=Missing.NULL,
        expression=growth,
        reads=COUNTED,
        unit="%",
        unit_en="%",
        label_zh="近三个月投诉举报变动率",
        label_en="Change of complaints in the last three months",
        raises_zh="近三个月投诉举报件数较前三个月变动{value}%",
        raises_en="Complaints changed by {value}% against the three months before",
        lowers_zh="近三个月投诉举报件数较前三个月变动{value}%",
        lowers_en="Complaints changed by {value}% against the three months before",
    ),
    complaint(
        name="complaints_recency_last",
        family="complaints_count",
        direction=-1,
        missing=Missing.NULL,
        expression=lambda complaints, as_of: days_since(
            complaints.happened_on.max(where=genuine(complaints)), as_of
        ),
        reads=COUNTED,
        unit="天",
        unit_en="days",
        label_zh="距最近一次投诉举报天数",
        label_en="Days since the last complaint",
        raises_zh="距最近一次投诉举报仅{value}天",
        raises_en="Only {value} days since the last complaint or report",
        lowers_zh="距最近一次投诉举报已有{value}天",
        lowers_en="The last complaint or report was {value} days ago",
    ),
    complaint(
        name="contacts_count_365d",
        window_days=365,
        family="contacts_count",
        direction=0,
        changeable=False,
        expression=lambda complaints, as_of: count(
            complaints, within(complaints, as_of, 365) & (complaints.kind == "contact")
        ),
        reads=("complaints.occurred_on", "complaints.kind"),
        unit="次",
        unit_en="contacts",
        label_zh="近一年咨询求助次数",
        label_en="Consultations about the entity in the last year",
        raises_zh="近一年有{value}次涉及该主体的咨询求助，此类主体的问题较多",
        raises_en="{value} consultations about the entity in the last year; such entities have more problems",
        lowers_zh="近一年有{value}次涉及该主体的咨询求助，此类主体的问题较少",
        lowers_en="{value} consultations about the entity in the last year; such entities have fewer "
        "problems",
    ),
)
