"""What moved a score: points that add up, and sentences worked out by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import CATALOGUE
from models.change_told import (
    ChangeRefused,
    Differences,
    RecordSeen,
    differences,
    moved_records,
    told_change,
    windows_of,
)
from models.deciding import decide
from models.record_words import FAMILY_WORDS, record_kind
from models.release import Release

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
KINDS = ("penalties", "complaints", "entities", "inspections")


def moved(*points: int, bounds: int = 0) -> Differences:
    return Differences(
        kinds=KINDS[: len(points)],
        points=np.array([points], dtype=np.int32),
        bounds=np.array([bounds], dtype=np.int32),
        score=np.array([sum(points) + bounds], dtype=np.int32),
    )


def penalty(day: date, number: str = "p", told: object = None) -> RecordSeen:
    return RecordSeen(table="penalties", record_id=number, occurred_on=day, told=told)


def test_every_family_of_the_catalogue_belongs_to_the_table_it_counts() -> None:
    sources: dict[str, set[str]] = {}
    for indicator in CATALOGUE:
        sources.setdefault(indicator.family, set()).add(indicator.source)
    wrong = {f: (record_kind(f), own) for f, own in sources.items() if record_kind(f) not in own}
    assert wrong == {}
    assert {record_kind(i.family) for i in CATALOGUE} <= set(FAMILY_WORDS)


def test_a_new_penalty_is_told_with_its_day_and_points() -> None:
    new = moved_records([], [penalty(date(2026, 6, 12))], (MAY, JUNE), {})
    change = told_change(moved(28, 9, -2), 0, (MAY, JUNE), new)
    assert change.sentence_zh == (
        "比上月上升35分：主要因6月12日新增一起行政处罚（+28分），投诉举报情况变化（+9分）；其余合计−2分。"
    )
    assert change.sentence_en == (
        "35 points more than on 31 May 2026: mainly a new penalty of 12 June 2026 (+28); "
        "the state of complaints (+9); all others together −2."
    )


def test_what_happened_earlier_was_only_heard_of_since() -> None:
    late = moved_records([], [penalty(date(2025, 12, 31))], (MAY, JUNE), {})
    change = told_change(moved(6), 0, (MAY, JUNE), late)
    assert change.sentence_zh == "比上月上升6分：主要因新获知2025年12月31日的一起行政处罚（+6分）。"
    assert "a newly known penalty of 31 December 2025 (+6)" in change.sentence_en
    two = moved_records([], [penalty(date(2026, 6, 2)), penalty(date(2025, 1, 1), "q")], (MAY, JUNE), {})
    assert "新增两起行政处罚（最近6月2日）" in told_change(moved(6), 0, (MAY, JUNE), two).sentence_zh


def test_a_new_penalty_is_never_the_cause_of_a_fall_nor_an_old_one_of_a_rise() -> None:
    old = penalty(date(2023, 6, 20), "old")
    both = moved_records([old], [old, penalty(date(2026, 6, 12))], (MAY, JUNE), {"penalties": (1095,)})
    fall, rise = (told_change(moved(points), 0, (MAY, JUNE), both).sentence_zh for points in (-9, 9))
    assert "已满三年" in fall
    assert "新增" not in fall
    assert "已满三年" not in rise
    assert "6月12日新增一起行政处罚（+9分）" in rise
    new = moved_records([], [penalty(date(2026, 6, 12))], (MAY, JUNE), {})
    assert "行政处罚情况变化（−9分）" in told_change(moved(-9), 0, (MAY, JUNE), new).sentence_zh


def test_a_penalty_that_is_three_years_old_leaves_the_window() -> None:
    old = penalty(date(2023, 6, 20))
    found = moved_records([old], [old], (MAY, JUNE), {"penalties": (365, 1095)})
    change = told_change(moved(-28), 0, (MAY, JUNE), found)
    assert change.sentence_zh == (
        "比上月下降28分：主要因2023年6月20日的一起行政处罚已满三年，不再计入近三年（−28分）。"
    )
    assert change.sentence_en == (
        "28 points less than on 31 May 2026: mainly 1 penalty of 20 June 2023 no longer within the last "
        "three years (−28)."
    )


@pytest.mark.parametrize(
    ("happened", "left"),
    [
        (date(2023, 6, 1), False),  # had left by 31 May already
        (date(2023, 6, 2), True),
        (date(2023, 7, 1), True),
        (date(2023, 7, 2), False),
    ],
)
def test_the_days_on_which_a_record_leaves_are_those_of_half_open_windows(happened: date, left: bool) -> None:
    """(t − 1095, t] begins after 1 June 2023 on 31 May 2026, and after 1 July 2023 on 30 June."""
    found = moved_records([penalty(happened)], [penalty(happened)], (MAY, JUNE), {"penalties": (1095,)})
    assert ("penalties" in found) is left


def test_a_correction_is_told_and_what_was_repaired_is_not() -> None:
    before = [penalty(date(2026, 1, 5), "a", told="open"), penalty(date(2026, 2, 5), "repaired")]
    found = moved_records(before, [penalty(date(2026, 1, 5), "a", told="paid")], (MAY, JUNE), {})
    text = told_change(moved(-11), 0, (MAY, JUNE), found).sentence_zh
    assert text == "比上月下降11分：主要因一起行政处罚有更正或进展（−11分）。"
    only = moved_records(before[1:], [], (MAY, JUNE), {})
    assert only == {}
    assert told_change(moved(-11), 0, (MAY, JUNE), only).sentence_zh.endswith(
        "主要因行政处罚情况变化（−11分）。"
    )


def test_what_is_beyond_three_kinds_stands_together_and_bounds_are_told() -> None:
    change = told_change(moved(20, 9, -5, 3, bounds=-4), 0, (MAY, JUNE), {})
    assert change.sentence_zh == (
        "比上月上升23分：主要因行政处罚情况变化（+20分），投诉举报情况变化（+9分）；其余合计−6分。"
    )
    against = told_change(moved(40, -15), 0, (MAY, JUNE), {}).sentence_zh
    assert against.endswith("行政处罚情况变化（+40分），投诉举报情况变化（−15分）。")
    assert [part.points for part in change.parts] == [20, 9, -5, -4, 3]
    assert sum(part.points for part in change.parts) == change.points == 23


def test_nothing_moved_and_rises_that_cancel_falls() -> None:
    assert told_change(moved(0), 0, (MAY, JUNE), {}).sentence_zh == "与上月持平，各类记录的得分都没有变化。"
    assert told_change(moved(5, -5), 0, (MAY, JUNE), {}).sentence_zh == (
        "与上月同分：升降相抵，行政处罚情况变化（+5分），投诉举报情况变化（−5分）。"
    )


def test_differences_add_up_to_the_difference_of_the_scores(release: Release, snapshot: pa.Table) -> None:
    later = snapshot.set_column(
        1, "penalties_count_365d", pa.array(np.roll(snapshot["penalties_count_365d"], 7), pa.int64())
    )
    found = differences(release, snapshot, later)
    scores = [
        np.asarray(decide(release, one, as_of=day, used_on=day, snapshot_digest="")["score"], dtype=int)
        for one, day in ((snapshot, MAY), (later, JUNE))
    ]
    assert (found.points.sum(axis=1) + found.bounds == scores[1] - scores[0]).all()
    assert (found.score == scores[1] - scores[0]).all()
    assert np.abs(found.score).max() > 20
    for row in range(0, 300, 30):
        change = told_change(found, row, (MAY, JUNE), {})
        assert sum(part.points for part in change.parts) == change.points


def test_rows_that_do_not_pair_and_days_the_wrong_way_are_refused(
    release: Release, snapshot: pa.Table
) -> None:
    with pytest.raises(ChangeRefused, match="300 and 299 rows that do not pair"):
        differences(release, snapshot, snapshot.slice(1))
    with pytest.raises(ChangeRefused, match="an earlier and a later day"):
        told_change(moved(1), 0, (JUNE, MAY), {})


def test_windows_are_those_of_the_release(release: Release) -> None:
    assert windows_of(release.schema)["penalties"] == (365, 1095)
