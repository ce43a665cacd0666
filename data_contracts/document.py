"""The contracts as one Markdown page for people: generated, never edited by hand."""

from __future__ import annotations

from data_contracts.contract import Column, Contract, contract_names, load_contract

INTRODUCTION = """# Contracts

What every source promises, table by table. Made from `tables/*.yaml`:
`python -m data_contracts document > data_contracts/CATALOGUE.md`.

Money is whole fen. Several codes stand in one text, joined by `;` in
alphabetical order. A null is the only missing value. A star marks what must be there,
*expected* what every row should state.
Clocks: *occurred* is when it happened, *known* is when the authority knew it, *forgotten* is
when a repair removed it from use.
"""
VERSIONED = "; versions of one entity complete each other"


def catalogue_markdown() -> str:
    """All contracts, in alphabetical order."""
    return "\n".join((INTRODUCTION, *(_section(load_contract(name)) for name in contract_names())))


def _section(contract: Contract) -> str:
    lines = [
        f"## {contract.table} {contract.label_zh}",
        "",
        f"{contract.purpose}. For: {contract.usage}. Limits: {contract.limits}.",
        "",
        f"Owner: {contract.source.responsible}. Source: {contract.source.provided_by}. "
        f"Cadence: {contract.cadence}. "
        f"Key: {', '.join(contract.key)}{VERSIONED if contract.versioned else ''}.",
        "",
        "| column | label | type | meaning |",
        "| --- | --- | --- | --- |",
        *(_row(column) for column in contract.columns),
        "",
        *(f"- `{rule.name}`: {rule.why}." for rule in contract.rules),
        "",
    ]
    return "\n".join(lines)


def _row(column: Column) -> str:
    name = f"`{column.name}`{' *' if column.required else ''}"
    return f"| {name} | {column.label_zh} | {_type(column)} | {_meaning(column)} |"


def _type(column: Column) -> str:
    marks = [column.kind]
    if column.unit:
        marks.append(column.unit)
    if column.clock:
        marks.append(f"clock: {column.clock}")
    if column.undatable:
        marks.append("may be undated")
    if column.multi:
        marks.append("several")
    if column.expected:
        marks.append("expected")
    if column.classification != "public":
        marks.append(column.classification)
    return ", ".join(marks)


def _meaning(column: Column) -> str:
    codes = "; ".join(
        f"`{code.code}` {code.zh}" + "".join(f" ({mark})" for mark in code.marks) for code in column.codes
    )
    return f"{column.meaning}: {codes}" if codes else column.meaning
