"""A model of the size of the demo over all indicators: no pair of rows contradicts a direction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.schema import IndicatorSpec
from training.fitting.boosting import fit_booster, raw_scores
from training.plan.recipe import read_recipe, recipe_file

# Of 500 rows with 21 values of one indicator each, 105,000 pairs differ in nothing else. Scores that never
# fall from one value to the next never fall between any two.
CHAINS, VALUES = 500, 21
ROWS = 4_000
TREE = re.compile(r"^Tree=\d+\n.*?(?=^Tree=|^end of trees)", re.M | re.S)


class Demo:
    """Rows of every indicator, a label that all of them move, and the model with the sandbox's parameters."""

    def __init__(self) -> None:
        generator = np.random.default_rng(3)
        self.schema = tuple(
            IndicatorSpec.of(each) for each in CATALOGUE if each.kind != "category" and each.default_on
        )
        shape = (ROWS, len(self.schema))
        self.matrix = generator.poisson(1.0, shape) + generator.integers(0, 3, shape) / 4
        toward = np.array([spec.direction or 1 for spec in self.schema])
        # Half of them work against their direction: a model without constraints would learn that.
        toward[::2] *= -1
        log_odds = (self.matrix - 1.25) @ (toward * 0.25)
        self.label = (generator.random(ROWS) < 1 / (1 + np.exp(-log_odds))).astype(float)
        self.matrix[generator.random(shape) < 0.05] = np.nan
        self.model = self.fitted()

    def fitted(self) -> str:
        recipe = read_recipe(recipe_file("sandbox"))
        return fit_booster(
            self.matrix, self.label, np.ones(ROWS),
            schema=self.schema, parameters=recipe.boosting, seed=recipe.seeds.boosting, threads=1,
        )  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo()


def with_trees(model: str, trees: Sequence[str]) -> str:
    """The model of some of its trees, in their order."""
    head = model[: model.index("Tree=0\n")]
    kept = [re.sub(r"^Tree=\d+", f"Tree={place}", tree) for place, tree in enumerate(trees)]
    sizes = " ".join(str(len(tree)) for tree in kept)
    end = model[model.index("end of trees") :]
    return re.sub(r"^tree_sizes=.*$", f"tree_sizes={sizes}", head, flags=re.M) + "".join(kept) + end


def splits_on(tree: str) -> set[int]:
    """The columns that a tree asks for."""
    found = re.search(r"^split_feature=(.*)$", tree, re.M)
    return {int(place) for place in found[1].split()} if found else set()


def test_no_counterexample_in_a_hundred_thousand_pairs_for_any_directed_indicator(demo: Demo) -> None:
    """Only trees that ask for an indicator can tell two rows apart that differ in nothing else."""
    generator = np.random.default_rng(4)
    trees = TREE.findall(demo.model)
    assert len(trees) == demo.model.count("\nTree=")
    bounds = np.nanmin(demo.matrix, axis=0), np.nanmax(demo.matrix, axis=0)
    assert CHAINS * VALUES * (VALUES - 1) // 2 >= 100_000
    chains = np.repeat(demo.matrix[generator.integers(0, ROWS, CHAINS)], VALUES, axis=0)
    asked = 0
    for place, spec in enumerate(demo.schema):
        using = [tree for tree in trees if place in splits_on(tree)]
        if spec.direction == 0 or not using:
            continue
        asked += 1
        kept = chains[:, place].copy()
        values = generator.uniform(bounds[0][place], bounds[1][place], (CHAINS, VALUES))
        chains[:, place] = np.sort(values, axis=1).ravel()
        scores = raw_scores(with_trees(demo.model, using), chains, threads=1).reshape(CHAINS, VALUES)
        chains[:, place] = kept
        assert (np.diff(scores, axis=1) * spec.direction >= 0).all(), spec.name
    assert asked > 20


def test_the_trees_of_a_part_add_up_to_the_model(demo: Demo) -> None:
    trees = TREE.findall(demo.model)
    rows = demo.matrix[:500]
    parts = (with_trees(demo.model, trees[0::2]), with_trees(demo.model, trees[1::2]))
    added = sum(raw_scores(part, rows, threads=1) for part in parts)
    assert added == pytest.approx(raw_scores(demo.model, rows, threads=1), abs=1e-9)


def test_fitting_twice_gives_the_same_sha256(demo: Demo) -> None:
    digests = {hashlib.sha256(text.encode()).hexdigest() for text in (demo.model, demo.fitted())}
    assert len(digests) == 1
