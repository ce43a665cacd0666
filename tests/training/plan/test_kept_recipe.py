"""A release gives back the recipe it was fitted by, or says that it cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from models.manifest import HASHED_FILES, Manifest
from training.commands.verify import NotRepeatable, check_material
from training.plan.kept_recipe import KEY, RecipeNotKept, kept, recipe_kept_in
from training.plan.recipe import RecipeRefused, read_recipe, recipe_file

RECIPES = sorted(path.stem for path in recipe_file("x").parent.glob("*.toml"))


def manifest(**parameters: object) -> Manifest:
    return Manifest(
        city="c", outcome="problem_found", horizon_days=90, trained_by="Li",
        training_dates=(date(2025, 1, 1),), calibration_dates=(), test_dates=(), lake_digest="records",
        snapshot_digests={}, definitions_digest="d", code_commit="abc", libraries={"lightgbm": "4.7"},
        seeds={}, parameters=parameters, files=dict.fromkeys(HASHED_FILES, ""),
    )  # fmt: skip


@pytest.mark.parametrize("city", RECIPES)
def test_the_recipe_of_a_city_comes_back_from_the_manifest_as_it_was(city: str) -> None:
    recipe = read_recipe(recipe_file(city))
    written = manifest(**{KEY: kept(recipe)}).to_json()
    assert recipe_kept_in(Manifest.from_json(written)) == recipe


def test_a_key_that_recipes_gained_since_has_its_default() -> None:
    recipe = read_recipe(recipe_file("sandbox"))
    older = {name: value for name, value in kept(recipe).items() if name != "gates"}
    assert recipe_kept_in(manifest(**{KEY: older})) == replace(recipe, gates=type(recipe.gates)())


def test_a_key_that_recipes_lost_since_is_named() -> None:
    older = kept(read_recipe(recipe_file("sandbox"))) | {"horizont": 3}
    with pytest.raises(RecipeRefused, match="got 'horizont'"):
        recipe_kept_in(manifest(**{KEY: older}))


def test_a_release_without_its_recipe_says_so() -> None:
    with pytest.raises(RecipeNotKept, match="got none"):
        recipe_kept_in(manifest())


def test_other_records_or_libraries_are_refused_before_anything_is_fitted(tmp_path: Path) -> None:
    with pytest.raises(NotRepeatable, match=r"lightgbm 4.7; got records .*others; lightgbm absent"):
        check_material(manifest(), lake_digest="others", indicators="d", installed={})
