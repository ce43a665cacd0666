"""Entities: versions with gaps, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import ENTITIES, FEN, day
from tests.lake_rows import Row

INDUSTRIES = [
    None,
    "A",
    "A01",
    "C4390",
    "5211",
    "62",
    "97",
    "98",
    "00",
    "restaurant",
    "Restaurant",
    "R",
    "I6",
]


def rows(chance: random.Random, t: date) -> list[Row]:
    rows = []
    for entity in ENTITIES:
        for known in {day(chance, t) for _ in range(chance.randint(1, 3))}:
            rows.append(
                {
                    "entity_id": entity,
                    "id_kind": "local",
                    "known_on": known,
                    "entity_type": chance.choice([None, "company", "sole_proprietorship", "branch"]),
                    "region_code": chance.choice([None, "110101", "010203"]),
                    "industry_code": chance.choice(INDUSTRIES),
                    "registered_on": chance.choice(
                        [None, day(chance, t), date(1996, 2, 29), date(t.year - 2, 12, 31)]
                    ),
                    "deregistered_on": day(chance, t) if chance.random() < 0.1 else None,
                    "registered_capital_fen": chance.choice(FEN),
                    "ownership": chance.choice([None, "state", "private"]),
                    "latitude": chance.choice([None, 0.0, -41.5, 39.916668]),
                    "longitude": chance.choice([None, 116.383331]),
                }
            )
    chance.shuffle(rows)
    return rows


def values(known: Known) -> Row:
    e = known.entity
    registered, fen, code = (
        e.get("registered_on"),
        e.get("registered_capital_fen"),
        e.get("industry_code"),
    )
    age = None if registered is None or registered > known.t else (known.t - registered).days / 365.25
    return {
        "entity_age_now": age,
        "entity_capital_now": None if fen is None else fen / 100,
        "entity_type_now": e.get("entity_type"),
        "entity_section_now": section(code),
        "entity_industry_now": industry(code),
        "entity_region_now": e.get("region_code"),
        "entity_ownership_now": e.get("ownership"),
        "entity_latitude_now": e.get("latitude"),
        "entity_longitude_now": e.get("longitude"),
    }


def section(code: str | None) -> str | None:
    return {
        None: None, "A": "A", "A01": "A", "C4390": "C", "5211": "F", "62": "H", "97": "T", "98": None,
        "00": None,
        "restaurant": None, "Restaurant": None, "R": "R", "I6": None,
    }[code]  # fmt: skip


def industry(code: str | None) -> str | None:
    return {"C4390": "C43", "5211": "52"}.get(code or "", code)
