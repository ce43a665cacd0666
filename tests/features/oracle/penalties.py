"""Penalties: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known, change
from tests.features.oracle.nasty import FEN, several
from tests.lake_rows import Row

MOST = 4
KINDS = [
    "warning",
    "fine",
    "confiscation",
    "suspension",
    "licence_suspended",
    "licence_revoked",
    "closure",
    "practice_restricted",
    "activity_restricted",
    "qualification_lowered",
    "detention",
    "other",
]


# What offices write, and the fields that one reads out of it.
FIELDS = {
    "food": "food",
    "adverts": "adverts",
    "食品安全": "food",
    "餐饮服务中发布虚假广告": "food adverts",
    "医疗器械经营": "drugs",
    "电梯未按时检验": "equipment",
    "产品质量": "quality",
    "价格": "price",
    "以虚假宣传进行不正当竞争": "competition",  # two words of one field: still one penalty
    "电子商务": "trading",
    "利用格式条款免除责任": "trading",
    "拒不签订劳动合同": "labour",
    "违法处理个人信息": "data",
    "丢失发票": "",
    "": "",
}


def row(chance: random.Random, t: date) -> Row:
    return {
        "kinds": several(chance, KINDS),
        "procedure": chance.choice([None, "simple", "ordinary"]),
        "field": chance.choice([None, *FIELDS]),
        "fine_fen": chance.choice(FEN),
        "confiscated_fen": chance.choice(FEN),
    }


def fines(rows: list[Row]) -> int:
    return sum(r["fine_fen"] or 0 for r in rows)


def values(known: Known) -> Row:
    year, three = known.within("penalties", 365), known.within("penalties", 1095)
    severe = set(KINDS) - {"warning", "fine", "confiscation", "other"}
    before = [r for r in known.within("penalties", 730) if r not in year]
    found = {
        f"penalties_{field}_1095d": sum(field in FIELDS.get(r["field"], "").split() for r in three)
        for field in " ".join(FIELDS.values()).split()
    }
    return found | {
        "penalties_count_90d": len(known.within("penalties", 90)),
        "penalties_kinds_1095d": len({kind for r in three for kind in r["kinds"].split(";")}),
        "penalties_growth_365d": change(fines(year), fines(before)),
        "penalties_count_365d": len(year),
        "penalties_count_1095d": len(three),
        "penalties_fine_365d": fines(year) / 100,
        "penalties_fine_1095d": fines(three) / 100,
        "penalties_confiscated_1095d": sum(r["confiscated_fen"] or 0 for r in three) / 100,
        "penalties_severe_1095d": sum(bool(severe & set(r["kinds"].split(";"))) for r in three),
        "penalties_ordinary_1095d": sum(r["procedure"] == "ordinary" for r in three),
        "penalties_fields_1095d": len({r["field"] for r in three} - {None}),
        "penalties_recency_last": known.recency(known.rows["penalties"]),
    }
