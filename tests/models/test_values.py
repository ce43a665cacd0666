"""How values are written: as many digits as a person reads, never hundreds."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.days import date_text
from models.values import money_text, number_text


@given(value=st.floats(allow_nan=False, allow_infinity=False), language=st.sampled_from(["zh", "en"]))
def test_no_value_is_written_with_more_than_fifteen_digits_in_a_row(value: float, language: str) -> None:
    for text in (
        number_text(value, language),
        money_text(value, "元", language),
        money_text(value, "分", language),
    ):
        assert max(len(digits) for digits in re.findall(r"[0-9,]+", text)) <= 20
        assert len(re.findall(r"[0-9]", text.split("e")[0])) <= 17


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (1e308, "1.00e+308", "1.00e+308"),
        (-2.5e15, "-2.50e+15", "-2.50e+15"),
        (999999999999999.0, "10000000亿", "999,999,999,999,999"),
        (1234567.0, "123.5万", "1,234,567"),
        (99999.0, "99999", "99,999"),
        (12345.6, "12346", "12,346"),
        (0.004, "0", "0"),
    ],
)
def test_numbers_are_written(value: float, zh: str, en: str) -> None:
    assert (number_text(value, "zh"), number_text(value, "en")) == (zh, en)


def test_money_beyond_belief_is_told_by_its_size() -> None:
    assert money_text(1e308, "元", "zh") == "1.00e+308元"
    assert money_text(1e308, "分", "en") == "1.00e+306 yuan"
    assert money_text(250000000, "元", "zh") == "2.5亿元"


def test_days_are_written_as_people_write_them() -> None:
    day = date(2026, 6, 30)
    assert (date_text(day, "zh"), date_text(day, "en")) == ("2026年6月30日", "30 June 2026")
