"""What to write into a mapping file where rows are refused: said from what their values look like."""

from __future__ import annotations

import re
from collections.abc import Mapping

from data_contracts.admission.row_faults import RowFault, counted
from data_contracts.contract import Column
from data_contracts.mapping.city_mapping import Feed
from data_contracts.mapping.foreign_words import likely_code, unit_of_heading
from data_contracts.mapping.mapped_column import MappedColumn

UNKNOWN = "?"  # stands where nobody can guess our code; a mapping with it is refused by name
# What all values of a column of dates may look like, and what to do then; {} is the expression as a number.
_LOOKS: Mapping[str, str] = {
    r"(19|20)\d{2}[-/.]?(0?[1-9]|1[0-2])": "a month is no day: map the day, or say in the expression "
    "which day of the month it stands for",
    r"(19|20)\d{2}\D{1,3}\d{1,2}\D{1,3}\d{1,2}(\D.*)?": "the calendar has no such day: correct "
    "it in the source",
    r"1\d{9}": "these are seconds since 1970: {{ date = 'to_timestamp({})' }}",
    r"1\d{12}": "these are milliseconds since 1970: {{ date = 'to_timestamp({} / 1000)' }}",
}


def advice(feed: Feed, fault: RowFault) -> tuple[str, str]:
    """What to do about a fault, and lines to paste into the mapping file (or none)."""
    mapped = {column.target: column for column in feed.columns}.get(fault.column)
    if mapped is None:
        return fault.todo, ""
    column = feed.contract.column(fault.column)
    if fault.reason == "unknown_code":
        return _codes(feed, column, mapped, fault)
    if fault.reason == "missing" and mapped.way in ("code", "codes"):
        return f'{fault.todo}; or say what a blank means: "" = "…" under [codes.{mapped.table}]', ""
    if fault.reason == "not_a_date":
        return _date(mapped, fault) or fault.todo, ""
    if fault.reason == "not_an_integer" and column.unit and column.unit.startswith("fen"):
        return _amount(mapped, fault) or fault.todo, ""
    return fault.todo, ""


def unit_hint(column: MappedColumn) -> tuple[str, str] | None:
    """A heading that speaks of another unit than the mapping: no row fails, and every amount is wrong."""
    told, said = unit_of_heading(column.written), column.unit or "yuan"
    if column.way != "fen" or told is None or told == said:
        return None
    right = f'{{ fen = {toml_text(column.written)}, unit = "{told}" }}'
    return (
        f"the heading {column.written} speaks of {told}, the mapping of {said}",
        f"write {right} if it is",
    )


def codes_to_paste(table: str, column: Column, name: str, values: Mapping[str, int]) -> str:
    """A code table of foreign values, the most frequent first, with the nearest code of ours."""
    ours = [code.code for code in column.codes]
    stand_in = "unknown" if "unknown" in ours else UNKNOWN
    lines = [f"[codes.{name}]  # into {', '.join(ours)}"]
    for value, rows in sorted(values.items(), key=lambda pair: (-pair[1], pair[0])):
        code = likely_code(table, column, value)
        told = f"{counted(rows)}: GUESS" if code else counted(rows)
        lines.append(f"{toml_text(value)} = {toml_text(code or stand_in)}  # {told}")
    return "\n".join(lines)


def _codes(feed: Feed, column: Column, mapped: MappedColumn, fault: RowFault) -> tuple[str, str]:
    values: dict[str, int] = {}
    lists = [found.value or "" for found in fault.values if re.search(mapped.split, found.value or "")]
    for found in fault.values:
        several = re.split(mapped.split, found.value or "") if column.multi else [found.value or ""]
        for word in {part.strip() for part in several} - {""} - mapped.open_words:
            values[word] = values.get(word, 0) + found.rows
    name = mapped.table or column.name
    if mapped.way == "code" and column.multi and lists:
        made = f'{column.name} = {{ codes = {toml_text(mapped.written)}, table = "{name}" }}'
        return f"cells hold several values, such as {lists[0]!r}: write {made}", ""
    if not values:
        return f"give the words that stand under [codes.{name}] a code of ours, line by line", ""
    todo = f"add the values to [codes.{name}] of the mapping file, for example"
    if mapped.table is None:
        way = "codes" if column.multi else "code"
        made = f'{column.name} = {{ {way} = {toml_text(mapped.written)}, table = "{name}" }}'
        todo = f"translate it: {made}, and the code table"
    return todo, codes_to_paste(feed.table, column, name, values)


def _date(mapped: MappedColumn, fault: RowFault) -> str | None:
    """What would read these dates, if one thing would."""
    shown = toml_text(mapped.written)
    day, month = fault.readable["day_first"], fault.readable["month_first"]
    if day and day == month == fault.rows:
        return (
            f"ask the office, for the values do not tell: {{ date = {shown}, day_first = true }}"
            " reads day/month/year, day_first = false month/day/year"
        )
    if day or month:
        first, rows = ("true", day) if day >= month else ("false", month)
        return (
            f"write {{ date = {shown}, day_first = {first} }}, which reads {rows:,} of these {fault.rows:,}"
        )
    number = f"CAST({mapped.expression.strip()} AS BIGINT)"
    for look, told in _LOOKS.items():
        if fault.values and all(re.fullmatch(look, value.value or "") for value in fault.values):
            return told.format(number)
    return None


def _amount(mapped: MappedColumn, fault: RowFault) -> str | None:
    if not fault.readable["amount"]:
        return None
    unit = unit_of_heading(mapped.written) or "yuan"
    return (
        f'write {{ fen = {toml_text(mapped.written)}, unit = "{unit}" }}, which reads '
        f"{fault.readable['amount']:,} of these {fault.rows:,}"
    )


def toml_text(value: str) -> str:
    """A string of TOML, in the marks that need least escaping."""
    if '"' in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08X}" for one in escaped) + '"'
