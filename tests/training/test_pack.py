"""The figures of a validation against values worked by hand or published, and the page that shows them."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

from models.verdict import Gate, Verdict
from training.estimates.measures import Estimate, Judged, Recalibration, gini
from training.judging.validation import Evidence
from training.pack.capacity import at_share, ks_distance, rank_at_capacity
from training.pack.fairness import fairness_rows, grouped
from training.pack.leaning import agreements, leaning_rows, spearman
from training.pack.logged import flat_figures, pictures
from training.pack.page import validation_page
from training.pack.plain import plain
from training.pack.promises import (
    check_calibration,
    equal_mass_bins,
    holm,
    jeffreys_p,
    jeffreys_tests,
    net_benefit,
    order_tests,
    rise_p,
)
from training.pack.stability import (
    GuardEffect,
    Shift,
    bandwidths,
    binned,
    coded,
    coefficient_of_variation,
    concentration,
    critical_psi,
    herfindahl,
    level_of,
    migrate,
    psi,
    shift,
)
from training.pack.timeline import DateRow

DAY, LATER = date(2025, 1, 1), date(2025, 4, 1)
# Published: Dandong, May 2023, enterprises graded A to D.
DANDONG = np.array([31_107.0, 12_044.0, 3_682.0, 721.0])


def judged(label: list[float], score: list[float], weight: list[float] | None = None) -> Judged:
    return Judged(
        label=np.array(label), score=np.array(score),
        weight=np.array(weight) if weight else np.ones(len(label)), entity=np.arange(len(label)),
    )  # fmt: skip


def test_jeffreys_equals_the_published_example() -> None:
    """Six obligors, two defaults, PD 3.67 %: p = 0.0044."""
    assert jeffreys_p(0.0367, 2, 6) == pytest.approx(0.0044, abs=5e-5)


def test_jeffreys_of_a_grade_is_over_effective_entities() -> None:
    rows = judged([1, 1, 0, 0, 0, 0], [0.0367] * 6)
    (found,) = jeffreys_tests(rows, np.array(["A"] * 6), ["A", "B"])
    assert (found.inspected, found.problems, found.effective) == (6, 2, 6.0)
    assert found.p == found.p_holm == pytest.approx(0.0044, abs=5e-5)
    once = judged([1, 0], [0.0367] * 2, [2.0, 4.0])
    assert jeffreys_tests(once, np.array(["A"] * 2), ["A"])[0].effective == pytest.approx(36 / 20)


def test_psi_by_hand() -> None:
    """Shares 1/2, 1/2 against 1/4, 3/4: (1/4 − 1/2) ln(1/2) + (3/4 − 1/2) ln(3/2) = ln 3 / 4."""
    assert psi(np.array([50.0, 50.0]), np.array([25.0, 75.0])) == pytest.approx(np.log(3) / 4)
    assert psi(np.array([5.0, 5.0]), np.array([500.0, 500.0])) == 0.0
    assert np.isfinite(psi(np.array([10.0, 0.0]), np.array([0.0, 10.0])))


def test_the_critical_psi_of_fifty_million_firms_says_nothing() -> None:
    """χ²(9, 95 %) = 16.919; 2/50,000,000 of it is 7e-7: everything is significant, so size decides."""
    assert critical_psi(10, 5e7, 5e7) == pytest.approx(6.77e-7, rel=1e-3)
    assert critical_psi(10, 1000, 1000) == pytest.approx(16.919 * 0.002, rel=1e-4)
    assert level_of(0.02, 7e-7) == "steady"
    assert level_of(0.3, 0.4) == "steady", "twenty entities differ by chance"
    assert [level_of(size, 0.01) for size in (0.0999, 0.1, 0.2499, 0.25)] == [
        "steady", "watch", "watch", "alarm",
    ]  # fmt: skip


def test_chance_exceeds_the_critical_psi_in_about_one_of_twenty() -> None:
    generator = np.random.default_rng(4)
    beyond = 0
    for _ in range(400):
        counts = generator.multinomial(800, [0.1] * 10, 2).astype(float)
        beyond += psi(counts[0], counts[1]) > critical_psi(10, 800, 800)
    assert 8 <= beyond <= 34


def test_the_concentration_of_dandong_is_as_published() -> None:
    assert coefficient_of_variation(DANDONG) == pytest.approx(0.997, abs=5e-4)
    assert herfindahl(DANDONG) == pytest.approx(0.497, abs=6e-4)
    assert herfindahl(np.ones(4)) == pytest.approx(0.0)
    assert herfindahl(np.array([9.0, 0, 0, 0])) == pytest.approx(1.0)
    assert concentration(DAY, DANDONG, DANDONG).p == 0.5
    # √3 × 1.6628 / √(2.7648 × 3.2648) = 0.959: the published test is weak with four grades.
    assert concentration(DAY, np.array([97.0, 1, 1, 1]), np.ones(4)).p == pytest.approx(0.1689, abs=1e-4)


def test_the_bandwidth_of_a_matrix_by_hand() -> None:
    """Above the diagonal: A→B 2 (one of at most 3 steps), B→D 1 (two of at most 2): (2 + 2) / (6 + 2)."""
    matrix = np.array([[5, 2, 0, 0], [0, 4, 0, 1], [3, 0, 2, 0], [0, 0, 0, 1]])
    upper, lower = bandwidths(matrix)
    assert upper == pytest.approx(4 / 8)
    assert lower == pytest.approx(6 / 6), "C→A is as far as a C can fall"
    assert bandwidths(np.eye(4, dtype=np.int64)) == (0.0, 0.0)


def test_migration_counts_from_earlier_rows_to_later_columns() -> None:
    moved = migrate((DAY, np.array([0, 0, 1, 3])), (LATER, np.array([0, 1, 1, 1])))
    assert moved.matrix[0] == (1, 1, 0, 0)
    assert moved.matrix[3] == (0, 1, 0, 0)
    assert (moved.churn, moved.jumps) == (0.5, 0.25)


def test_bins_come_from_the_reference_and_the_missing_have_their_own() -> None:
    reference, nobody = np.arange(1000.0), np.full(10, np.nan)
    expected, actual = binned(reference, np.append(reference[::2], nobody))
    assert len(expected) == 11
    assert (expected[-1], actual[-1]) == (0, 10)
    assert shift("x", DAY, *binned(reference, reference)).psi == 0.0
    assert shift("x", DAY, *binned(reference, reference + 500)).level == "alarm"
    constant = np.zeros(50)
    assert binned(constant, constant)[0].tolist() == [50.0]
    codes, now = coded(np.array([0.0, 1, 1]), np.array([1.0, np.nan, 2]), 3)
    assert (codes.tolist(), now.tolist()) == ([1, 2, 0, 0], [0, 1, 1, 1])


def test_precision_at_a_capacity_takes_its_part_of_a_tied_group() -> None:
    """Ten rows, room for two: one problem on top, then four tied rows with one problem among them."""
    found = at_share(np.array([1.0, 1, 0]), np.array([1.0, 4, 5]), 0.2)
    precision, recall, lift, best, worst = found
    assert precision == pytest.approx((1 + 0.25) / 2)
    assert recall == pytest.approx(1.25 / 2)
    assert lift == pytest.approx(0.625 / 0.2)
    assert (best, worst) == (1.0, 0.5)
    assert np.isnan(at_share(np.zeros(2), np.ones(2), 0.5)[0])


def test_the_ranking_pass_agrees_with_hand_counts() -> None:
    ranked = rank_at_capacity(judged([1, 1, 0, 0], [0.9, 0.8, 0.7, 0.1]), (0.25, 0.5), repetitions=20, seed=1)
    assert ranked.ks.value == 1.0
    assert [each.recall.value for each in ranked.capacities] == [0.5, 1.0]
    assert ranked.gains_curve[0] == (0.0, 0.0)
    assert ranked.gains_curve[-1] == (1.0, 1.0)
    assert ks_distance(np.array([1.0, 1]), np.array([2.0, 2])) == 0.0
    assert gini(Estimate(value=0.75, low=0.5, high=1.0)) == Estimate(value=0.5, low=0.0, high=1.0)


def test_calibration_bins_hold_equal_mass_and_never_part_equal_scores() -> None:
    assert equal_mass_bins(np.arange(100.0), np.ones(100)).tolist() == np.repeat(np.arange(10), 10).tolist()
    assert len(set(equal_mass_bins(np.zeros(30), np.ones(30)))) == 1
    rows = judged([1.0] * 5 + [0.0] * 5, [0.5] * 10)
    check = check_calibration(rows, Recalibration(slope=1.0, intercept=0.0), seed=1)
    assert check.ece == 0.0
    assert check.ece_if_truthful.value > 0.05, "ten rows are never exactly half and half"
    always = judged([1.0] * 10, [0.25] * 10)
    assert check_calibration(always, Recalibration(slope=1.0, intercept=0.0), seed=1).ece == 0.75


def test_holm_by_hand_and_the_order_of_rates() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([]) == ()
    assert rise_p(0.1, 100, 0.3, 100) == pytest.approx(0.5 * 0.000407, rel=0.02)
    tests = order_tests("ABCD", [0.1, 0.3, 0.2, 0.9], [100, 100, 100, 0])
    assert [(each.better, each.worse) for each in tests] == [("A", "B"), ("B", "C")]
    assert tests[0].p_holm < 0.001
    assert tests[1].p > 0.5


def test_net_benefit_by_hand() -> None:
    """Two of ten found by three visits at t = 0.2: 0.2 − 0.1 × 1/4; everyone: 0.3 − 0.7 × 1/4."""
    rows = judged([1, 1, 0, 1] + [0] * 6, [0.9, 0.8, 0.7] + [0.1] * 7)
    ((threshold, model, everyone),) = net_benefit(rows, [0.2])
    assert threshold == 0.2
    assert model == pytest.approx(0.2 - 0.1 / 4)
    assert everyone == pytest.approx(0.3 - 0.7 / 4)


def test_fairness_tells_a_group_whose_promise_is_broken_and_no_small_one() -> None:
    count = 400
    label = np.concatenate([np.tile([1.0, 0, 0, 0], 50), np.tile([1.0, 1, 1, 0], 50)])
    rows = Judged(label=label, score=np.full(count, 0.25), weight=np.ones(count), entity=np.arange(count))
    facts = pa.table({
        "entity_region_now": ["110101"] * 200 + ["110102"] * 190 + ["110103"] * 10,
        "entity_age_now": [0.5, 2.0, None, 30.0] * 100,
    })  # fmt: skip
    found = {(row.attribute, row.group): row for row in fairness_rows(rows, facts, label > 0)}
    assert found["region", "110101"].gap.value == pytest.approx(0.0)
    broken = found["region", "110102"]
    assert broken.gap.high < -0.4
    assert broken.p_holm < 0.001
    assert ("region", "…") not in found
    assert [group for attribute, group in found if attribute == "age"] == ["< 1", "1–3", "≥ 20", "?"]
    assert grouped("size", pa.chunked_array([[2e6]])).tolist() == ["1M–10M"]


def test_what_a_model_leans_on_is_told_by_size_without_values() -> None:
    contributions = np.array([[0.1, -2.0, 0.5], [0.1, 2.0, 0.5], [-0.1, 2.0, 0.5]])
    values = np.array([[1.0, np.nan], [2.0, 7.0], [3.0, 9.0]])
    first, second = leaning_rows([("a", "甲", "A"), ("b", "乙", "B")], contributions, values)
    assert (first.name, first.weight, second.name) == ("b", 2.0, "a")
    assert first.dots == ((-2.0, None), (2.0, 0.25), (2.0, 0.75))
    assert spearman(np.array([1.0, 2, 3]), np.array([10.0, 30, 20])) == pytest.approx(0.5)
    (agreed,) = agreements("date", {"x": np.array([1.0, 2]), "y": np.array([2.0, 4])})
    assert (agreed.first, agreed.second, agreed.spearman) == ("x", "y", pytest.approx(1.0))


def test_a_record_is_plain_json_and_what_was_not_measured_is_null() -> None:
    assert plain((Estimate(value=float("nan"), low=0.0, high=np.float64(1)), DAY)) == [
        {"value": None, "low": 0.0, "high": 1.0}, "2025-01-01",
    ]  # fmt: skip
    with pytest.raises(TypeError, match="object has no plain form"):
        plain(object())


def document() -> dict[str, object]:
    """A small validation with every kind of evidence, as its JSON reads."""
    rows = judged([1.0, 0, 0, 0] * 50, [0.25 + 0.001 * n for n in range(200)])
    facts = pa.table({"entity_region_now": ["110101"] * 100 + ["<b>"] * 100})
    ranking = rank_at_capacity(rows, (0.1,), repetitions=5, seed=1)
    rate = Estimate(value=0.25, low=0.2, high=0.3)
    ranked = {key: {"value": 0.6, "low": 0.5, "high": 0.7} for key in ("auc", "average_precision")}
    day = DateRow(
        on=DAY, part="test", population=9, mean_probability=0.2, psi=0.3, shares=(0.7, 0.2, 0.1, 0.0),
        inspected=5, rate=rate, auc=None,
    )  # fmt: skip
    contributions, values = np.array([[0.1, 0.0], [-0.2, 0.0]]), np.array([[1.0], [np.nan]])
    evidence = Evidence(
        ranking_at_capacity=ranking.capacities, gains_curve=ranking.gains_curve,
        calibration=check_calibration(rows, Recalibration(slope=1.0, intercept=0.0), seed=1),
        jeffreys=jeffreys_tests(rows, np.array(["A"] * 200), ["A"]),
        order_tests=order_tests("AB", [0.1, 0.4], [50, 50]),
        psi=(Shift(name="score", on=DAY, psi=0.3, critical=0.01, level="alarm"),),
        psi_by_region=(
            Shift(name="110101", on=DAY, psi=0.02, critical=0.01, level="steady"),
            Shift(name="<i>", on=DAY, psi=0.3, critical=0.01, level="alarm"),
        ),
        migration=(migrate((DAY, np.array([0, 3])), (LATER, np.array([1, 3]))),),
        change_guard=(
            GuardEffect(
                first=DAY, second=LATER, margin=0.15, churn=0.05, guarded_churn=0.042, jumps=0.01,
                guarded_jumps=0.01, held=0.0155, returned=None, guarded_returned=None,
            ),
        ),
        herfindahl=(concentration(DAY, DANDONG, DANDONG),),
        fairness=fairness_rows(rows, facts, rows.label > 0),
        net_benefit=net_benefit(rows, [0.1, 0.3]), monthly=(day,),
        leaning=leaning_rows([("x", "甲", "A")], contributions, values),
        explanation_stability=agreements("seed", {"7": np.array([1.0, 2]), "8": np.array([1.0, 2])}),
    )  # fmt: skip
    grade = {"grade": "A", "share": 1.0, "inspected": 5, "problems": 1, "rate": 0.2, "low": 0.1, "high": 0.3}
    untold = dict(grade, grade="B", inspected=0, problems=0, rate=None, low=None, high=None)
    return {each.name: plain(getattr(evidence, each.name)) for each in fields(Evidence)} | {
        "metrics": ranked, "baselines": {"random": ranked},
        "grades": [grade, untold], "order_probability": 0.9, "effective_rows": 150.0, "rows": {"test": 200},
        "test_dates": ["2025-01-01"], "selection_note_zh": "说明", "selection_note_en": "note",
        "warnings": ["mind <this>"], "warnings_zh": ["留意 <此>"], "dropped_indicators": {"y": "off"},
    }  # fmt: skip


def verdict(*, passed: bool) -> Verdict:
    gate = Gate(name="psi", passed=passed, value=0.3, limit="< 0.25", reason_zh="移动", reason_en="moved")
    return Verdict(gates=(gate,))


def test_the_page_is_one_file_in_both_languages_that_never_changes_by_itself() -> None:
    made = document()
    page = validation_page(made, verdict(passed=False), facts={"city": "甲市"})
    assert page == validation_page(made, verdict(passed=False), facts={"city": "甲市"})
    assert re.findall(r"""(?:src|href)=|url\(|@import|<script""", page) == []
    assert "5.0% → 4.2%" in page
    assert "2 个地区中有 1 个发生移动" in page
    assert page.index("&lt;i&gt;</td>") < page.index("110101</td>"), "what moved most stands first"
    assert "不到 0.15" in page
    for words in ("可靠性曲线", "Reliability", "迁移矩阵", "公平", "不得发布", "0.300 报警 alarm", "moved"):
        assert words in page
    assert '留意 &lt;此&gt;<br><span class="en">mind &lt;this&gt;' in page
    assert "<b>（" not in page, "a code from the records is text, not markup"
    assert page.count("<svg") == page.count("</svg>") >= 10
    parsed = re.findall(r"<svg.*?</svg>", page)
    assert all(ElementTree.fromstring(each).tag == "svg" for each in parsed)
    assert "全部通过" in validation_page(made, verdict(passed=True), facts={})


def test_a_page_without_evidence_says_what_there_is() -> None:
    empty = Evidence()
    bare = document() | {each.name: plain(getattr(empty, each.name)) for each in fields(Evidence)}
    page = validation_page(bare, None, facts={"city": "x"})
    assert "没有随机抽取的行" in page
    assert "可靠性曲线" not in page


def test_every_figure_and_picture_has_a_name_for_the_tracker() -> None:
    figures = flat_figures(document())
    assert figures["auc"] == 0.6
    assert figures["auc_low"] == 0.5
    assert figures["psi_score_2025-01-01"] == 0.3
    assert figures["churn_guarded_2025-04-01"] == 0.042
    assert "rate_B" not in figures
    drawn = pictures(document())
    assert {"reliability.svg", "gains.svg", "contributions.svg", "migration_2025-04-01.svg"} <= set(drawn)
    assert all(ElementTree.fromstring(each).tag.endswith("svg") for each in drawn.values())
