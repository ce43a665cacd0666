"""The charts of a validation, each from its JSON document: one function, one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from training.pack import drawing
from training.pack.baseline_words import baseline_words
from training.pack.drawing import (
    ACCENT,
    BAD,
    FAINT,
    GRADE_COLOURS,
    GRID,
    INK,
    SOFT,
    WARN,
    Frame,
    axes,
    box,
    dot,
    line,
    mixed,
    svg,
    text,
    whisker,
)
from training.pack.stability import ALARM, WATCH


def reliability(calibration: Any) -> str:
    """What was promised against what was found, with intervals and the line of truth."""
    bins = [each for each in calibration["bins"] if each["found"]["value"] is not None]
    top = ceiling([each["promised"] for each in bins] + [each["found"]["high"] for each in bins])
    frame = Frame(x=(0, top), y=(0, top), height=340)
    parts = [axes(frame, x_words="预测概率 promised", y_words="实际问题率 found")]
    parts.append(_line(frame, [(0, 0), (top, top)], colour=FAINT, width=1.2, dash="5 4"))
    for each in bins:
        at, found = frame.across(each["promised"]), each["found"]
        parts.append(whisker(at, frame.up(found["low"]), frame.up(found["high"]), colour=SOFT))
    parts.append(_line(frame, [(b["promised"], b["found"]["value"]) for b in bins], colour=ACCENT, width=1.2))
    parts += [dot(frame.across(b["promised"]), frame.up(b["found"]["value"])) for b in bins]
    return svg(frame, parts, title="可靠性曲线 Reliability curve")


def gains(curve: Any, capacities: Any) -> str:
    """Problems found by visiting the riskiest share, beside visiting blindly."""
    frame = Frame(x=(0, 1), y=(0, 1), height=340)
    parts = [axes(frame, x_words="检查的主体比例 share visited", y_words="发现的问题比例 problems found")]
    parts.append(_line(frame, [(0, 0), (1, 1)], colour=FAINT, width=1.2, dash="5 4"))
    parts.append(_line(frame, [(x, y) for x, y in curve], colour=ACCENT, width=2.2))
    for each in capacities:
        if each["recall"]["value"] is None:
            continue
        x, y = frame.across(each["share"]), frame.up(each["recall"]["value"])
        parts.append(whisker(x, frame.up(each["recall"]["low"]), frame.up(each["recall"]["high"])))
        parts.append(dot(x, y, colour=INK, radius=3.5))
    return svg(frame, parts, title="累积提升曲线 Gains curve")


def grade_rates(grades: Any) -> str:
    """The true rate of each final grade with its interval."""
    highs = [g["high"] for g in grades if g["high"] is not None]
    frame = Frame(x=(0, 4), y=(0, ceiling([1.1 * high for high in highs])), height=340)
    words = "最终等级（检查数） final grade (inspected)"
    parts = [axes(frame, x_words=words, y_words="问题率 rate", x_numbers=False)]
    for place, grade in enumerate(grades):
        middle = frame.across(place + 0.5)
        name = f"{grade['grade']}（{grade['inspected']}）"
        parts.append(text(middle, frame.height - frame.bottom + 18, name, colour=INK, size=13))
        if grade["rate"] is None:
            parts.append(text(middle, frame.up(0) - 8, "未检查 none", colour=BAD))
            continue
        top = frame.up(grade["rate"])
        fill = GRADE_COLOURS[grade["grade"]]
        parts.append(box(middle - 30, top, 60, frame.up(0) - top, fill=fill, opacity=0.85))
        parts.append(whisker(middle, frame.up(grade["low"]), frame.up(grade["high"])))
        parts.append(text(middle, frame.up(grade["high"]) - 8, f"{grade['rate']:.1%}", colour=INK, size=13))
    return svg(frame, parts, title="各等级问题率 Rate by grade")


def rivals(metrics: Any, baselines: Any, figure: str, words: str) -> str:
    """One ranking figure of the model beside every baseline's, with intervals."""
    named = [("本模型 this model", metrics[figure])]
    named += [(baseline_words(name), figures[figure]) for name, figures in baselines.items()]
    named = [(name, each) for name, each in named if each["value"] is not None]
    low = min(each["low"] for _, each in named)
    high = max(each["high"] for _, each in named)
    height = 62 + 30 * len(named)
    margin = (high - low) * 0.06
    frame = Frame(x=(low - margin, high + margin), y=(0, 1), height=height, left=150, bottom=46)
    parts = _upright_grid(frame, words)
    for place, (name, each) in enumerate(named):
        y = 30.0 + 30 * place
        colour = ACCENT if place == 0 else FAINT
        parts.append(text(frame.left - 10, y + 4, name, anchor="end", colour=INK if place == 0 else FAINT))
        ends = [(frame.across(each["low"]), y), (frame.across(each["high"]), y)]
        parts.append(line(ends, colour=colour, width=3 if place == 0 else 1.6))
        parts.append(dot(frame.across(each["value"]), y, colour=colour, radius=5 if place == 0 else 4))
    return svg(frame, parts, title=words)


