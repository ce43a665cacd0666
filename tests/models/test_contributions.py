"""Contributions are LightGBM's own Shapley values, sum to the score, and fail closed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from math import factorial, isnan
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models import contributions as module
from models.contributions import ContributionsBroken, contributions
from models.release import Release
from models.scorer import Scorer, matrix


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


def test_chunks_give_what_one_call_gives(
    release: Release, rows: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = matrix(release.schema, rows)
    monkeypatch.setattr(module, "CHUNK", 7)
    assert (
        contributions(release, values).tolist() == release.booster.predict(values, pred_contrib=True).tolist()
    )


@pytest.mark.parametrize("wrong", [1e-8, float("nan")])
def test_contributions_that_do_not_sum_are_not_shown(release: Release, rows: pa.Table, wrong: float) -> None:
    values = matrix(release.schema, rows)
    raw = Scorer(release).raw(values)
    raw[5] += wrong
    with pytest.raises(ContributionsBroken, match=r"difference of \S+ in row 6 \(1 such rows\)"):
        contributions(release, values, raw=raw)


def test_many_threads_at_once_get_what_one_gets(release: Release, rows: pa.Table) -> None:
    """Concurrent calls on one booster have corrupted memory (LightGBM #5482); a lock stands before them."""
    values = matrix(release.schema, rows)
    alone = contributions(release, values)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: contributions(release, values), range(64)))
    assert all((one == alone).all() for one in found)
