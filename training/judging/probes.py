"""Two probes of a fitted model: what it finds in shuffled labels, and whether directions hold. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.schema import Schema
from training.estimates.measures import FloatArray, auc
from training.fitting.boosting import BoostingParameters, fit_booster, raw_scores
from training.pack.canary import Canary
from training.rows.parts import Part

# One shuffle says little: its trees point anywhere, and few honest rows make its AUC swing by hundredths.
SHUFFLES = 10
# A leak through the pipeline shows in few trees over few rows; a probe must not cost as much as the fit.
MOST_ROUNDS = 50
MOST_ROWS = 50_000
# Pairs of rows for each directed indicator; a test tries 100,000.
PAIRS = 200
# The same leaves summed in another order.
ROUNDING = 1e-9


def shuffled_labels(
    training: Part, test: Part, schema: Schema, parameters: BoostingParameters, *, seed: int, threads: int = 2
) -> Canary:
    """Fits the pipeline to labels dealt out anew; whatever still ranks the test rows did not come by labels.

    Without directions: a constraint is knowledge of its own, and trees on pure noise that may only say "more
    penalties, more risk" rank real problems well above 0.5.
    """
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(len(training.label))[:MOST_ROWS]
    undirected = tuple(replace(spec, direction=0) for spec in schema)
    shorter = replace(parameters, rounds=min(parameters.rounds, MOST_ROUNDS))
    honest = test.selection.honest
    found = []
    for number in range(SHUFFLES):
        model = fit_booster(
            training.matrix[chosen],
            generator.permutation(training.label[chosen]),
            training.selection.training_weight[chosen],
            schema=undirected, parameters=shorter, seed=seed + number, threads=threads,
        )  # fmt: skip
        raw = raw_scores(model, test.matrix[honest], threads=threads)
        found.append(auc(test.label[honest], raw, test.selection.honest_weight[honest]))
    return Canary(auc=float(np.mean(found)), spread=float(np.std(found)), shuffles=SHUFFLES)


def against_direction(booster: str, matrix: FloatArray, schema: Schema, *, seed: int) -> tuple[str, ...]:
    """Directed indicators for which a row scores the wrong way when only this value is another row's.

    A missing value has no place in an order and is left alone.
    """
    generator = np.random.default_rng(seed)
    rows = matrix[generator.integers(0, len(matrix), PAIRS)]
    directed = [place for place, spec in enumerate(schema) if spec.direction != 0]
    changed = np.tile(rows, (len(directed), 1, 1))
    for number, place in enumerate(directed):
        changed[number, :, place] = matrix[generator.integers(0, len(matrix), PAIRS), place]
    scores = raw_scores(booster, np.concatenate([rows, changed.reshape(-1, len(schema))]), threads=1)
    moved = scores.reshape(-1, PAIRS)[1:] - scores[:PAIRS]
    found = []
    for number, place in enumerate(directed):
        step = np.nan_to_num(changed[number, :, place] - rows[:, place]) * schema[place].direction
        if bool(np.any(np.sign(step) * moved[number] < -ROUNDING)):
            found.append(schema[place].name)
    return tuple(found)
