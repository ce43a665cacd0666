"""Exact TreeSHAP contributions in log-odds, from LightGBM itself, checked to sum to the score."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import lightgbm
import numpy as np
import numpy.typing as npt

from data_contracts.refusal import Refusal
from models.release import Release
from models.scorer import Scorer

Floats = npt.NDArray[np.float64]

# Rows × (indicators + 1) doubles live twice inside LightGBM; 16 MiB a call at 120 indicators.
CHUNK = 8192
TOLERANCE = 1e-9
# Concurrent pred_contrib calls on one booster have corrupted memory (LightGBM #5482).
_LOCK = threading.Lock()


class ContributionsBroken(Refusal):
    """Contributions that do not sum to the score: no reason is shown rather than a wrong one."""


def contributions(release: Release, values: Floats, *, raw: Floats | None = None, threads: int = 1) -> Floats:
    """One row of k contributions and the expected raw score; each row sums to its raw score within 1e-9."""
    if raw is None:
        raw = Scorer(release, threads).raw(values)
    found = _predicted(release.booster, values, threads)
    _check_sums(release, found, raw)
    return found


def contributions_of(model: str, values: Floats, *, threads: int = 1) -> Floats:
    """The same of a model's text, as training has it before there is a release; shape (rows, k + 1)."""
    return _predicted(lightgbm.Booster(model_str=model), values, threads)


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
