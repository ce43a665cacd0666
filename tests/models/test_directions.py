"""Every sentence agrees with its indicator's direction and its points, over as many explanations as asked.

`EXPLANATIONS=100000 pytest tests/models/test_directions.py` tells a hundred thousand.
"""

from __future__ import annotations

import os
import re

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from features.professional import fields
from models.reasons import Reason
from models.schema import IndicatorSpec
from models.sentences import sentence

EXPLANATIONS = int(os.environ.get("EXPLANATIONS", "2000"))
REASONS = 5
CODES = {
    "entity_type_now": ("company", "sole_trader"),
    "entity_section_now": ("H", "C"),
    "entity_industry_now": ("61", "13"),
    "entity_region_now": ("110105", "310104"),
}
SCHEMA = tuple(
    IndicatorSpec.of(
        indicator, categories=CODES.get(indicator.name, ("1",)) if indicator.kind == "category" else None
    )
    for indicator in (*CATALOGUE, *(one for field in fields().values() for one in field.indicators))
)
LONGEST = {"zh": 60, "en": 110}
# The words by which a sentence claims a direction, read off the sentence and not asked of the code.
CLAIMS_MORE = {
    "zh": re.compile("问题较多|反而提高风险"),
    "en": re.compile(r"more (problems|common)|raises the"),
}
CLAIMS_LESS = {
    "zh": re.compile("问题较少|反而降低风险"),
    "en": re.compile(r"(fewer|less) (problems|common)|lowers the"),
}
FEW = {"zh": re.compile(r"仅"), "en": re.compile(r"\b[Oo]nly\b")}
NONE = {
    "zh": re.compile(r"没有|未(受到|被|在|发现|获)|按期|均已报送|为0|为零|不到一天"),
    "en": re.compile(r"\b(no|none|not|nothing|in time|less than one day|0)\b|: 0", re.I),
}
SMELLS = {
    "zh": re.compile(r"（0）|仅0(?!\.)|较少（|当前当前|近近|\{|的的|，，|\d{6}"),
    "en": re.compile(r"\(0\)|only 0(?!\.)|(?<![.,\d])1 ([a-z]+ies|days|times|years)\b|\{|  |[\u3400-\u9fff]"),
}


def made_up(rng: np.random.Generator, spec: IndicatorSpec) -> Reason:
    """A value of the kind with points, a tenth of them missing and many of them nothing or one."""
    points = int(rng.integers(1, 200)) * int(rng.choice([-1, 1]))
    if rng.random() < 0.1:
        return Reason(indicator=spec.name, number=None, text=None, points=points)
    if spec.kind == "category":
        codes = (*spec.categories, "zz")
        return Reason(
            indicator=spec.name, number=None, text=codes[int(rng.integers(len(codes)))], points=points
        )
    return Reason(indicator=spec.name, number=made_up_number(rng, spec), text=None, points=points)


def made_up_number(rng: np.random.Generator, spec: IndicatorSpec) -> float:
    if not spec.unit:
        return float(rng.integers(0, 2))
    largest = {"元": 1e10, "%": 300.0, "天": 4000.0}.get(spec.unit, 200.0)
    if rng.random() < 0.4:
        return float(rng.integers(0, 3))
    number = float(rng.exponential(largest / 8))
    if spec.unit == "%" and "变动" in spec.raises_zh and rng.random() < 0.5:
        number = -min(number, 100.0)
    return float(round(number)) if spec.kind == "integer" else number


def check(spec: IndicatorSpec, reason: Reason, language: str) -> None:
    """One sentence: no place left, none too long, direction and points agree, nothing made of no data."""
    told = sentence(spec, reason, language)
    assert not SMELLS[language].search(told.replace("zz", "")), told
    assert len(told) <= LONGEST[language], told
    if reason.number is None and reason.text is None:
        label = spec.label_en.lower() if language == "en" else spec.label_zh
        rest = told.lower().replace(label, "")
        assert not re.search(r"\d", rest), f"{told}: a number, though there is no data"
        return
    raises = reason.points > 0
    assert not (CLAIMS_LESS if raises else CLAIMS_MORE)[language].search(told), told
    if spec.direction == 0 or reason.number is None:
        return
    # Of something bad few or none lowers the risk, of something good it raises it; else it must be said.
    little_raises = spec.direction < 0
    if FEW[language].search(told):
        assert raises is little_raises, told
    if reason.number == 0 and spec.unit and "变动" not in spec.raises_zh:
        assert NONE[language].search(told) or "0" in told, told
        assert (raises is little_raises) or (CLAIMS_MORE if raises else CLAIMS_LESS)[language].search(told)
    if not spec.unit:
        worse = (reason.number != 0) is (spec.direction > 0)
        assert (raises is worse) or (CLAIMS_MORE if raises else CLAIMS_LESS)[language].search(told), told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sentence_agrees_with_its_direction_and_its_points(language: str) -> None:
    rng = np.random.default_rng(20260630)
    for _ in range(EXPLANATIONS):
        for place in rng.choice(len(SCHEMA), REASONS, replace=False):
            spec = SCHEMA[place]
            check(spec, made_up(rng, spec), language)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("spec", SCHEMA, ids=lambda spec: spec.name)
def test_every_indicator_is_told_of_none_one_few_and_many(spec: IndicatorSpec, language: str) -> None:
    values: tuple[float | None, ...] = (0.0, 1.0) if not spec.unit else (0.0, 1.0, 2.0, 99.0, 3e9)
    if spec.kind == "category":
        return
    for number in (*values, None):
        for points in (-7, 7):
            check(spec, Reason(indicator=spec.name, number=number, text=None, points=points), language)
