from __future__ import annotations

from typing import Any

import pytest

from features.indicator import Dimension, Indicator, IndicatorError, Missing

GOOD: dict[str, Any] = {
    "name": "penalties_count_365d", "dimension": Dimension.SUPERVISION, "source": "penalties",
    "reads": ("penalties.occurred_on",), "expression": lambda penalties, _: penalties.count(),
    "direction": 1, "kind": "integer", "unit": "次", "unit_en": "times", "missing": Missing.ZERO,
    "label_zh": "处罚", "label_en": "Penalties",
    "raises_zh": "处罚{value}次", "raises_en": "Penalties: {value}",
    "lowers_zh": "处罚较少（{value}次）", "lowers_en": "Few penalties ({value})", "family": "penalties",
    "window_days": 365,
}  # fmt: skip


def test_a_whole_declaration_is_taken() -> None:
    assert Indicator(**GOOD).name == "penalties_count_365d"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "Penalties"}, r"'Penalties' to be named subject_measure_window"),
        ({"name": "penalties_count_365"}, r"to be named subject_measure_window.* end the name in days"),
        ({"window_days": 90}, r"carry its window in its name; got window_days=90, name says 365"),
        ({"name": "penalties_count_now"}, r"in its name; got window_days=365, name says None"),
        ({"source": "penaltys"}, r"source 'penaltys' \(did you mean 'penalties'\?\)"),
        ({"reads": ()}, r"to say which columns it reads"),
        ({"reads": ("penalty.fine_fen",)}, r"columns of the contracts; got 'penalty.fine_fen' \(did you"),
        ({"reads": ("penalties",)}, r"To do: write 'table.column'"),
        ({"reads": ("products.kidn",)}, r"of products has; got 'products.kidn' \(did you mean 'kind'"),
        ({"reads": ("products.kind",)}, r"to read a column of its source penalties"),
        ({"reads": "penalties.kinds"}, r"to have a tuple as reads; got 'penalties.kinds'"),
        ({"dimension": "supervison"}, r"Dimension as dimension; got 'supervison' \(did you mean 'superv"),
        ({"missing": "zero"}, r"to have a Missing as missing; got 'zero'"),
        ({"changeable": "no"}, r"to have a bool as changeable; got 'no'"),
        ({"default_on": 1}, r"to have a bool as default_on; got 1"),
        ({"expression": 1}, r"to have a function as its expression; got 1"),
        ({"label_zh": "Penalties"}, r"Chinese words for label_zh; got 'Penalties'"),
        ({"label_en": "处罚"}, r"English words for label_en; got '处罚'"),
        ({"unit_en": ""}, r"its unit in both languages, or none; got unit='次', unit_en=''"),
        ({"raises_zh": "有处罚"}, r"to show its value in raises_zh, having the unit '次'"),
        ({"raises_zh": "处罚{value:.2f}次"}, r"plain \{value\} and \{window\} in raises_zh"),
        ({"raises_zh": "处罚{value!r}次"}, r"plain \{value\} and \{window\} in raises_zh"),
        ({"raises_zh": "处罚{value}%"}, r"its unit after \{value\} in raises_zh"),
        ({"unit": "%", "unit_en": "%"}, r"its unit after \{value\} in raises_zh; got '处罚\{value\}次' and"),
        ({"kind": "float"}, r"to have a kind; got 'float'"),
        ({"direction": 2}, r"to have a direction; got 2"),
        ({"kind": "category", "missing": Missing.NULL}, r"no direction, being a category; got direction=1"),
        ({"kind": "category", "direction": 0}, r"keep null when missing, being a category"),
        ({"categories": ("a",)}, r"no categories, being of kind integer"),
        (
            {"kind": "category", "direction": 0, "missing": Missing.NULL, "categories": ("a", "a")},
            r"list each category once",
        ),
        ({"label_zh": " "}, r"words for label_zh; got nothing"),
        ({"raises_en": "{number} penalties"}, r"only \{value\} and \{window\} in raises_en; got \['numb"),
        ({"lowers_zh": "较少（{value次）"}, r"a template for lowers_zh"),
    ],
)  # fmt: skip
def test_a_declaration_that_would_mislead_is_refused_by_name(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(IndicatorError, match=message) as refused:
        Indicator(**(GOOD | wrong))
    assert f"indicator {(GOOD | wrong)['name']!r}" in str(refused.value)


def test_every_dimension_has_both_names() -> None:
    assert [d.label_zh for d in Dimension] == ["基础属性", "动态", "监管", "关联", "社会评价"]
    assert all(d.label_en for d in Dimension)
