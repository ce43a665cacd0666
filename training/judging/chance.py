"""A ranking beside chance, in words: surely better, not surely better, worse, or surely worse."""

from __future__ import annotations

from training.estimates.measures import Estimate

# The AUC of a ranking that knows nothing.
CHANCE = 0.5


def beside_chance(auc: Estimate) -> tuple[str, str]:
    """How an AUC with its 95 % interval stands to chance, in Chinese and in English.

    A value below 0.5 is called worse than chance, whatever the interval: whoever was ranked high had fewer
    problems. Whether chance alone could have done it stands beside.
    """
    zh, en = _words(auc)
    return (
        f"{zh}：AUC {auc.value:.3f}，95% 区间 {auc.low:.3f}–{auc.high:.3f}",
        f"{en}: AUC {auc.value:.3f}, 95 % interval {auc.low:.3f} to {auc.high:.3f}",
    )


def _words(auc: Estimate) -> tuple[str, str]:
    if auc.low > CHANCE:
        return "排序优于随机", "the ranking is better than chance"
    if auc.high < CHANCE:
        return "排序肯定比随机更差", "the ranking is surely worse than chance"
    if auc.value < CHANCE:
        return "排序比随机更差（区间含随机）", "the ranking is worse than chance (the interval holds chance)"
    return "排序不明显优于随机", "the ranking is not surely better than chance"