def net_benefit(rows: Any) -> str:
    """Net benefit of the model, of visiting everyone, and of nobody (zero)."""
    top = ceiling([max(model, everyone) for _, model, everyone in rows])
    frame = Frame(x=(0, max(t for t, _, _ in rows)), y=(-top * 0.25, top))
    parts = [axes(frame, x_words="行动阈值概率 threshold", y_words="净收益 net benefit", y_percent=False)]
    parts.append(_line(frame, [(0, 0), (frame.x[1], 0)], colour=INK, width=1))
    all_in = [(t, everyone) for t, _, everyone in rows if everyone >= frame.y[0]]
    parts.append(_line(frame, all_in, colour=FAINT, width=1.6, dash="5 4"))
    parts.append(_line(frame, [(t, max(m, frame.y[0])) for t, m, _ in rows], colour=ACCENT, width=2.2))
    return svg(frame, parts, title="净收益曲线 Net benefit")


def timeline(monthly: Any) -> str:
    """Promised and found at every as-of date; the test dates are the right-most shaded ones."""
    shown = [each for each in monthly if each["rate"]["value"] is not None]
    top = ceiling([each["rate"]["high"] for each in shown] + [m["mean_probability"] for m in monthly])
    frame = Frame(x=(-0.5, len(monthly) - 0.5), y=(0, top), width=940, height=300)
    parts = [*_shaded(frame, monthly), *_dated(frame, monthly, "问题率 rate")]
    for place, each in enumerate(monthly):
        found = each["rate"]
        if found["value"] is None:
            continue
        at = frame.across(place)
        parts.append(whisker(at, frame.up(found["low"]), frame.up(found["high"]), colour=SOFT))
        parts.append(dot(at, frame.up(found["value"])))
    promised = [(place, each["mean_probability"]) for place, each in enumerate(monthly)]
    parts.append(_line(frame, promised, colour=WARN, width=2.2))
    return svg(frame, parts, title="各基准日的预测与实际 Promised and found at every date")


def score_psi(monthly: Any) -> str:
    """PSI of the score at every date against the calibration population, with the two rules of thumb."""
    top = max(0.3, ceiling([each["psi"] for each in monthly]))
    frame = Frame(x=(-0.5, len(monthly) - 0.5), y=(0, top), width=940, height=260)
    parts = [*_shaded(frame, monthly), *_dated(frame, monthly, "PSI", percent=False)]
    for level, colour, words in ((WATCH, WARN, "关注 watch 0.10"), (ALARM, BAD, "报警 alarm 0.25")):
        at = frame.up(level)
        parts.append(line([(frame.left, at), (frame.width - frame.right, at)], colour=colour, dash="6 4"))
        parts.append(text(frame.left + 6, at - 5, words, anchor="start", colour=colour))
    for place, each in enumerate(monthly):
        colour = BAD if each["psi"] >= ALARM else WARN if each["psi"] >= WATCH else ACCENT
        height = max(frame.up(0) - frame.up(each["psi"]), 1.5)
        parts.append(box(frame.across(place) - 9, frame.up(0) - height, 18, height, fill=colour))
    return svg(frame, parts, title="得分 PSI PSI of the score")


def migration(each: Any) -> str:
    """One migration matrix, shares of each row."""
    frame = Frame(x=(0, 4), y=(0, 4), width=300, height=290, left=64, right=10, top=46, bottom=18)
    parts = [text(180, 16, f"{each['second']}", colour=INK)]
    side = frame.across(1) - frame.across(0)
    tall = frame.up(0) - frame.up(1)
    for row, counts in enumerate(each["matrix"]):
        grade, total = "ABCD"[row], max(sum(counts), 1)
        middle = frame.up(3.5 - row) + 4
        parts.append(text(52, middle, grade, colour=INK, size=13))
        parts.append(text(frame.across(row + 0.5), 38, grade, colour=INK, size=13))
        for column, count in enumerate(counts):
            share = count / total
            shade = mixed("#ffffff", ACCENT if row == column else BAD, share**0.6)
            x, y = frame.across(column), frame.up(4 - row)
            parts.append(box(x + 1, y + 1, side - 2, tall - 2, fill=shade))
            ink = "#ffffff" if share > 0.45 else INK
            parts.append(text(x + side / 2, middle, _share(share, count), colour=ink, size=11.5))
    parts.append(
        f'<text transform="translate(24 {frame.up(2):.0f}) rotate(-90)" text-anchor="middle" '
        f'font-size="12" fill="{INK}">{each["first"]}</text>'
    )
    return svg(frame, parts, title=f"等级迁移 Migration {each['first']} → {each['second']}")


