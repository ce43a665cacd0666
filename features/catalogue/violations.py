"""监管 · 检查发现的问题: how many violations of each severity were found, in all, per visit and last time."""

from __future__ import annotations

import ibis.expr.types as ir

from features.as_of import AsOf
from features.catalogue.inspections import DAYS, inspection, tally
from features.indicator import Expression, Indicator, Missing
from features.portable import count, largest_on_last_day, ratio, total, within

# More violations of a kind than this at one visit say no more; it bounds the packed integer.
MOST_AT_A_VISIT = 99
SEVERITIES = (("critical", "严重", "Critical"), ("serious", "较重", "Serious"), ("minor", "轻微", "Minor"))


def reads_of(level: str) -> tuple[str, ...]:
    """The columns that tell the violations of a severity."""
    return ("inspections.occurred_on", f"inspections.{level}_count")


def violations(column: str) -> Expression:
    """How many violations of a severity were found in the window; 0 when none were written down."""
    return lambda inspections, as_of: total(inspections[column], within(inspections, as_of, DAYS))


def per_visit(column: str) -> Expression:
    """Violations of a severity per visit that recorded them; null without such a visit."""

    def expression(inspections: ir.Table, as_of: AsOf) -> ir.Value:
        recorded = within(inspections, as_of, DAYS) & inspections[column].notnull()
        return ratio(total(inspections[column], recorded), count(inspections, recorded))

    return expression


def in_window(level: str, zh: str, en: str) -> Indicator:
    """Violations of one severity found in the window."""
    return tally(
        name=f"inspections_{level}_{DAYS}d",
        family=f"inspections_{level}",
        expression=violations(f"{level}_count"),
        reads=reads_of(level),
        unit="项",
        unit_en="violations",
        label_zh=f"近三年检查发现{zh}问题项数",
        label_en=f"{en} violations found in the last three years",
        raises_zh=f"近三年检查发现{zh}问题{{value}}项",
        raises_en=f"{{value}} {en.lower()} violations found in the last three years",
        lowers_zh=f"近三年检查仅发现{zh}问题{{value}}项",
        lowers_en=f"Only {{value}} {en.lower()} violations found in the last three years",
    )


def mean(level: str, zh: str, en: str) -> Indicator:
    """Violations of one severity per visit of the window."""
    return inspection(
        name=f"inspections_{level}_mean_{DAYS}d",
        window_days=DAYS,
        kind="number",
        missing=Missing.NULL,
        family=f"inspections_{level}",
        expression=per_visit(f"{level}_count"),
        reads=reads_of(level),
        unit="项/次",
        unit_en="per inspection",
        label_zh=f"近三年平均每次检查发现{zh}问题项数",
        label_en=f"{en} violations per inspection in the last three years",
        raises_zh=f"近三年平均每次检查发现{zh}问题{{value}}项",
        raises_en=f"{{value}} {en.lower()} violations per inspection in the last three years",
        lowers_zh=f"近三年平均每次检查仅发现{zh}问题{{value}}项",
        lowers_en=f"Only {{value}} {en.lower()} violations per inspection in the last three years",
    )


def at_last(level: str, zh: str, en: str) -> Indicator:
    """Violations of one severity found on the last day of inspection that recorded them."""
    return inspection(
        name=f"inspections_{level}_last",
        kind="integer",
        missing=Missing.NULL,
        family=f"inspections_{level}",
        expression=lambda inspections, _: largest_on_last_day(
            inspections,
            inspections[f"{level}_count"],
            ceiling=MOST_AT_A_VISIT,
            where=inspections[f"{level}_count"].notnull(),
        ),
        reads=reads_of(level),
        unit="项",
        unit_en="violations",
        label_zh=f"最近一次检查发现{zh}问题项数",
        label_en=f"{en} violations at the last inspection",
        raises_zh=f"最近一次检查发现{zh}问题{{value}}项",
        raises_en=f"{{value}} {en.lower()} violations at the last inspection",
        lowers_zh=f"最近一次检查仅发现{zh}问题{{value}}项",
        lowers_en=f"Only {{value}} {en.lower()} violations at the last inspection",
    )


INDICATORS = tuple(make(*severity) for severity in SEVERITIES for make in (in_window, mean, at_last))
