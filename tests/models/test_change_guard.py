"""A grade stands noise about a cut, follows a real change at once and a small one that lasts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.change_guard import Past, PastRefused, guarded
from models.grades import GradeCuts, GradeCutsRefused, grade_of

CUTS = GradeCuts(cuts=(0.2, 0.4, 0.8), margin=0.2)


def after(now: float, before: float, grade: str, *, margin: float = 0.2) -> str:
    past = Past(grade=np.array([grade]), probability=np.array([before]))
    return str(guarded(np.array([now]), past, replace(CUTS, margin=margin))[0])


@pytest.mark.parametrize(
    ("now", "before", "grade", "told"),
    [
        (0.205, 0.19, "A", "A"),  # noise about a cut
        (0.205, 0.205, "A", "B"),  # beyond it twice in a row
        (0.30, 0.10, "A", "B"),  # clearly beyond it
        (0.195, 0.21, "B", "B"),
        (0.195, 0.195, "B", "A"),
        (0.10, 0.30, "B", "A"),
        (0.81, 0.10, "A", "C"),  # clear of B's cut and of C's, not of D's
        (0.95, 0.10, "A", "D"),
        (0.41, 0.41, "C", "C"),
    ],
)
def test_a_grade_moves_by_a_margin_or_by_lasting(now: float, before: float, grade: str, told: str) -> None:
    assert after(now, before, grade) == told


def test_a_newcomer_has_the_grade_of_its_probability() -> None:
    assert after(0.205, float("nan"), "") == "B"


def test_a_margin_of_nothing_guards_nothing() -> None:
    assert after(0.201, 0.1, "A", margin=0.0) == "B"


@given(
    now=st.floats(0.001, 0.999), before=st.floats(0.001, 0.999), grade=st.sampled_from("ABCD"),
    margin=st.floats(0, 2),
)  # fmt: skip
def test_a_grade_stays_or_moves_towards_what_was_seen(
    now: float, before: float, grade: str, margin: float
) -> None:
    """It never lies outside of the previous grade and the raw grades, and what lasted is always reached."""
    raw, earlier = (str(grade_of(np.array([p]), CUTS.cuts)[0]) for p in (now, before))
    found = after(now, before, grade, margin=margin)
    assert min(grade, raw) <= found <= max(grade, raw)
    if raw == earlier:
        assert found == raw


def test_noise_moves_a_fifth_as_many() -> None:
    """10,000 probabilities jittered by 0.05 in log-odds: mostly entities beside a cut would flip."""
    generator = np.random.default_rng(4)
    log_odds = generator.normal(-1.5, 1.0, 10_000)
    then, now = (1 / (1 + np.exp(-log_odds - generator.normal(0, 0.05, 10_000))) for _ in range(2))
    before, raw = grade_of(then, CUTS.cuts), grade_of(now, CUTS.cuts)
    kept = guarded(now, Past(grade=before, probability=then), CUTS)
    assert np.mean(kept != before) < np.mean(raw != before) / 5


@pytest.mark.parametrize("margin", [-0.1, 3.0, float("nan")])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(GradeCutsRefused, match="a margin from 0 to 2 in log-odds"):
        replace(CUTS, margin=margin)


def test_the_past_of_others_is_refused() -> None:
    with pytest.raises(PastRefused, match="a past of 2 entities; got 1 grades"):
        guarded(np.array([0.1, 0.2]), Past(grade=np.array(["A"]), probability=np.array([0.1])), CUTS)
