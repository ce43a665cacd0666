"""An indicator's own words with its value in them: none, one, many; more or less than before.

A template speaks of many ("Only {value} penalties in the last year"). Said of none or of one it would smell
of a template, so the few turns below make "No penalties" and "1 penalty" of it. A template that knows no turn
for nothing is filled with 0.
"""

from __future__ import annotations

import re

from models.schema import IndicatorSpec
from models.values import MONEY, category_text, money_text, number_text, window_text

# What is said of nothing, in the order of trial; the first that fits is taken.
NOTHING_ZH = (
    (r"仅?逾期\{value\}天报送", "按期报送"),
    (r"列入经营异常名录仅\{value\}天", "列入经营异常名录的天数为0"),
    (r"中仅有\{value\}个年度未报送年报", "均已报送年报"),
    (r"还有\{value\}天到期", "当天到期"),
    (r"(?:仅|已有)?\{value\}(天|年)", r"不到一\1"),
    (r"平均每次检查仅发现(.+?)\{value\}项", r"历次检查未发现\1"),
    (r"仅发现(.+?)\{value\}项", r"未发现\1"),
    (r"仅有相当于营业收入\{value\}%的", "没有"),
    (r"单次仅?(增加|减少)\{value\}%", r"没有\1"),
    (r"仅为从业人数的\{value\}%", "为零"),
    (r"(?:仅|持)?有\{value\}(?:%的|个年度的?|.)", "没有"),
    (r"新获\{value\}件", "未获"),
    (r"仅受到\{value\}种", "未受到"),
    (r"仅受到(.+?)\{value\}次", r"未受到\1"),
    (r"仅被列入\{value\}个", "未被列入任何"),
    (r"仅?被([^，（]+?(?:（[^）]+）)?[^，（]*?)\{value\}次", r"未被\1"),
    (r"被(罚款|没收)仅\{value\}元", r"未被\1"),
    (r"(欠税|欠缴社会保险费)仅?\{value\}元", r"没有\1"),
    (r"仅在\{value\}个", "未在任何"),
    (r"仅在\{value\}户", "未在"),
    (r"变动\{value\}%", "持平"),
    (r"仅\{value\}", "为0"),
)
NOTHING_EN = (
    (r"(?:only )?\{value\} days late", "in time"),
    (r"On the abnormal list for only \{value\} days", "Days on the abnormal list: 0"),
    (r"(?:only )?\{value\} days", "less than one day"),
    (r"for \{value\} years", "for less than one year"),
    (r"a loss of only \{value\}% of revenue", "no loss"),
    (r"^\{value\}% of|only \{value\}%? of", "none of"),
    (r"^fines of only \{value\} yuan", "no fines"),
    (r"^confiscations of only \{value\} yuan", "no confiscations"),
    (r"(?:only )?\{value\} yuan of", "no"),
    (r"(?:^|only )\{value\} yuan(?= [a-z])", "nothing"),
    (r"^put (.*?) only \{value\} times", r"not put \1"),
    (r"were (.*?) only \{value\} times", r"were not \1"),
    (r"(raised|cut) by (?:only )?\{value\}%(?: at once)?", r"not \1"),
    (r"changed by \{value\}%", "did not change"),
    (r"(?:^|only )\{value\}(?= [a-z])", "no"),
)
# What is said of 100%.
ALL = {
    "zh": ((re.compile(r"仅?有\{value\}%的"), "所有"), (re.compile(r"中仅?有\{value\}%"), "均")),
    "en": ((re.compile(r"(?:only )?\{value\}% of (?=the|its)", re.IGNORECASE), "all of "),),
}
NOTHING = {
    "zh": tuple((re.compile(before), after) for before, after in NOTHING_ZH),
    "en": tuple((re.compile(before, re.IGNORECASE), after) for before, after in NOTHING_EN),
}
# Above these, "only" would be odd whatever the points; they are of judgement, in the indicator's unit.
LITTLE = {"%": 50, "天": 180, "元": 1_000_000, "分": 100_000_000}
LITTLE_COUNT = 10
MUCH_OF_GOOD = 90
# The counted noun stands behind at most three adjectives: "1 serious violation", "1 key person in post".
COUNTED = re.compile(
    r"(?<=\{value\} )((?:(?!(?:of|in|at|on|by|for|with)\b)[a-z-]+ ){0,4}?)([a-z-]+(?<!ou)(?<!s)s)\b"
)
ONLY_ZH = re.compile(r"仅(?=[^，]*\{value\})")
PLURAL_ENDS = ((re.compile(r"ies$"), "y"), (re.compile(r"(ch|sh|x)es$"), r"\1"), (re.compile(r"s$"), ""))


