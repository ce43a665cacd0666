"""Relations: nasty rows, and the indicators told by loops over all entities of the city."""

from __future__ import annotations

import random
from datetime import date

from tests.features.oracle.known import Known
from tests.features.oracle.nasty import ENTITIES, day
from tests.lake_rows import Row

MOST = 6
# Few keys, so that many share one; what the other side is sometimes contradicts the kind.
RELATED = {
    "entity": ENTITIES[:40],
    "person": [f"person {n}" for n in range(25)],
    "address": ["address 0"] * 4 + [f"address {n}" for n in range(1, 5)],
    "contact": [f"contact {n}" for n in range(20)],
}
USUAL = {
    "shareholder": ["entity", "person", "person"],
    "legal_representative": ["person"] * 9 + ["entity"],
    "branch": ["entity"],
    "investment": ["entity"],
    "shared_address": ["address"] * 9 + ["entity"],
    "shared_contact": ["contact"] * 9 + ["address"],
}


def row(chance: random.Random, t: date) -> Row:
    kind = chance.choice([*USUAL, "legal_representative", "shareholder", "shared_address"])
    related_kind = chance.choice(USUAL[kind])
    row: Row = {
        "kind": kind,
        "related_kind": related_kind,
        "related_id": chance.choice(RELATED[related_kind]),
    }
    if kind in ("shareholder", "investment"):
        row |= {"share": chance.choice([None, 0.0, 0.1, 0.3333, 0.51, 1.0])}
    if chance.random() < 0.5:
        ended = day(chance, t)
        row |= {"ended_on": ended, "end_known_on": chance.choice([None, ended, day(chance, t)])}
    return row | ({"occurred_on": None} if chance.random() < 0.1 else {})


def values(known: Known) -> Row:
    now = [r for r in known.rows["relations"] if known.is_open(r)]

    def others(kind: str, *related_kinds: str) -> int:
        return len({r["related_id"] for r in now if r["kind"] == kind and r["related_kind"] in related_kinds})

    def keys(kind: str, related_kind: str) -> set[str]:
        return {r["related_id"] for r in now if (r["kind"], r["related_kind"]) == (kind, related_kind)}

    def sharing(kind: str, related_kind: str, *, departed: bool = False) -> int:
        counts = [0]
        for key in keys(kind, related_kind):
            counts.append(0)
            for other in known.city.values():
                if other is known or not wanted(other, departed):
                    continue
                held = [r for r in other.rows["relations"] if stands(other, r)]
                counts[-1] += any(
                    (r["kind"], r["related_kind"], r["related_id"]) == (kind, related_kind, key) for r in held
                )
        return max(counts)

    def wanted(other: Known, departed: bool) -> bool:
        gone = gone_on(other)
        return gone is None if not departed else gone is not None and (known.t - gone).days < 365

    shares = [r["share"] for r in now if r["kind"] == "shareholder" and r.get("share") is not None]
    at_address = sharing("shared_address", "address")
    return {
        "shareholders_corporate_now": others("shareholder", "entity"),
        "shareholders_natural_now": others("shareholder", "person"),
        "investments_count_now": others("investment", "entity"),
        "branches_count_now": others("branch", "entity"),
        "shareholder_largest_now": max(shares) * 100 if shares else None,
        "address_sharing_now": at_address,
        "address_crowded_now": int(at_address + 1 >= 10),
        "contact_sharing_now": sharing("shared_contact", "contact"),
        "head_entities_now": sharing("legal_representative", "person"),
        "head_deregistered_365d": sharing("legal_representative", "person", departed=True),
    }


def gone_on(known: Known) -> date | None:
    gone = known.entity.get("deregistered_on")
    return gone if gone and gone <= known.t else None


def stands(known: Known, row: Row) -> bool:
    """Open, or ended with the entity or after it."""
    gone = gone_on(known)
    ended = row.get("ended_on") or row.get("end_known_on")
    return known.is_open(row) or (gone is not None and ended >= gone)
