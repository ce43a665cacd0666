"""Contributions are LightGBM's own Shapley values, sum to the score, and fail closed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import combinations
from math import factorial, isnan
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models import contributions as module
from models.contributions import (
    WORTH_TABLES,
    ContributionsBroken,
    SlowContributions,
    answering,
    contributions,
    contributions_of,
)
from models.release import Release
from models.scorer import Scorer, matrix
from models.treeshap.explainer import Explainer, explainer_of


def expected(node: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """What a tree says when only some columns are known: unknown splits are averaged by training counts."""
    if "leaf_value" in node:
        return float(node["leaf_value"])
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(left if goes_left(node, row[node["split_feature"]]) else right, row, known)
    counts = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    values = [expected(child, row, known) for child in (left, right)]
    return sum(c * v for c, v in zip(counts, values, strict=True)) / sum(counts)


def goes_left(node: dict[str, Any], value: float) -> bool:
    if node["decision_type"] == "==":
        return not isnan(value) and str(int(value)) in node["threshold"].split("||")
    if isnan(value):
        return bool(node["default_left"]) if node["missing_type"] == "NaN" else node["threshold"] >= 0.0
    return bool(value <= node["threshold"])


def shapley(release: Release, row: np.ndarray) -> Iterator[float]:
    """The definition: the average gain of a column over all orders in which columns become known."""
    trees = [tree["tree_structure"] for tree in release.booster.dump_model()["tree_info"]]
    columns = range(len(row))
    size = len(row)
    worth = {
        frozenset(some): sum(expected(tree, row, frozenset(some)) for tree in trees)
        for count in range(size + 1)
        for some in combinations(columns, count)
    }
    for column in columns:
        without = [some for some in worth if column not in some]
        yield sum(
            factorial(len(s))
            * factorial(size - len(s) - 1)
            / factorial(size)
            * (worth[s | {column}] - worth[s])
            for s in without
        )
    yield worth[frozenset()]


@pytest.mark.parametrize("place", [0, 3, 8, 21, 40])
def test_contributions_are_shapley_values_by_their_definition(
    release: Release, rows: pa.Table, place: int
) -> None:
    values = matrix(release.schema, rows.slice(place, 1))
    found = contributions(release, values)[0]
    assert found.tolist() == pytest.approx(list(shapley(release, values[0])), abs=1e-9)


def test_contributions_sum_to_the_raw_score(release: Release, rows: pa.Table) -> None:
    values = matrix(release.schema, rows)
    assert np.abs(contributions(release, values).sum(axis=1) - Scorer(release).raw(values)).max() <= 1e-9


def test_tables_give_what_lightgbm_gives(release: Release, rows: pa.Table) -> None:
    values = matrix(release.schema, rows)
    own = release.booster.predict(values, pred_contrib=True)
    assert np.abs(contributions(release, values) - own).max() <= 1e-12
    assert answering(release).explainer is not None


def test_of_a_model_without_tables_lightgbm_answers_in_chunks_and_says_so(
    release: Release, rows: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "explainer_of", partial(explainer_of, most_bytes=10))
    monkeypatch.setattr(module, "CHUNK", 7)
    values = matrix(release.schema, rows)
    other = replace(release)
    with pytest.warns(SlowContributions, match=r"LightGBM itself gives the contributions.*at most 10 bytes"):
        found = contributions(other, values)
    assert found.tolist() == release.booster.predict(values, pred_contrib=True).tolist()
    assert answering(other).explainer is None


def test_tables_that_differ_from_lightgbm_do_not_answer(
    release: Release, rows: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel that a processor or a library runs otherwise than it was written is found out at the start."""

    def off(dump: Any) -> Explainer:
        explainer = explainer_of(dump)
        return replace(explainer, tables=explainer.tables + 1e-6)

    monkeypatch.setattr(module, "explainer_of", off)
    with pytest.warns(SlowContributions, match=r"tables differ by \S+ on \d+ rows"):
        found = contributions(replace(release), matrix(release.schema, rows))
    assert np.abs(found - contributions(release, matrix(release.schema, rows))).max() <= 1e-12


def test_many_rows_of_a_model_in_training_are_answered_by_tables(release: Release, rows: pa.Table) -> None:
    values = np.tile(matrix(release.schema, rows), (10, 1))
    text = release.booster.model_to_string()
    assert len(values) >= WORTH_TABLES
    found = contributions_of(text, values)
    assert np.abs(found[:300] - contributions_of(text, values[:300])).max() <= 1e-12
    assert np.array_equal(found[:300], found[-300:])


@pytest.mark.parametrize("wrong", [1e-8, float("nan")])
def test_contributions_that_do_not_sum_are_not_shown(release: Release, rows: pa.Table, wrong: float) -> None:
    values = matrix(release.schema, rows)
    raw = Scorer(release).raw(values)
    raw[5] += wrong
    with pytest.raises(ContributionsBroken, match=r"difference of \S+ in row 6 \(1 such rows\)"):
        contributions(release, values, raw=raw)


def test_many_threads_at_once_get_what_one_gets(release: Release, rows: pa.Table) -> None:
    """Tables are only read; before LightGBM's own stands a lock: calls at once corrupted memory (#5482)."""
    values = matrix(release.schema, rows)
    alone = contributions(release, values)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: contributions(release, values), range(64)))
    assert all((one == alone).all() for one in found)
