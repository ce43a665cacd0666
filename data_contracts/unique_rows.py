"""SQL that leaves one row for each primary key, whatever the order of rows and files: text only, no engine.

Equal rows are duplicates. Rows of one key that disagree are all rejected: to keep one would let order decide.
Versioned tables (entities) are kinder: rows of one key complete each other, a null means not stated,
and a version that says nothing new is a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterable

from data_contracts.checks import POSITION, PROBLEM, ROW, VALUE
from data_contracts.contract import Contract
from data_contracts.conversions import named, quoted

CONFLICT_TODO = "two rows share the key and differ: correct the source, or map a finer key"


def repeated_sql(contract: Contract, rows: str) -> str:
    """Keys that stand on more than one row, with the first position."""
    key = _list(contract.key)
    return f"SELECT {key}, min({POSITION}) AS first_position FROM {rows} GROUP BY {key} HAVING count(*) > 1"


def disagreeing_sql(contract: Contract, rows: str, repeated: str) -> str:
    """Repeated keys whose rows disagree, with the first column in which they do."""
    key = _list(contract.key)
    cases = " ".join(
        f"WHEN {_differs(named(column.name), contract)} THEN {quoted(column.name)}"
        for column in contract.columns
        if column.name not in contract.key
    )
    return (
        f"SELECT {key}, CASE {cases} END AS disagreeing_column "
        f"FROM {rows} SEMI JOIN {repeated} USING ({key}) GROUP BY {key} HAVING disagreeing_column IS NOT NULL"
    )


def admitted_sql(contract: Contract, rows: str, repeated: str, disagreeing: str) -> str:
    """The rows to admit, with the position of the (first) row each comes from."""
    if contract.versioned:
        return _versions(contract, rows, disagreeing)
    key = _list(contract.key)
    columns = _list(column.name for column in contract.columns)
    return (
        f"SELECT {columns}, {POSITION} FROM {rows} LEFT JOIN {repeated} USING ({key}) "
        f"ANTI JOIN {disagreeing} USING ({key}) "
        f"WHERE first_position IS NULL OR first_position = {POSITION}"
    )


def refused_sql(contract: Contract, file_step: int) -> str:
    """Every rejected row with its fault: those that broke a check, and those whose key disagrees.

    Reads the tables that admission_engine.py makes: checked, good, faults, part_names, disagreeing.
    """
    base = f"({POSITION} // {file_step}) * {file_step}"
    key_text = " || ' ' || ".join(f"CAST({named(name)} AS VARCHAR)" for name in contract.key)
    columns = ", ".join(f"{quoted(column.name)}: {named(column.name)}" for column in contract.columns)
    return f"""
SELECT {POSITION}, feed, source_file, fault_column AS "column", reason, {VALUE} AS value, todo, {ROW} AS "row"
FROM checked JOIN faults ON faults.base = {base} AND faults.number = {PROBLEM}
JOIN part_names ON part_names.base = {base}
UNION ALL
SELECT {POSITION}, feed, source_file, disagreeing_column, 'conflicting_key', {key_text},
  {quoted(CONFLICT_TODO)}, CAST(to_json({{{columns}}}) AS VARCHAR)
FROM good JOIN disagreeing USING ({_list(contract.key)}) JOIN part_names ON part_names.base = {base}"""


def order_of(contract: Contract) -> str:
    """Rows lie by entity, then key: look-ups of one entity touch one row group."""
    return _list(dict.fromkeys(("entity_id", *contract.key)))


def digest_sql(contract: Contract, table: str) -> str:
    """Row count and four sums of row hashes: the same for any order, split or engine that sums exactly."""
    columns = ", ".join(f"{quoted(column.name)}: {named(column.name)}" for column in contract.columns)
    words = ", ".join(
        f"CAST(coalesce(sum(CAST('0x' || substr(row_hash, {start}, 15) AS BIGINT)), 0) AS VARCHAR)"
        for start in (1, 16, 31, 46)
    )
    hashed = f"SELECT sha256(CAST(to_json({{{columns}}}) AS VARCHAR)) AS row_hash FROM {table}"
    return f"SELECT count(*), {words} FROM ({hashed})"


def _versions(contract: Contract, rows: str, disagreeing: str) -> str:
    owner, clock = contract.key
    others = [column.name for column in contract.columns if column.name not in contract.key]
    key = _list(contract.key)
    merged = ", ".join(f"max({named(name)}) AS {named(name)}" for name in others)
    filled = ", ".join(
        f"last_value({named(name)} IGNORE NULLS) OVER earlier AS {named(name)}" for name in others
    )
    state = f"row({_list(others)})"
    columns = _list(column.name for column in contract.columns)
    return f"""
WITH merged AS (SELECT {key}, {merged}, min({POSITION}) AS {POSITION}
  FROM {rows} ANTI JOIN {disagreeing} USING ({key}) GROUP BY {key}),
filled AS (SELECT {key}, {filled}, {POSITION} FROM merged
  WINDOW earlier AS (PARTITION BY {named(owner)} ORDER BY {named(clock)} ROWS UNBOUNDED PRECEDING)),
compared AS (SELECT *, row_number() OVER versions AS version_number,
  {state} IS NOT DISTINCT FROM lag({state}) OVER versions AS unchanged FROM filled
  WINDOW versions AS (PARTITION BY {named(owner)} ORDER BY {named(clock)}))
SELECT {columns}, {POSITION} FROM compared WHERE version_number = 1 OR NOT unchanged"""


def _differs(name: str, contract: Contract) -> str:
    differs = f"min({name}) IS DISTINCT FROM max({name})"
    return differs if contract.versioned else f"({differs} OR count({name}) NOT IN (0, count(*)))"


def _list(names: Iterable[str]) -> str:
    return ", ".join(named(name) for name in names)
