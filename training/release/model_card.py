"""The model card of a release: purpose, data, selection, results, limits, owner; 中文 and English."""

from __future__ import annotations

from collections.abc import Sequence

from training.estimates.measures import Estimate
from training.judging.validation import RANKING, Validation
from training.pack.baseline_words import baseline_words
from training.plan.recipe import Recipe
from training.release.fitted_model import FittedModel
from training.rows.history import History

OUTCOME_WORDS = {
    "problem_found": (
        "首次被检查时是否“检查发现问题”",
        "whether an entity's first inspection finds a problem",
    ),
    "serious_problem_found": (
        "首次被检查时是否“检查发现较重问题”",
        "whether an entity's first inspection finds a serious problem",
    ),
    "critical_violation_found": (
        "首次被检查时是否发现至少一项严重违法项目",
        "whether an entity's first inspection finds a critical violation",
    ),
    "sanctioned": (
        "是否受到非轻微的处罚或被列入名录",
        "whether an entity gets a penalty that is not trivial or is listed",
    ),
}
FIGURE_WORDS = {
    "auc": "AUC",
    "average_precision": "平均精度 average precision",
    "lift_at_5pct": "前 5% 提升度 lift at 5 %",
    "brier": "Brier",
}


# The parts of a card, by their English words.
PARTS = ("Purpose", "Data", "Selection", "Results", "Limits", "Owner")


def missing_parts(card: str) -> tuple[str, ...]:
    """The parts that a card lacks or leaves empty; a release with such a card is not registered."""
    sections = [part.partition("\n") for part in card.split("\n## ")[1:]]
    told = {heading.strip().rpartition(" ")[2] for heading, _, text in sections if text.strip()}
    return tuple(part for part in PARTS if part not in told)


def write_card(history: History, recipe: Recipe, fitted: FittedModel, *, trained_by: str) -> str:
    """The card as Markdown."""
    zh, en = OUTCOME_WORDS[recipe.outcome]
    rows = fitted.validation.rows
    return "\n".join([
        f"# 模型卡 Model card · {history.city}",
        "",
        "## 用途 Purpose",
        f"预测主体在基准日之后 {recipe.horizon_days} 天内{zh}，"
        "用于信用风险分级（A 低 – D 高）和双随机抽查比例；不作为处罚依据。",
        f"Foresees, within {recipe.horizon_days} days, {en}. "
        "For grades (A low to D high) and sampling ratios of inspections; never a ground for a penalty.",
        "",
        "## 数据 Data",
        f"- 记录 lake `{history.lake_digest[:16]}`，截至 known by {history.known_by}",
        f"- 训练 training {_days(recipe.training_dates)}: {rows['training']} rows, "
        f"{rows['training_problems']} problems",
        *(
            [f"- 重新拟合 refitted on {_days(recipe.refit_dates)}: {rows['refit']} rows"]
            if recipe.refit_dates
            else []
        ),
        f"- 校准 calibration {_days(recipe.calibration_dates)}: {rows['calibration']} rows",
        f"- 检验 test {_days(recipe.test_dates)}: {rows['test']} rows, {rows['test_honest']} honest, "
        f"effective {fitted.validation.effective_rows:.0f}",
        f"- 指标 indicators: {len(fitted.columns.schema)} used, {len(fitted.columns.dropped)} left out",
        f"- 所有快照的使用日均为记录截止日 {history.known_by}：到该日已修复的记录不出现在旧快照中，"
        "旧快照的不良记录因此少于当时可见的；首次检查记录已被遗忘的主体没有标签。",
        f"- Every snapshot is used on the last day of the records, {history.known_by}: what was repaired by "
        "then is absent from old snapshots too, which so show fewer bad records than were visible in "
        "their day; an entity whose first inspection is forgotten has no label.",
        "",
        "## 选取方式 Selection",
        *fitted.validation.note,
        "",
        "## 结果 Results",
        *_figures(fitted.validation),
        "",
        *_grades(fitted.validation),
        "",
        "等级为最终等级（模型与直接判定取较重者）；排序指标只评模型本身，而扣分表另含严重违法名单。 "
        "Grades are final ones (the worse of model and direct rules); ranking figures are the model's alone, "
        "while the points table also reads the list of serious violations.",
        "",
        "## 局限 Limits",
        *_limits(fitted.validation, adjusted=recipe.adjust_for_inspector),
        "",
        "## 责任人 Owner",
        f"训练 trained by: {trained_by}。发布由另一人决定 Promotion is another person's decision.",
        "",
    ])  # fmt: skip


