"""How a value is written for people: money in 元 or 万元, numbers, days, windows, codes by their names."""

from __future__ import annotations

from functools import cache

from data_contracts.codes import code_table
from data_contracts.contract import load_contract
from models.schema import IndicatorSpec

# Where a category's codes have their names: the contracts, or for industries the national classification.
CODED_COLUMNS = {
    "entity_type_now": ("entities", "entity_type"),
    "entity_ownership_now": ("entities", "ownership"),
}
WINDOWS = {
    30: ("一个月", "month"),
    90: ("三个月", "three months"),
    180: ("六个月", "six months"),
    365: ("一年", "year"),
    730: ("两年", "two years"),
    1095: ("三年", "three years"),
    1825: ("五年", "five years"),
}
MONEY = {"元": 1, "分": 100}
TEN_THOUSAND, HUNDRED_THOUSAND, HUNDRED_MILLION = 10_000, 100_000, 100_000_000
# No real indicator is larger; a wrong one is told by its size instead of hundreds of digits.
WRITTEN_OUT = 10**15


def number_text(value: float, language: str) -> str:
    """A number with as many decimals as its size deserves; English groups thousands, 中文 counts in 万."""
    if abs(value) >= WRITTEN_OUT:
        return f"{value:.2e}"
    if language == "zh" and abs(value) >= HUNDRED_THOUSAND:
        size, name = (HUNDRED_MILLION, "亿") if abs(value) >= HUNDRED_MILLION else (TEN_THOUSAND, "万")
        return f"{_trimmed(f'{value / size:.1f}')}{name}"
    decimals = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 1 else 2
    text = f"{value:,.{decimals}f}" if language == "en" else f"{value:.{decimals}f}"
    return _trimmed(text)


def money_text(value: float, unit: str, language: str) -> str:
    """Money with its unit; `unit` says whether the value is in 元 or in 分."""
    yuan = value / MONEY[unit]
    if abs(yuan) >= WRITTEN_OUT:
        return f"{yuan:.2e} yuan" if language == "en" else f"{yuan:.2e}元"
    if language == "en":
        return f"{_trimmed(f'{yuan:,.0f}')} yuan"
    for size, name in ((HUNDRED_MILLION, "亿元"), (TEN_THOUSAND, "万元")):
        if abs(yuan) >= size:
            return f"{_trimmed(f'{yuan / size:.2f}')}{name}"
    return f"{_trimmed(f'{yuan:.2f}')}元"


def category_text(spec: IndicatorSpec, code: str, language: str) -> str:
    """The name of a code, or the code where the source gives no names."""
    return _names(spec.name).get(code, (code, code))[language == "en"]


def window_text(days: int | None, language: str) -> str:
    """The window as a sentence names it."""
    if days is None:
        return ""
    return WINDOWS.get(days, (f"{days}天", f"{days} days"))[language == "en"]


@cache
def _names(indicator: str) -> dict[str, tuple[str, str]]:
    if indicator == "entity_section_now":
        return {entry.code: (entry.zh, entry.en or entry.zh) for entry in code_table("industries")}
    # Divisions of industries and regions have no English: there the code stands.
    if indicator == "entity_industry_now":
        return {entry.code: (entry.zh, entry.en or entry.code) for entry in code_table("industries")}
    if indicator == "entity_region_now":
        return {entry.code: (entry.zh, entry.code) for entry in code_table("regions")}
    if indicator not in CODED_COLUMNS:
        return {}
    table, column = CODED_COLUMNS[indicator]
    return {code.code: (code.zh, code.en) for code in load_contract(table).column(column).codes}


def _trimmed(text: str) -> str:
    """Without zeros after the point, and without a sign before nothing."""
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
