"""The one pass of SQL that makes, checks and labels every row of a feed: text only, no engine.

Each row leaves with its contract columns and, if it breaks something, the number of the first broken check.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from data_contracts.admission.formula_cells import formula_sql
from data_contracts.contract import Column, Rule
from data_contracts.conversions import named, pseudonym_sql, quoted
from data_contracts.line_faults import FAULT, FAULTS, FIELDS, FILE, LINE, POSITION
from data_contracts.mapping.city_mapping import Feed
from data_contracts.mapping.mapped_column import MappedColumn
from data_contracts.report import SET_ASIDE

# Names of columns that checking adds.
PROBLEM, VALUE, ROW = "row_problem", "row_value", "row_text"
MAY_NAME = "not shown: it may name persons"
DAMAGED = "damaged_number"  # of identifiers
HIDDEN = ", not shown: it may hold names of persons"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that may be wrong with a row: true `broken` rejects it."""

    column: str
    reason: str
    broken: str
    value: str
    todo: str


def checks_of(feed: Feed) -> tuple[Check, ...]:
    """Every check of a feed: its shape, each column in contract order, then the rules over the whole row."""
    mapped = {column.target: column for column in feed.columns}
    # A retraction takes everything else from the row that it withdraws; what it says of it is not read.
    withdraws = "retracted" in mapped
    needed = (
        {*feed.contract.key, "known_on", "retracted"}
        if withdraws
        else {column.name for column in feed.contract.columns}
    )
    found = [
        Check(column="*", reason=fault, broken=f"{FAULT} = {quoted(fault)}", value=FIELDS, todo=todo)
        for fault, todo in FAULTS.items()
    ]
    if feed.set_aside:
        found.append(
            Check(column="*", reason=SET_ASIDE, broken=SET_ASIDE, value="NULL", todo=feed.set_aside.because)
        )
    # A number that a spreadsheet destroyed says nothing of the row: it is told before anything made of it.
    damaged = [(column.name, check) for column in feed.contract.columns for check in _damaged(column, feed)]
    found.extend(check if name in needed else _unless_retracted(check) for name, check in damaged)
    # Whether a row withdraws another decides what else it needs, so this is asked first.
    for column in sorted(feed.contract.columns, key=lambda column: column.name != "retracted"):
        own = list(_conversion(column, mapped[column.name])) if column.name in mapped else []
        own.extend(_column_checks(column, feed))
        found.extend(own if column.name in needed else map(_unless_retracted, own))
    found.extend(_rule_check(rule, feed, needed) for rule in feed.contract.rules if not _waived(rule, feed))
    return tuple(found)


def source_sql(columns_of: str, *, file: str, base: int) -> str:
    """The foreign columns with file, line and the position that orders all rows of an admission."""
    return f"SELECT *, {quoted(file)} AS {FILE}, {base} + {LINE} AS {POSITION} FROM {columns_of}"


def feed_sql(feed: Feed, source: str, *, persons: Sequence[str] = (), guessed: Sequence[str] = ()) -> str:
    """Contract columns, position, first broken check, its value and (only then) the whole foreign row.

    `persons` are the foreign columns, as the file spells them, that no rejected row may show; of those
    `guessed` from their headings it shows nothing, not even a pseudonym.
    """
    checks, hidden = checks_of(feed), (*persons, *guessed)
    mapped = {column.target: column for column in feed.columns}
    values = ",\n  ".join(
        f"{_typed(column, mapped[column.name].value if column.name in mapped else 'NULL')} "
        f"AS {named('our ' + column.name)}"
        for column in feed.contract.columns
    )
    aside = f"({feed.set_aside.when}\n)" if feed.set_aside else "false"
    raw = "".join(
        f",\n  ({column.expression}\n) AS {named('raw ' + column.target)}" for column in feed.columns
    )
    ours = ", ".join(
        f"{named('our ' + column.name)} AS {named(column.name)}" for column in feed.contract.columns
    )
    raws = "".join(f", {named('raw ' + column.target)}" for column in feed.columns)
    broken = " ".join(f"WHEN {check.broken} THEN {number}" for number, check in enumerate(checks))
    shown = " ".join(
        f"WHEN {number} THEN {_value_shown(feed, check, guessed)}" for number, check in enumerate(checks)
    )
    names = ", ".join(named(column.name) for column in feed.contract.columns)
    return f"""
WITH foreign_rows AS ({source}),
made AS (SELECT {POSITION}, {FAULT}, {_told(hidden)} AS {FIELDS}, exported_on, foreign_rows AS {ROW},
  {aside} AS {SET_ASIDE}, {values}{raw}
  FROM foreign_rows),
untidy AS (SELECT {POSITION}, {FAULT}, {FIELDS}, exported_on, {ROW}, {SET_ASIDE}, {ours}{raws} FROM made),
ours AS ({_tidy(feed)}),
labelled AS (SELECT *, CASE {broken} END AS {PROBLEM} FROM ours)
SELECT {names}, {POSITION}, {PROBLEM},
  CASE {PROBLEM} {shown} END AS {VALUE},
  CASE WHEN {PROBLEM} IS NOT NULL THEN CAST({_kept_row(persons, guessed)} AS VARCHAR) END AS {ROW}
FROM labelled"""


