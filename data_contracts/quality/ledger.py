"""Writes the problem ledger: one Parquet file, one CSV file, or a folder with one CSV file for
each office.

The ledger is gathered table by table into the scratch folder, put in order once, and streamed out:
it may be long. Parquet keeps codes and English for programs; CSV is for people: 中文, UTF-8 that
Excel opens, cells that no spreadsheet runs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_contracts.contract import contract_names, load_contract
from data_contracts.conversions import named, quoted
from data_contracts.lake import Lake
from data_contracts.quality.engine import Engine, open_engine
from data_contracts.quality.faults import (
    BAD_INNER_CODE,
    EMPTY,
    NO_SUCH_RECORD,
    OUTSIDE_CODE_TABLE,
)
from data_contracts.quality.measuring import MEMORY_LIMIT
from data_contracts.quality.problems import COLUMNS, findings_sql, near_sql, rejected_sql, told_elsewhere_sql
from data_contracts.quality.relations import look_at, prepare
from data_contracts.quality.score import UNKNOWN, Month, QualityError
from data_contracts.quality.spreadsheet import BYTE_ORDER_MARK, MOST_ROWS, file_name, safe_cell_sql
from data_contracts.quality.words import (
    DIMENSION_WORDS,
    HEADINGS,
    REASONS,
    SUMMARY_FILE,
    SUMMARY_HEADINGS,
    WHOLE_ROW,
    chinese_of,
)

Tell = Callable[[str, int, int], None]
FINDINGS = {
    EMPTY: "completeness",
    OUTSIDE_CODE_TABLE: "conformity",
    NO_SUCH_RECORD: "linkage",
    BAD_INNER_CODE: "accuracy",
}
ORDER = 'responsible, "table", reason, number'


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How many problems of one kind an office has, and how many of them are listed."""

    responsible: str
    table: str
    dimension: str
    reason: str
    found: int
    listed: int


def problems(
    lake: Lake,
    target: Path,
    scratch: Path,
    *,
    tables: Sequence[str] = (),
    month: Month | None = None,
    limit: int | None = None,
    memory_limit: str = MEMORY_LIMIT,
    tell: Tell | None = None,
) -> tuple[Kind, ...]:
    """Writes the rows to send back to `target` and counts them; at most `limit` of each kind are listed."""
    check_target(target)
    chosen = [lake.table(name).name for name in tables] or sorted(lake.tables)
    with open_engine(lake, scratch, memory_limit=memory_limit) as engine:
        _gather(engine, chosen, scratch, month, tell)
        _put_in_order(engine, scratch, limit)
        kinds = _kinds(engine)
        if target.suffix.lower() == ".parquet":
            listed = f"SELECT {', '.join(map(named, COLUMNS))} FROM listed ORDER BY {ORDER}"
            out = scratch / "out.parquet"
            engine.rows(f"COPY ({listed}) TO {quoted(str(out))} (FORMAT parquet, COMPRESSION zstd)")
            _move(out, target)
        elif target.suffix.lower() == ".csv":
            _write_csv(engine, "SELECT * FROM listed", scratch, target)
        else:
            _write_folder(engine, kinds, scratch, target)
    return kinds


def check_target(target: Path) -> None:
    """Refuses a place that the ledger cannot be written to, before anything is measured."""
    folder = target.suffix.lower() not in (".csv", ".parquet")
    if folder and target.suffix and not target.is_dir():
        raise QualityError(
            expected="a ledger as FILE.csv, FILE.parquet or a folder",
            got=f"{target.name!r}",
            todo="choose one of the two endings, or a folder name without an ending",
        )
    if folder and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise QualityError(
            expected="a new or empty folder for the problem lists",
            got=f"{target}, which holds other files",
            todo="give another folder, for example one for each month: old lists must not mix with new ones",
        )
    if not folder and target.is_dir():
        raise QualityError(
            expected="a file for the problem ledger", got=f"the folder {target}", todo="give a file name"
        )


