"""The problem ledger as SQL: every row to send back, with its place, its value and why. Text only.

Two kinds: rows that admission rejected (rejected/*.parquet: file and line), and findings in
admitted rows that still stand (key instead of line: the lake does not keep lines). Not listed:
duplicates and late rows, which nobody can correct by sending the row again, and what has been
corrected or retracted since. Values of personal columns are left out, and of a line at fault only
what is wrong with it, not its text. Relations are those of dimensions.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data_contracts.admission.unique_rows import month_sql
from data_contracts.contract import ENTITY_ID, Column, Contract
from data_contracts.conversions import named, quoted
from data_contracts.quality.dimensions import (
    Judged,
    bad_inner_code_sql,
    outside_sql,
)
from data_contracts.quality.faults import BAD_INNER_CODE, EMPTY, NO_SUCH_RECORD, OUTSIDE_CODE_TABLE

COLUMNS = (
    "dimension", "reason", "table", "provider", "responsible", "month", "file", "line", "key", "column",
    "value", "candidate", "todo",
)  # fmt: skip
PERSONAL = "personal"
# Of these the value is the key that rows share.
TOLD_BY_KEY = ("conflicting_key", "nothing_to_retract")
TODO = {
    EMPTY: "fill the cell in the source",
    OUTSIDE_CODE_TABLE: "use a code that the national table held on that day, or deliver your own code table",
    NO_SUCH_RECORD: "correct the identifier in the source, or deliver the record it refers to",
    BAD_INNER_CODE: "check the credit code against the licence: its organisation code breaks GB 11714",
}


def rejected_sql(contract: Contract, rejected: Path) -> str:
    """Rows that admission rejected. Of those told by their key, the value is the key already."""
    personal = ", ".join(
        quoted(column.name) for column in contract.columns if column.classification == PERSONAL
    )
    by_key = ", ".join(map(quoted, TOLD_BY_KEY))
    owners = " ".join(
        f"WHEN {quoted(column.name)} THEN {quoted(column.source.responsible)}" for column in contract.columns
    )
    key_is_personal = any(contract.column(name).classification == PERSONAL for name in contract.key)
    return f"""
SELECT dimension, rejected.reason, {quoted(contract.table)} AS "table", provider,
  CASE rejected."column" {owners} ELSE {quoted(contract.source.responsible)} END AS responsible,
  rejected.month, source_file AS file, rejected.line,
  {"CAST(NULL AS VARCHAR)" if key_is_personal else "rejected.key"} AS key, rejected."column",
  CASE WHEN rejected.reason IN ({by_key}) OR rejected."column" IN ({personal or "''"}) THEN NULL
    WHEN rejected."column" = '*' THEN split_part(rejected.value, ': ', 1)
    ELSE rejected.value END AS value,
  near.candidate, rejected.todo
FROM read_parquet({quoted(str(rejected))}) AS rejected
JOIN reasons ON reasons.reason = rejected.reason AND dimension IS NOT NULL
LEFT JOIN feeds ON feeds.feed = rejected.feed
LEFT JOIN told_elsewhere AS other ON by_product AND other.file = source_file AND other.line = rejected.line
LEFT JOIN near ON near."table" = {quoted(contract.table)} AND near.where_found = 'rejected'
  AND near.given_id = rejected.value
