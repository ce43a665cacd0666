"""A cell that a spreadsheet would run is rejected with its row; one that only looks like it is not."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from data_contracts.admission.formula_cells import formula_sql

RUN = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "=甲", " =1+1", "\t=1+1", "\r=SUM(A1)",
    "　=1", "=\n1", "＝1+1", "@SUM(1+1)*cmd|' /C calc'!A0", "@A1", "＠SUM(1)", "+A1", "-A1", "-_x", "+\n=A1",
    "-1+A1", "-2+3+cmd|' /C calc'!D2", "+cmd|' /C notepad'!'A1'", "＋cmd|x!A1", "－A1", "-СУММ(1)",
    "+86 10 1234 x5",
]  # fmt: skip
READ = [
    "", "-", "--", "—", "- -", "-/-", "+", "@", "@ ", "=", "===", "-5.3", "-1.2e5", "-1.5E+3", "-3%",
    "+3,000.00元", "+86 10 1234", "+86-10-1234(5)", "+1 (555) 010-9999", "-1层102室", "-1F", "-1F-102",
    "- 无", "@张三", "公司@家", "a=b", "甲=1", "1+A1", "A1@b", "\t张三", "x\r\ny", "'=1+1",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "run"), [*((text, True) for text in RUN), *((text, False) for text in READ)]
)
def test_what_a_spreadsheet_would_run(text: str, run: bool) -> None:
    asked = duckdb.execute(f"SELECT {formula_sql('cell')} FROM (SELECT ? AS cell)", [text])
    assert asked.fetchall() == [(run,)]


def test_a_formula_costs_its_row_and_a_phone_number_costs_none(
    town: Any, rows_of: Any, rejected_of: Any
) -> None:
    topics = ["=1+1", "+86 10 1234", "-", "@SUM(A1)", "-5.3", "food"]
    town.write_rows("a.csv", [(str(n), "甲", topic, "2024-01-02") for n, topic in enumerate(topics)])
    outcome = town.admit()
    assert {row["topic"] for row in rows_of(outcome, "complaints")} == {"+86 10 1234", "-", "-5.3", "food"}
    rejected = rejected_of(outcome, "complaints")
    assert [(row["line"], row["reason"], row["value"]) for row in rejected] == [
        (2, "formula_cell", "=1+1"),
        (5, "formula_cell", "@SUM(A1)"),
    ]
    assert rejected[0]["todo"].startswith("take the sign before the text out of the source")
