"""No line of a delimited file vanishes: stray quotation marks cost their own line and no other."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.mapping.city_mapping import CityMapping, MappingError
from data_contracts.raw import RawFileError
from data_contracts.raw.lines import Line
from data_contracts.raw.rows import Layout, Row, rows_of

Rows = Callable[..., list[dict[str, Any]]]
HEADER = "编号,主体,事项,日期"


def rows(text: str, *, multiline: bool = False, width: int = 3) -> list[Row]:
    lines = (Line(number, line) for number, line in enumerate(io.StringIO(text, newline=""), start=1))
    return list(rows_of(lines, Layout(width=width, delimiter=",", multiline=multiline)))


def multiline(town: Any) -> CityMapping:
    return town.mapping(town.letters().text.replace("reject_limit", "multiline = true\nreject_limit"))


def test_a_stray_quotation_mark_swallows_no_neighbour(town: Any, rows_of: Rows, rejected_of: Rows) -> None:
    """Eight rows: one opens a quotation mark that the next closes, and the last never closes its own."""
    good = [f"{number},甲,food,2024-01-0{number}" for number in range(1, 9)]
    good[3], good[4], good[7] = '4,"Wang,food,2024-01-04', '5,Li",food,2024-01-05', '8,"甲,food,2024-01-08'
    town.write("a.csv", "\n".join([HEADER, *good]))
    outcome = town.admit()
    assert outcome.report.totals == (8, 5, 3, 0)
    assert sorted(row["complaint_id"] for row in rows_of(outcome, "complaints")) == ["1", "2", "3", "6", "7"]
    rejected = rejected_of(outcome, "complaints")
    assert [(row["line"], row["reason"], row["value"]) for row in rejected] == [
        (5, "misplaced_quote", '1 quotation marks: 4,"Wang,food,2024-01-04'),
        (6, "misplaced_quote", '1 quotation marks: 5,Li",food,2024-01-05'),
        (9, "misplaced_quote", '1 quotation marks: 8,"甲,food,2024-01-08'),
    ]
    assert all("multiline = true" in row["todo"] for row in rejected)


def test_a_cell_over_two_lines_is_a_row_only_where_the_feed_declares_it(
    town: Any, rows_of: Rows, rejected_of: Rows
) -> None:
    town.write("a.csv", f'{HEADER}\r\n1,甲,"two\r\nlines",2024-01-02\r\n2,乙,food,2024-01-03\r\n')
    undeclared = town.admit()
    assert undeclared.report.totals == (3, 1, 2, 0)
    assert [(row["line"], row["reason"]) for row in rejected_of(undeclared, "complaints")] == [
        (2, "misplaced_quote"),
        (3, "misplaced_quote"),
    ]
    declared = town.admit(multiline(town))
    assert declared.report.totals == (2, 2, 0, 0)
    assert {row["topic"] for row in rows_of(declared, "complaints")} == {"two\r\nlines", "food"}


def test_a_multiline_feed_loses_one_line_to_a_stray_mark_and_reads_the_next_anew() -> None:
    text = 'a,"Wang,1\nb,"two\nlines",2\nc,x,3\nd,"open,4\ne,x,5\n'
    found = rows(text, multiline=True)
    assert [(row.line, row.fault) for row in found] == [
        (1, "misplaced_quote"),
        (2, None),
        (4, None),
        (5, "misplaced_quote"),
        (6, None),
    ]
    assert found[1].cells == ["b", "two\nlines", "2"]


def test_a_multiline_row_of_another_width_is_taken_apart() -> None:
    found = rows('a,"Wang,1\nb,Li",2\nc,x,3\n', multiline=True, width=4)
    assert [(row.line, row.fault) for row in found] == [
        (1, "misplaced_quote"),
        (2, "misplaced_quote"),
        (3, "wrong_field_count"),
    ]


@pytest.mark.parametrize(
    "line", ['a,"Wang" x,1', 'a,"Wang""",1"', 'a"b,"open,1', 'a,b,"', f'a,"{"x" * 140_000}",1']
)
def test_a_line_whose_marks_do_not_fit_is_a_fault(line: str) -> None:
    assert [(row.line, row.fault) for row in rows(f"{line}\nc,x,3\n")] == [(1, "misplaced_quote"), (2, None)]


@pytest.mark.parametrize("line", ['a,"Wang, Li",1', 'a,"the ""big"" one",1', 'a,5" by 4",1', '"a","b","c",,'])
def test_a_line_whose_marks_fit_is_read_as_others_read_it(line: str) -> None:
    (row,) = rows(line)
    assert (row.fault, row.cells) == (None, next(csv.reader([line]))[:3])


@given(st.text('a",\n', max_size=60), st.booleans())
def test_every_line_that_is_not_blank_belongs_to_exactly_one_row(text: str, multiline: bool) -> None:
    found = rows(text, multiline=multiline)
    starts = [row.line for row in found]
    assert starts == sorted(set(starts))
    lines = text.split("\n")
    filled = {number for number, line in enumerate(lines, start=1) if line}
    if not multiline:
        assert set(starts) == filled
    for row, following in zip(found, [*starts, len(lines) + 1][1:], strict=True):
        own = "\n".join(lines[row.line - 1 : following - 1]).rstrip("\n")
        if row.fault is None:  # A row that stands says all that its lines say.
            (said,) = csv.reader(io.StringIO(own, newline=""), strict=True)
            assert [*row.cells, *[""] * (len(said) - 3)] == said
        else:
            assert "\n" not in own


def test_a_header_swallows_no_row(town: Any) -> None:
    town.write("a.csv", '编号,"主体,事项,日期\n1,甲,"food",2024-01-02\n')
    with pytest.raises(RawFileError, match=r"column names of a\.csv \(line 1\) to close .*multiline = true"):
        town.admit()
    assert town.nothing_written()


def test_a_column_name_over_two_lines_is_read_where_the_feed_declares_it(town: Any, rows_of: Rows) -> None:
    town.write("a.csv", '编号,"主\n体",事项,日期\n1,甲,food,2024-01-02\n')
    assert len(rows_of(town.admit(multiline(town)), "complaints")) == 1


def test_multiline_is_true_or_false(town: Any) -> None:
    with pytest.raises(MappingError, match="'multiline' is true or false, got 'yes'"):
        town.mapping(town.letters().text.replace("reject_limit", 'multiline = "yes"\nreject_limit'))