def _gather(
    engine: Engine, tables: Sequence[str], scratch: Path, month: Month | None, tell: Tell | None
) -> None:
    """One Parquet file of problems for each table, unordered."""
    origins = prepare(engine)
    folder = engine.lake.folder
    engine.rows(
        f"INSERT INTO reasons VALUES {', '.join(f'({quoted(r)}, {quoted(d)})' for r, d in FINDINGS.items())}"
    )
    engine.table("told_elsewhere", told_elsewhere_sql(sorted((folder / "rejected").glob("*.parquet"))))
    engine.table("near", near_sql(folder / "near_misses.parquet"))
    condition = f" WHERE month = DATE {quoted(month.isoformat())}" if isinstance(month, date) else ""
    condition = " WHERE month IS NULL" if month == UNKNOWN else condition
    for step, table in enumerate(tables):
        if tell:
            tell(f"listing {table}", step, len(tables))
        look = look_at(engine, origins, table)
        rejected = folder / "rejected" / f"{table}.parquet"
        parts = list(findings_sql(look.judged))
        if rejected.is_file():
            parts.append(rejected_sql(look.judged.contract, rejected))
        for number, part in enumerate(parts):
            place = quoted(str(scratch / f"problems_{table}_{number}.parquet"))
            engine.rows(f"COPY (SELECT * FROM ({part}){condition}) TO {place} (FORMAT parquet)")


def _put_in_order(engine: Engine, scratch: Path, limit: int | None) -> None:
    """Numbers the problems of each kind; `listed` holds those that are told."""
    parts = quoted(str(scratch / "problems_*.parquet"))
    engine.rows(f"""COPY (SELECT *, row_number() OVER (PARTITION BY responsible, "table", reason
        ORDER BY month, file, line, key, "column") AS number FROM read_parquet({parts}) ORDER BY {ORDER})
        TO {quoted(str(scratch / "ordered.parquet"))} (FORMAT parquet)""")
    engine.view("ordered", f"SELECT * FROM read_parquet({quoted(str(scratch / 'ordered.parquet'))})")
    engine.view("listed", f"SELECT * FROM ordered{f' WHERE number <= {limit}' if limit is not None else ''}")


def _kinds(engine: Engine) -> tuple[Kind, ...]:
    counted = 'SELECT responsible, "table", dimension, reason, count(*) FROM {} GROUP BY ALL ORDER BY ALL'
    listed = {row[:4]: row[4] for row in engine.rows(counted.format("listed"))}
    return tuple(
        Kind(
            responsible=row[0],
            table=row[1],
            dimension=row[2],
            reason=row[3],
            found=row[4],
            listed=listed.get(row[:4], 0),
        )
        for row in engine.rows(counted.format("ordered"))
    )


