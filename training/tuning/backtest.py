"""A recipe on every fold of a rolling origin: how it ranks and whether its probabilities hold, by date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from training.estimates.measures import (
    Estimate,
    FloatArray,
    Judged,
    Recalibration,
    auc,
    average_precision,
    estimate,
    lift,
)
from training.fitting.boosting import fit_booster, raw_scores
from training.fitting.calibration import fit_curve, refit_line
from training.plan.recipe import Recipe
from training.rows.fold_rows import FoldRows
from training.tuning.trials import honest_rows, judge, training_rows

# Depths whose price is told; None: no bound at all.
DEPTHS: Mapping[str, int] = {"4": 4, "6": 6, "8": 8, "free": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldFigures:
    """One judged date: honest rows and their rate, ranking with intervals, the line of calibration."""

    day: date
    rows: int
    rate: float
    auc: Estimate
    average_precision: Estimate
    lift_at_5pct: Estimate
    calibration: Recalibration


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthPrice:
    """The measure by judged date at a bound of the depth, early stopping and leaves as everywhere."""

    depth: str
    scores: FloatArray

    def against(self, other: DepthPrice) -> tuple[float, float]:
        """How much less it measures than another on average, and the standard error over the dates."""
        loss = other.scores - self.scores
        error = loss.std(ddof=1) / np.sqrt(len(loss)) if len(loss) > 1 else float("nan")
        return float(loss.mean()), float(error)


def backtest(
    folds: Sequence[FoldRows], recipe: Recipe, progress: Callable[[date], None]
) -> tuple[FoldFigures, ...]:
    """The figures of every fold, fitted as the recipe says: no early stopping, no choice."""
    found = []
    for fold in folds:
        found.append(_figures(fold, recipe))
        progress(fold.day)
    return tuple(found)


def _figures(fold: FoldRows, recipe: Recipe) -> FoldFigures:
    """One fold: boosting, the curve on its later date, and what both are worth on the judged date."""
    training, later, test = (
        training_rows(fold.training), honest_rows(fold.calibration), honest_rows(fold.test),
    )  # fmt: skip
    model = fit_booster(
        training.matrix, training.label, training.weight,
        schema=fold.schema, parameters=recipe.boosting, seed=recipe.seeds.boosting, start=training.start,
    )  # fmt: skip
    curve = fit_curve(raw_scores(model, later.matrix), later.label, later.weight).calibration
    probability = curve.probability(raw_scores(model, test.matrix))
    entity = fold.test.entity[fold.test.selection.honest]
    rows = Judged(label=test.label, score=probability, weight=test.weight, entity=entity)
    ask = partial(
        estimate, rows.ranked(), repetitions=recipe.bootstrap_repetitions, seed=recipe.seeds.bootstrap
    )
    return FoldFigures(
        day=fold.day,
        rows=len(test.label),
        rate=float(np.average(test.label, weights=test.weight)),
        auc=ask(auc),
        average_precision=ask(average_precision),
        lift_at_5pct=ask(lift),
        calibration=refit_line(probability, test.label, test.weight),
    )


def depth_prices(
    folds: Sequence[FoldRows], recipe: Recipe, progress: Callable[[str], None]
) -> tuple[DepthPrice, ...]:
    """What a bound of the depth costs: the same recipe at 4, 6, 8 and no bound, leaves as many as 6 allows.

    A number of leaves that depth 4 cannot hold is cut there by the depth itself.
    """
    wide = replace(recipe.boosting, depth=6, leaves=64)
    found = []
    for name, depth in DEPTHS.items():
        scores = [
            np.mean([
                judge(wide, fold, recipe, seed=recipe.seeds.boosting + extra, depth=depth).score
                for extra in range(recipe.tuning.seeds)
            ])
            for fold in folds
        ]  # fmt: skip
        found.append(DepthPrice(depth=name, scores=np.array(scores)))
        progress(name)
    return tuple(found)
