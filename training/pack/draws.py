"""What random draws tell, as tables of the page: doubly robust rates, and how strict inspectors are."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from training.pack.tables import chance, table, with_range

# Of so many inspectors at each end the effects are shown; all are in validation.json.
SHOWN = 5


def robust_rates(found: Mapping[str, Any] | None) -> str:
    """The rate of everyone and of each grade: by the model, by the visits, by both together."""
    if found is None:
        return (
            "<p>没有随机抽取的检查，全体问题率无法估计。"
            '<span class="en">No visit was drawn at random: the rate among everyone cannot be '
            "estimated.</span></p>"
        )
    rows = [("全体 everyone", found["population"]), *found["grades"].items()]
    heads = (
        "等级 grade", "主体 entities", "随机检查 visits", "模型 model", "加权 weighted 1/π",
        "双重稳健 doubly robust",
    )  # fmt: skip
    return table(heads, [_rate(name, rate) for name, rate in rows])


def _rate(name: str, rate: Mapping[str, Any]) -> list[str]:
    model = "–" if rate["model"] is None else f"{rate['model']:.1%}"
    estimates = [with_range(rate[key], percent=True) for key in ("weighted", "robust")]
    return [escape(name), str(rate["entities"]), str(rate["visits"]), model, *estimates]


def leniency(found: Mapping[str, Any] | None, refused: str | None) -> str:
    """The spread of strictness, two tests, and the strictest and the mildest inspectors."""
    if found is None:
        return (
            "<p>检查人员的宽严无法估计。"
            f'<span class="en">How strict inspectors are cannot be told: {escape(refused or "")}.</span></p>'
        )
    everyone = found["inspectors"]
    shown = everyone if len(everyone) <= 2 * SHOWN else [*everyone[:SHOWN], *everyone[-SHOWN:]]
    rows = [
        [
            escape(one["inspector"]), str(one["visits"]), f"{one['effect']:+.1%}",
            f"{one['low']:+.1%} – {one['high']:+.1%}",
        ]
        for one in shown
    ]  # fmt: skip
    said = (
        f"<p>{len(everyone)} 名检查人员，{found['visits']} 次随机检查；宽严标准差 {found['spread']:.1%}；"
        f"人人相同的 p 值 {chance(found['same'])}，分配随机性的 p 值 {chance(found['balance'])}。"
        "只展示，不参与评分。"
        f'<span class="en">{len(everyone)} inspectors in {found["offices"]} offices; standard deviation of '
        f"strictness {found['spread']:.1%}; p of all being equal {chance(found['same'])}; p of an assignment "
        f"by lot {chance(found['balance'])}. Shown, never used at scoring.</span></p>"
    )
    heads = ("检查人员 inspector", "检查 visits", "多发现 more found", "95%")
    return said + table(heads, rows)
