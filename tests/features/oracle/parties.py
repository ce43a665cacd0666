"""Related parties: told by walking from one entity to the others, pair by pair."""

from __future__ import annotations

from tests.features.oracle.known import Known, share
from tests.features.oracle.relations import gone_on
from tests.lake_rows import Row


def values(known: Known) -> Row:
    related = [known.city[other] for other in directly(known)]
    for person in persons(known):
        related += [other for other in known.city.values() if other is not known and person in persons(other)]
    # Of an entity that nobody had recorded yet nothing can be told.
    related = [other for other in related if other.entity]

    def of_all(marked: list[bool]) -> float | None:
        return share(sum(marked), len(related))

    def listed(kind: str) -> float | None:
        lists = [[r["kind"] for r in o.rows["listings"] if o.is_open(r)] for o in related]
        return of_all([kind in on for on in lists])

    return {
        "parties_count_now": len(related),
        "parties_revoked_ever": of_all(
            [any("licence_revoked" in r["kinds"] for r in o.rows["penalties"]) for o in related]
        ),
        "parties_serious_now": listed("serious"),
        "parties_abnormal_now": listed("abnormal"),
        "parties_penalised_1095d": of_all([bool(o.within("penalties", 1095)) for o in related]),
        "parties_debtor_now": listed("judgment_debtor"),
        "parties_deregistered_ever": of_all([gone_on(o) is not None for o in related]),
    }


def standing(known: Known, row: Row) -> bool:
    """Open, or ended with one of the two entities or after it."""
    if known.is_open(row):
        return True
    sides = [known, *([known.city[row["related_id"]]] if row["related_kind"] == "entity" else [])]
    ended = row.get("ended_on") or row.get("end_known_on")
    return any(gone is not None and ended >= gone for gone in map(gone_on, sides))


def directly(known: Known) -> set[str]:
    """The entities that this one names, and those that name it."""
    found = set()
    for one in known.city.values():
        for row in one.rows["relations"]:
            if row["kind"] in ("shareholder", "investment", "branch") and row["related_kind"] == "entity":
                pair = {one.entity_id, row["related_id"]}
                if known.entity_id in pair and len(pair) == 2 and standing(one, row):
                    found |= pair - {known.entity_id}
    return found


def persons(known: Known) -> set[str]:
    """Who heads it or holds its shares."""
    return {
        r["related_id"]
        for r in known.rows["relations"]
        if r["kind"] in ("legal_representative", "shareholder")
        and r["related_kind"] == "person"
        and standing(known, r)
    }
