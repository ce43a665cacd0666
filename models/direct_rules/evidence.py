"""Which records of an entity fulfil a direct rule: found when a decision is told, and never kept with it.

A reader sees of them what the lake still shows on that day; a record that was repaired since proves nothing
any more and is not shown. Who reads the lake, and for whom, is the caller's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from data_contracts.contract import Contract, load_contract
from models.direct_rules.rule import DirectRule, EvidenceSource

if TYPE_CHECKING:
    # Only its type: importing it would bring ibis into every process that decides.
    from features.entity_rows import EntityRow

# From the name of a table to the entity's rows in it, as known on the day of the decision.
RowsOfTable = Callable[[str], Iterable["EntityRow"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One record behind a rule: where it lies, its key, its days, and its codes in words by column.

    `facts` are (label 中文, label English, value 中文, value English).
    """

    table: str
    table_zh: str
    record_id: str
    occurred_on: date | None
    known_on: date
    facts: tuple[tuple[str, str, str, str], ...]


def evidence_of(rule: DirectRule, rows: RowsOfTable, on: date) -> tuple[Evidence, ...]:
    """The records that fulfil the rule on the day `on`, the earliest first; none where all are repaired."""
    source = rule.evidence
    contract = load_contract(source.table)
    found = [row for row in rows(source.table) if _fulfils(row, source, on)]
    found.sort(key=lambda row: (row.values["occurred_on"] or row.first_known_on, row.record_id))
    return tuple(_evidence(row, contract, source.shown) for row in found)


def _fulfils(row: EntityRow, source: EvidenceSource, on: date) -> bool:
    for column, codes in source.codes:
        if not set(codes) & set(str(row.values.get(column) or "").split(";")):
            return False
    if source.open_now and row.values.get("ended_on") is not None:
        return False
    age = (on - (row.values["occurred_on"] or row.values["known_on"])).days
    young_enough = source.within_days is None or age < source.within_days
    return young_enough and (source.for_days is None or age >= source.for_days)


def _evidence(row: EntityRow, contract: Contract, shown: tuple[str, ...]) -> Evidence:
    return Evidence(
        table=row.table,
        table_zh=contract.label_zh,
        record_id=row.record_id,
        occurred_on=row.values["occurred_on"],
        known_on=row.first_known_on,
        facts=tuple(
            _told(contract, name, row.values[name]) for name in shown if row.values.get(name) is not None
        ),
    )


def _told(contract: Contract, name: str, value: Any) -> tuple[str, str, str, str]:
    column = contract.column(name)
    return column.label_zh, name.replace("_", " "), *column.in_words(str(value))
