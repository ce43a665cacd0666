"""How well a score fills the visits that can be made: precision, recall and lift at a share, with ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.estimates.measures import Estimate, FloatArray, Judged, bootstrap_many


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The top share of all entities: what is found there, and how much of it the order of ties decides."""

    share: float
    precision: Estimate
    recall: Estimate
    lift: Estimate
    precision_best: float
    precision_worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The figures of a ranking that need one pass over the sorted scores."""

    capacities: tuple[Capacity, ...]
    ks: Estimate
    # Share of all entities visited in order of risk, share of all problems then found.
    gains_curve: tuple[tuple[float, float], ...]


def rank_at_capacity(rows: Judged, shares: Sequence[float], *, repetitions: int, seed: int) -> Ranking:
    """Precision, recall and lift at each share of the weighted rows, the KS distance, and the gains curve.

    A tied group at the edge counts by the part of it that fits (the mean over all its orders); `best` and
    `worst` put its problem rows first and last. Intervals come from a bootstrap over entities.
    """
    _, group = np.unique(-rows.score, return_inverse=True)

    def sides(times: FloatArray) -> tuple[FloatArray, FloatArray]:
        weight = rows.weight * times
        problem = np.bincount(group, weights=weight * rows.label)
        return problem.astype(np.float64), np.bincount(group, weights=weight).astype(np.float64)

    def figures(times: FloatArray) -> FloatArray:
        problem, both = sides(times)
        return np.array(
            [ks_distance(problem, both), *(f for s in shares for f in at_share(problem, both, s))]
        )

    measured = bootstrap_many(figures, rows.entity, repetitions=repetitions, seed=seed)
    per_share = [measured[1 + 5 * place : 6 + 5 * place] for place in range(len(shares))]
    problem, both = sides(np.ones(len(rows.label)))
    return Ranking(
        ks=measured[0],
        capacities=tuple(
            Capacity(
                share=share, precision=row[0], recall=row[1], lift=row[2],
                precision_best=row[3].value, precision_worst=row[4].value,
            )
            for share, row in zip(shares, per_share, strict=True)
        ),
        gains_curve=gains_curve(problem, both),
    )  # fmt: skip


def at_share(problem: FloatArray, both: FloatArray, share: float) -> tuple[float, float, float, float, float]:
    """Precision, recall, lift, best and worst precision in the top share; groups run from the riskiest."""
    total, found = float(both.sum()), float(problem.sum())
    if total <= 0 or found <= 0:
        return (float("nan"),) * 5
    room = np.clip(share * total - (np.cumsum(both) - both), 0.0, both)
    part = np.divide(room, both, out=np.zeros_like(both), where=both > 0)
    expected = float(np.sum(part * problem))
    best = float(np.sum(np.minimum(room, problem)))
    worst = float(np.sum(np.maximum(0.0, room - (both - problem))))
    visits = share * total
    precision = expected / visits
    return precision, expected / found, precision / (found / total), best / visits, worst / visits


def ks_distance(problem: FloatArray, both: FloatArray) -> float:
    """The largest distance between the two distributions of scores (Kolmogorov and Smirnov)."""
    clean = both - problem
    if problem.sum() <= 0 or clean.sum() <= 0:
        return float("nan")
    return float(np.max(np.abs(np.cumsum(problem) / problem.sum() - np.cumsum(clean) / clean.sum())))


def gains_curve(problem: FloatArray, both: FloatArray, points: int = 50) -> tuple[tuple[float, float], ...]:
    """The share of problems found by visiting each share of the entities, riskiest first."""
    at = np.linspace(0.0, 1.0, points + 1)
    visited = np.concatenate([[0.0], np.cumsum(both) / both.sum()])
    found = np.concatenate([[0.0], np.cumsum(problem) / max(problem.sum(), 1e-300)])
    return tuple((float(x), float(y)) for x, y in zip(at, np.interp(at, visited, found), strict=True))
