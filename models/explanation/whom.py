"""Whom a decision is about, in words: what the lake knew of the entity on the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data_contracts.codes import code_table
from data_contracts.contract import load_contract
from data_contracts.lake import Lake
from features.entity_rows import attributes_of

_COLUMNS = ("name", "entity_type", "region_code", "industry_code", "registered_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """The entity as known on a day; every text is empty where nothing is known."""

    entity_id: str
    name: str = ""
    type_zh: str = ""
    type_en: str = ""
    industry_zh: str = ""
    industry_en: str = ""
    region_code: str = ""
    registered_on: date | None = None


def whom_of(lake: Lake, entity_id: str, on: date) -> Whom:
    """Name, form, trade, region and first day of the entity as known on a day."""
    known = attributes_of(lake, entity_id, on, _COLUMNS)
    type_zh, type_en = load_contract("entities").column("entity_type").in_words(known["entity_type"] or "")
    industry = known["industry_code"] or ""
    trades = {entry.code: (entry.zh, entry.en or entry.zh) for entry in code_table("industries")}
    return Whom(
        entity_id=entity_id,
        name=known["name"] or "",
        type_zh=type_zh,
        type_en=type_en,
        industry_zh=trades.get(industry, (industry, industry))[0],
        industry_en=trades.get(industry, (industry, industry))[1],
        region_code=known["region_code"] or "",
        registered_on=known["registered_on"],
    )