def _days(dates: Sequence[object]) -> str:
    """First and last date, and how many."""
    return f"{dates[0]}" if len(dates) == 1 else f"{dates[0]} … {dates[-1]} ({len(dates)})"


def _figures(validation: Validation) -> list[str]:
    """The model's figures beside the baselines'."""
    lines = [
        "| | " + " | ".join(FIGURE_WORDS[name] for name in (*RANKING, "brier")) + " |",
        "|---|---|---|---|---|",
    ]
    own = [_text(validation.metrics[name]) for name in (*RANKING, "brier")]
    lines.append("| 本模型 this model | " + " | ".join(own) + " |")
    for name, figures in validation.baselines.items():
        cells = [_text(figures[figure]) for figure in RANKING]
        lines.append(f"| {baseline_words(name)} | " + " | ".join(cells) + " | – |")
    return lines


def _grades(validation: Validation) -> list[str]:
    """The true rate of each grade."""
    lines = [
        "| 等级 grade | 占比 share | 检查 inspected | 发现问题 problems | 问题率 rate |",
        "|---|---|---|---|---|",
    ]
    for grade in validation.grades:
        lines.append(
            f"| {grade.grade} | {grade.share:.1%} | {grade.inspected} | {grade.problems} "
            f"| {_text(grade.rate)} |"
        )
    return lines


def _limits(validation: Validation, *, adjusted: bool) -> list[str]:
    """What the figures themselves warn of, and what every release must be read with."""
    return [
        *(f"- {zh} {en}" for zh, en in validation.cautions),
        f"- 等级顺序的后验概率 posterior probability that the rates rise from A to D: "
        f"{validation.order_probability:.2f}",
        f"- 校准斜率 calibration slope {validation.fitted_slope:.2f} "
        "(1: as sure as it seems; 0: knows nothing)",
        "- 检验期重估校准 calibration fitted again on the test rows: "
        f"斜率 slope {validation.test_calibration.slope:.2f}, "
        f"截距 intercept {validation.test_calibration.intercept:+.2f} (1 and 0: its promises were kept)",
        *_coverage(validation),
        f"- 检验期平均预测概率 mean probability {validation.mean_probability:.3f}, "
        f"实际问题率 observed rate {validation.observed_rate:.3f}",
        _inspectors(validation, adjusted=adjusted),
    ]


def _inspectors(validation: Validation, *, adjusted: bool) -> str:
    """How much inspectors differ, as far as random assignment can tell, and whether boosting took it out."""
    found = validation.leniency
    if adjusted:
        return (
            "- 检查人员尺度不同：训练时以各检查人员的问题率为起点，评分不用 Inspectors may differ: "
            "trees were grown from the log-odds of each row's inspector, and scores know no inspector. What "
            "entities of one inspector have in common went with it."
        )
    if found is None:
        return (
            "- 检查人员尺度不同，无法估计，未作调整 Inspectors may differ in strictness; this is neither "
            f"known nor adjusted for: {validation.leniency_refused or 'it was not looked at'}."
        )
    return (
        f"- {len(found.inspectors)} 名检查人员宽严标准差 {found.spread:.1%}，未作调整 Inspectors differ in "
        f"strictness by a standard deviation of {found.spread:.1%} (p of none: {found.same:.3f}); random "
        "assignment lets it cancel on average, and it is not adjusted for."
    )


def _coverage(validation: Validation) -> list[str]:
    """For how much of its population the random draws of each part stand."""
    known = [f"{part} {share:.2f}" for part, share in validation.weight_coverage.items() if share is not None]
    return [f"- 权重覆盖 Σ1/π over the population: {', '.join(known)} (1: everyone once)"] if known else []


def _text(figure: Estimate) -> str:
    """value [low, high]; a dash where nobody was inspected."""
    if figure.value != figure.value:
        return "–"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