def fairness(rows: Any) -> str:
    """The gap between promise and finding of every group, with its interval."""
    reach = max(max(abs(r["gap"]["low"]), abs(r["gap"]["high"])) for r in rows)
    frame = Frame(x=(-reach, reach), y=(0, 1), width=460, height=58 + 22 * len(rows), left=150, bottom=46)
    parts = _upright_grid(frame, "预测 − 实际 promised − found")
    middle = frame.across(0)
    parts.append(line([(middle, frame.top), (middle, frame.height - frame.bottom)], width=1.2))
    for place, each in enumerate(rows):
        y = 26.0 + 22 * place
        colour = BAD if each["p_holm"] < 0.05 else ACCENT
        ends = [(frame.across(each["gap"]["low"]), y), (frame.across(each["gap"]["high"]), y)]
        parts.append(text(frame.left - 8, y + 4, f"{each['group']}（{each['inspected']}）", anchor="end"))
        parts.append(line(ends, colour=colour, width=1.8))
        parts.append(dot(frame.across(each["gap"]["value"]), y, colour=colour, radius=3.6))
    return svg(frame, parts, title="各组差距 Gap by group")


def leaning(rows: Any) -> str:
    """Exact contributions in log-odds: a dot is an entity, red a high value of the indicator, blue low."""
    spread = [abs(dot_[0]) for row in rows for dot_ in row["dots"]]
    reach = (max(spread) if spread else 1.0) * 1.04
    frame = Frame(x=(-reach, reach), y=(0, 1), width=940, height=60 + 34 * len(rows), left=290, bottom=46)
    words = "对数几率贡献 contribution in log-odds（红：指标值高 high · 蓝：低 low · 灰：缺失 missing）"
    parts = _upright_grid(frame, words, percent=False)
    middle = frame.across(0)
    parts.append(line([(middle, frame.top), (middle, frame.height - frame.bottom)], width=1))
    for place, row in enumerate(rows):
        y = 32.0 + 34 * place
        parts.append(text(frame.left - 12, y - 1, row["label_zh"], anchor="end", colour=INK, size=13))
        parts.append(text(frame.left - 12, y + 12, row["label_en"], anchor="end", size=10))
        parts += _swarm(frame, row["dots"], y)
    return svg(frame, parts, title="指标贡献 Contributions")


def _swarm(frame: Frame, dots: Any, y: float) -> list[str]:
    """Dots side by side where many share a place."""
    taken: dict[int, int] = {}
    parts = []
    for value, place in dots:
        at = round(frame.across(value) / 4)
        number = taken.get(at, 0)
        taken[at] = number + 1
        step = (number + 1) // 2 * (1 if number % 2 else -1)
        colour = "#b8c1cc" if place is None else mixed("#2b6cb0", "#c53030", place)
        off = max(-13.0, min(13.0, step * 1.9))
        parts.append(dot(frame.across(value), y + off, colour=colour, radius=2.6, opacity=0.75))
    return parts


def _line(frame: Frame, points: Sequence[tuple[float, float]], **style: Any) -> str:
    return line([(frame.across(x), frame.up(y)) for x, y in points], **style)


def _share(share: float, count: int) -> str:
    if count == 0:
        return "–"
    return f"{share:.0%}" if share >= 0.01 else "<1%"


def _upright_grid(frame: Frame, words: str, *, percent: bool = False) -> list[str]:
    """Upright lines with numbers below, and the words of the axis."""
    bottom = frame.height - frame.bottom
    parts = [text((frame.left + frame.width - frame.right) / 2, frame.height - 8, words)]
    for value in drawing.ticks(*frame.x, count=5):
        at = frame.across(value)
        parts.append(line([(at, frame.top), (at, bottom)], colour=GRID, width=1))
        parts.append(text(at, bottom + 18, drawing.number(value, percent)))
    return parts


def _dated(frame: Frame, monthly: Any, words: str, *, percent: bool = True) -> list[str]:
    """A chart over as-of dates: at most a dozen are written out."""
    parts = [axes(frame, x_words="基准日 as-of date", y_words=words, x_numbers=False, y_percent=percent)]
    every = math.ceil(len(monthly) / 12)
    for place, each in enumerate(monthly):
        if (len(monthly) - 1 - place) % every == 0:
            parts.append(text(frame.across(place), frame.height - frame.bottom + 18, each["on"][:7], size=11))
    return parts


def _shaded(frame: Frame, monthly: Any) -> list[str]:
    """A ground behind calibration and test dates, with its name."""
    parts = []
    for part, fill, words in (("calibration", "#fdf6e3", "校准"), ("test", "#e8f3f7", "检验 test")):
        places = [place for place, each in enumerate(monthly) if each["part"] == part]
        if not places:
            continue
        left, right = frame.across(min(places) - 0.5), frame.across(max(places) + 0.5)
        parts.append(box(left, frame.top, right - left, frame.up(frame.y[0]) - frame.top, fill=fill))
        parts.append(text((left + right) / 2, frame.top + 14, words, size=11))
    return parts


def ceiling(values: Sequence[float]) -> float:
    """A round number above all of them."""
    top = max(values, default=0.0)
    if top <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(top))
    return next(
        unit * times for times in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if unit * times >= top * 1.02 or times == 10
    )
