"""A recipe as a release keeps it: JSON in the manifest, read back to the same recipe."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

from data_contracts.refusal import Refusal
from models.document import Json
from models.manifest import Manifest
from training.recipe import Recipe, recipe_of

KEY = "recipe"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class RecipeNotKept(Refusal):
    """A release whose manifest does not hold the recipe that its digest speaks of."""


def kept(recipe: Recipe) -> dict[str, Json]:
    """The recipe as JSON, dates as ISO text."""
    return {name: _json(value) for name, value in asdict(recipe).items()}


def recipe_kept_in(manifest: Manifest) -> Recipe:
    """The recipe that a release was fitted by."""
    table = manifest.parameters.get(KEY)
    recipe = recipe_of(_toml(table), place=f"the manifest of {manifest.release_id}") if table else None
    if recipe is None or recipe.digest != manifest.parameters.get("recipe_digest"):
        raise RecipeNotKept(
            expected=f"the recipe with digest {manifest.parameters.get('recipe_digest')}",
            got=f"{recipe.digest if recipe else 'none'} in the manifest of {manifest.release_id}",
            todo="check out the code that fitted it: a recipe means nothing to other code",
        )
    return recipe


def _json(value: Any) -> Json:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]
    plain: Json = value
    return plain


def _toml(value: Any) -> Any:
    """As TOML would have read it: dates are dates, and what is not set is not there."""
    if isinstance(value, dict):
        return {key: _toml(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_toml(each) for each in value]
    return date.fromisoformat(value) if isinstance(value, str) and DAY.fullmatch(value) else value