def _write_folder(engine: Engine, kinds: Sequence[Kind], scratch: Path, target: Path) -> None:
    """One CSV file for each office, in parts that a sheet can hold, and a summary of all."""
    staged = scratch / "lists"
    staged.mkdir()
    names = _file_names(kind.responsible for kind in kinds)
    for responsible, name in names.items():
        rows = sum(kind.listed for kind in kinds if kind.responsible == responsible)
        parts = max(1, -(-rows // MOST_ROWS))
        for part in range(parts):
            source = (
                f"SELECT * FROM (SELECT *, row_number() OVER (ORDER BY {ORDER}) - 1 AS place FROM listed "
                f"WHERE responsible = {quoted(responsible)}) WHERE place // {MOST_ROWS} = {part}"
            )
            ending = ".csv" if parts == 1 else f"-{part + 1}.csv"
            _write_csv(engine, source, scratch, staged / f"{name}{ending}")
    _write_summary(engine, kinds, names, scratch, staged / f"{SUMMARY_FILE}.csv")
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(staged.iterdir()):
        _move(file, target / file.name)


def _file_names(offices: Iterable[str]) -> dict[str, str]:
    """A file name of its own for each office, whatever its words."""
    names: dict[str, str] = {}
    for office in dict.fromkeys(offices):
        name = plain = file_name(chinese_of(office))
        taken = {other.casefold() for other in (*names.values(), SUMMARY_FILE)}
        number = 2
        while name.casefold() in taken:
            name, number = f"{plain}-{number}", number + 1
        names[office] = name
    return names


def _write_csv(engine: Engine, source: str, scratch: Path, target: Path) -> None:
    """A CSV file for people of some rows of `listed`."""
    _keep_words(engine)
    cells = {
        "responsible": "coalesce(responsible_words.words, responsible)",
        "provider": "coalesce(provider_words.words, provider)",
        "table": 'coalesce(table_words.words, "table")',
        "dimension": "coalesce(dimension_words.words, dimension)",
        "reason": "coalesce(reason_words.words, reason)",
        "month": "strftime(month, '%Y-%m')",
        "file": "file",
        "line": "line",
        "key": "key",
        "column": 'coalesce(column_words.words, "column")',
        "value": "value",
        "candidate": "candidate",
        "todo": "coalesce(reason_words.todo, source.todo)",
        "code": "reason",
    }
    shown = ", ".join(
        f"{cell if name == 'line' else safe_cell_sql(cell)} AS {named(HEADINGS[name])}"
        for name, cell in cells.items()
    )
    _copy_csv(
        engine,
        f"""SELECT {shown} FROM ({source}) AS source
        LEFT JOIN table_words ON table_words.of_table = source."table"
        LEFT JOIN column_words
          ON column_words.of_table = source."table" AND column_words.of_column = source."column"
        LEFT JOIN owner_words AS responsible_words ON responsible_words.of_owner = responsible
        LEFT JOIN owner_words AS provider_words ON provider_words.of_owner = provider
        LEFT JOIN dimension_words ON dimension_words.of_dimension = source.dimension
        LEFT JOIN reason_words ON reason_words.of_reason = source.reason ORDER BY {ORDER}""",
        scratch,
        target,
    )


def _write_summary(
    engine: Engine, kinds: Sequence[Kind], names: dict[str, str], scratch: Path, target: Path
) -> None:
    _keep_words(engine)
    columns = [(name, int if number == 4 else str) for number, name in enumerate(SUMMARY_HEADINGS)]
    rows = [
        (
            chinese_of(kind.responsible),
            load_contract(kind.table).label_zh,
            DIMENSION_WORDS[kind.dimension],
            REASONS[kind.reason].problem if kind.reason in REASONS else kind.reason,
            kind.found,
            names[kind.responsible],
            kind.reason,
        )
        for kind in kinds
    ]
    engine.literals("summary", columns, rows)
    cells = ", ".join(
        named(name) if kind is int else f"{safe_cell_sql(named(name))} AS {named(name)}"
        for name, kind in columns
    )
    _copy_csv(engine, f"SELECT {cells} FROM summary ORDER BY ALL", scratch, target)


def _keep_words(engine: Engine) -> None:
    contracts = [load_contract(name) for name in contract_names()]
    engine.literals(
        "table_words", [("of_table", str), ("words", str)], [(c.table, c.label_zh) for c in contracts]
    )
    engine.literals(
        "column_words",
        [("of_table", str), ("of_column", str), ("words", str)],
        [
            (contract.table, name, words)
            for contract in contracts
            for name, words in (("*", WHOLE_ROW), *((c.name, c.label_zh) for c in contract.columns))
        ],
    )
    owners = engine.rows("SELECT responsible FROM ordered UNION SELECT provider FROM ordered")
    engine.literals(
        "owner_words",
        [("of_owner", str), ("words", str)],
        [(owner, chinese_of(owner)) for (owner,) in owners if owner],
    )
    engine.literals("dimension_words", [("of_dimension", str), ("words", str)], list(DIMENSION_WORDS.items()))
    engine.literals(
        "reason_words",
        [("of_reason", str), ("words", str), ("todo", str)],
        [(reason, words.problem, words.todo) for reason, words in REASONS.items()],
    )


def _copy_csv(engine: Engine, sql: str, scratch: Path, target: Path) -> None:
    body = scratch / "body.csv"
    engine.rows(f"COPY ({sql}) TO {quoted(str(body))} (FORMAT csv, HEADER true)")
    whole = scratch / "whole.csv"
    with whole.open("wb") as out, body.open("rb") as lines:
        out.write(BYTE_ORDER_MARK)
        shutil.copyfileobj(lines, out, 1 << 20)
    _move(whole, target)


def _move(file: Path, target: Path) -> None:
    """Puts a finished file in its place at once, also from another file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.part")
    shutil.move(file, beside)
    os.replace(beside, target)
