"""SQL that leaves one row for each statement, whatever the order of rows and files: text only, no engine.

Rows whose key stands alone pass in one stream; only the others, the contested ones, are gathered and told
apart (row_versions.py). Every statement reads views that gathering.py makes: checked, good, contested,
statements, histories, versions, disputes, completing, part_names, faults.
"""

from __future__ import annotations

from collections.abc import Iterable

from data_contracts.admission.checks import PROBLEM, ROW, VALUE
from data_contracts.admission.row_versions import CONFLICT, NOTHING_TO_RETRACT, shape_of
from data_contracts.contract import Contract
from data_contracts.conversions import named, quoted
from data_contracts.line_faults import POSITION

TODO = {
    CONFLICT: "two rows share the key and differ: correct the source, or map a finer key",
    NOTHING_TO_RETRACT: "deliver the row that it withdraws, known on an earlier day, or leave this one out",
}


def contested_sql(contract: Contract) -> str:
    """Hashes of the keys on more than one row, or on a retraction; a collision only sends one row more."""
    shape = shape_of(contract)
    withdrawn = " OR bool_or(retracted)" if shape.retractable else ""
    return f"SELECT {_hash(contract)} AS key_hash FROM good GROUP BY key_hash HAVING count(*) > 1{withdrawn}"


def contested_rows_sql(contract: Contract) -> str:
    """The good rows of contested keys."""
    return f"SELECT good.* FROM good SEMI JOIN contested_keys ON key_hash = {_hash(contract)}"


def admitted_sql(contract: Contract) -> str:
    """The rows to admit, with the position of the (first) row each comes from."""
    columns = _list(column.name for column in contract.columns)
    alone = ", ".join(
        "coalesce(retracted, false) AS retracted" if column.name == "retracted" else named(column.name)
        for column in contract.columns
    )
    return (
        f"SELECT {alone}, {POSITION} FROM good ANTI JOIN contested_keys ON key_hash = {_hash(contract)} "
        f"UNION ALL SELECT {columns}, {POSITION} FROM versions"
    )


def refused_sql(contract: Contract, file_step: int) -> str:
    """Every rejected row with its fault: those that broke a check, and those of disputed statements.

    Month and key are what the row says of them, as far as it can be read: an office finds its row by them.
    Not of a whole line at fault: a name of a person may have slipped into any of its columns.
    """
    base = f"({POSITION} // {file_step}) * {file_step}"
    key_text = " || ' ' || ".join(f"CAST({named(name)} AS VARCHAR)" for name in contract.key)
    columns = ", ".join(f"{quoted(column.name)}: {named(column.name)}" for column in contract.columns)
    owner = named("entity_id") if has_entities(contract) else "CAST(NULL AS VARCHAR)"
    todos = " ".join(f"WHEN {quoted(reason)} THEN {quoted(todo)}" for reason, todo in TODO.items())
    facts = f"{owner} AS entity_id, {month_sql(contract)} AS known_month"
    return f"""
SELECT {POSITION}, feed, source_file, fault_column AS "column", faults.reason, {VALUE} AS value, todo,
  {ROW} AS "row", {facts}, CASE WHEN fault_column <> '*' THEN {key_text} END AS row_key
FROM checked JOIN faults ON faults.base = {base} AND faults.number = {PROBLEM}
JOIN part_names ON part_names.base = {base}
UNION ALL
SELECT {POSITION}, feed, source_file, disputed_column, disputes.reason, {key_text},
  CASE disputes.reason {todos} END, CAST(to_json({{{columns}}}) AS VARCHAR), {facts}, {key_text}
FROM contested JOIN disputes USING ({_list(shape_of(contract).statement)})
JOIN part_names ON part_names.base = {base}"""


def month_sql(contract: Contract) -> str:
    """First day of the month in which a row was known; null without such a day or outside four digits."""
    known = contract.clock("known")
    if known is None:
        return "CAST(NULL AS DATE)"
    return (
        f"CASE WHEN year({named(known)}) BETWEEN 1 AND 9999 "
        f"THEN CAST(date_trunc('month', {named(known)}) AS DATE) END"
    )


def order_of(contract: Contract) -> str:
    """Rows lie by entity, then key, then version: look-ups of one entity touch one row group.

    No two rows of a table are equal in these, so the order is the same however the rows came.
    """
    names = ["entity_id"] if has_entities(contract) else []
    return _list(dict.fromkeys((*names, *shape_of(contract).statement)))


def has_entities(contract: Contract) -> bool:
    """True for a table whose rows belong to entities."""
    return any(column.name == "entity_id" for column in contract.columns)


def _hash(contract: Contract) -> str:
    return f"hash({_list(shape_of(contract).owner)})"


def _list(names: Iterable[str]) -> str:
    return ", ".join(named(name) for name in names)
