"""Rows that a feed leaves to another on purpose: kept, counted, and not held against its limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from data_contracts.mapping.city_mapping import MappingError
from data_contracts.refusal import Refusal

Rows = Callable[[Any, str], list[dict[str, object]]]
ROWS = [
    ("1", "甲", "food", "2024-01-02"),
    ("2", "乙", "rent", "2024-01-02"),
    ("3", "丙", "rent", "2024-01-03"),
]
RENT = """set_aside = { when = "事项 = 'rent'", because = "read the file of the housing office" }\n"""


def set_aside(town: Any, line: str, limit: float = 0.0) -> Any:
    return town.mapping(town.letters(limit).text.replace("reject_limit", line + "reject_limit"))


def test_rows_set_aside_are_kept_with_the_reason_and_do_not_count_against_the_limit(
    town: Any, rows_of: Rows, rejected_of: Rows
) -> None:
    town.write_rows("a.csv", ROWS)
    outcome = town.admit(set_aside(town, RENT))
    (feed,) = outcome.report.feeds
    assert (feed.read, feed.admitted, feed.rejected, feed.duplicates) == (3, 1, 2, 0)
    assert feed.reasons == {"set_aside": 2}
    assert [row["complaint_id"] for row in rows_of(outcome, "complaints")] == ["1"]
    assert {row["todo"] for row in rejected_of(outcome, "complaints")} == {
        "read the file of the housing office"
    }


def test_other_bad_rows_still_count_against_the_limit(town: Any) -> None:
    town.write_rows("a.csv", [*ROWS, ("4", "丁", "food", "2024-13-01")])
    with pytest.raises(Refusal, match=r"at most 0\.0% of"):
        town.admit(set_aside(town, RENT))
    assert town.nothing_written()


def test_a_condition_that_does_not_fit_the_file_is_refused_by_name(town: Any) -> None:
    town.write_rows("a.csv", ROWS)
    with pytest.raises(
        Refusal, match=r"set_aside .*asks for '事由', which is no column of a\.csv.*the columns are 编号"
    ):
        town.admit(set_aside(town, RENT.replace("事项", "事由")))
    assert town.nothing_written()


def test_a_set_aside_without_a_reason_is_no_mapping(town: Any) -> None:
    with pytest.raises(MappingError, match=r"'set_aside' is \{ when = .*because = "):
        set_aside(town, """set_aside = { when = "true" }\n""")
