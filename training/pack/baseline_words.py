"""What people call the baselines, in 中文 and English."""

from __future__ import annotations

from collections.abc import Mapping

BASELINE_WORDS: Mapping[str, tuple[str, str]] = {
    "random": ("随机", "random"),
    "last_result": ("上次结果", "last result"),
    "own_past_rate": ("自身历史", "own past rate"),
    "points_table": ("扣分表", "points table"),
    "scorecard": ("评分卡", "scorecard"),
    "unweighted": ("未加权", "unweighted"),
}


def baseline_words(name: str) -> str:
    """Both words, 中文 first; a baseline without words by its name."""
    return " ".join(BASELINE_WORDS[name]) if name in BASELINE_WORDS else name
