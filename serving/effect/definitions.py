"""What each measure of effect means, in Chinese and English, and where it comes from. Words live here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_NATIONAL = "market regulator's draft opinion on deepening random inspections (2023), its six measures"
_OURS = "Xinheng design, section 7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A measure by its names, what is divided by what, and its source."""

    zh: str
    en: str
    meaning_zh: str
    meaning_en: str
    source: str


DEFINITIONS: Mapping[str, Definition] = {
    "entities_checked": Definition(
        zh="抽查主体覆盖率",
        en="share of entities checked",
        meaning_zh="按时录入结果的主体数 ÷ 名录库主体数（多个计划时取最大的名录库）",
        meaning_en="entities with a result entered in time / entities of the frame (of several, the largest)",
        source=_NATIONAL,
    ),
    "item_coverage": Definition(
        zh="抽查事项覆盖率",
        en="item coverage",
        meaning_zh="至少有一条按时结果的事项数 ÷ 计划内事项数",
        meaning_en="items with a result in time / items of the plans",
        source=_NATIONAL,
    ),
    "joint_rate": Definition(
        zh="部门联合抽查率",
        en="joint rate",
        meaning_zh="两个以上部门一次进门完成的检查次数 ÷ 已完成的检查次数",
        meaning_en="visits made for two or more departments at once / visits made",
        source=_NATIONAL,
    ),
    "credit_rule": Definition(
        zh="信用规则使用率",
        en="share of tasks that used the credit rule",
        meaning_zh="各风险等级抽查比例不同的计划的任务数 ÷ 任务数",
        meaning_en="tasks of plans whose ratio differs by grade / tasks",
        source=_NATIONAL,
    ),
    "on_time_publication": Definition(
        zh="结果按时公示率",
        en="on-time publication",
        meaning_zh="录入后20个工作日内公示的结果数 ÷ 已公示或已到期的结果数（依法不公示的除外）",
        meaning_en="results published within 20 working days of entry / results published or due, but for "
        "those withheld",
        source=_NATIONAL,
    ),
    "problems_handled": Definition(
        zh="问题处理率",
        en="problems handled",
        meaning_zh="已后续处理的问题结果数 ÷ 发现问题的结果数",
        meaning_en="results with a problem that was handled / results with a problem",
        source=_NATIONAL,
    ),
    "tasks_done": Definition(
        zh="任务按时完成率",
        en="tasks done in time",
        meaning_zh="按时录入全部事项结果的任务数 ÷ 已完成或已到期的任务数（逾期录入视为未检查）",
        meaning_en="tasks with all results in time / tasks done or over; entered late counts as not done",
        source=_OURS,
    ),
    "hit_rate": Definition(
        zh="问题发现率",
        en="hit rate",
        meaning_zh="发现问题的任务数 ÷ 按时录入结果的任务数",
        meaning_en="tasks in which a problem was found / tasks with a result in time",
        source=f"{_OURS}; interval after Wilson (1927)",
    ),
    "population_rate": Definition(
        zh="总体问题率估计",
        en="population violation rate",
        meaning_zh="按入样概率加权（Horvitz–Thompson / Hájek）推断名录库全部可抽主体的问题率，"
        "按抽取层计算方差；未按时录入者视为随机缺失",
        meaning_en="rate over all entities that could be drawn, weighted by inclusion probability "
        "(Horvitz–Thompson / Hájek) with stratified variance; missing results are taken as missing by chance",
        source=f"{_OURS}; Horvitz and Thompson (1952), Hájek (1971)",
    ),
    "burden": Definition(
        zh="每主体年均检查次数",
        en="burden per entity-year",
        meaning_zh="已进行的检查次数 ÷（名录库主体数 × 有检查的年数）",
        meaning_en="visits made / (entities of the frame × years with visits)",
        source=_OURS,
    ),
}
