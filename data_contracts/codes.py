"""Codes by name: the marks of inspection results from their contract, dated tables from code_tables/."""

from __future__ import annotations

from functools import cache

from data_contracts.contract import load_contract
from data_contracts.dated_codes import CodeError, DatedCode, code_on, code_table, code_table_names

__all__ = [
    "CodeError", "DatedCode", "code_on", "code_table", "code_table_names", "codes_of", "problem_codes",
    "serious_codes",
]  # fmt: skip


@cache
def problem_codes() -> frozenset[str]:
    """Result codes that say a problem was found."""
    return _marked("problem")


@cache
def serious_codes() -> frozenset[str]:
    """Result codes that say a serious problem was found."""
    return _marked("serious")


def codes_of(table: str, column: str) -> tuple[str, ...]:
    """The codes a column may hold, in contract order."""
    return tuple(code.code for code in load_contract(table).column(column).codes)


def _marked(mark: str) -> frozenset[str]:
    column = load_contract("inspections").column("result_codes")
    return frozenset(code.code for code in column.codes if mark in code.marks)