def of_value(spec: IndicatorSpec, template: str, number: float, language: str) -> str:
    """The template said of a number in the unit of its indicator."""
    text = template.replace("{window}", window_text(spec.window_days, language))
    nothing = number == 0 or (spec.unit == "年" and abs(number) < 1)
    everything = spec.unit == "%" and number == 100
    turns = NOTHING[language] if nothing else ALL[language] if everything else ()
    said = _turned(text, turns)
    if said is not None:
        return said
    text = _moved(text, number, language)
    if abs(number) >= _little(spec):
        text = _without_only(text)
    if spec.unit in MONEY:
        return _of_money(spec, text, number, language)
    if "变动" in template or " changed by " in template:
        number = abs(number)
    shown = number_text(number, language)
    if language == "en" and shown == "1":
        text = COUNTED.sub(_singular, text).replace("{value} time ", "once ")
        text = re.sub(r"\{value\} time$", "once", text)
    return text.replace("{value}", shown)


def of_category(spec: IndicatorSpec, template: str, code: str, language: str) -> str:
    """The template said of a category, by its name."""
    text = template.replace("{window}", window_text(spec.window_days, language))
    return text.replace("{value}", category_text(spec, code, language))


def is_change(spec: IndicatorSpec) -> bool:
    """Whether the value is a change on an earlier time, of which 0 is the middle and not the least."""
    return "变动{value}%" in spec.raises_zh


def _turned(text: str, turns: tuple[tuple[re.Pattern[str], str], ...]) -> str | None:
    """The text by the first turn that fits; None where none does and the number itself is said."""
    for before, after in turns:
        said, found = before.subn(after, text, count=1)
        if found:
            said = said.strip()
            return said[:1].upper() + said[1:]
    return None


def _little(spec: IndicatorSpec) -> float:
    """From here on a value is not told as little; nine tenths of something good may still lack."""
    if spec.unit == "%" and spec.direction < 0:
        return MUCH_OF_GOOD
    return LITTLE.get(spec.unit, LITTLE_COUNT)


def _without_only(text: str) -> str:
    text = text.replace("only {value}", "{value}").replace("Only {value}", "{value}")
    return ONLY_ZH.sub("", text.replace("金额仅{value}", "金额为{value}"))


def _moved(text: str, number: float, language: str) -> str:
    """Up or down in words instead of a sign."""
    if language == "en":
        return text.replace(" changed by {value}%", f" {'rose' if number > 0 else 'fell'} by {{value}}%")
    return text.replace("变动{value}%", f"{'增长' if number > 0 else '下降'}{{value}}%")


def _of_money(spec: IndicatorSpec, text: str, number: float, language: str) -> str:
    """Money brings its own unit, 万元 where it is large."""
    unit = " yuan" if language == "en" else spec.unit
    amount = money_text(number, spec.unit, language)
    return text.replace("{value}" + unit, amount).replace("{value}", amount)


def _singular(found: re.Match[str]) -> str:
    """The counted noun of one."""
    before, noun = found.groups()
    for end, single in PLURAL_ENDS:
        if end.search(noun):
            return before + end.sub(single, noun)
    return before + noun
