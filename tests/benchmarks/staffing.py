"""How long 20,000 visits take to be staffed from 400 inspectors: `python -m tests.benchmarks.staffing`.

With a scope and a folder, staffs under that scope alone and leaves what it counted there.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import process_time

from serving.sampling.staffing import InspectorCard, Scope, ScopeKind, VisitNeed, staff

VISITS, INSPECTORS = 20_000, 400
STAFFED = "staffed.json"
DEPARTMENTS, SKILLS = ("market", "farming", "culture"), ("food", "lifts", "drugs", "adverts", "books")
STATIONS = ("north", "south", "east")
DAY = date(2026, 4, 1)


def roster(chance: Random) -> list[InspectorCard]:
    """400 of three departments: a quarter in the bureau, a fifth with leave, each with some conflicts."""
    return [
        InspectorCard(
            inspector_id=f"i{number:04d}",
            department=DEPARTMENTS[number % 3],
            station=("", *STATIONS)[number % 4],
            skills=frozenset(chance.sample(SKILLS, 2)),
            licensed_from=date(2020, 1, 1),
            licensed_until=date(2026, 3, 1) if number % 20 == 0 else date(2027, 1, 1),
            conflicts=frozenset(f"e{chance.randrange(VISITS)}" for _ in range(5)),
            leave=((DAY + timedelta(number % 60), DAY + timedelta(number % 60 + 9)),)
            if number % 5 == 0
            else (),
        )
        for number in range(INSPECTORS)
    ]


def visits(chance: Random) -> list[VisitNeed]:
    """20,000 in three windows, a quarter of them of two departments."""
    return [
        VisitNeed(
            visit_id=f"v{number:06d}",
            entity_id=f"e{number}",
            departments=tuple(sorted(chance.sample(DEPARTMENTS, chance.choice([1, 1, 1, 2])))),
            station=STATIONS[number % 3],
            skills=frozenset(chance.sample(SKILLS, chance.choice([0, 1, 1, 2]))),
            first_day=DAY + timedelta(30 * (number % 3)),
            last_day=DAY + timedelta(30 * (number % 3) + 29),
        )
        for number in range(VISITS)
    ]


def main() -> None:
    """Prints the seconds and the loads for two of the scopes, or for the one asked for."""
    chance = Random(1)
    cards, asked = roster(chance), visits(chance)
    kinds = (
        [ScopeKind(sys.argv[1])] if sys.argv[1:] else [ScopeKind.WHOLE_BUREAU, ScopeKind.BUREAU_AND_STATION]
    )
    for kind in kinds:
        begun = process_time()
        made = staff(asked, cards, scope=Scope(kind=kind), seed="ab" * 32)
        seconds = process_time() - begun
        loads = Counter(seat.inspector_id for seat in made.assignments)
        sys.stdout.write(
            f"{kind.value}: {len(asked):,} visits, {len(cards)} inspectors, {seconds:.1f} s; "
            f"{len(made.assignments):,} seats, {len(made.unstaffable)} visits unstaffable, "
            f"{min(loads.values())} to {max(loads.values())} visits each\n"
        )
        if sys.argv[2:]:
            counted = {"visits": len(asked), "seats": len(made.assignments)}
            (Path(sys.argv[2]) / STAFFED).write_text(json.dumps(counted) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
