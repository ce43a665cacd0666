"""Recipes are read strictly: every wrong line is refused by its name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data_contracts.refusal import Refusal
from training.plan.recipe import RecipeRefused, read_recipe, recipe_file, recipe_of

GOOD: dict[str, Any] = {
    "outcome": "problem_found",
    "horizon_days": 180,
    "training_dates": [date(2021, 1, 1), date(2021, 4, 1)],
    "calibration_dates": [date(2022, 1, 1)],
    "test_dates": [date(2023, 1, 1)],
    "boosting": {"rounds": 50},
}


@pytest.mark.parametrize(("city", "horizon_days"), [("sandbox", 90), ("chicago", 180), ("beijing", 180)])
def test_the_recipes_of_the_package_can_be_followed(city: str, horizon_days: int) -> None:
    recipe = read_recipe(recipe_file(city))
    assert recipe.split.horizon_days == horizon_days


def test_what_is_not_said_has_its_default_and_numbers_keep_their_kind() -> None:
    recipe = recipe_of({**GOOD, "weight_cap": 40}, place="x.toml")
    assert (recipe.boosting.rounds, recipe.boosting.depth, recipe.weight_cap) == (50, 6, 40.0)
    assert recipe.grade_shares == (0.65, 0.25, 0.085, 0.015)


def test_the_digest_changes_with_every_choice_and_only_then() -> None:
    digest = recipe_of(GOOD, place="x.toml").digest
    assert recipe_of(dict(GOOD), place="y.toml").digest == digest
    assert recipe_of({**GOOD, "seeds": {"boosting": 8}}, place="x.toml").digest != digest


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"horizon": 180}, "got 'horizon'. To do: write 'horizon_days'"),
        ({"boosting": {"num_leaves": 7}}, r"\[boosting\]; got 'num_leaves'. To do: write 'leaves'"),
        ({"boosting": {"depth": 9}}, "depth from 1 to 6; got 9"),
        ({"boosting": {"rounds": "many"}}, "rounds as int; got 'many'"),
        ({"boosting": 3}, "a table in"),
        ({"horizon_days": 0}, "horizon_days: 1 to 1095 days; got 0"),
        ({"horizon_days": True}, "horizon_days as int"),
        ({"horizon_days": 400}, "first calibration date 2022-01-01"),
        ({"test_dates": ["2023-01-01"]}, "an element of test_dates as date; got '2023-01-01'"),
        ({"test_dates": date(2023, 1, 1)}, "a list in test_dates"),
        ({"outcome": "punished"}, "outcome: one of problem_found"),
        ({"grade_shares": [0.5, 0.3, 0.1, 0.2]}, "four positive shares that sum to 1"),
        ({"weight_cap": 0.5}, "weight_cap: 1 or more"),
        ({"training_weight_cap": 0}, "training_weight_cap: 1 or more"),
        ({"bootstrap_repetitions": -1}, "bootstrap_repetitions: 0 to 10000"),
    ],
)
def test_a_wrong_line_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(Refusal, match=named):
        recipe_of({**GOOD, **change}, place="x.toml")


def test_a_missing_key_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeRefused, match="got no test_dates"):
        recipe_of({key: value for key, value in GOOD.items() if key != "test_dates"}, place="x.toml")
    with pytest.raises(RecipeRefused, match=r"got nothing at .*absent.toml.*chicago.toml"):
        read_recipe(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("outcome = ", "utf-8")
    with pytest.raises(RecipeRefused, match="a recipe in TOML"):
        read_recipe(tmp_path / "bad.toml")
