"""What one more unit of every limit is worth in findings, and why limits conflict: in 中文 and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.sampling.capacity import Cell, Floats, Row
from serving.sampling.conflicts import ERROR, Conflict

# Below this a limit is said not to bind: the solver's tolerance, far under a finding.
_NOTHING = 1e-4
_POINT = 0.0001


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`value`: findings gained if the limit is loosened by one unit; 0 where it does not bind."""

    code: str
    value: float
    unit_zh: str
    unit_en: str
    told_zh: str
    told_en: str

    @property
    def binds(self) -> bool:
        """Whether loosening the limit would gain anything."""
        return self.value > 0


def priced(
    cells: Sequence[Cell], rows: Sequence[Row], prices: Floats, error_price: float | None
) -> tuple[Price, ...]:
    """The price of every row in its own unit, and of the standard error in steps of 0.0001."""
    sizes = {cell.name: cell.size for cell in cells}
    found = [_price(row, float(price), sizes) for row, price in zip(rows, prices, strict=True)]
    if error_price is not None:
        found.append(_made(ERROR, "", error_price * _POINT))
    return tuple(found)


def _price(row: Row, price: float, sizes: dict[str, int]) -> Price:
    """A row's price; of an order it is per percentage point by which the higher grade may fall behind."""
    if row.kind == "order":
        low, high = row.subject.split("-", 1)
        price *= sizes[low] * sizes[high] / 100
    if row.kind == "floor":
        price *= sizes[row.subject] / 100
    return _made(row.kind, row.subject, price)


# Kind: unit in 中文 and English, and the sentence of a limit that binds; {} its subject and what is gained.
_WORDS = {
    "hours": (
        "每增加1个执法工时",
        "one more officer-hour",
        "每增加1个执法工时，预计多发现{gain}个问题。",
        "One more officer-hour finds {gain} more problems.",
    ),
    ERROR: (
        "标准误放宽0.01个百分点",
        "0.01 percentage points of standard error",
        "违规率标准误每放宽0.01个百分点，预计多发现{gain}个问题；这是“摸清底数”的代价。",
        "Knowing the violation rate 0.01 percentage points less exactly finds {gain} more problems.",
    ),
    "floor": (
        "探索底线降低1个百分点",
        "one percentage point of exploration floor",
        "{subject}级的探索底线每降低1个百分点，预计多发现{gain}个问题。",
        "A floor of {subject} lower by one percentage point finds {gain} more problems.",
    ),
    "full": (
        "全覆盖减少1户",
        "one entity less of full coverage",
        "{subject}全覆盖每少查1户，预计多发现{gain}个问题。",
        "One visit less under the full coverage of {subject} finds {gain} more problems elsewhere.",
    ),
    "legal": (
        "法定底数减少1户",
        "one visit less of the legal floor",
        "法定最低抽查户数每减少1户，预计多发现{gain}个问题。",
        "One enterprise less in the legal floor finds {gain} more problems.",
    ),
    "order": (
        "比例次序放宽1个百分点",
        "one percentage point of the order of ratios",
        "{subject}的比例次序每放宽1个百分点，预计多发现{gain}个问题。",
        "Letting the order of {subject} slip by one percentage point finds {gain} more problems.",
    ),
    "available": (
        "增加1户可抽对象",
        "one more entity that may be drawn",
        "{subject}级已全部抽取；上限、包容期等每多放开1户，预计多发现{gain}个问题。",
        "All of {subject} is drawn; one more that caps and shields let in finds {gain} more problems.",
    ),
}


def _made(kind: str, subject: str, price: float) -> Price:
    """A price with its words."""
    unit_zh, unit_en, told_zh, told_en = _WORDS[kind]
    value = price if price > _NOTHING else 0.0
    shown = {"subject": subject, "gain": f"{value:.3g}"}
    code = f"{kind}:{subject}" if subject else kind
    name_zh, name_en = _name(kind, subject)
    return Price(
        code=code,
        value=value,
        unit_zh=unit_zh,
        unit_en=unit_en,
        told_zh=told_zh.format(**shown) if value else f"{name_zh}不起约束作用。",
        told_en=told_en.format(**shown) if value else f"{name_en} does not bind.",
    )


def _name(kind: str, subject: str) -> tuple[str, str]:
    """What a limit is called."""
    names = {
        "hours": ("执法工时", "The number of officer-hours"),
        ERROR: ("标准误上限", "The bound on the standard error"),
        "floor": (f"{subject}的探索底线", f"The exploration floor of {subject}"),
        "full": (f"{subject}全覆盖", f"The full coverage of {subject}"),
        "legal": ("法定抽查底线", "The legal floor"),
        "order": (f"{subject}的比例次序", f"The order of ratios of {subject}"),
        "available": (f"{subject}的可抽户数", f"The number of {subject} that may be drawn"),
    }
    return names[kind]


def conflict_told(conflict: Conflict, rows: Sequence[Row], target: float | None) -> tuple[str, str]:
    """A conflict in 中文 and English, every limit with its number."""
    named = {row.code: row for row in rows}
    parts = [_limit_told(named.get(code), target) for code in conflict.codes]
    zh = f"以下{len(parts)}项要求不能同时满足：" + "；".join(part for part, _ in parts)
    en = f"{len(parts)} limits that cannot hold together: " + "; ".join(part for _, part in parts)
    if conflict.hours_needed is not None:
        zh += f"。其余要求至少需要{conflict.hours_needed:,.0f}个执法工时"
        en += f"; the others need {conflict.hours_needed:,.0f} officer-hours"
    if conflict.error_reached is not None:
        zh += f"。其余要求下标准误最低为{conflict.error_reached:.4f}"
        en += f"; the others allow a standard error of {conflict.error_reached:.4f} at best"
    return zh, en


def _limit_told(row: Row | None, target: float | None) -> tuple[str, str]:
    """One limit with its number."""
    if row is None:
        return f"标准误不超过{target:.4f}", f"a standard error of at most {target:.4f}"
    number, subject = abs(row.bound), row.subject
    told = {
        "hours": (f"执法工时不超过{number:,.0f}", f"at most {number:,.0f} officer-hours"),
        "floor": (
            f"{subject}至少抽取{number:,.0f}户（探索底线）",
            f"at least {number:,.0f} of {subject} (floor)",
        ),
        "full": (f"{subject}全覆盖{number:,.0f}户", f"all {number:,.0f} of {subject} (full coverage)"),
        "legal": (f"企业至少抽查{number:,.0f}户（法定）", f"at least {number:,.0f} enterprises (law)"),
        "order": (f"{subject}比例不得倒挂", f"ratios that do not fall over {subject}"),
        "available": (f"{subject}可抽{number:,.0f}户", f"{number:,.0f} of {subject} that may be drawn"),
    }
    return told[row.kind]
