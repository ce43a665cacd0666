"""The contracts as one Markdown page for people: generated, never edited by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TypeVar

from data_contracts.codes import code_table, code_table_names
from data_contracts.contract import OWNERS, Column, Contract, Rule, Source, contract_names, load_contract

INTRODUCTION = """# Contracts

What every source promises, table by table. Made from `tables/*.yaml`:
`python -m data_contracts document > data_contracts/CATALOGUE.md`.

**How to read it.** A star marks what must be there, *expected* what every row should state; a null
is the only missing value. Money is whole fen. Several codes stand in one text, joined by `;` in
alphabetical order. What is not marked *internal* or *personal* is public; personal data enters the
lake as a pseudonym. *Produced by*, *provided by* and *responsible* say who makes a fact, who hands
it over and who answers for it; a column names them only where they differ from those of its table.
*Known within* is the time in which a record should be known after it happened; timeliness is
measured by it.

**Clocks.** *occurred* is when it happened, *known* when the authority knew it, *forgotten* when a
repair removed it from use, *ended* and *end known* when an interval ended and when that was known,
*superseded* when a later version of the row became known. *Known on* `a_date` marks a value that
came later than its row: before that day nobody sees it.
"""
EVERY = """## What every record has

Every table with the clock *occurred* has these columns and checks; below they are not repeated.
"""
HEADER = "| column | label | type | meaning |\n| --- | --- | --- | --- |"
VERSIONED = "; versions of one entity complete each other"
Thing = TypeVar("Thing", Column, Rule)
PERIODS = {"d": "day", "m": "month", "y": "year"}
NOBODY = Source(produced_by="", provided_by="", responsible="")


def catalogue_markdown() -> str:
    """All contracts, in alphabetical order, after what the tables of events have in common."""
    contracts = [load_contract(name) for name in contract_names()]
    events = [contract for contract in contracts if contract.clock("occurred")]
    columns = _usual([map(_unowned, contract.columns) for contract in events])
    rules = _usual([contract.rules for contract in events])
    return "\n".join(
        (
            INTRODUCTION,
            *_contents(contracts),
            EVERY,
            HEADER,
            *(_row(column, NOBODY) for column in columns),
            "",
            *_checks(rules),
            *chain.from_iterable(_section(contract, columns, rules) for contract in contracts),
            *_code_tables(),
        )
    )


def _usual(of_tables: list[Iterable[Thing]]) -> list[Thing]:
    """What more than half of the tables have, word for word."""
    counted = Counter(chain.from_iterable(reversed(of_tables)))
    return [thing for thing, count in counted.items() if count > len(of_tables) / 2]


def _unowned(column: Column) -> Column:
    return replace(column, source=NOBODY)


def _contents(contracts: Iterable[Contract]) -> Iterator[str]:
    yield "## Tables\n"
    yield "| table | | what it holds | delivered | known within | responsible |\n" + "| --- " * 6 + "|"
    for contract in contracts:
        known = "" if contract.latency_days is None else _days(contract.latency_days)
        yield (
            f"| [`{contract.table}`](#{contract.table}-{contract.label_zh}) | {contract.label_zh} "
            f"| {contract.purpose} | {_cadence(contract)} | {known} | {contract.source.responsible} |"
        )
    yield ""


def _section(contract: Contract, columns: list[Column], rules: list[Rule]) -> Iterator[str]:
    source = contract.source
    known = "" if contract.latency_days is None else f", known within {_days(contract.latency_days)}"
    yield f"## {contract.table} {contract.label_zh}\n"
    yield f"{contract.purpose}.\n"
    yield f"- **For** {contract.usage}."
    yield f"- **Limits** {contract.limits}."
    yield f"- **Produced by** {source.produced_by}."
    yield f"- **Provided by** {source.provided_by}, {_cadence(contract)}{known}."
    yield f"- **Responsible** {source.responsible}."
    key = ", ".join(f"`{name}`" for name in contract.key)
    yield f"- **Key** {key}{VERSIONED if contract.versioned else ''}.\n"
    yield HEADER
    own = [c for c in contract.columns if c.source != source or _unowned(c) not in columns]
    yield from (_row(column, source) for column in own)
    yield ""
    yield from _checks(rule for rule in contract.rules if rule not in rules)


def _row(column: Column, source: Source) -> str:
    name = f"`{column.name}`{' *' if column.required else ''}"
    links = "; ".join(_links(column, source))
    meaning = f"{column.meaning}{_codes(column)}" + (f". {links[0].upper()}{links[1:]}" if links else "")
    return f"| {name} | {column.label_zh} | {_type(column)} | {meaning} |"


def _type(column: Column) -> str:
    marks = [column.kind]
    if column.unit:
        marks.append(column.unit)
    if column.clock:
        marks.append(f"clock *{column.clock.replace('_', ' ')}*")
    marks.extend(
        word
        for word, holds in (
            ("may be undated", column.undatable),
            ("several", column.multi),
            ("expected", column.expected),
            ("computed", column.computed),
            (f"*{column.classification}*", column.classification != "public"),
        )
        if holds
    )
    return ", ".join(marks)


def _links(column: Column, source: Source) -> Iterator[str]:
    """What a column leads to: another column, the day it is known, its code table, owners of its own."""
    if column.refers_to:
        yield f"→ `{column.refers_to}`"
    if column.dated_by:
        yield f"known on `{column.dated_by}`"
    if column.code_table:
        yield (
            f"dated in [`{column.code_table}`](#code-tables)"
            if column.codes
            else f"codes of [`{column.code_table}`](#code-tables)"
        )
    for role in sorted(OWNERS):
        owner = getattr(column.source, role)
        if owner != getattr(source, role):
            yield f"{role.replace('_', ' ')} {owner}"


def _codes(column: Column) -> str:
    codes = "; ".join(
        f"`{code.code}` {code.zh}" + "".join(f" ({mark})" for mark in code.marks) for code in column.codes
    )
    return f": {codes}" if codes else ""


def _checks(rules: Iterable[Rule]) -> Iterator[str]:
    lines = [f"- `{rule.name}`: {rule.why}." for rule in rules]
    if lines:
        yield from ("A row is rejected unless:\n", *lines, "")


def _code_tables() -> Iterator[str]:
    yield "## Code tables\n"
    yield "What a code meant on a day; [where they come from](code_tables/README.md). A value outside its"
    yield "table is a finding of the quality report, never a reason to reject a row: cities have their own.\n"
    yield "| table | codes | for |\n| --- | --- | --- |"
    for name in code_table_names():
        users = ", ".join(
            f"`{contract.table}.{column.name}`"
            for contract in map(load_contract, contract_names())
            for column in contract.columns
            if column.code_table == name
        )
        yield f"| `{name}` | {len({entry.code for entry in code_table(name)})} | {users} |"
    yield ""


def _cadence(contract: Contract) -> str:
    _, number, unit = contract.cadence.split()
    return f"every {PERIODS[unit]}" if number == "1" else f"every {number} {PERIODS[unit]}s"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
