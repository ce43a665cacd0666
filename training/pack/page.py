"""The validation as one page: self-contained HTML, 中文 first, English second, figures with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from models.verdict import Verdict
from training.pack import charts, draws, tables
from training.pack.tables import figure_text, table

STYLE = """
:root{--ink:#1f2933;--faint:#5f6c7b;--line:#e4e7eb;--accent:#0b6e8f;--good:#2f855a;--bad:#b83232}
*{box-sizing:border-box}
body{margin:0;background:#f5f7f9;color:var(--ink);font:15px/1.6 "Noto Sans CJK SC","Source Han Sans SC",
"PingFang SC","Microsoft YaHei","Helvetica Neue",Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 24px 64px}
header h1{font-size:28px;line-height:1.25;margin:0 0 4px}
header p,.en{color:var(--faint);margin:0}
.en{font-size:13px;font-weight:400}
section{background:#fff;border:1px solid var(--line);border-radius:10px;padding:20px 24px;margin-top:20px}
h2{font-size:19px;margin:0 0 2px}
h3{font-size:15px;margin:18px 0 6px}
.why{color:var(--faint);margin:2px 0 12px;max-width:110ch}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:20px}
.trio{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,270px),1fr));gap:16px}
figure{margin:0;min-width:0}
figcaption{font-weight:600;margin:6px 0}
svg{width:100%;height:auto;display:block;font-family:inherit}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:12px;margin-top:20px}
.card{background:#fff;border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.3;font-variant-numeric:tabular-nums}
.card span{color:var(--faint);font-size:13px}
.banner{border-radius:10px;padding:14px 18px;margin-top:20px;color:#fff}
.banner.good{background:var(--good)}.banner.bad{background:var(--bad)}
.banner b{font-size:18px}.banner .en{color:inherit;opacity:.9}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 8px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{color:var(--faint);font-weight:500;font-size:13px}
th:first-child,td:first-child{text-align:left}
td.words,th.words{text-align:left;white-space:normal;min-width:220px}
.limit{display:inline-block;white-space:normal;max-width:190px}
.good-text{color:var(--good);font-weight:600}.bad-text{color:var(--bad);font-weight:600}
.mind{border-left:3px solid #b7791f;background:#fdf6e3;padding:6px 12px;margin:8px 0}
details summary{cursor:pointer;color:var(--accent)}
footer{color:var(--faint);font-size:13px;margin-top:24px}
@media(max-width:600px){main{padding:18px 12px 40px}section{padding:16px 12px}header h1{font-size:23px}
.cards{grid-template-columns:1fr 1fr}td:first-child{white-space:normal;min-width:96px;overflow-wrap:anywhere}
.wide{overflow-x:auto}.wide svg{min-width:720px}}
@media print{body{background:#fff}section{break-inside:avoid}}
"""


def validation_page(document: Mapping[str, Any], verdict: Verdict | None, *, facts: Mapping[str, str]) -> str:
    """The page of a validation.json, with the verdict of its gates; `facts` are words about the release.

    The same input gives the same bytes: no clock, no random ids, no foreign file.
    """
    parts = [
        _header(document, facts),
        _banner(verdict),
        _cards(document),
        _claims(document),
        _gates(verdict),
        _ranking(document),
        _calibration(document),
        _grades(document),
        _draws(document),
        _time(document),
        _migration(document),
        _fairness(document),
        _leaning(document),
        _rows(document),
    ]
    title = f"验证报告 Validation · {facts.get('city', '')}"
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><main>{''.join(parts)}{_footer()}</main></body></html>\n"
    )


def _header(document: Mapping[str, Any], facts: Mapping[str, str]) -> str:
    days = "、".join(document["test_dates"])
    said = " · ".join(escape(f"{name} {value}") for name, value in facts.items() if name != "city")
    return (
        f"<header><h1>验证报告 · {escape(facts.get('city', ''))}</h1>"
        f"<p>Validation report. 检验基准日 test dates: {days}</p><p>{said}</p></header>"
    )


def _banner(verdict: Verdict | None) -> str:
    """Passed or not, in one line."""
    if verdict is None:
        return ""
    count, failed = len(verdict.gates), len(verdict.failed)
    if verdict.passed:
        accept = "；另有条件须由发布人接受" if verdict.conditions else ""
        said = "; the promoter must accept what is named below" if verdict.conditions else ""
        return (
            f'<div class="banner good"><b>{count} 道门槛全部通过{accept}</b>'
            f'<p class="en">All {count} gates passed{said}.</p></div>'
        )
    return (
        f'<div class="banner bad"><b>未通过：{count} 道门槛中有 {failed} 道不合格，不得发布</b>'
        f'<p class="en">Refused: {failed} of {count} gates failed; this release may not go live.</p></div>'
    )


def _cards(document: Mapping[str, Any]) -> str:
    """The headline figures."""
    metrics = document["metrics"]
    words = {
        "auc": "AUC", "gini": "Gini", "ks": "KS", "average_precision": "平均精度 AP",
        "lift_at_5pct": "前 5% 提升度 lift", "brier": "Brier",
    }  # fmt: skip
    cards = [
        _card(label, figure_text(metrics[name]), _range(metrics[name]))
        for name, label in words.items()
        if name in metrics
    ]
    if document["calibration"] is not None:
        cards.append(_card("ECE", f"{document['calibration']['ece']:.3f}", "校准误差 calibration error"))
    cards.append(
        _card("有效行数 effective rows", f"{document['effective_rows']:.0f}", "可信检验行 honest rows")
    )
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(label: str, value: str, below: str) -> str:
    return f'<div class="card"><span>{escape(label)}</span><b>{value}</b><span>{escape(below)}</span></div>'


def _range(figure: Mapping[str, Any]) -> str:
    return "–" if figure["value"] is None else f"95% {figure['low']:.3f} – {figure['high']:.3f}"


def _claims(document: Mapping[str, Any]) -> str:
    """What the figures may be used for, and what they themselves warn of."""
    warned = "".join(
        f'<p class="mind">{escape(zh)}<br><span class="en">{escape(en)}</span></p>'
        for zh, en in zip(document["warnings_zh"], document["warnings"], strict=True)
    )
    if warned:
        warned = f"<details open><summary>须知 Mind</summary>{warned}</details>"
    return _section(
        "能说明什么", "What may be claimed",
        f"<p>{escape(document['selection_note_zh'])}</p>"
        f'<p class="en">{escape(document["selection_note_en"])}</p>{warned}',
    )  # fmt: skip


def _gates(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    return _section("门槛", "Gates", tables.gates(verdict))


def _ranking(document: Mapping[str, Any]) -> str:
    metrics, baselines = document["metrics"], document["baselines"]
    body = (
        '<div class="pair">'
        + _figure("AUC 比较", "Model and baselines", charts.rivals(metrics, baselines, "auc", "AUC"))
        + _figure(
            "平均精度", "Average precision",
            charts.rivals(metrics, baselines, "average_precision", "平均精度 average precision"),
        )
        + "</div>"
    )  # fmt: skip
    curve = document["gains_curve"]
    if curve:
        shown = charts.gains(curve, document["ranking_at_capacity"])
        body += '<div class="pair">' + _figure("累积发现曲线", "Gains curve", shown)
        body += '<div><h3>检查能力下的表现 <span class="en">At capacity</span></h3>'
        body += tables.capacities(document["ranking_at_capacity"])
        body += (
            '<p class="why">并列得分按期望计；“最好/最差”是并列者内部顺序的两个极端。 '
            "Ties count by expectation; best and worst are extreme orders within a tie.</p></div></div>"
        )
    return _section(
        "排序", "Ranking", body,
        why="区间为按主体自助抽样的 95% 区间，同一主体的各行同进同出。 "
        "Intervals: 95 %, bootstrap by entity.",
    )  # fmt: skip


def _calibration(document: Mapping[str, Any]) -> str:
    check = document["calibration"]
    if check is None:
        return ""
    truthful = check["ece_if_truthful"]
    said = (
        f"<p>斜率 slope <b>{check['slope']:.2f}</b>（1 为准）· "
        f"截距 intercept <b>{check['intercept']:+.2f}</b>（0 为准）· ECE <b>{check['ece']:.3f}</b></p>"
        f'<p class="why">概率完全真实的模型在这么多行上，ECE 也会在 {truthful["low"]:.3f}–'
        f"{truthful['high']:.3f} 之间。 A truthful model would show an ECE of {truthful['low']:.3f} to "
        f"{truthful['high']:.3f} on so many rows.</p>"
    )
    right = f'<div>{said}<h3>各等级 Jeffreys 检验 <span class="en">Jeffreys test per grade</span></h3>'
    right += tables.jeffreys(document["jeffreys"])
    right += (
        '<p class="why">p 小：该等级的概率偏低（单侧，Holm 校正）；等级为模型本身的等级。 '
        "Small p: the probability is too low. Grades are the model's alone.</p></div>"
    )
    left = _figure("可靠性曲线", "Reliability: ten bins of equal mass", charts.reliability(check))
    body = f'<div class="pair">{left}{right}</div>'
    if document["net_benefit"]:
        shown = charts.net_benefit(document["net_benefit"])
        words = (
            '<p class="why">实线为按模型检查，虚线为全部检查，零线为不检查。'
            "阈值概率表示为查出一个问题愿意多查几家：0.2 即四家。 "
            "Solid: visit by the model; dashed: visit everyone; zero: nobody. A threshold of 0.2 "
            "says that one problem found is worth four visits in vain.</p>"
        )
        body += f'<div class="pair">{_figure("净收益", "Net benefit (decision curve)", shown)}{words}</div>'
    return _section("校准", "Calibration", body)


def _grades(document: Mapping[str, Any]) -> str:
    shown = _figure("各等级问题率", "Rate of problems by final grade", charts.grade_rates(document["grades"]))
    order = document["order_probability"]
    right = (
        f"<div>{tables.grades(document['grades'])}"
        f"<p>问题率依次升高的后验概率 posterior probability that A&lt;B&lt;C&lt;D: <b>{order:.3f}</b></p>"
        f"{tables.order_tests(document['order_tests'])}</div>"
    )
    return _section("等级", "Grades", f'<div class="pair">{shown}{right}</div>')


def _draws(document: Mapping[str, Any]) -> str:
    return _section(
        "随机抽查的证据", "What random draws tell",
        draws.robust_rates(document["doubly_robust"])
        + draws.leniency(document["leniency"], document["leniency_refused"]),
        why="双重稳健：用模型预测全体，再用按 1/π 加权的随机检查修正。 "
        "Doubly robust: the model speaks for everyone, and random visits weighted by 1/π correct it.",
    )  # fmt: skip


def _time(document: Mapping[str, Any]) -> str:
    monthly = document["monthly"]
    if not monthly:
        return ""
    body = _figure(
        "预测（线）与实际（点）", "Promised (line) and found (dots) at every as-of date",
        charts.timeline(monthly), wide=True,
    )  # fmt: skip
    body += _figure(
        "得分的 PSI", "PSI of the score against the calibration dates", charts.score_psi(monthly), wide=True
    )
    body += '<h3>得分与主要指标的 PSI <span class="en">PSI of score and leading indicators</span></h3>'
    words = {row["name"]: (row["label_zh"], row["label_en"]) for row in document["leaning"]}
    body += tables.psi(document["psi"], words)
    body += _regions(document["psi_by_region"])
    return _section(
        "稳定与时间", "Stability over time", body,
        why="按效应大小报警：PSI ≥ 0.10 关注，≥ 0.25 报警；主体众多时任何差异都会“显著”，小地区才看临界值。 "
        "Alarms go by size; with many entities everything is significant.",
    )  # fmt: skip


def _regions(rows: Any) -> str:
    """Which regions moved, in one sentence; the table stands folded unless one did."""
    if not rows:
        return ""
    moved = sorted({row["name"] for row in rows if row["level"] != "steady"})
    count = len({row["name"] for row in rows})
    zh, en = (
        (f"{count} 个地区中有 {len(moved)} 个发生移动", f"{len(moved)} of {count} regions moved")
        if moved
        else (f"{count} 个地区均稳定", f"all {count} regions are steady")
    )
    return (
        f"<details{' open' if moved else ''}><summary>各地区得分的 PSI：{zh} "
        f'<span class="en">PSI of the score by region: {en}</span></summary>'
        f"{tables.region_psi(rows)}</details>"
    )


def _migration(document: Mapping[str, Any]) -> str:
    pairs = document["migration"]
    if not pairs:
        return ""
    shown = "".join(
        _figure("迁移矩阵", f"{each['first']} → {each['second']}", charts.migration(each)) for each in pairs
    )
    body = f'<div class="trio">{shown}</div>{tables.migrations(pairs)}'
    body += _guard(document["change_guard"])
    body += '<h3>集中度 <span class="en">Concentration over the grades</span></h3>'
    body += tables.concentrations(document["herfindahl"])
    return _section(
        "等级迁移", "Migration of grades", body,
        why="行为前一基准日，列为后一基准日，格内为行内占比。 Rows: earlier date; columns: later date.",
    )  # fmt: skip


def _guard(rows: Any) -> str:
    """Churn without and with the change guard, in plain words."""
    if not rows:
        return ""
    margin = rows[0]["margin"]
    words = (
        "<p>此模型版本没有变动防护（幅度为 0）：登记册即按左侧数字变动。</p>"
        '<p class="en">This release has no change guard (its margin is 0): registers move as on the left.</p>'
        if not margin
        else f"<p>登记册中，概率刚刚越过等级界线（对数几率不到 {margin:g}）的主体，等级暂不变动，"
        "直到明显越过或连续两期越过；直接判定不受影响。箭头左侧为无防护，右侧为有防护；"
        "“随后退回”指上一期变动的主体中，本期又回到原等级的占比。</p>"
        f'<p class="en">In a register an entity just beyond a cut (by under {margin:g} in log-odds) keeps '
        "its grade until the step is clear or lasts two dates; direct rules are never held back. Left of the "
        "arrow without the guard, right with it; “came back”: of those that moved at the date before, the "
        "share that is back in its old grade.</p>"
    )
    return f'<h3>变动防护 <span class="en">Change guard</span></h3>{words}{tables.change_guard(rows)}'


def _fairness(document: Mapping[str, Any]) -> str:
    rows = document["fairness"]
    if not rows:
        words = (
            "<p>没有随机抽取的行，不比较各组：被选中检查的主体之间的差距说明不了什么。</p>"
            '<p class="en">No row was drawn at random, so groups are not compared: gaps between entities '
            "that were chosen for inspection prove nothing.</p>"
        )
        return _section("公平", "Fairness", words)
    shown = []
    for attribute, (zh, en) in tables.ATTRIBUTES.items():
        chosen = [row for row in rows if row["attribute"] == attribute]
        if chosen:
            shown.append(_figure(zh, en, charts.fairness(chosen)))
    body = f'<div class="pair">{"".join(shown)}</div><details><summary>全部数字 All figures</summary>'
    body += f"{tables.fairness(rows)}</details>"
    return _section(
        "公平", "Fairness", body,
        why="只用随机抽取的行。零线右侧：预测高于实际；红色：Holm 校正后仍显著。 Random rows only. Right of "
        "zero: promised more than found; red: significant after Holm's correction.",
    )  # fmt: skip


def _leaning(document: Mapping[str, Any]) -> str:
    if not document["leaning"]:
        return ""
    body = _figure(
        "指标贡献", "What the model leans on (exact TreeSHAP)", charts.leaning(document["leaning"]), wide=True
    )
    body += '<h3>依据是否稳定 <span class="en">Stability of explanations</span></h3>'
    body += tables.agreements(document["explanation_stability"])
    return _section("模型依据", "What the model leans on", body)


def _rows(document: Mapping[str, Any]) -> str:
    counts = [[escape(name), f"{count:,}"] for name, count in document["rows"].items()]
    dropped = [[escape(n), escape(str(why))] for n, why in document["dropped_indicators"].items()]
    body = "<details><summary>各部分行数 Rows of each part</summary>"
    body += table(["", "数量 count"], counts) + "</details>"
    body += f"<details><summary>未使用的指标 Indicators left out ({len(dropped)})</summary>"
    body += table(["指标 indicator", "原因 reason"], dropped) + "</details>"
    return _section("数据", "Data", body)


def _section(zh: str, en: str, body: str, *, why: str = "") -> str:
    said = f'<p class="why">{escape(why)}</p>' if why else ""
    return f'<section><h2>{escape(zh)} <span class="en">{escape(en)}</span></h2>{said}{body}</section>'


def _figure(zh: str, en: str, drawn: str, *, wide: bool = False) -> str:
    frame = f'<div class="wide">{drawn}</div>' if wide else drawn
    return (
        f'<figure><figcaption>{escape(zh)} <span class="en">{escape(en)}</span></figcaption>{frame}</figure>'
    )


def _footer() -> str:
    return (
        "<footer>全部数字见同一发布目录的 validation.json。 "
        "Every number is in validation.json beside this page.</footer>"
    )
