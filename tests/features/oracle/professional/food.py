"""Food: the indicators of the field told by loops."""

from __future__ import annotations

from tests.features.oracle.inspections import PROBLEMS
from tests.features.oracle.key_persons import in_post, persons
from tests.features.oracle.known import Known
from tests.features.oracle.products import in_use
from tests.lake_rows import Row

LICENCES = ("food_business", "food_production")


def values(known: Known) -> Row:
    licences = [r for r in known.rows["licences"] if known.is_open(r) and r["kind"] in LICENCES]
    over = [r for r in licences if r["valid_until"] is not None and r["valid_until"] < known.t]
    valid = [r for r in licences if r not in over]
    officers = persons(in_post(known, "food_safety_officer"))
    failed = [
        r
        for r in known.rows["products"]
        if r["kind"] in ("cold_chain", "rice")
        and r["result"] == "unqualified"
        and (known.t - r["known_on"]).days < 365
    ]
    return {
        "food_licences_now": len(valid),
        "food_licences_expired_now": sum(r["kind"] not in {v["kind"] for v in valid} for r in over),
        "food_officers_now": officers,
        "food_cold_chain_now": len(in_use(known, "cold_chain")),
        "food_unqualified_365d": len(failed),
        "food_penalties_1095d": sum(about_food(r["field"]) for r in known.within("penalties", 1095)),
        "food_complaints_365d": sum(
            r["kind"] != "contact" and not r["suspected_professional"] and about_food(r.get("topic"))
            for r in known.within("complaints", 365)
        ),
        "food_problems_1095d": problems(known, "FOOD-01", "FOOD-02"),
        "food_unattended_now": int(bool(valid) and not officers),
    }


def about_food(words: str | None) -> bool:
    return any(word in (words or "") for word in ("食品", "食物中毒", "food"))


def problems(known: Known, *items: str) -> int:
    """Inspections of some items that found a problem in three years."""
    of_items = [r for r in known.within("inspections", 1095) if r.get("item_code") in items]
    return sum(bool(PROBLEMS & set((r["result_codes"] or "").split(";"))) for r in of_items)
