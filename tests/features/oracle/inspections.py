"""Inspections: nasty rows, and the indicators told by loops."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known, share
from tests.features.oracle.nasty import several
from tests.lake_rows import Row

MOST = 6
RESULTS = [
    "no_problem", "disclosure_missing", "disclosure_false", "unreachable", "uncooperative",
    "activity_not_found", "ordered_to_stop", "ordered_to_correct", "problem_pending", "other",
]  # fmt: skip
PROBLEMS = {
    "disclosure_missing", "disclosure_false", "unreachable", "uncooperative", "ordered_to_stop",
    "ordered_to_correct", "problem_pending",
}  # fmt: skip


def row(chance: random.Random, t: date) -> Row:
    mechanism = chance.choice(["random_draw", "targeted", "complaint", "lead", "follow_up", "unknown"])
    return {
        "mechanism": mechanism,
        "item_code": chance.choice([None, "FOOD-01", "FOOD-02", "EQUIP-01", "REG-01"]),
        "inclusion_probability": 0.5 if mechanism == "random_draw" else None,
        "result_codes": chance.choice([None, several(chance, RESULTS), several(chance, RESULTS)]),
        "critical_count": chance.choice([None, 0, 1, 5]),
        "serious_count": chance.choice([None, 0, 2, 99]),
        "minor_count": chance.choice([None, 0, 3, 120]),
        "inspector": chance.choice([None, "x", "y"]),
    }


def values(known: Known) -> Row:
    every, three = known.rows["inspections"], known.within("inspections", 1095)
    told, told_three = ([r for r in rows if r["result_codes"]] for rows in (every, three))

    def on_last_day(rows: list[Row]) -> list[Row]:
        return [r for r in rows if (known.t - r["day"]).days == known.recency(rows)]

    def ended(rows: list[Row], *codes: str) -> int:
        return sum(bool(set(codes) & set((r["result_codes"] or "").split(";"))) for r in rows)

    year = known.within("inspections", 365)
    told_year = [r for r in year if r["result_codes"]]
    found: Row = {
        "inspections_count_365d": len(year),
        "inspections_problems_365d": ended(year, *PROBLEMS),
        "inspections_rate_365d": share(ended(told_year, *PROBLEMS), len(told_year)),
        "inspections_disclosure_1095d": ended(three, "disclosure_missing", "disclosure_false"),
        "inspections_count_1095d": len(three),
        "inspections_recency_last": known.recency(every),
        "inspections_problems_1095d": ended(three, *PROBLEMS),
        "inspections_grave_1095d": ended(three, "uncooperative", "ordered_to_stop", "problem_pending"),
        "inspections_rate_1095d": share(ended(told_three, *PROBLEMS), len(told_three)),
        "inspections_rate_ever": share(ended(told, *PROBLEMS), len(told)),
        "inspections_problem_last": int(ended(on_last_day(told), *PROBLEMS) > 0) if told else None,
        "inspections_ordered_1095d": ended(three, "ordered_to_correct", "ordered_to_stop"),
        "inspections_uncooperative_1095d": ended(three, "uncooperative"),
        "inspections_unreachable_1095d": ended(three, "unreachable"),
        "inspections_tenure_ever": max(((known.t - r["day"]).days for r in every), default=None),
        "inspections_followups_1095d": sum(r["mechanism"] == "follow_up" for r in three),
        "inspections_prompted_1095d": sum(r["mechanism"] in ("complaint", "lead") for r in three),
    }
    for level in ("critical", "serious", "minor"):
        counts = [r[f"{level}_count"] for r in three if r[f"{level}_count"] is not None]
        last = [
            r[f"{level}_count"] for r in on_last_day([r for r in every if r[f"{level}_count"] is not None])
        ]
        found[f"inspections_{level}_1095d"] = sum(counts)
        found[f"inspections_{level}_mean_1095d"] = sum(counts) / len(counts) if counts else None
        found[f"inspections_{level}_last"] = min(99, max(last)) if last else None
    return found
