"""What is told: golden sentences in both languages, each true of its value."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from models.deciding import decide
from models.decision import Decision, decision_of
from models.reasons import Reason
from models.release import Release
from models.schema import IndicatorSpec
from models.sentences import NothingToTell, account, is_flag, lines, sentence, spoken

SPECS = {
    indicator.name: IndicatorSpec.of(
        indicator, categories=("63", "110105") if indicator.kind == "category" else None
    )
    for indicator in CATALOGUE
}
GOLDEN = [
    ("penalties_count_1095d", 3, 42, "近三年受到行政处罚3次"),
    ("penalties_count_1095d", 3, 42, "3 penalties in the last three years"),
    ("penalties_count_365d", 0, -12, "近一年未受到行政处罚"),
    ("penalties_count_365d", 0, -12, "No penalties in the last year"),
    ("penalties_count_365d", 0, 2, "近一年未受到行政处罚，与其他情况合看反而提高风险"),
    ("penalties_count_365d", 0, 2, "No penalties in the last year; here it raises the risk"),
    ("penalties_count_365d", 1, -2, "近一年仅受到行政处罚1次"),
    ("penalties_count_365d", 1, -2, "Only 1 penalty in the last year"),
    ("penalties_count_365d", 40, -2, "近一年受到行政处罚40次"),
    ("penalties_count_365d", 40, -2, "40 penalties in the last year"),
    ("inspections_serious_1095d", 1, 5, "1 serious violation found in the last three years"),
    ("penalties_fine_1095d", 125000, 9, "近三年被罚款12.5万元"),
    ("penalties_fine_1095d", 125000, 9, "Fines of 125,000 yuan in the last three years"),
    ("penalties_fine_1095d", 800, -3, "近三年被罚款仅800元"),
    ("penalties_fine_1095d", 800, -3, "Fines of only 800 yuan in the last three years"),
    ("penalties_fine_365d", 0, -3, "近一年未被罚款"),
    ("penalties_fine_365d", 0, -3, "No fines in the last year"),
    ("penalties_growth_365d", -35, -3, "近一年罚款金额较前一年下降35%"),
    ("penalties_growth_365d", 250, 3, "Fines rose by 250% on the year before"),
    ("penalties_recency_last", 0, 17, "距最近一次行政处罚不到一天"),
    ("penalties_recency_last", 1, 17, "距最近一次行政处罚仅1天"),
    ("penalties_recency_last", 1, 17, "Only 1 day since the last penalty"),
    ("penalties_recency_last", 1200, -8, "距最近一次行政处罚已有1200天"),
    ("penalties_recency_last", 1200, -8, "The last penalty was 1,200 days ago"),
    ("penalties_recency_last", None, -8, "没有行政处罚的记录"),
    ("penalties_recency_last", None, -8, "No penalty on record"),
    ("penalties_count_365d", None, 1, "数据来源缺失：近一年行政处罚次数"),
    ("penalties_count_365d", None, 1, "No data: penalties in the last year"),
    ("debt_ratio_last", None, 1, "没有资产负债率的记录"),
    ("debt_ratio_last", None, 1, "Not on record: debt ratio"),
    ("abnormal_listed_now", 1, 60, "当前被列入经营异常名录"),
    ("abnormal_listed_now", 1, 60, "Now on the abnormal list"),
    ("abnormal_listed_now", 0, -5, "当前未被列入经营异常名录"),
    ("abnormal_listed_now", 0, -5, "Not on the abnormal list now"),
    ("abnormal_count_365d", 0, -5, "Not put on the abnormal list in the last year"),
    ("abnormal_count_365d", 1, 5, "Put on the abnormal list once in the last year"),
    ("inspections_rate_ever", 66.66, 20, "历次检查中有66.7%发现问题"),
    ("inspections_rate_ever", 66.66, 20, "Problems were found at 66.7% of its inspections"),
    ("inspections_rate_ever", 100, 20, "历次检查均发现问题"),
    ("inspections_rate_ever", 0, -20, "历次检查中没有发现问题"),
    ("opinion_reach_90d", 1234567, 20, "近三个月负面舆情被阅读、转发和评论123.5万次"),
    ("entity_age_now", 0.4, 20, "成立不到一年，成立时间相近的主体问题较多"),
    ("entity_capital_now", 250000000, -4, "注册资本为2.5亿元，同等规模主体的问题较少"),
    ("report_late_last", 0, -4, "最近应报年度的年报按期报送"),
    ("report_late_last", 1, 4, "The annual report of the last due year was filed 1 day late"),
]


def language_of(text: str) -> str:
    return "en" if text.isascii() else "zh"


@pytest.mark.parametrize(("name", "number", "points", "told"), GOLDEN, ids=[g[3] for g in GOLDEN])
def test_a_number_is_told(name: str, number: float | None, points: int, told: str) -> None:
    reason = Reason(indicator=name, number=number, text=None, points=points)
    assert sentence(SPECS[name], reason, language_of(told)) == told


@pytest.mark.parametrize(
    ("name", "code", "zh", "en"),
    [
        ("entity_type_now", "sole_trader", "主体类型为个体工商户，同类主体的问题较多",
         "Entity type is sole trader; entities of this type have more problems"),
        ("entity_section_now", "H", "行业门类为住宿和餐饮业，该门类主体的问题较多",
         "Industry section is accommodation and catering, where problems are more common"),
        ("entity_region_now", "110105", "所在区域为朝阳区，该区域主体的问题较多",
         "Region is 110105, where problems are more common"),
        ("entity_region_now", "999999", "所在区域为999999，模型尚无该类别的经验",
         "Region: 999999, of which the model knows nothing yet"),
        ("entity_type_now", None, "没有主体类型的记录", "Not on record: entity type"),
    ],
)  # fmt: skip
def test_a_category_is_told_by_its_name(name: str, code: str | None, zh: str, en: str) -> None:
    reason = Reason(indicator=name, number=None, text=code, points=7)
    assert (sentence(SPECS[name], reason, "zh"), sentence(SPECS[name], reason, "en")) == (zh, en)


@given(
    st.sampled_from(sorted(SPECS)),
    st.sampled_from([0.0, 1.0]),
    st.integers(-99, 99),
    st.sampled_from(["zh", "en"]),
)
def test_a_state_is_told_as_it_is_and_points_against_it_are_said(
    name: str, value: float, points: int, language: str
) -> None:
    """Points may go against an indicator's direction by interaction; the fact told must still be true."""
    spec = SPECS[name]
    if is_flag(spec) and spec.direction:
        told = sentence(spec, Reason(indicator=name, number=value, text=None, points=points), language)
        worse = (value == 1) == (spec.direction > 0)
        words = (spec.raises_en, spec.lowers_en) if language == "en" else (spec.raises_zh, spec.lowers_zh)
        fact = words[0 if worse else 1]
        assert told.startswith(fact)
        assert (told == fact) is (points == 0 or (points > 0) == worse)


