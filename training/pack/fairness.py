"""Do promises hold alike for all: rates and gaps by region, size, industry and age, on random rows only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from training.estimates.measures import Estimate, Judged, effective_entities, rate_interval
from training.pack.promises import holm, jeffreys_p

# Fewer entities tell nothing of a group; together they are its rest.
SMALLEST_GROUP = 30
MOST_GROUPS = 12
REST = "…"
# Bounds that split an attribute that is a number; both are plain words of the trade (years, yuan).
BANDS: Mapping[str, tuple[float, ...]] = {
    "age": (1.0, 3.0, 5.0, 10.0, 20.0),
    "size": (1e5, 1e6, 1e7, 1e8),
}
ATTRIBUTES: Mapping[str, str] = {
    "region": "entity_region_now",
    "size": "entity_capital_now",
    "industry": "entity_section_now",
    "age": "entity_age_now",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group: what was found in it, what was promised, and the gap (promised − found)."""

    attribute: str
    group: str
    inspected: int
    effective: float
    rate: Estimate
    mean_probability: float
    gap: Estimate
    high_share: float
    p_holm: float


def fairness_rows(rows: Judged, facts: pa.Table, high: NDArray[np.bool_]) -> tuple[GroupRow, ...]:
    """A row for every group of every attribute that the facts tell; `high` marks grades C and D.

    The gap's interval is that of the found rate turned round (Jeffreys over effective entities); p is
    two-sided and Holm-corrected over all groups.
    """
    found: list[tuple[str, str, Judged, NDArray[np.bool_]]] = []
    for attribute, column in ATTRIBUTES.items():
        if column not in facts.column_names:
            continue
        group = grouped(attribute, facts.column(column))
        found += [
            (attribute, str(name), rows.where(group == name), high[group == name])
            for name in sorted(set(group.tolist()), key=_place)
        ]
    found = [each for each in found if len(each[2].label) >= SMALLEST_GROUP]
    plain = [_two_sided(part) for _, _, part, _ in found]
    return tuple(_row(*each, corrected) for each, corrected in zip(found, holm(plain), strict=True))


def grouped(attribute: str, column: pa.ChunkedArray) -> NDArray[np.str_]:
    """The group of every row: a band of a number, a code, the rest of small ones; a missing value is `?`."""
    if attribute in BANDS:
        values = np.asarray(pc.fill_null(pc.cast(column, pa.float64()), float("nan")), dtype=np.float64)
        names = np.array([*band_names(BANDS[attribute]), "?"])
        places = np.searchsorted(BANDS[attribute], values, side="right")
        return np.asarray(names[np.where(np.isnan(values), len(names) - 1, places)])
    values = np.array([code or "?" for code in column.to_pylist()])
    names, counts = np.unique(values, return_counts=True)
    large = names[np.argsort(-counts, kind="stable")][:MOST_GROUPS]
    kept = [name for name in large if counts[names == name][0] >= SMALLEST_GROUP]
    return np.asarray(np.where(np.isin(values, kept), values, REST))


def band_names(bounds: tuple[float, ...]) -> list[str]:
    """`< 1`, `1–3`, … `≥ 20`."""
    texts = [_short(bound) for bound in bounds]
    middle = [f"{low}–{high}" for low, high in pairwise(texts)]
    return [f"< {texts[0]}", *middle, f"≥ {texts[-1]}"]


def _short(bound: float) -> str:
    """1000000 as 1M: labels stand beside a chart."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if bound >= size:
            return f"{bound / size:g}{letter}"
    return f"{bound:g}"


def _place(name: str) -> tuple[int, float, str]:
    """Bands in the order of their bounds, codes by name, the rest and the missing last."""
    if name in (REST, "?"):
        return (2, 0.0, name)
    digits = name.lstrip("<≥ ").split("–")[0].replace("k", "000").replace("M", "000000")
    number = float(digits) if digits.isdigit() else 0.0
    return (0, number - name.startswith("<") * 0.5 + name.startswith("≥") * 0.5, name)


def _two_sided(rows: Judged) -> float:
    size = effective_entities(rows)
    low = jeffreys_p(_promised(rows), rate_interval(rows).value * size, size)
    return min(1.0, 2 * min(low, 1 - low))


def _promised(rows: Judged) -> float:
    return float(np.average(rows.score, weights=rows.weight))


def _row(attribute: str, name: str, rows: Judged, high: NDArray[np.bool_], p_holm: float) -> GroupRow:
    rate, promised = rate_interval(rows), _promised(rows)
    return GroupRow(
        attribute=attribute, group=name, inspected=len(rows.label), effective=effective_entities(rows),
        rate=rate, mean_probability=promised,
        gap=Estimate(value=promised - rate.value, low=promised - rate.high, high=promised - rate.low),
        high_share=float(np.average(high, weights=rows.weight)), p_holm=p_holm,
    )  # fmt: skip
