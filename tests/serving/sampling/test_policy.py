"""Ratios: what is refused, with which words, and the legal floor in numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.grades import LETTERS
from serving.sampling.policy import Ratios, RatiosRefused, check_legal_floor, parse_ratios


def test_ratios_are_read_as_they_are_typed() -> None:
    ratios = parse_ratios(" a=0.02, B=0.05,D=1,C=1/5")
    assert ratios.of("A") == Fraction(1, 50)
    assert ratios.of("C") == Fraction(1, 5)
    assert str(ratios) == "A=0.02,B=0.05,C=1/5,D=1"
    assert parse_ratios(str(ratios)) == ratios


def test_ratios_that_fall_from_a_to_d_are_refused_with_every_fall_named() -> None:
    with pytest.raises(RatiosRefused) as refused:
        parse_ratios("A=0.5,B=0.2,C=0.3,D=0.1")
    assert str(refused.value) == (
        "Expected a ratio from 0 to 1 for each grade, A <= B <= C <= D, above 0 in every grade; "
        "got the ratio falls from A=0.5 to B=0.2; the ratio falls from C=0.3 to D=0.1. "
        "To do: correct the ratios, for example A=0.02,B=0.05,C=0.2,D=1; "
        "a ratio of 0 needs a written reason (allow_zero): who is never drawn is never learned from."
    )


@pytest.mark.parametrize(
    "text", ["", "1.5", "-0.1", "nan", "inf", "2%", "1e999999999", "1/0", "０.５", "0.5 ", ".5"]
)
def test_a_text_that_is_no_number_from_0_to_1_is_refused(text: str) -> None:
    with pytest.raises(RatiosRefused, match="is no number from 0 to 1"):
        Ratios(a=text, b="1", c="1", d="1")


@pytest.mark.parametrize("text", ["", "A=1", "A=1,B=1,C=1,D=1,D=1", "A=1,B=1,C=1,E=1", "1,1,1,1"])
def test_every_grade_is_named_once(text: str) -> None:
    with pytest.raises(RatiosRefused, match="each of the grades A, B, C, D once"):
        parse_ratios(text)


def test_a_grade_without_chance_needs_a_reason() -> None:
    with pytest.raises(RatiosRefused, match="A=0 without a reason; B=0 without a reason"):
        parse_ratios("A=0,B=0.000,C=0.1,D=1")
    with pytest.raises(RatiosRefused, match="A=0 without a reason"):
        parse_ratios("A=0,B=0.1,C=0.1,D=1", allow_zero="  ")
    assert parse_ratios("A=0,B=0.1,C=0.1,D=1", allow_zero="order 12 of the city").of("A") == 0


@given(st.lists(st.integers(1, 1000), min_size=4, max_size=4).map(sorted))
def test_any_rising_ratios_are_accepted_and_exact(thousandths: list[int]) -> None:
    ratios = Ratios(**{grade.lower(): f"{n}/1000" for grade, n in zip(LETTERS, thousandths, strict=True)})
    assert [ratios.of(grade) * 1000 for grade in LETTERS] == thousandths


def test_the_legal_floor_is_told_with_its_numbers() -> None:
    short = check_legal_floor(drawn=20, total=1001)
    assert not short.met
    assert str(short) == "20 of 1001 entities (2.00 %) is 11 short of the legal floor of 3 % (31)"
    assert check_legal_floor(drawn=31, total=1001).met
    assert check_legal_floor(drawn=0, total=0).met
