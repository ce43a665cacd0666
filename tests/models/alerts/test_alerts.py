"""Early warnings worked out by hand: each rule, its borders, its numbers."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from models.alerts.alert import alert_table
from models.alerts.complaint_growth import complaint_growth, discoveries, growth_p_values
from models.alerts.grade_rises import grade_rises, risen
from models.alerts.record_clocks import abnormal_clocks, licence_expiries, three_years_after

ON = date(2026, 6, 30)


def graded(**grades: str) -> pa.Table:
    return pa.table({"entity_id": list(grades), "grade": list(grades.values()), "score": [500] * len(grades)})


def test_a_worse_grade_is_an_alert_and_a_newcomer_has_not_risen() -> None:
    before = graded(a="A", b="B", c="C", d="D", e="A")
    after = graded(a="B", b="C", c="D", d="C", e="C", newcomer="D")
    found = {one.entity_id: one for one in grade_rises(before, after, ON, why={"a": ("因甲。", "For a.")})}
    assert {name: one.severity for name, one in found.items()} == {
        "a": "low", "b": "medium", "c": "high", "e": "high",
    }  # fmt: skip
    assert found["a"].sentence_zh == "风险等级由A级升为B级（风险分500→500）。因甲。"
    assert found["e"].sentence_en == "Grade up from A to C (score 500 → 500)."
    assert found["e"].evidence == ("grade:A>C",)
    assert risen(before, after).to_pylist() == ["a", "b", "c", "e"]


def counts(recent: int, past: int, cell: str = "F·company", name: str = "a") -> dict[str, object]:
    return {"entity_id": name, "cell": cell, "recent": recent, "past": past}


def test_the_p_value_is_the_exact_binomial_tail() -> None:
    """Three of three complaints in the last 30 of 395 days: (30/395)³; with one before, the tail of four."""
    share = 30 / 395
    none = np.zeros(2, dtype=np.int64)
    found = growth_p_values(np.array([3, 3]), np.array([0, 1]), none, none)
    assert found[0] == pytest.approx(share**3)
    assert found[1] == pytest.approx(math.comb(4, 3) * share**3 * (1 - share) + share**4)


def test_a_wave_over_the_whole_trade_is_no_alarm_about_one_of_it() -> None:
    """Others of the cell had half of their complaints lately: five of five then have chance 1/32."""
    found = growth_p_values(np.array([5]), np.array([0]), np.array([100]), np.array([100]))
    assert found[0] == pytest.approx(0.5**5)
    calm = growth_p_values(np.array([5]), np.array([0]), np.array([0]), np.array([100]))
    assert calm[0] == pytest.approx((30 / 395) ** 5), "a trade that calms down does not sharpen the test"


def test_of_many_tests_few_are_false() -> None:
    """Benjamini and Hochberg: 0.01 ≤ 0.05·1/4, 0.02 ≤ 0.05·2/4, 0.04 > 0.05·3/4."""
    assert discoveries(np.array([0.04, 0.01, 0.3, 0.02])).tolist() == [False, True, False, True]
    assert discoveries(np.array([])).tolist() == []
    even = np.random.default_rng(5).random((200, 400))
    assert np.mean([discoveries(one).any() for one in even]) < 0.12, "5 % of families without any growth"


def test_growth_is_told_with_its_numbers_and_two_complaints_never() -> None:
    quiet = [counts(0, 12, name=f"q{number}") for number in range(30)]
    table = pa.Table.from_pylist([counts(9, 2), counts(2, 0, name="b"), *quiet])
    (found,) = complaint_growth(table, ON, {"a": ["c1", "c2"]})
    assert (found.entity_id, found.severity, found.evidence) == (
        "a", "medium", ("complaints:c1", "complaints:c2"),
    )  # fmt: skip
    assert found.sentence_zh.startswith("投诉举报突增：近30天9件，此前365天共2件（")
    assert "9 in the last 30 days, 2 in the 365 days before" in found.sentence_en
    assert found.statistic is not None
    assert found.statistic < 1e-6


def licence(left: int, number: str = "l", kind: str = "food_business") -> dict[str, object]:
    return {"entity_id": "a", "licence_id": number, "kind": kind, "valid_until": ON + timedelta(days=left)}


@pytest.mark.parametrize(
    ("left", "severity"),
    [(61, None), (60, "low"), (31, "low"), (30, "medium"), (0, "medium"), (-1, "high"), (-400, "high")],
)
def test_a_licence_near_its_end(left: int, severity: str | None) -> None:
    found = licence_expiries(pa.Table.from_pylist([licence(left)]), ON)
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_licences_in_words_and_a_renewed_one_is_none() -> None:
    (soon,) = licence_expiries(pa.Table.from_pylist([licence(12)]), ON)
    assert soon.sentence_zh == "食品经营许可将于7月12日到期，还有12天，应已提出延续申请。"
    assert soon.sentence_en == (
        "Its licence (food business) runs out on 12 July 2026, in 12 days; the application to renew is due."
    )
    assert (soon.since, soon.until) == (date(2026, 5, 13), date(2026, 7, 12))
    (over,) = licence_expiries(pa.Table.from_pylist([licence(-1)]), ON)
    assert over.sentence_zh == "食品经营许可已于6月29日到期，未见延续或终止的记录。"
    renewed = pa.Table.from_pylist([licence(-1), licence(1000, "new"), licence(5, "other", "drug")])
    assert [one.evidence for one in licence_expiries(renewed, ON)] == [("licences:other",)]


def listing(day: date, ground: str | None = "unreachable") -> pa.Table:
    row = {"entity_id": "a", "listing_id": "x", "ground": ground, "occurred_on": day}
    columns = [("entity_id", pa.string()), ("listing_id", pa.string()), ("ground", pa.string()),
               ("occurred_on", pa.date32())]  # fmt: skip
    return pa.Table.from_pylist([row], schema=pa.schema(columns))


@pytest.mark.parametrize(
    ("listed_on", "severity"),
    [
        (date(2023, 8, 30), None),  # three years full on 29 … 61 days on
        (date(2023, 8, 29), "medium"),  # 60 days on: the notice begins
        (date(2023, 7, 16), "medium"),
        (date(2023, 7, 15), "high"),
        (date(2023, 6, 30), "high"),
        (date(2023, 5, 1), "high"),  # full for 60 days
        (date(2023, 4, 30), "low"),
        (date(2020, 1, 1), "low"),
    ],
)
def test_the_clock_of_three_years(listed_on: date, severity: str | None) -> None:
    found = abnormal_clocks(listing(listed_on), ON)
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_the_clock_in_words() -> None:
    (found,) = abnormal_clocks(listing(date(2023, 7, 10)), ON)
    assert found.sentence_zh == (
        "2023年7月10日列入经营异常名录（住所无法联系），到7月10日满三年，还有10天，应公告提示其履行义务。"
    )
    assert (found.since, found.until) == (date(2026, 5, 11), date(2026, 7, 10))
    (over,) = abnormal_clocks(listing(date(2023, 6, 30), None), ON)
    assert over.sentence_zh == "2023年6月30日列入经营异常名录，到6月30日已满三年，仍未移出。"
    assert over.sentence_en == (
        "On the abnormal-operation list since 30 June 2023; three years were full on 30 June 2026, and it is "
        "still listed."
    )


def test_three_years_after_a_leap_day_end_with_february() -> None:
    assert three_years_after(date(2024, 2, 29)) == date(2027, 2, 28)


def test_the_table_is_in_one_order_whatever_comes_in() -> None:
    alerts = [
        *grade_rises(graded(a="A", b="B"), graded(a="B", b="D"), ON),
        *licence_expiries(pa.Table.from_pylist([licence(-1)]), ON),
    ]
    assert alert_table(alerts).equals(alert_table(alerts[::-1]))
    assert alert_table(alerts)["severity"].to_pylist() == ["high", "high", "low"]
    assert alert_table([]).num_rows == 0
