"""Planners of several departments, and three of them at once under a cap of one visit."""

from __future__ import annotations

import threading
from datetime import date

from serving.inspections.plans.caps import visits_in_year
from serving.inspections.plans.plan import PlanRefused
from serving.inspections.plans.terms import PlanTerms
from tests.serving.inspections.conftest import Ceremony

SUMMER = (date(2026, 7, 1), date(2026, 9, 30))
AUTUMN = (date(2026, 10, 9), date(2026, 12, 31))


def terms(
    department: str = "market", window: tuple[date, date] = SUMMER, cap: int = 0, joint: tuple[str, ...] = ()
) -> PlanTerms:
    return PlanTerms(
        department=department,
        item_codes=(f"{department}-1",),
        first_day=window[0],
        last_day=window[1],
        yearly_cap=cap,
        joint_with=joint,
    )


def plan_until_drawn(
    ceremony: Ceremony, department: str, window: tuple[date, date], outcomes: list[str]
) -> None:
    """A planner who freezes, holds the ceremony and draws, and waits when another plan holds the visits."""
    try:
        plan_id = ceremony.create(terms=terms(department, window, cap=1))
        for _ in range(200):
            try:
                ceremony.freeze(plan_id)
                break
            except PlanRefused as refused:
                if "may still draw" not in str(refused):
                    raise
                threading.Event().wait(0.02)
        ceremony.open_seed(plan_id)
        ceremony.draw(plan_id)
        outcomes.append("drawn")
    except Exception as fault:  # noqa: BLE001 - a thread would swallow it
        outcomes.append(repr(fault))


def race(ceremony: Ceremony) -> None:
    """Three planners at once, each in a season of their own, under a cap of one visit."""
    windows = [SUMMER, AUTUMN, (date(2026, 4, 1), date(2026, 6, 30))]
    outcomes = list[str]()
    threads = [
        threading.Thread(target=plan_until_drawn, args=(ceremony, department, window, outcomes))
        for department, window in zip(("market", "fire", "health"), windows, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ceremony.ledger.reading() as session:
        visits = visits_in_year(session, "sandbox", 2026)
    assert outcomes == ["drawn"] * 3
    assert max(visits.values()) == 1
    assert len(visits) > 18