WHERE other.line IS NULL"""


def told_elsewhere_sql(rejected: Sequence[Path]) -> str:
    """Lines that are told already: a by-product that rejects them too would tell them twice."""
    files = ", ".join(quoted(str(path)) for path in rejected)
    return (
        f"SELECT DISTINCT source_file AS file, line FROM read_parquet([{files}]) "
        "JOIN feeds USING (feed) WHERE NOT by_product"
    )


def findings_sql(judged: Judged) -> Iterator[str]:
    """One statement for each kind of finding, over standing rows."""
    contract = judged.contract
    if empty := _empty_cells(judged):
        yield empty
    for name in judged.coded:
        column = contract.column(name)
        yield _finding(contract, column, OUTSIDE_CODE_TABLE, outside_sql(contract, name))
    for place, name in enumerate(judged.references):
        column = contract.column(name)
        target = f"target_{place}"
        found = f"{target}.{named(str(column.refers_to).partition('.')[2])}"
        joined = f"LEFT JOIN {target} ON standing.{named(name)} = {found}"
        wrong = f"standing.{named(name)} IS NOT NULL AND {found} IS NULL"
        yield _finding(contract, column, NO_SUCH_RECORD, wrong, joined)
    if judged.inner_codes:
        yield _finding(contract, contract.column("uscc"), BAD_INNER_CODE, bad_inner_code_sql("uscc"))


def _empty_cells(judged: Judged) -> str:
    """All expected columns in one pass: a row with two empty cells is two problems."""
    contract = judged.contract
    suppliers: dict[str, list[str]] = {}
    for provider, names in judged.expected.items():
        for name in names:
            if not contract.column(name).required:
                suppliers.setdefault(name, []).append(quoted(provider))
    if not suppliers:
        return ""
    cases = ", ".join(
        f"CASE WHEN {named(name)} IS NULL AND provider IN ({', '.join(who)}) THEN {quoted(name)} END"
        for name, who in suppliers.items()
    )
    owners = " ".join(
        f"WHEN {quoted(name)} THEN {quoted(contract.column(name).source.responsible)}" for name in suppliers
    )
    cells = f"list_filter([{cases}], lambda name: name IS NOT NULL)"
    return f"""
SELECT dimension, reason, {quoted(contract.table)} AS "table", provider,
  CASE "column" {owners} END AS responsible, month, CAST(NULL AS VARCHAR) AS file,
  CAST(NULL AS BIGINT) AS line, key, "column", CAST(NULL AS VARCHAR) AS value,
  CAST(NULL AS VARCHAR) AS candidate, {quoted(TODO[EMPTY])} AS todo
FROM (SELECT provider, {month_sql(contract)} AS month, {_key_sql(contract)} AS key,
  unnest({cells}) AS "column" FROM standing WHERE NOT by_product)
JOIN reasons ON reasons.reason = {quoted(EMPTY)}"""


def near_sql(near_misses: Path) -> str:
    """Known ids one character off an unknown one, several joined."""
    return (
        'SELECT "table", where_found, given_id, '
        "string_agg(DISTINCT near_id, ' ' ORDER BY near_id) AS candidate "
        f"FROM read_parquet({quoted(str(near_misses))}) GROUP BY ALL"
    )


def _finding(contract: Contract, column: Column, reason: str, wrong: str, joined: str = "") -> str:
    value = f"standing.{named(column.name)}"
    shown = "NULL" if column.classification == PERSONAL else f"CAST({value} AS VARCHAR)"
    near = column.refers_to == ENTITY_ID
    candidate = (
        f"LEFT JOIN near ON near.\"table\" = {quoted(contract.table)} AND near.where_found = 'events' "
        f"AND near.given_id = {value}"
        if near
        else ""
    )
    return f"""
SELECT dimension, reasons.reason, {quoted(contract.table)} AS "table", standing.provider,
  {quoted(column.source.responsible)} AS responsible, {month_sql(contract)} AS month,
  CAST(NULL AS VARCHAR) AS file, CAST(NULL AS BIGINT) AS line, {_key_sql(contract)} AS key,
  {quoted(column.name)} AS "column",
  CAST({shown} AS VARCHAR) AS value, {"near.candidate" if near else "CAST(NULL AS VARCHAR)"} AS candidate,
  {quoted(TODO[reason])} AS todo
FROM standing {joined} {candidate} JOIN reasons ON reasons.reason = {quoted(reason)} WHERE {wrong}"""


def _key_sql(contract: Contract) -> str:
    """What names a standing row for its owner; a personal part is not shown."""
    return " || ' ' || ".join(
        "'…'"
        if contract.column(name).classification == PERSONAL
        else f"CAST(standing.{named(name)} AS VARCHAR)"
        for name in contract.key
    )
