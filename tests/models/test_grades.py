"""Four grades between three cuts; on a cut the worse side counts."""

from __future__ import annotations

import numpy as np
import pytest

from models.grades import Grade, GradeCuts, GradeCutsRefused, grade_of


def test_a_probability_on_a_cut_takes_the_worse_grade() -> None:
    edges = [0.0, np.nextafter(0.2, 0), 0.2, np.nextafter(0.4, 0), 0.4, np.nextafter(0.8, 0), 0.8, 1.0]
    assert "".join(grade_of(np.array(edges), (0.2, 0.4, 0.8))) == "AABBCCDD"


def test_equal_cuts_leave_a_grade_empty() -> None:
    assert "".join(grade_of(np.array([0.1, 0.3, 0.5]), (0.3, 0.3, 0.5))) == "ACD"


def test_the_labels_are_the_published_ones() -> None:
    assert [grade.label_zh for grade in Grade] == ["低", "中", "中高", "高"]
    assert [grade.label_en for grade in Grade] == ["low", "medium", "medium-high", "high"]


@pytest.mark.parametrize(
    "cuts", [(0.4, 0.2, 0.8), (0.0, 0.2, 0.8), (0.2, 0.4, 1.0), (0.2, float("nan"), 0.8)]
)
def test_cuts_that_do_not_divide_are_refused(cuts: tuple[float, float, float]) -> None:
    with pytest.raises(GradeCutsRefused, match="three probabilities between 0 and 1 that do not fall"):
        GradeCuts(cuts=cuts)


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(GradeCutsRefused, match="four shares that sum to 1"):
        GradeCuts(cuts=(0.2, 0.4, 0.8), shares=(0.6, 0.25, 0.085, 0.015))


@pytest.mark.parametrize(
    "cuts",
    [
        GradeCuts(cuts=(0.2, 0.4, 0.8), margin=0.15),
        GradeCuts(cuts=(0.2, 0.4, 0.8), kind="multiples", shares=(1.0, 2.0, 4.0)),
    ],
)
def test_cuts_come_back_from_their_own_text(cuts: GradeCuts) -> None:
    assert GradeCuts.from_json(cuts.to_json()) == cuts
