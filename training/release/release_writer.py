"""Writes a release: plain files under a manifest of digests, proven by loading before it gets its name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from data_contracts.refusal import Refusal
from models.document import Json
from models.manifest import (
    BOOSTER_FILE,
    CALIBRATION_FILE,
    CARD_FILE,
    GOLDEN_FILE,
    GRADES_FILE,
    INDICATORS_FILE,
    MANIFEST_FILE,
    PAGE_FILE,
    VALIDATION_FILE,
    Manifest,
    sha256,
)
from models.registry import release_ids, resolve
from models.release import Release, load_release, read_release
from models.schema import schema_to_json
from models.verdict import VERDICT_FILE
from training.judging.gates import judge
from training.pack.page import validation_page
from training.plan.kept_recipe import KEY, kept
from training.plan.recipe import Recipe
from training.release.fitted_model import FittedModel
from training.release.model_card import missing_parts
from training.rows.history import History


class TrainerMissing(Refusal):
    """A release that nobody would answer for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who made a release with what; part of its name."""

    trained_by: str
    code_commit: str
    libraries: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuses a release of nobody: whoever trained it may not promote it, so there must be a name."""
        if not self.trained_by.strip():
            raise TrainerMissing(
                expected="the name of who trains",
                got=f"{self.trained_by!r}",
                todo="give --by NAME: the person who may not promote this release",
            )


def write_release(
    folder: Path, fitted: FittedModel, *, history: History, recipe: Recipe, provenance: Provenance, card: str
) -> Release:
    """The release in `folder/<release_id>`; the same content that is there already is kept as it is."""
    contents = contents_of(fitted, history=history, recipe=recipe, card=card)
    manifest = manifest_of(history, recipe, provenance, {n: sha256(c) for n, c in contents.items()})
    target = folder / manifest.release_id
    if target.exists():
        return load_release(target)
    staged = folder / f".{manifest.release_id}.part"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    for name, content in {**contents, MANIFEST_FILE: manifest.to_json().encode("utf-8")}.items():
        (staged / name).write_bytes(content)
    read_release(staged)
    staged.rename(target)
    return load_release(target)


def contents_of(fitted: FittedModel, *, history: History, recipe: Recipe, card: str) -> dict[str, bytes]:
    """The bytes of every file but the manifest: the same fit gives the same."""
    verdict = judge(fitted.validation, recipe.gates, missing_from_card=missing_parts(card))
    measured = fitted.validation.to_json()
    files = {
        BOOSTER_FILE: fitted.booster,
        INDICATORS_FILE: schema_to_json(fitted.columns.schema),
        CALIBRATION_FILE: fitted.curve.calibration.to_json(),
        GRADES_FILE: fitted.cuts.to_json(),
        GOLDEN_FILE: fitted.golden.to_json(),
        VALIDATION_FILE: measured,
        PAGE_FILE: validation_page(json.loads(measured), verdict, facts=facts_of(history, recipe)),
        VERDICT_FILE: verdict.to_json(),
        CARD_FILE: card,
    }
    return {name: text.encode("utf-8") for name, text in files.items()}


def facts_of(history: History, recipe: Recipe) -> dict[str, str]:
    """What the head of the page says of the release."""
    return {
        "city": history.city,
        "outcome": recipe.outcome,
        "horizon": f"{recipe.horizon_days} d",
        "records": history.lake_digest[:12],
        "known by": history.known_by.isoformat(),
        "recipe": recipe.digest[:12],
    }


def manifest_of(
    history: History, recipe: Recipe, provenance: Provenance, digests: Mapping[str, str]
) -> Manifest:
    """The sealed manifest: its name is made from everything in it."""
    return Manifest(
        city=history.city,
        outcome=recipe.outcome,
        horizon_days=recipe.horizon_days,
        trained_by=provenance.trained_by,
        training_dates=recipe.refit_dates or recipe.training_dates,
        calibration_dates=recipe.calibration_dates,
        test_dates=recipe.test_dates,
        lake_digest=history.lake_digest,
        snapshot_digests={day.isoformat(): each.digest for day, each in history.snapshots.items()},
        definitions_digest=history.definitions_digest,
        code_commit=provenance.code_commit,
        libraries=dict(provenance.libraries),
        seeds=asdict(recipe.seeds),
        parameters=parameters_of(recipe),
        files=dict(digests),
    ).sealed()


def parameters_of(recipe: Recipe) -> dict[str, Json]:
    """The recipe's other choices, and the digest over all of them."""
    return {
        "boosting": dict(asdict(recipe.boosting)),
        "grade_shares": list(recipe.grade_shares),
        "change_margin": recipe.change_margin,
        "weight_cap": recipe.weight_cap,
        "excluded_indicators": list(recipe.excluded_indicators),
        "outcome_items": list(recipe.outcome_items),
        "bootstrap_repetitions": recipe.bootstrap_repetitions,
        "calibrated_on_fit_of": [day.isoformat() for day in recipe.training_dates],
        "recipe_digest": recipe.digest,
        KEY: kept(recipe),
    }


def find_release(
    folder: Path, *, recipe: Recipe, provenance: Provenance, lake_digest: str, definitions_digest: str
) -> Release | None:
    """The newest release that a fit would only repeat: same recipe, records, indicators, code and person."""
    for name in reversed(release_ids(folder)):
        release = load_release(resolve(folder, name))
        made = release.manifest
        asked = (
            recipe.digest,
            lake_digest,
            definitions_digest,
            provenance.code_commit,
            provenance.trained_by,
        )
        there = (
            made.parameters.get("recipe_digest"), made.lake_digest, made.definitions_digest,
            made.code_commit, made.trained_by,
        )  # fmt: skip
        if asked == there and dict(made.libraries) == dict(provenance.libraries):
            return release
    return None
