"""A ranking is called what it is beside chance: by its value, and by what its interval rules out."""

from __future__ import annotations

import pytest

from training.estimates.measures import Estimate
from training.judging.chance import beside_chance


@pytest.mark.parametrize(
    ("value", "low", "high", "zh", "en"),
    [
        (0.60, 0.55, 0.65, "排序优于随机", "the ranking is better than chance"),
        (0.54, 0.50, 0.58, "排序不明显优于随机", "the ranking is not surely better than chance"),
        (
            0.46,
            0.36,
            0.57,
            "排序比随机更差（区间含随机）",
            "the ranking is worse than chance (the interval holds",
        ),
        (0.40, 0.35, 0.45, "排序肯定比随机更差", "the ranking is surely worse than chance"),
    ],
)
def test_the_words_of_a_ranking(value: float, low: float, high: float, zh: str, en: str) -> None:
    chinese, english = beside_chance(Estimate(value=value, low=low, high=high))
    assert chinese.startswith(f"{zh}：AUC {value:.3f}，95% 区间 ")
    assert english.startswith(en)
    assert english.endswith(f"AUC {value:.3f}, 95 % interval {low:.3f} to {high:.3f}")