def _tidy(feed: Feed) -> str:
    """Every identifier of an entity as it is compared, whatever the mapping makes it of."""
    mapped = {column.target for column in feed.columns}
    codes = ", ".join(
        f"{code if column.identifies == 'true' else _if_identifies(column, code)} AS {named(column.name)}"
        for column in feed.contract.columns
        if column.identifies and column.name in mapped
        for code in [f"entity_code({named(column.name)})"]
    )
    return f"SELECT * REPLACE ({codes}) FROM untidy" if codes else "FROM untidy"


def _if_identifies(column: Column, code: str) -> str:
    return f"CASE WHEN {column.identifies} THEN {code} ELSE {named(column.name)} END"


def _damaged(column: Column, feed: Feed) -> Iterator[Check]:
    if column.identifies is None or column.name not in {source.target for source in feed.columns}:
        return
    yield Check(
        column=column.name,
        reason=DAMAGED,
        broken=f"({column.identifies}) AND is_damaged_number({named(column.name)})",
        value=_shown(feed, column.name),
        todo="a spreadsheet took the code for a number and destroyed it: ask the office for a new file "
        "in which the column is exported as text",
    )


def _rule_check(rule: Rule, feed: Feed, needed: Collection[str]) -> Check:
    check = Check(
        column=rule.column,
        reason=rule.name,
        broken=f"({rule.sql}\n) IS FALSE",
        value=_shown(feed, rule.column),
        todo=rule.todo,
    )
    return check if rule.column in needed else _unless_retracted(check)


def _waived(rule: Rule, feed: Feed) -> bool:
    """True for a rule about the day of a fact that the feed declares undated."""
    return rule.column in feed.undated and feed.contract.column(rule.column).dated_by is not None


def _unless_retracted(check: Check) -> Check:
    return replace(check, broken=f"({check.broken}) AND retracted IS NOT TRUE")


def _typed(column: Column, value: str) -> str:
    """The contract type; adding zero makes of -0.0 the only zero, so that equal rows have equal bytes."""
    typed = f"CAST({value} AS {column.sql_type})"
    return f"{typed} + 0.0" if column.kind == "number" else typed


def _shown(feed: Feed, column: str) -> str:
    """The foreign text of a column if it has one: what a person finds in the file."""
    mapped = {source.target for source in feed.columns if source.way != "pseudonym"}
    return named("raw " + column) if column in mapped else named(column)


