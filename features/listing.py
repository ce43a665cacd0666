"""The catalogue as people read it: one row for each indicator, filtered, as text or Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from data_contracts.near_names import near
from features.indicator import DERIVED, Dimension, Indicator, IndicatorError

HEADINGS = ("name", "dimension", "source", "window", "risk", "unit", "no record", "zh", "en", "basis")
DIRECTIONS = {"more": 1, "less": -1, "none": 0}
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


def row(indicator: Indicator) -> tuple[str, ...]:
    """What the table says of one indicator, in the order of HEADINGS."""
    return (
        indicator.name,
        f"{indicator.dimension.label_zh} {indicator.dimension.label_en}",
        indicator.source,
        f"{indicator.window_days} days" if indicator.window_days else "",
        RISK[indicator.direction],
        indicator.unit if indicator.kind != "category" else "category",
        indicator.missing.value,
        indicator.label_zh,
        indicator.label_en,
        indicator.legal_basis or "",
    )


def as_markdown(indicators: Sequence[Indicator]) -> str:
    """A Markdown table, one line for each indicator."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(row(indicator) for indicator in indicators)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _known(filter_name: str, wanted: str | None, known: Sequence[str]) -> None:
    if wanted is not None and wanted not in known:
        raise IndicatorError(
            expected=f"a {filter_name} of the catalogue",
            got=f"{wanted!r}{near(wanted, known)}",
            todo=f"use one of {', '.join(known)}",
        )
