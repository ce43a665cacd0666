"""The tables of the validation page, each from its part of the JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from models.verdict import Verdict

ATTRIBUTES = {
    "region": ("地区", "Region"),
    "size": ("规模（注册资本，元）", "Size (registered capital, yuan)"),
    "industry": ("行业门类", "Industry section"),
    "age": ("存续年限", "Age (years)"),
}
LEVELS = {"steady": "稳定 steady", "watch": "关注 watch", "alarm": "报警 alarm"}
KINDS = {"date": "日期之间 between dates", "seed": "随机种子之间 between seeds"}


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, words: int | None = None) -> str:
    """A table of ready cells (HTML); the column `words` holds sentences."""

    def row(cells: Sequence[str], tag: str) -> str:
        marked = [
            f"<{tag}{' class=words' if place == words else ''}>{cell}</{tag}>"
            for place, cell in enumerate(cells)
        ]
        return f"<tr>{''.join(marked)}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    return f'<div class="scroll"><table><thead>{row(heads, "th")}</thead><tbody>{body}</tbody></table></div>'


def figure_text(figure: Mapping[str, Any]) -> str:
    """A value with three digits; a dash for what was not measured."""
    return "–" if figure["value"] is None else f"{figure['value']:.3f}"


def with_range(figure: Mapping[str, Any], *, percent: bool = False) -> str:
    """The value, and its interval below it."""
    if figure["value"] is None:
        return "–"
    spec = ".1%" if percent else ".2f"
    low, high = format(figure["low"], spec), format(figure["high"], spec)
    return f"{format(figure['value'], spec)}<br><span class=en>{low} – {high}</span>"


def chance(p: float | None) -> str:
    """A p value; red below 0.05."""
    if p is None:
        return "–"
    return f"<span class=bad-text>{_small(p)}</span>" if p < 0.05 else _small(p)


def _small(p: float) -> str:
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"


def _hoped(p: float) -> str:
    return "good-text" if p < 0.05 else "bad-text"


def gates(verdict: Verdict) -> str:
    """Every gate with its value, limit and reason, what failed first."""
    rows = []
    for gate in sorted(verdict.gates, key=lambda each: each.passed):
        mark = (
            "<span class=good-text>通过 ✓</span>" if gate.passed else "<span class=bad-text>不合格 ✗</span>"
        )
        value = (
            gate.value if isinstance(gate.value, str) else "–" if gate.value is None else f"{gate.value:.3g}"
        )
        reason = f"{escape(gate.reason_zh)}<br><span class=en>{escape(gate.reason_en)}</span>"
        named = f"{mark}<br><span class=en>{escape(gate.name)}</span>"
        limit = f"<span class=limit>{escape(gate.limit)}</span>"
        rows.append([named, reason, escape(value), limit])
    heads = ["门槛 gate", "理由 reason", "数值 value", "界限 limit"]
    return table(heads, rows, words=1)


def capacities(rows: Any) -> str:
    """Precision, recall and lift at every share."""
    body = [
        [
            f"{row['share']:.0%}", with_range(row["precision"], percent=True),
            with_range(row["recall"], percent=True), with_range(row["lift"]),
            _pair(row["precision_worst"], row["precision_best"]),
        ]
        for row in rows
    ]  # fmt: skip
    heads = ["比例 share", "命中率 precision", "召回率 recall", "提升度 lift", "并列差–好 ties"]
    return table(heads, body)


def _pair(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:.1%} – {high:.1%}"


def jeffreys(rows: Any) -> str:
    """Jeffreys' test of every grade."""
    body = [
        [
            row["grade"], f"{row['mean_probability']:.1%}", str(row["inspected"]), str(row["problems"]),
            f"{row['effective']:.0f}", f"{row['p']:.3f}", chance(row["p_holm"]),
        ]
        for row in rows
    ]  # fmt: skip
    heads = ["等级", "平均概率 promised", "检查", "问题", "有效 effective", "p", "p (Holm)"]
    return table(heads, body)


def grades(rows: Any) -> str:
    """Share, counts and rate of every final grade."""
    body = [
        [
            row["grade"], f"{row['share']:.1%}", str(row["inspected"]), str(row["problems"]),
            with_range({"value": row["rate"], "low": row["low"], "high": row["high"]}, percent=True),
        ]
        for row in rows
    ]  # fmt: skip
    return table(["等级 grade", "占比 share", "检查 inspected", "问题 problems", "问题率 rate"], body)


