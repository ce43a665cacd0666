"""From ratios to counts: the ratio is reached, never overshot by more than one entity."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from serving.sampling.allocation import Stratum, allocate, counts
from serving.sampling.policy import parse_ratios

RATIOS = parse_ratios("A=0.02,B=0.05,C=0.2,D=1")


def test_counts_are_rounded_up_so_that_the_ratio_is_reached() -> None:
    assert counts(RATIOS, {"A": 651, "B": 250, "C": 84, "D": 15}) == {"A": 14, "B": 13, "C": 17, "D": 15}


def test_a_ratio_that_binary_numbers_miss_is_exact() -> None:
    """0.07 * 100 is 7.000000000000001 in floating point and would draw eight."""
    assert counts(parse_ratios("A=0.07,B=0.07,C=0.07,D=0.07"), {"A": 100})["A"] == 7


def test_a_stratum_without_entities_gives_none() -> None:
    assert counts(RATIOS, {}) == {"A": 0, "B": 0, "C": 0, "D": 0}


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(1, 5000)), max_size=8))
def test_every_stratum_gets_its_ratio_and_at_least_one(strata: list[tuple[str, int]]) -> None:
    made = [
        Stratum(name=f"{number}/{grade}", grade=grade, size=size)
        for number, (grade, size) in enumerate(strata)
    ]
    for allocation in allocate(RATIOS, made):
        wanted = RATIOS.of(allocation.grade) * allocation.size
        assert max(wanted, 1) <= allocation.count < wanted + 1 or allocation.count == 1
        assert allocation.count <= allocation.size
        assert allocation.probability == Fraction(allocation.count, allocation.size)
        assert allocation.probability_text == f"{allocation.count}/{allocation.size}"
