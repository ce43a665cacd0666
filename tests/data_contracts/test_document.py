"""The page of the contracts: in step with them, complete, and with links that lead somewhere."""

from __future__ import annotations

import re

import pytest

from data_contracts.codes import code_table_names
from data_contracts.contract import TABLES_FOLDER, contract_names, load_contract
from data_contracts.document import catalogue_markdown

PAGE = catalogue_markdown()
SHARED = PAGE.partition("## What every record has")[2].partition("\n## ")[0]


def section(table: str) -> str:
    return PAGE.partition(f"\n## {table} ")[2].partition("\n## ")[0]


def test_the_page_is_in_step_with_the_contracts() -> None:
    page = (TABLES_FOLDER.parent / "CATALOGUE.md").read_text(encoding="utf-8")
    assert page == PAGE, "run: python -m data_contracts document > data_contracts/CATALOGUE.md"


@pytest.mark.parametrize("table", contract_names())
def test_every_column_and_rule_is_on_the_page_with_what_is_said_of_it(table: str) -> None:
    contract, text = load_contract(table), section(table) + SHARED
    for column in contract.columns:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{column.name}`")][:1]
        told = [column.label_zh, column.unit, column.dated_by, column.code_table, column.refers_to]
        told += [code.zh for code in column.codes]
        told += [] if column.classification == "public" else [f"*{column.classification}*"]
        if column.source.produced_by != contract.source.produced_by:
            told.append(f"roduced by {column.source.produced_by}")
        assert [word for word in told if word and word not in row] == []
    assert all(f"- `{rule.name}`: {rule.why}." in text for rule in contract.rules)
    for owner in (contract.source.produced_by, contract.source.provided_by, contract.source.responsible):
        assert owner in section(table)


def test_every_link_inside_the_page_leads_to_a_heading() -> None:
    headings = {line.lstrip("# ").lower().replace(" ", "-") for line in PAGE.splitlines() if line[:1] == "#"}
    links = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert len(links) == len(contract_names()) + 1
    assert links <= headings


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    for block in re.findall(r"(?:^\|.*\n)+", PAGE, re.M):
        assert len({line.count(" |") for line in block.splitlines() if not line.startswith("| ---")}) == 1, (
            block
        )


def test_every_code_table_is_listed_with_its_columns() -> None:
    text = section("Code") or PAGE.partition("## Code tables")[2]
    assert all(f"| `{name}` | " in text for name in code_table_names())
    assert "| `regions` | 6903 | `entities.region_code` |" in text
