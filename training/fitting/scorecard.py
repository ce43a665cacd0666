"""A logistic scorecard with supervised bins, as credit offices build them: a baseline, never a release.

optbinning was tried: it installs beside our pins, but takes 8 s to import and brings 240 MB of solvers that
nothing else here needs. A small tree with the monotone constraint of the indicator gives such bins too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from models.schema import IndicatorSpec, Schema
from training.estimates.measures import BoolArray, FloatArray, IntArray, check_two_classes

# Bins of one indicator, and the least share of the rows that one may hold.
MOST_BINS, LEAST_SHARE = 6, 0.05
# Information values below 0.02 are called useless by those who write scorecards (Siddiqi 2006).
LEAST_INFORMATION, MOST_COLUMNS = 0.02, 25
# More rows than this move no bin by much, and every column is sorted once.
MOST_ROWS = 100_000
# So many rows at the common rate are added to every bin.
PRIOR_ROWS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bins:
    """The bins of one column: between cuts, or the codes of a category; the last is for what is missing.

    `evidence` holds each bin's weight of evidence ln(p/(1-p)) − ln(P/(1-P)): above 0 is riskier than all.
    """

    column: int
    cuts: FloatArray
    evidence: FloatArray
    information: float

    def of(self, matrix: FloatArray) -> FloatArray:
        """The weight of evidence of every row."""
        return self.evidence[_places(matrix[:, self.column], self.cuts)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorecard:
    """Columns in bins, and the weight of each in the sum."""

    bins: tuple[Bins, ...]
    weights: FloatArray

    def score(self, matrix: FloatArray) -> FloatArray:
        """Log-odds up to a constant; higher is riskier."""
        total = np.zeros(len(matrix))
        for bins, weight in zip(self.bins, self.weights, strict=True):
            total += weight * bins.of(matrix)
        return total


def fit_scorecard(schema: Schema, matrix: FloatArray, label: FloatArray, weight: FloatArray) -> Scorecard:
    """Bins by small trees, the most informative columns, a logistic regression without negative weights.

    `matrix` is rows × columns of the schema with NaN for missing, `label` 0 or 1, `weight` positive.
    """
    check_two_classes(label, where="the training rows")
    step = max(1, -(-len(label) // MOST_ROWS))
    rows, told, share = matrix[::step], label[::step], weight[::step] / weight[::step].mean()
    every = [_bins(spec, place, rows[:, place], told, share) for place, spec in enumerate(schema)]
    useful = sorted(
        (one for one in every if one.information >= LEAST_INFORMATION), key=lambda one: -one.information
    )
    return _weighed(useful[:MOST_COLUMNS], rows, told, share)


def _weighed(bins: Sequence[Bins], matrix: FloatArray, label: FloatArray, weight: FloatArray) -> Scorecard:
    """The weights of columns; one that turns negative is left out, as it would contradict its own bins."""
    while bins:
        evidence = np.column_stack([one.of(matrix) for one in bins])
        fitted = LogisticRegression(C=1.0).fit(evidence, label, sample_weight=weight)
        weights = np.asarray(fitted.coef_[0], dtype=np.float64)
        if weights.min() > 0:
            return Scorecard(bins=tuple(bins), weights=weights)
        bins = [one for one, each in zip(bins, weights, strict=True) if each > weights.min()]
    return Scorecard(bins=(), weights=np.empty(0))


def _bins(
    spec: IndicatorSpec, column: int, values: FloatArray, label: FloatArray, weight: FloatArray
) -> Bins:
    """The bins of one column; its information is Σ (share of problems − share of clean) × evidence."""
    known = np.isfinite(values)
    if spec.kind == "category":
        cuts = np.arange(1, max(len(spec.categories), 1), dtype=np.float64) - 0.5
    else:
        cuts = _cuts(spec, values, label, weight, known)
    places = _places(values, cuts)
    rows = np.bincount(places, weights=weight, minlength=len(cuts) + 2)
    problems = np.bincount(places, weights=weight * label, minlength=len(cuts) + 2)
    rate = float(problems.sum() / rows.sum())
    rates = (problems + PRIOR_ROWS * rate) / (rows + PRIOR_ROWS)
    evidence = np.log(rates / (1 - rates)) - np.log(rate / (1 - rate))
    clean = rows - problems
    information = float(np.sum((problems / problems.sum() - clean / clean.sum()) * evidence))
    return Bins(column=column, cuts=cuts, evidence=evidence, information=information)


def _cuts(
    spec: IndicatorSpec, values: FloatArray, label: FloatArray, weight: FloatArray, known: BoolArray
) -> FloatArray:
    """Where a small tree cuts what is known, in ascending order; rates rise or fall as the direction says."""
    if known.sum() < 2 or np.ptp(values[known]) == 0 or len(np.unique(label[known])) < 2:
        return np.empty(0)
    tree = DecisionTreeClassifier(
        max_leaf_nodes=MOST_BINS, min_weight_fraction_leaf=LEAST_SHARE,
        monotonic_cst=[spec.direction] if spec.direction else None, random_state=0,
    )  # fmt: skip
    inside = tree.fit(values[known, None], label[known], sample_weight=weight[known]).tree_
    return np.sort(np.asarray(inside.threshold[inside.feature >= 0], dtype=np.float64))


def _places(values: FloatArray, cuts: FloatArray) -> IntArray:
    """The bin of every value; the last is for what is missing. A value on a cut lies below it."""
    known = np.isfinite(values)
    places = np.searchsorted(cuts, np.where(known, values, 0.0), side="left")
    return np.where(known, places, len(cuts) + 1).astype(np.int64)
