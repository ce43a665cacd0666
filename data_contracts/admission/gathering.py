"""One table of the lake from the checked parts of its feeds: admitted rows, rejected rows and their account.

Nothing wide is kept in memory: every step is written beside the parts and read back, and goes with the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.account import AccountLine, balance
from data_contracts.admission import row_versions, unique_rows
from data_contracts.admission.checks import DAMAGED, PROBLEM, checks_of
from data_contracts.admission.engine import FEED_STEP, FILE_STEP, Engine, Part
from data_contracts.admission.table_digest import table_digest
from data_contracts.contract import Contract
from data_contracts.conversions import named, quoted
from data_contracts.line_faults import POSITION
from data_contracts.report import Example

# A page about one entity decodes whole row groups: large ones make it wait, small ones cost little here.
ROW_GROUP_ROWS = 4_096
EXAMPLES_KEPT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What came of a table: its rows and their digest, the account, and the first rejected rows of a feed."""

    rows: int
    digest: str
    account: tuple[AccountLine, ...]
    examples: Mapping[int, tuple[Example, ...]]


def gather_table(engine: Engine, contract: Contract, parts: Sequence[Part]) -> Gathered:
    """Writes the admitted and the rejected rows of one table below the staging folder, and counts them."""
    _sort_out(engine, contract, parts)
    admitted = _write_admitted(engine, contract)
    _write_feeds(engine, contract, parts)
    _write_rejected(engine, contract, parts)
    rows, digest = table_digest(admitted)
    gathered = Gathered(
        rows=rows, digest=digest, account=_account(engine, contract), examples=_examples(engine)
    )
    engine.forget("contested", "statements", "histories", "versions", "disputes", "completing", "refused")
    for part in parts:
        part.path.unlink()
    return gathered


def _sort_out(engine: Engine, contract: Contract, parts: Sequence[Part]) -> None:
    """Leaves the rows to admit in the view `admitted`, disputed statements in `disputes`."""
    files = ", ".join(quoted(str(part.path)) for part in parts)
    engine.run(f"CREATE OR REPLACE TEMP VIEW checked AS SELECT * FROM read_parquet([{files}])")
    engine.run(f"CREATE OR REPLACE TEMP VIEW good AS SELECT * FROM checked WHERE {PROBLEM} IS NULL")
    engine.run(f"CREATE OR REPLACE TABLE contested_keys AS {unique_rows.contested_sql(contract)}")
    engine.keep("contested", unique_rows.contested_rows_sql(contract))
    engine.keep("statements", row_versions.statements_sql(contract))
    engine.keep("histories", row_versions.histories_sql(contract))
    engine.keep("versions", row_versions.versions_sql(contract))
    engine.keep("disputes", row_versions.disputes_sql(contract))
    engine.keep("completing", row_versions.completing_sql(contract))
    engine.run(f"CREATE OR REPLACE TEMP VIEW admitted AS {unique_rows.admitted_sql(contract)}")


def _write_admitted(engine: Engine, contract: Contract) -> Path:
    """The table of the lake. Every snapshot reads it: lz4 takes two fifths more room than zstd and two
    fifths of its processor time to read.
    """
    columns = ", ".join(named(column.name) for column in contract.columns)
    target = engine.version / "tables" / f"{contract.table}.parquet"
    engine.run(
        f"COPY (SELECT {columns} FROM admitted ORDER BY {unique_rows.order_of(contract)}) TO "
        f"{quoted(str(target))} (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
    )
    return target


def _write_feeds(engine: Engine, contract: Contract, parts: Sequence[Part]) -> None:
    """The feed of each admitted row, line by line beside the table; nothing where there is one feed only."""
    feeds = {part.base // FEED_STEP: part.feed.name for part in parts}
    if len(feeds) < 2:
        return
    target = engine.version / "feeds" / f"{contract.table}.parquet"
    target.parent.mkdir(exist_ok=True)
    names = " ".join(f"WHEN {number} THEN {quoted(name)}" for number, name in sorted(feeds.items()))
    engine.run(
        f"COPY (SELECT CASE {POSITION} // {FEED_STEP} {names} END AS feed FROM admitted "
        f"ORDER BY {unique_rows.order_of(contract)}) TO {quoted(str(target))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
    )


def _write_rejected(engine: Engine, contract: Contract, parts: Sequence[Part]) -> None:
    _literals(
        engine,
        "part_names (base, feed, source_file)",
        [(part.base, part.feed.name, part.file) for part in parts],
    )
    _literals(
        engine,
        "faults (base, number, fault_column, reason, todo)",
        [
            (part.base, number, check.column, check.reason, check.todo)
            for part in parts
            for number, check in enumerate(checks_of(part.feed))
        ],
    )
    engine.keep("refused", unique_rows.refused_sql(contract, FILE_STEP))
    engine.write_in_slices(
        f'SELECT feed, source_file, {POSITION} % {FILE_STEP} AS line, "column", reason, value, todo, '
        f'"row", known_month AS month, row_key AS "key" FROM refused',
        "refused",
        engine.version / "rejected" / f"{contract.table}.parquet",
    )
    if contract.table == "entities":
        engine.keep("refused_entities", f"SELECT entity_id FROM refused WHERE reason <> {quoted(DAMAGED)}")


def _account(engine: Engine, contract: Contract) -> tuple[AccountLine, ...]:
    month = unique_rows.month_sql(contract)
    counted = [
        engine.run(f"SELECT {POSITION} // {FEED_STEP}, {value}, count(*) FROM {view} GROUP BY ALL").fetchall()
        for view, value in (
            ("checked", month),
            ("admitted", month),
            ("refused", "known_month, reason"),
            (f"contested SEMI JOIN completing USING ({POSITION})", month),
        )
    ]
    read, admitted, rejected, completing = (
        {tuple(place): rows for *place, rows in lines} for lines in counted
    )
    return balance(read, admitted, rejected, completing)


def _examples(engine: Engine) -> dict[int, tuple[Example, ...]]:
    """The first rejected rows of every feed."""
    found = engine.run(
        f'SELECT {POSITION} // {FEED_STEP}, source_file, {POSITION} % {FILE_STEP}, "column", reason, value, '
        f"todo FROM refused SEMI JOIN (SELECT unnest(min({POSITION}, {EXAMPLES_KEPT})) AS {POSITION} "
        f"FROM refused GROUP BY {POSITION} // {FEED_STEP}) USING ({POSITION}) ORDER BY {POSITION}"
    ).fetchall()
    examples: dict[int, list[Example]] = {}
    for feed, file, line, column, reason, value, todo in found:
        example = Example(file=file, line=line, column=column, reason=reason, value=value, todo=todo)
        examples.setdefault(feed, []).append(example)
    return {feed: tuple(rows) for feed, rows in examples.items()}


def _literals(engine: Engine, table: str, rows: Iterable[tuple[int | str, ...]]) -> None:
    """Makes a small table of literals in one statement."""
    name, columns = table.split(" ", 1)
    values = ", ".join(
        f"({', '.join(quoted(cell) if isinstance(cell, str) else str(cell) for cell in row)})" for row in rows
    )
    engine.run(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM (VALUES {values}) AS literals {columns}")
