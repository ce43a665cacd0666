"""The catalogue as people read it: one row for each indicator, filtered, as text or Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data_contracts.near_names import near
from features.indicator import DERIVED, Dimension, Indicator, IndicatorError

HEADINGS = (
    "name", "meaning", "source", "reads", "window", "risk", "unit", "no record", "raises the risk",
    "lowers it", "basis",
)  # fmt: skip
PAGE = """# Indicators

{count} indicators, each as the records tell it of a day. Printed by `python -m features list --markdown`,
never edited by hand. *No record* says what it means that an entity has none; a source that a city lacks
gives null everywhere. *Source* is a table of [the contracts](../data_contracts/CATALOGUE.md), `parties` (the
records of related entities), or `derived`: a combination of other indicators. *Reads* names its columns, and
those of other tables in full; the clocks of a table are read always.
"""
DIRECTIONS = {"more": 1, "less": -1, "none": 0}
OFF = " (off unless chosen)"
RISK = {1: "more is riskier", -1: "less is riskier", 0: ""}


def chosen(
    catalogue: Sequence[Indicator],
    *,
    dimension: str | None = None,
    source: str | None = None,
    direction: str | None = None,
) -> list[Indicator]:
    """The indicators that pass the filters; an unknown filter value is refused with the nearest one."""
    _known("dimension", dimension, [member.value for member in Dimension])
    _known("source", source, sorted({i.source for i in catalogue} | {DERIVED}))
    _known("direction", direction, list(DIRECTIONS))
    return [
        indicator
        for indicator in catalogue
        if dimension in (None, indicator.dimension.value)
        and source in (None, indicator.source)
        and (direction is None or indicator.direction == DIRECTIONS[direction])
    ]


def by_dimension(indicators: Sequence[Indicator]) -> Mapping[Dimension, list[Indicator]]:
    """The indicators under the dimensions that have some, in the national order."""
    groups = {group: [i for i in indicators if i.dimension is group] for group in Dimension}
    return {group: found for group, found in groups.items() if found}


def row(indicator: Indicator) -> tuple[str, ...]:
    """What the table says of one indicator, in the order of HEADINGS."""
    return (
        f"`{indicator.name}`",
        f"{indicator.label_zh}<br>{indicator.label_en}",
        f"`{indicator.source}`",
        " ".join(f"`{column.removeprefix(f'{indicator.source}.')}`" for column in indicator.reads),
        f"{indicator.window_days} days" if indicator.window_days else "",
        RISK[indicator.direction] + ("" if indicator.default_on else OFF),
        indicator.unit if indicator.kind != "category" else "category",
        indicator.missing.value,
        f"{indicator.raises_zh}<br>{indicator.raises_en}",
        f"{indicator.lowers_zh}<br>{indicator.lowers_en}",
        indicator.legal_basis or "",
    )


def as_markdown(indicators: Sequence[Indicator]) -> str:
    """The indicators as a page: a table for each dimension that has some, one line for each indicator."""
    parts = [PAGE.format(count=len(indicators))]
    for dimension, group in by_dimension(indicators).items():
        parts.append(f"\n## {dimension.label_zh} {dimension.label_en}: {len(group)}\n\n")
        lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(row(indicator) for indicator in group)]
        parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n")
    return "".join(parts)


def _known(filter_name: str, wanted: str | None, known: Sequence[str]) -> None:
    if wanted is not None and wanted not in known:
        raise IndicatorError(
            expected=f"a {filter_name} of the catalogue",
            got=f"{wanted!r}{near(wanted, known)}",
            todo=f"use one of {', '.join(known)}",
        )