def order_tests(rows: Any) -> str:
    """One-sided tests of neighbours; here a small p is what one hopes for."""
    body = [
        [
            f"{row['better']} &lt; {row['worse']}", f"{row['difference']:+.1%}", _small(row["p"]),
            f"<span class={_hoped(row['p_holm'])}>{_small(row['p_holm'])}</span>",
        ]
        for row in rows
    ]  # fmt: skip
    return table(["相邻等级 neighbours", "差 difference", "p", "p (Holm)"], body)


def psi(rows: Any, words: Mapping[str, tuple[str, str]]) -> str:
    """PSI of every watched column, a column for every date."""
    days = sorted({row["on"] for row in rows})
    names = list(dict.fromkeys(row["name"] for row in rows))
    found = {(row["name"], row["on"]): row for row in rows}
    body = []
    for name in names:
        zh, en = ("得分", "score") if name == "score" else words.get(name, (name, ""))
        cells = [found.get((name, day)) for day in days]
        label = f"{escape(zh)} <span class=en>{escape(en)}</span>"
        body.append([label, *(_shift(cell) for cell in cells)])
    return table(["", *days], body)


def region_psi(rows: Any) -> str:
    """PSI of the score in every region, a column for every date, what moved most first."""
    days = sorted({row["on"] for row in rows})
    found = {(row["name"], row["on"]): row for row in rows}
    worst: dict[str, float] = {}
    for row in rows:
        worst[row["name"]] = max(worst.get(row["name"], 0.0), row["psi"] or 0.0)
    names = sorted(worst, key=lambda name: (-worst[name], name))
    body = [[escape(name), *(_shift(found.get((name, day))) for day in days)] for name in names]
    return table(["地区 region", *days], body)


def _shift(row: Any) -> str:
    if row is None or row["psi"] is None:
        return "–"
    style = {"steady": "", "watch": "bad-text", "alarm": "bad-text"}[row["level"]]
    words = "" if row["level"] == "steady" else f" {LEVELS[row['level']]}"
    return f"<span class='{style}'>{row['psi']:.3f}{words}</span>"


def migrations(rows: Any) -> str:
    """Churn, jumps and bandwidths of every pair of dates."""
    body = [
        [
            f"{row['first']} → {row['second']}", f"{row['churn']:.1%}", f"{row['jumps']:.2%}",
            f"{row['mwb_upper']:.3f}", f"{row['mwb_lower']:.3f}",
        ]
        for row in rows
    ]  # fmt: skip
    heads = ["日期 dates", "变动 churn", "跳两级以上 jumps ≥ 2", "MWB 上 upper", "MWB 下 lower"]
    return table(heads, body)


def change_guard(rows: Any) -> str:
    """What moved without the change guard and with it, and what came back a date later."""

    def both(free: float | None, kept: float | None, spec: str = ".1%") -> str:
        return " → ".join("–" if share is None else format(share, spec) for share in (free, kept))

    body = [
        [
            f"{row['first']} → {row['second']}", both(row["churn"], row["guarded_churn"]),
            both(row["jumps"], row["guarded_jumps"], ".2%"), f"{row['held']:.1%}",
            both(row["returned"], row["guarded_returned"]),
        ]
        for row in rows
    ]  # fmt: skip
    heads = ["日期 dates", "变动 churn", "跳两级以上 jumps ≥ 2", "暂缓变动 held", "随后退回 came back"]
    return table(heads, body)


def concentrations(rows: Any) -> str:
    """Coefficient of variation and Herfindahl index of every date."""
    body = [[r["on"], f"{r['cv']:.3f}", f"{r['herfindahl']:.3f}", f"{r['p']:.3f}"] for r in rows]
    return table(["基准日 date", "变异系数 CV", "HI", "p（增加 increase）"], body)


def fairness(rows: Any) -> str:
    """Every group of every attribute."""
    body = [
        [
            f"{ATTRIBUTES[row['attribute']][0]} {escape(row['group'])}", str(row["inspected"]),
            with_range(row["rate"], percent=True), f"{row['mean_probability']:.1%}",
            with_range(row["gap"], percent=True), f"{row['high_share']:.1%}", chance(row["p_holm"]),
        ]
        for row in rows
    ]  # fmt: skip
    heads = ["组 group", "检查", "问题率 rate", "预测 promised", "差 gap", "C/D 占比", "p (Holm)"]
    return table(heads, body)


def agreements(rows: Any) -> str:
    """Rank correlations of mean |contribution|."""
    body = [
        [KINDS.get(row["kind"], row["kind"]), f"{row['first']} / {row['second']}",
         "–" if row["spearman"] is None else f"{row['spearman']:.3f}"]
        for row in rows
    ]  # fmt: skip
    return table(["比较 comparison", "", "秩相关 Spearman"], body)
