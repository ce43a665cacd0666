"""The records behind an entity as an official may see them: known on the date, and not forgotten by repair.

The rule is that of features.as_of, applied to one entity's rows of the lake, which are sorted by entity: a
look-up reads one row group a table. Words come from the contracts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.contract import Column, Contract, load_contract
from data_contracts.lake import Lake, LakeTable
from features.as_of import AsOf

EVENT_TABLES = ("annual_reports", "listings", "penalties", "complaints", "inspections", "evaluations")
CLOCKS = frozenset({"occurred_on", "known_on", "forgotten_on", "end_known_on"})
# Who inspected is never told on the page of the inspected: it is no fact about the entity.
UNTOLD = frozenset({"entity_id", "inspector"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFact:
    """One column of a record, label and value in both languages."""

    label_zh: str
    label_en: str
    value_zh: str
    value_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRecord:
    """One event, with the days on which it happened and became known."""

    table: str
    label_zh: str
    label_en: str
    record_id: str
    occurred_on: date | None
    known_on: date
    facts: tuple[RecordFact, ...]


def records_of(lake: Lake, entity_id: str, as_of: AsOf) -> tuple[EntityRecord, ...]:
    """Every record of the entity that the grade could rest on, the latest first."""
    found = [
        record
        for name in EVENT_TABLES
        if name in lake.tables
        for record in _of_table(lake.table(name), entity_id, as_of)
    ]
    return tuple(
        sorted(
            found, key=lambda record: (record.occurred_on or record.known_on, record.record_id), reverse=True
        )
    )


def _of_table(table: LakeTable, entity_id: str, as_of: AsOf) -> Iterable[EntityRecord]:
    contract = load_contract(table.name)
    for row in _rows(table.path, entity_id, as_of):
        yield EntityRecord(
            table=table.name,
            label_zh=contract.label_zh,
            label_en=table.name.replace("_", " ").rstrip("s"),
            record_id=str(row[contract.key[0]]),
            occurred_on=row["occurred_on"],
            known_on=row["known_on"],
            facts=tuple(_facts(contract, _end_as_known(row, as_of))),
        )


def _rows(path: Path, entity_id: str, as_of: AsOf) -> list[dict[str, Any]]:
    """Rows of one entity that were known on the date; one without a day counts from its known day."""
    day = as_of.on
    occurred = (pc.field("occurred_on") <= day) | pc.field("occurred_on").is_null()
    kept = pc.field("forgotten_on").is_null() | (pc.field("forgotten_on") > as_of.used_on)
    chosen = (pc.field("entity_id") == entity_id) & occurred & (pc.field("known_on") <= day) & kept
    rows: list[dict[str, Any]] = pq.read_table(path, filters=chosen).to_pylist()
    return rows


def _end_as_known(row: dict[str, Any], as_of: AsOf) -> dict[str, Any]:
    """An end that became known later was not known then: the interval was still open."""
    known = row.get("end_known_on")
    if "ended_on" in row and (not isinstance(known, date) or known > as_of.on):
        return {**row, "ended_on": None}
    return row


def _facts(contract: Contract, row: dict[str, Any]) -> Iterable[RecordFact]:
    for column in contract.columns:
        value = row.get(column.name)
        if value is None or column.name in CLOCKS | UNTOLD or column.name in contract.key:
            continue
        value_zh, value_en = _told(column, value)
        yield RecordFact(
            label_zh=column.label_zh,
            label_en=column.name.removesuffix("_fen").replace("_", " "),
            value_zh=value_zh,
            value_en=value_en,
        )


def _told(column: Column, value: object) -> tuple[str, str]:
    """The value in 中文 and in English: codes by their names, fen as yuan."""
    if column.codes:
        words = {code.code: (code.zh, code.en) for code in column.codes}
        parts = [words.get(part, (part, part)) for part in str(value).split(";")]
        return "、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if column.name.endswith("_fen") and isinstance(value, int):
        yuan = f"{value / 100:,.2f}".removesuffix(".00")
        return f"{yuan} 元", f"{yuan} yuan"
    if isinstance(value, float):
        return f"{value:.4g}", f"{value:.4g}"
    return str(value), str(value)
