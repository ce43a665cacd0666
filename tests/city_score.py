"""Chicago: a release beside the score that the city itself stored, on the inspections of the city's own test.

`XINHENG_HOME=var python -m tests.city_score RECIPE RELEASE_FOLDER EVENTS_FOLDER`. The city's score knows the
inspector, ours does not. So both are also compared with the inspector adjusted for, in two ways: between
inspections of the same inspector only; and by what an inspection found beyond the rate of its inspector's
others. Both describe inspections that nobody assigned by lot: they are no estimate of strictness.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from data_contracts.environment import Environment
from models.release import load_release
from models.scorer import Scorer
from training.commands.terminal import gathered
from training.estimates.measures import Estimate, FloatArray, Judged, auc, bootstrap, estimate, gain
from training.plan.recipe import read_recipe
from training.rows.parts import part_of

REPETITIONS, SEED = 500, 11


def within(rows: Judged, inspector: Sequence[str]) -> Estimate:
    """The AUC over pairs of inspections of one inspector, with its interval by entity."""
    names, who = np.unique(np.array(inspector), return_inverse=True)
    # Inspections without a recorded inspector pair with none: they may be of different ones.
    inspectors = np.flatnonzero(names != "")

    def pairs(times: FloatArray) -> float:
        won = asked = 0.0
        for one in inspectors:
            mine = who == one
            label, weight = rows.label[mine], (rows.weight * times)[mine]
            count = float((weight * label).sum() * (weight * (1 - label)).sum())
            if count > 0:
                asked += count
                won += count * auc(label, rows.score[mine], weight)
        return won / asked if asked else float("nan")

    return bootstrap(pairs, rows.entity, repetitions=REPETITIONS, seed=SEED)


def beyond(rows: Judged, inspector: Sequence[str]) -> Estimate:
    """How often, of two inspections, the one that found more beyond its inspector's rate is ranked higher.

    The residual is the label less the inspector's rate over all the other inspections (leave one out); pairs
    count by the difference of their residuals, so that a problem and a clean visit weigh most. 0.5 is chance.
    Inspections without a recorded inspector, or of one with a single inspection, are left out.
    """
    names, who = np.unique(np.array(inspector), return_inverse=True)
    visits, problems = np.bincount(who), np.bincount(who, weights=rows.label)
    there = (names[who] != "") & (visits[who] > 1)
    kept = _where(rows, there)
    who = who[there]
    rest = (problems[who] - kept.label) / (visits[who] - 1)
    residual = kept.label - rest
    order = np.argsort(kept.score, kind="stable")
    # Ties of the score count half: both stand in the middle of their block.
    _, block = np.unique(kept.score[order], return_inverse=True)

    def concordance(times: FloatArray) -> float:
        return _concordance(residual[order], block, times[order])

    return bootstrap(concordance, kept.entity, repetitions=REPETITIONS, seed=SEED)


def _concordance(residual: FloatArray, block: np.ndarray, weight: FloatArray) -> float:
    """Σ w_i w_j (r_i − r_j) over pairs ranked i above j, with sign, as a share of what a perfect order has.

    Moved to 0 … 1: of residuals that are two numbers only it is the AUC.
    """

    def gathered_by(place: np.ndarray) -> float:
        below = np.concatenate([[0.0], np.cumsum(np.bincount(place, weights=weight))])
        middle = below[place] + np.diff(below)[place] / 2
        return float(np.sum(weight * residual * (2 * middle - below[-1])))

    best = gathered_by(np.unique(residual, return_inverse=True)[1])
    return 0.5 + 0.5 * gathered_by(block) / best


def told(name: str, figure: Estimate) -> None:
    """One line."""
    sys.stdout.write(f"{name:<48}{figure.value:+.3f} [{figure.low:+.3f}, {figure.high:+.3f}]\n")


def main(recipe_file: Path, release_folder: Path, events: Path) -> None:
    """Scores the test rows, finds those that the city scored in its test, and compares."""
    recipe, release = read_recipe(recipe_file), load_release(release_folder)
    history = gathered(Environment().of_city("chicago"), recipe)
    part = part_of(history.rows("test"), release.schema, weight_cap=recipe.weight_cap)
    visits = [v for rows in history.rows("test") for v in rows.outcomes.column("inspection_id").to_pylist()]
    stored = pq.read_table(events / "city_predictions.parquet", filters=[("city_split", "==", "test")])
    city = dict(
        zip(*(stored.column(name).to_pylist() for name in ("inspection_id", "city_score")), strict=True)
    )
    inspections = pq.read_table(events / "inspections.parquet", columns=["inspection_id", "inspector"])
    who = {
        visit: name or "" for visit, name in zip(*(c.to_pylist() for c in inspections.columns), strict=True)
    }
    ours = Judged(
        label=part.label,
        score=Scorer(release).raw(part.matrix),
        weight=np.ones(len(visits)),
        entity=part.entity,
    ).ranked()
    both = np.array([visit in city for visit in visits])
    theirs = ours.scored(np.array([city.get(visit, np.nan) for visit in visits]))
    ask: Callable[[Judged], Estimate] = lambda rows: estimate(rows, auc, repetitions=REPETITIONS, seed=SEED)  # noqa: E731
    told(f"ours, {len(visits)} inspections", ask(ours))
    everyone = [who[visit] for visit in visits]
    sys.stdout.write(f"{sum(map(bool, everyone))} of them have a recorded inspector\n")
    told("ours, within an inspector", within(ours, everyone))
    told("ours, beyond the inspector's rate", beyond(ours, everyone))
    ours, theirs = (_where(rows, both).ranked() for rows in (ours, theirs))
    shared = [who[visit] for visit, there in zip(visits, both, strict=True) if there]
    told(f"ours, {len(shared)} that the city scored", ask(ours))
    told("the city's", ask(theirs))
    told("ours less the city's", gain(ours, theirs.score, auc, repetitions=REPETITIONS, seed=SEED))
    sys.stdout.write(f"{sum(map(bool, shared))} of them have a recorded inspector\n")
    told("ours, within an inspector", within(ours, shared))
    told("the city's, within an inspector", within(theirs, shared))
    told("ours, beyond the inspector's rate", beyond(ours, shared))
    told("the city's, beyond the inspector's rate", beyond(theirs, shared))


def _where(rows: Judged, there: np.ndarray) -> Judged:
    return Judged(
        label=rows.label[there], score=rows.score[there], weight=rows.weight[there], entity=rows.entity[there]
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
