"""Chicago: a release beside the score that the city itself stored, on the inspections of the city's own test.

`XINHENG_HOME=var python -m tests.city_score RECIPE RELEASE_FOLDER EVENTS_FOLDER`. The city's score knows the
inspector, ours does not; so both are also compared between inspections of the same inspector only.
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
    told("ours, within an inspector", within(ours, [who[visit] for visit in visits]))
    ours, theirs = (_where(rows, both).ranked() for rows in (ours, theirs))
    shared = [who[visit] for visit, there in zip(visits, both, strict=True) if there]
    told(f"ours, {len(shared)} that the city scored", ask(ours))
    told("the city's", ask(theirs))
    told("ours less the city's", gain(ours, theirs.score, auc, repetitions=REPETITIONS, seed=SEED))
    told("ours, within an inspector", within(ours, shared))
    told("the city's, within an inspector", within(theirs, shared))


def _where(rows: Judged, there: np.ndarray) -> Judged:
    return Judged(
        label=rows.label[there], score=rows.score[there], weight=rows.weight[there], entity=rows.entity[there]
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
