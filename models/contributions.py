"""Exact TreeSHAP contributions in log-odds, from tables or LightGBM itself, checked to sum to the score."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from data_contracts.refusal import Refusal
from models.release import Release
from models.scorer import Scorer
from models.treeshap.explainer import Explainer, explainer_of
from models.treeshap.trees import ShapeUnsupported

if TYPE_CHECKING:
    import lightgbm

Floats = npt.NDArray[np.float64]

# Rows × (indicators + 1) doubles live twice inside LightGBM; 16 MiB a call at 120 indicators.
CHUNK = 8192
TOLERANCE = 1e-9
# Golden rows that the tables and LightGBM must agree on before the tables answer for a release.
PROBED = 200
# Below so many rows filling the tables costs more than it saves.
WORTH_TABLES = 2_000
# Concurrent pred_contrib calls on one booster have corrupted memory (LightGBM #5482).
_LOCK = threading.Lock()


class ContributionsBroken(Refusal):
    """Contributions that do not sum to the score: no reason is shown rather than a wrong one."""


class SlowContributions(UserWarning):
    """LightGBM itself answers, a hundred times slower: the warning says why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answering:
    """Who answers for a release: tables, or LightGBM because of `why`."""

    explainer: Explainer | None
    why: str


def contributions(release: Release, values: Floats, *, raw: Floats | None = None, threads: int = 1) -> Floats:
    """One row of k contributions and the expected raw score; each row sums to its raw score within 1e-9."""
    if raw is None:
        raw = Scorer(release, threads).raw(values)
    explainer = answering(release).explainer
    if explainer is None:
        found = _predicted(release.booster, values, threads)
    else:
        found = explainer.contributions(values, threads=threads)
    _check_sums(release, found, raw)
    return found


def contributions_of(model: str, values: Floats, *, threads: int = 1) -> Floats:
    """The same of a model's text, as training has it before there is a release; shape (rows, k + 1)."""
    import lightgbm  # noqa: PLC0415 - takes seconds, which everybody saves who explains nothing

    booster = lightgbm.Booster(model_str=model)
    if len(values) >= WORTH_TABLES:
        found = _answering(booster, values[:PROBED])
        if found.explainer is not None:
            return found.explainer.contributions(values, threads=threads)
    return _predicted(booster, values, threads)


@lru_cache(maxsize=4)
def answering(release: Release) -> Answering:
    """Who answers for a release, found out once: tables if they agree with LightGBM on its golden rows."""
    found = _answering(release.booster, release.golden.matrix[:PROBED])
    if found.explainer is None:
        warnings.warn(f"{release.release_id}: {found.why}", SlowContributions, stacklevel=3)
    return found


def _answering(booster: lightgbm.Booster, rows: Floats) -> Answering:
    try:
        explainer = explainer_of(booster.dump_model())
    except ShapeUnsupported as refusal:
        return Answering(explainer=None, why=f"LightGBM itself gives the contributions. {refusal}")
    off = float(np.abs(explainer.contributions(rows) - _predicted(booster, rows, 1)).max(initial=0.0))
    if not off <= TOLERANCE:
        why = f"LightGBM itself gives the contributions: tables differ by {off:.3g} on {len(rows)} rows"
        return Answering(explainer=None, why=why)
    return Answering(explainer=explainer, why="")


def _predicted(booster: lightgbm.Booster, values: Floats, threads: int) -> Floats:
    """Contributions chunk by chunk, the expected raw score last."""
    found = np.empty((len(values), booster.num_feature() + 1), dtype=np.float64)
    for rows in _chunks(len(values)):
        with _LOCK:
            found[rows] = booster.predict(values[rows], pred_contrib=True, num_threads=threads)
    return found


def _check_sums(release: Release, found: Floats, raw: Floats) -> None:
    differences = np.abs(found.sum(axis=1) - raw)
    # Written so that a NaN fails as well.
    wrong = np.flatnonzero(~(differences <= TOLERANCE))
    if len(wrong):
        raise ContributionsBroken(
            expected=f"contributions that sum to the raw score within {TOLERANCE:g}",
            got=f"a difference of {differences[wrong[0]]:.3g} in row {wrong[0] + 1} ({len(wrong)} such rows)",
            todo=f"verify the release with `python -m models verify {release.release_id}` and report the row",
        )


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, min(start + CHUNK, count))