@given(
    st.sampled_from(sorted(SPECS)),
    st.none() | st.floats(-1e9, 1e9) | st.integers(0, 500),
    st.integers(-99, 99),
    st.sampled_from(["zh", "en"]),
)
def test_no_place_is_left_unfilled(name: str, value: float | None, points: int, language: str) -> None:
    category = SPECS[name].kind == "category"
    text = None if value is None or not category else "63"
    told = sentence(
        SPECS[name],
        Reason(indicator=name, number=None if category else value, text=text, points=points),
        language,
    )
    assert told
    assert not set("{}") & set(told)
    assert "-0" not in told.replace("-0.", "")


def test_words_of_a_release_cannot_reach_into_objects(release: Release) -> None:
    spec = IndicatorSpec(
        **(release.schema[0].to_fields() | {"raises_en": "{value.__class__} {window}", "categories": ()})  # type: ignore[arg-type]
    )
    told = sentence(spec, Reason(indicator=spec.name, number=2, text=None, points=5), "en")
    assert told == "{value.__class__} year"


def decisions(release: Release, snapshot: pa.Table) -> list[Decision]:
    day = date(2026, 6, 30)
    table = decide(release, snapshot, as_of=day, used_on=day, snapshot_digest="s")
    return [decision_of(row) for row in table.to_pylist()]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_account_of_every_decision_sums_to_its_score(
    release: Release, snapshot: pa.Table, language: str
) -> None:
    for decision in decisions(release, snapshot):
        assert sum(line.points or 0 for line in account(release.schema, decision, language)) == decision.score


def test_a_direct_rule_is_told_first_and_has_no_points(release: Release, snapshot: pa.Table) -> None:
    decision = next(d for d in decisions(release, snapshot) if d.rules)
    first = lines(release.schema, decision, "zh")[0]
    assert (
        spoken(first, "zh")
        == "目前列入严重违法失信名单，名单管理办法要求对其重点监管，本系统据此直接判定为D级（高风险）。"
    )


def test_points_are_spoken_with_their_sign(release: Release, snapshot: pa.Table) -> None:
    decision = Decision.from_json(
        json.dumps(
            json.loads(decisions(release, snapshot)[0].to_json())
            | {
                "rules": [], "others_points": -1,
                "reasons": [{"indicator": "penalties_count_365d", "number": 3, "text": None, "points": 42}],
            }
        )
    )  # fmt: skip
    told = {x: [spoken(line, x) for line in lines(release.schema, decision, x)] for x in ("zh", "en")}
    assert told["zh"] == ["近一年被处罚3（+42分）。", "其余指标合计（−1分）。"]
    assert told["en"] == ["3 in the last year (+42 points).", "All other indicators together (−1 point)."]


def test_telling_twice_says_the_same(release: Release, snapshot: pa.Table) -> None:
    decision = decisions(release, snapshot)[7]
    assert lines(release.schema, decision, "zh") == lines(release.schema, decision, "zh")


def test_another_language_is_refused(release: Release, snapshot: pa.Table) -> None:
    with pytest.raises(NothingToTell, match="Expected language zh or en; got 'fr'"):
        lines(release.schema, decisions(release, snapshot)[0], "fr")


def test_a_reason_of_another_release_is_refused(release: Release, snapshot: pa.Table) -> None:
    decision = decisions(release, snapshot)[0]
    with pytest.raises(NothingToTell, match="an indicator of the release"):
        lines((), decision, "zh")