def _value_shown(feed: Feed, check: Check, guessed: Sequence[str]) -> str:
    """The value that breaks a check, unless it is made of a column whose heading speaks of persons."""
    made = next((source for source in feed.columns if source.target == check.column), None)
    if made and made.way not in ("pseudonym", "shown", "value"):
        words = made.expression.casefold()
        if any(re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", words) for name in guessed):
            return quoted(MAY_NAME)
    return f"CAST({check.value} AS VARCHAR)"


def _told(persons: Sequence[str]) -> str:
    """What is told of a line at fault: of a file with persons only what is wrong, not the text after it."""
    return f"split_part({FIELDS}, ': ', 1) || {quoted(HIDDEN)}" if persons else FIELDS


def _kept_row(persons: Sequence[str], guessed: Sequence[str]) -> str:
    """The foreign row as JSON, with pseudonyms in place of persons.

    In a line at fault a name may stand in any column: of it only the place and what is wrong are kept.
    """
    if not persons and not guessed:
        return f"to_json({ROW})"
    pseudonyms = ", ".join(
        [
            *(
                f"{quoted(name)}, {pseudonym_sql(f'struct_extract({ROW}, {quoted(name)})')}"
                for name in persons
            ),
            *(f"{quoted(name)}, {quoted(MAY_NAME)}" for name in guessed),
        ]
    )
    places = ", ".join(f"{quoted(name)}, struct_extract({ROW}, {quoted(name)})" for name in (FILE, LINE))
    return (
        f"CASE WHEN {FAULT} IS NULL THEN json_merge_patch(to_json({ROW}), json_object({pseudonyms})) "
        f"ELSE json_object({places}, {quoted(FAULT)}, {FAULT}, {quoted(FIELDS)}, {FIELDS}) END"
    )


def _conversion(column: Column, source: MappedColumn) -> Iterator[Check]:
    if source.reason is None:
        return
    raw = named("raw " + column.name)
    if source.way == "fen" and source.unit not in (None, "yuan"):
        yield Check(
            column=column.name,
            reason=source.reason,
            broken=f"CASE WHEN {named(column.name)} IS NULL THEN states_yuan({raw}) END",
            value=raw,
            todo="the cell states another unit than the mapping: "
            f"it says yuan and the mapping {source.unit}; correct whichever is wrong",
        )
    nothing = "is_blank" if source.reason == "unknown_code" else "is_unsaid"
    todo = {
        "not_a_date": "correct the date, or declare day_first in the mapping for d/m/y or m/d/y",
        "not_an_amount": "write a plain amount, or take it out of the text in the mapping expression",
        "unknown_code": "add the value to the code table of the mapping file",
    }.get(source.reason, f"correct the value, or convert it in the mapping expression of {column.name}")
    yield Check(
        column=column.name,
        reason=source.reason,
        broken=f"{named(column.name)} IS NULL AND NOT {nothing}({raw})",
        value=raw,
        todo=todo,
    )


def _column_checks(column: Column, feed: Feed) -> Iterator[Check]:
    name, shown = named(column.name), _shown(feed, column.name)

    def check(reason: str, broken: str, todo: str) -> Check:
        return Check(column=column.name, reason=reason, broken=broken, value=shown, todo=todo)

    if column.required and not (column.undatable and column.name in feed.undated):
        yield check("missing", f"{name} IS NULL", "fill it in the source, or map another column that has it")
    if column.kind == "string" and not column.codes:
        todo = "take the sign before the text out of the source: a spreadsheet would run it as a formula"
        yield check("formula_cell", formula_sql(name), todo)
    if column.codes:
        listed = ", ".join(quoted(code.code) for code in column.codes)
        unknown = f"NOT list_has_all([{listed}], string_split({name}, ';'))"
        yield check(
            "unknown_code",
            unknown if column.multi else f"{name} NOT IN ({listed})",
            f"translate it in the mapping file to one of {listed}".replace("'", ""),
        )
    bounds = column.bounds
    limits = (
        ("below_minimum", bounds.minimum, f"{name} < {bounds.minimum}", "at least"),
        ("below_minimum", bounds.above, f"{name} <= {bounds.above}", "more than"),
        ("above_maximum", bounds.maximum, f"{name} > {bounds.maximum}", "at most"),
        ("too_short", bounds.min_length, f"length({name}) < {bounds.min_length}", "in characters, at least"),
        ("too_long", bounds.max_length, f"length({name}) > {bounds.max_length}", "in characters, at most"),
    )
    for reason, limit, broken, words in limits:
        if limit is not None:
            yield check(reason, broken, f"correct the value in the source: it is {words} {limit}")
