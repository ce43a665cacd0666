"""A recipe as a release keeps it: JSON in the manifest, read back to the same recipe."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

from data_contracts.refusal import Refusal
from models.document import Json
from models.manifest import Manifest
from training.plan.recipe import Recipe, recipe_of

KEY = "recipe"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class RecipeNotKept(Refusal):
    """A release whose manifest does not hold the recipe that its digest speaks of."""


def kept(recipe: Recipe) -> dict[str, Json]:
    """The recipe as JSON, dates as ISO text."""
    return {name: _json(value) for name, value in asdict(recipe).items()}


def recipe_kept_in(manifest: Manifest) -> Recipe:
    """The recipe that a release was fitted by; keys that recipes gained since have their defaults."""
    table = manifest.parameters.get(KEY)
    if not isinstance(table, dict):
        raise RecipeNotKept(
            expected=f"the recipe in the manifest of {manifest.release_id}",
            got="none",
            todo="fit again with `python -m training fit`, which keeps it",
        )
    recipe = recipe_of(_toml(table), place=f"the manifest of {manifest.release_id}")
    again = kept(recipe)
    other = sorted(name for name, value in table.items() if not _holds(again.get(name), value))
    if other:
        raise RecipeNotKept(
            expected=f"the recipe of {manifest.release_id} as it was written",
            got=f"another {', '.join(other)}",
            todo=f"check out {manifest.code_commit}: to other code this recipe means something else",
        )
    return recipe


def _holds(again: Json, written: Json) -> bool:
    """Whether a value is the written one; a table may have gained keys."""
    if isinstance(again, dict) and isinstance(written, dict):
        return all(name in again and _holds(again[name], value) for name, value in written.items())
    return again == written


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
