"""What a person must know before relying on a release, each in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.pack.baseline_words import BASELINE_WORDS

RATES_FALL = (
    "检验期各等级的问题率没有从 A 到 D 依次升高",
    "the rates do not rise from A to D on the test dates",
)
NO_SLOPE = (
    "校准期内得分高并不意味着问题多（斜率 ≤ 0）",
    "on the calibration dates higher scores did not mean more problems (slope <= 0)",
)
PARTS = {"training": "训练", "calibration": "校准", "test": "检验", "refit": "重新拟合"}
# The weights of a part should stand for its population once; outside of this something is wrong with them.
COVERED = (0.8, 1.25)
TWICE = (
    "一个观察期内有多次抽取，请把 horizon_days 缩短到两次抽取之间的时间",
    "several draws fall into one horizon: shorten horizon_days to the time between two draws",
)
MISSED = (
    "名录中有一部分没有被抽中的可能，或者结果尚未知悉或已被遗忘",
    "part of the frame had no chance of being drawn, or results are not known yet or forgotten",
)


def no_better_than(baselines: Sequence[str]) -> tuple[str, str]:
    """That the model ranks no better than some baselines."""
    named = "、".join(BASELINE_WORDS.get(name, (name, ""))[0] for name in baselines)
    return f"排序不优于：{named}", f"it ranks no better than {', '.join(baselines)}"


def coverage_cautions(coverage: Mapping[str, float | None]) -> tuple[tuple[str, str], ...]:
    """What is wrong where the weights of a part stand for clearly more or fewer than its population."""
    low, high = COVERED
    found = []
    for part, share in coverage.items():
        if share is None or low <= share <= high:
            continue
        zh, en = TWICE if share > high else MISSED
        found.append(
            (
                f"{PARTS.get(part, part)}期的随机抽取合计代表全体的 {share:.2f} 倍：{zh}",
                f"the random draws of the {part} dates stand for {share:.2f} of the population; {en}",
            )
        )
    return tuple(found)
