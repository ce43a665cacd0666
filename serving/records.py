"""The records behind an entity as an official may see them: known on the date, and not forgotten by repair.

The rows are those of features.entity_rows, the words those of the contracts. A record that was corrected is
shown as it read on the date, with the days of its corrections.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from data_contracts.contract import Column, Contract, load_contract
from data_contracts.lake import Lake
from features.as_of import AsOf
from features.entity_rows import is_told, rows_of

# The event tables that have a contract, in the order of a page: what weighs most comes first.
EVENT_TABLES = (
    "listings", "penalties", "violations", "inspections", "complaints", "judicial", "commitments",
    "public_opinion", "licences", "products", "key_persons", "relations", "registry_changes", "tax_social",
    "annual_reports", "evaluations", "intellectual_property",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFact:
    """One column of a record, label and value in both languages."""

    label_zh: str
    label_en: str
    value_zh: str
    value_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRecord:
    """One event as known on a date, with the days on which it happened and first became known.

    `corrected_on` is the day of the correction shown, `superseded_on` that of a later one, not shown.
    """

    table: str
    label_zh: str
    label_en: str
    record_id: str
    occurred_on: date | None
    known_on: date
    corrected_on: date | None
    superseded_on: date | None
    facts: tuple[RecordFact, ...]


def records_of(lake: Lake, entity_id: str, as_of: AsOf) -> tuple[EntityRecord, ...]:
    """Every record of the entity known on the one day and not forgotten by the other, the latest first."""
    found = [record for name in EVENT_TABLES for record in _of_table(lake, name, entity_id, as_of)]
    return tuple(
        sorted(
            found, key=lambda record: (record.occurred_on or record.known_on, record.record_id), reverse=True
        )
    )


def _of_table(lake: Lake, name: str, entity_id: str, as_of: AsOf) -> Iterator[EntityRecord]:
    contract = load_contract(name)
    for row in rows_of(lake, name, entity_id, as_of):
        yield EntityRecord(
            table=name,
            label_zh=contract.label_zh,
            label_en=name.replace("_", " ").capitalize(),
            record_id=row.record_id,
            occurred_on=row.values["occurred_on"],
            known_on=row.first_known_on,
            corrected_on=row.corrected_on,
            superseded_on=row.superseded_on,
            facts=tuple(_facts(contract, row.values)),
        )


def _facts(contract: Contract, row: Mapping[str, Any]) -> Iterable[RecordFact]:
    for column in contract.columns:
        value = row.get(column.name)
        if value is None or not is_told(column) or column.name in contract.key:
            continue
        value_zh, value_en = _told(column, value)
        yield RecordFact(
            label_zh=column.label_zh,
            label_en=column.name.removesuffix("_fen").replace("_", " "),
            value_zh=value_zh,
            value_en=value_en,
        )


def _told(column: Column, value: object) -> tuple[str, str]:
    """The value in 中文 and in English: codes by their names, fen as yuan, shares as percent, with units."""
    if column.codes:
        return column.in_words(str(value))
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if isinstance(value, int | float):
        return _measured(value, column.unit or "")
    return str(value), str(value)


def _measured(value: float, unit: str) -> tuple[str, str]:
    """A number with its unit, which contracts write as `persons 人`."""
    unit_en, _, unit_zh = unit.partition(" ")
    if unit_en == "fen":
        yuan = f"{value / 100:,.2f}".removesuffix(".00")
        return f"{yuan} 元", f"{yuan} yuan"
    if unit_en in ("share", "probability"):
        percent = f"{value * 100:.4g}%"
        return percent, percent
    if unit_en == "year":
        return str(value), str(value)
    number = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return f"{number} {unit_zh}".strip(), number if unit_en == "count" else f"{number} {unit_en}".strip()
