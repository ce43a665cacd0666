"""What the model leans on, and whether it leans on the same on other dates and with another seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import rankdata

from training.estimates.measures import FloatArray

SHOWN = 12
DOTS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaningRow:
    """An indicator: its mean |contribution| in log-odds, and dots (contribution, place of the value 0–1)."""

    name: str
    label_zh: str
    label_en: str
    weight: float
    dots: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The rank correlation of mean |contribution| between two ways of looking."""

    kind: str
    first: str
    second: str
    spearman: float


def mean_sizes(contributions: FloatArray) -> FloatArray:
    """Mean |contribution| of each of k indicators; the last column, the expected score, is left out."""
    return np.asarray(np.abs(contributions[:, :-1]).mean(axis=0), dtype=np.float64)


def leaning_rows(
    words: Sequence[tuple[str, str, str]], contributions: FloatArray, values: FloatArray
) -> tuple[LeaningRow, ...]:
    """The indicators that matter most, with dots of rows spread evenly over the sample.

    A dot keeps the place of the value among the sample's and not the value: nobody can be read from it.
    """
    sizes = mean_sizes(contributions)
    rows = np.unique(np.linspace(0, len(values) - 1, min(DOTS, len(values))).astype(np.intp))
    found = []
    for at in np.argsort(-sizes, kind="stable")[:SHOWN]:
        column = values[:, at]
        places = (rankdata(column, nan_policy="omit") - 0.5) / max(int(np.sum(~np.isnan(column))), 1)
        name, zh, en = words[at]
        dots = tuple((round(float(contributions[row, at]), 4), _rounded(float(places[row]))) for row in rows)
        found.append(LeaningRow(name=name, label_zh=zh, label_en=en, weight=float(sizes[at]), dots=dots))
    return tuple(found)


def agreements(kind: str, sizes: Mapping[str, FloatArray]) -> tuple[Agreement, ...]:
    """Spearman's rank correlation of every neighbour pair."""
    names = list(sizes)
    return tuple(
        Agreement(kind=kind, first=a, second=b, spearman=spearman(sizes[a], sizes[b]))
        for a, b in pairwise(names)
    )


def spearman(first: FloatArray, second: FloatArray) -> float:
    """The correlation of ranks, ties at their mean; one where neither differs."""
    a, b = rankdata(first), rankdata(second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 1.0 if np.array_equal(a, b) else float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _rounded(place: float) -> float | None:
    return round(place, 2) if np.isfinite(place) else None
