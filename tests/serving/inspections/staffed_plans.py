"""A drawn and staffed plan as the ledger holds it, written row by row: results need no ceremony."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zlib import crc32

from sqlalchemy import insert

from serving.ledger.database import Ledger
from serving.ledger.schema import (
    AssignmentRow,
    DrawnEntityRow,
    DrawRow,
    FrameRecord,
    PlanEventRow,
    PlanRow,
    PlanTermsRow,
    StaffingRow,
    TaskRow,
    VisitRow,
)

CITY = "sandbox"
PLAN = "sandbox-20260701-01"
DRAWN = datetime(2026, 7, 1, 4, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(2026, 7, 1), date(2026, 7, 31)
ITEMS = ("food_safety", "price_tags")
TEAM = ("inspector-1", "inspector-2")
# entity, grade, probability: 2 of 10 in A, 2 of 4 in D
ENTITIES = (("E1", "A", "2/10"), ("E2", "A", "2/10"), ("E3", "D", "2/4"), ("E4", "D", "2/4"))
STRATA = [
    {"stratum": "A", "grade": "A", "size": 10, "count": 2},
    {"stratum": "D", "grade": "D", "size": 4, "count": 2},
]


def staffed_plan(
    ledger: Ledger,
    plan_id: str = PLAN,
    *,
    entities: Sequence[tuple[str, str, str]] = ENTITIES,
    strata: Sequence[dict[str, object]] = STRATA,
    items: Sequence[str] = ITEMS,
    team: Sequence[str] = TEAM,
    department: str = "market regulation",
    city: str = CITY,
    drawn_at: datetime = DRAWN,
    window: tuple[date, date] = (FIRST_DAY, LAST_DAY),
    visits: Sequence[str] = (),
) -> str:
    """Writes a plan with one task and visit for each entity; the id of the plan.

    `visits` names visits that are there already and that the tasks join, one for each entity.
    """
    who = {"by": "Li", "at": drawn_at, "reason": "test"}
    size = sum(int(str(stratum["size"])) for stratum in strata)
    own = [f"{plan_id}-v{number}" for number in range(len(entities))]
    with ledger.writing() as session:
        session.execute(
            insert(PlanRow),
            [{
                "plan_id": plan_id, "title": "t", "city": city, "as_of": date(2026, 6, 30),
                "release_id": "r1", "register_digest": "d",
                "ratios": {"A": "0.2", "B": "0.3", "C": "0.4", "D": "0.5"},
                "allow_zero": "", "stratification": "grade", "region_prefix": "", **who,
            }],
        )  # fmt: skip
        for sequence, kind in enumerate(("created", "frozen", "drawn", "staffed"), start=1):
            session.execute(
                insert(PlanEventRow),
                [
                    {
                        "plan_id": plan_id,
                        "sequence": sequence,
                        "kind": kind,
                        "detail": "",
                        "official": "",
                        **who,
                    }
                ],
            )
        session.execute(
            insert(FrameRecord),
            [{
                "plan_id": plan_id, "frame_digest": "f", "plan_digest": "p", "rows": size,
                "strata": list(strata), **who,
            }],
        )  # fmt: skip
        session.execute(
            insert(DrawRow),
            [{"plan_id": plan_id, "seed": "s", "draw_digest": "d", "drawn": len(entities), **who}],
        )
        session.execute(
            insert(DrawnEntityRow),
            [
                {
                    "plan_id": plan_id, "entity_id": entity_id, "stratum": grade, "grade": grade,
                    "inclusion_probability": chance, "ticket": "t",
                }
                for entity_id, grade, chance in entities
            ],
        )  # fmt: skip
        session.execute(
            insert(PlanTermsRow),
            [{
                "plan_id": plan_id, "department": department, "item_codes": list(items), "policy_id": "",
                "policy_version": 0, "first_day": window[0], "last_day": window[1], "design": "stratified",
                "yearly_cap": 0, "joint_with": [], **who,
            }],
        )  # fmt: skip
        if not visits:
            _make_visits(session, plan_id, own, entities, team, city, who)
        session.execute(
            insert(TaskRow),
            [
                {
                    "task_id": f"{plan_id}/{entity_id}", "plan_id": plan_id, "entity_id": entity_id,
                    "visit_id": visit_id, "first_day": window[0], "last_day": window[1],
                }
                for (entity_id, _, _), visit_id in zip(entities, visits or own, strict=True)
            ],
        )  # fmt: skip
    return plan_id


def _make_visits(session, plan_id, own, entities, team, city, who) -> None:  # type: ignore[no-untyped-def]
    start = crc32(plan_id.encode()) // 2
    session.execute(
        insert(VisitRow),
        [
            {
                "visit_id": visit_id, "city": city, "year": 2026, "number": start + number,
                "entity_id": entities[number][0], "plan_id": plan_id, **who,
            }
            for number, visit_id in enumerate(own)
        ],
    )  # fmt: skip
    if not team:
        return
    session.execute(
        insert(StaffingRow),
        [
            {
                "visit_id": visit_id, "round": 1, "plan_id": plan_id, "seed": "s", "scope": "",
                "departments": ["market regulation"], "unstaffable": "", **who,
            }
            for visit_id in own
        ],
    )  # fmt: skip
    session.execute(
        insert(AssignmentRow),
        [
            {"visit_id": visit_id, "round": 1, "inspector_id": one, "ticket": f"{place}", "replaces": ""}
            for visit_id in own
            for place, one in enumerate(team)
        ],
    )
