"""Rosters, starts, results, publication and yearly plans on a real PostgreSQL: as on SQLite, and by many."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from serving.inspections.field.starting import begin_visits
from serving.inspections.plans.steps import find_plan
from serving.inspections.results.entering import close_plan, enter_results
from serving.inspections.results.facts import standing_results
from serving.inspections.results.files import import_results
from serving.inspections.results.publication import (
    follow_up,
    follow_ups,
    publication_states,
    publish_results,
    repair_result,
    withhold_result,
)
from serving.inspections.results.rules import ResultEntry, ResultRefused
from serving.inspections.yearly.yearly_plans import (
    amend_yearly_plan,
    create_yearly_plan,
    list_yearly_plans,
    publish_yearly_plan,
)
from serving.ledger.database import Ledger, open_ledger
from serving.ledger.schema import PlanEventRow, ResultImportRow, VisitStartRow
from serving.rosters.inspector import Conflict, Inspector
from serving.rosters.inspectors import list_inspectors, record_conflict, record_inspectors, record_leave
from serving.rosters.item import Item
from serving.rosters.items import list_items, record_items
from tests.serving.inspections.staffed_plans import staffed_plan
from tests.serving.inspections.test_yearly_plan import CONTACT, LIFTS

# A city of its own: others of the same ledger count the visits of theirs.
CITY = "shihe"
NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
WHO: dict[str, Any] = {"by": "Wu", "now": NOW}
DAY = date(2026, 7, 10)
ITEM = Item(
    code="food_safety", name_zh="食品安全", name_en="food", kind="key", methods=("site",), field="f",
    law="《食品安全法》", department="market regulation", skills=(), minutes=60, valid_from=date(2024, 1, 1),
)  # fmt: skip
INSPECTOR = Inspector(
    inspector_id="i1", name="检查员一", department="market regulation", station="", skills=("food",),
    licence_number="XN1", licensed_from=date(2020, 1, 1), licensed_until=date(2029, 1, 1),
)  # fmt: skip


@pytest.fixture
def sqlite(empty_ledger: Path, tmp_path: Path) -> Iterator[Ledger]:
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(empty_ledger.read_bytes())
    opened = open_ledger(f"sqlite:///{file}")
    yield opened
    opened.close()


def entry(plan_id: str, entity: str = "E1", code: str = "no_problem", **more: Any) -> ResultEntry:
    task = f"{plan_id}/{entity}"
    return ResultEntry(task_id=task, item_code="food_safety", visited_on=DAY, codes=(code,), **more)


def at_once(*steps: Callable[[], object]) -> list[object]:
    """What each step returned or raised, all begun in the same instant."""
    start, outcomes = threading.Barrier(len(steps)), list[object]()

    def take(step: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes.append(step())
        except Exception as fault:  # noqa: BLE001 - a thread would swallow it
            outcomes.append(fault)

    threads = [threading.Thread(target=take, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def rosters(ledger: Ledger) -> object:
    """A roster in versions, with leave that was taken back and conflicts."""
    record_items(ledger, CITY, [ITEM], reason="new", **WHO)
    record_items(ledger, CITY, [ITEM, replace(ITEM, code="price_tags", minutes=20)], reason="more", **WHO)
    record_inspectors(ledger, CITY, [INSPECTOR], reason="new", **WHO)
    days = (date(2026, 7, 6), date(2026, 7, 8))
    record_leave(ledger, CITY, "i1", days, reason="leave", **WHO)
    record_leave(ledger, CITY, "i1", (days[1], days[1]), reason="more leave", **WHO)
    record_leave(ledger, CITY, "i1", days, granted=False, reason="back", **WHO)
    record_conflict(ledger, CITY, "i1", Conflict(entity_id="E1"), reason="kin", **WHO)
    return list_items(ledger, CITY), list_inspectors(ledger, CITY)


def results(ledger: Ledger, tmp_path: Path) -> object:
    """Results entered, corrected, imported, published, withheld, handled, repaired, and the plan closed."""
    plan_id = staffed_plan(ledger, "shihe-20260701-71", city=CITY, items=("food_safety",))
    problem = entry(plan_id, "E2", "ordered_to_correct", serious_count=1)
    enter_results(ledger, [entry(plan_id), problem], city=CITY, **WHO)
    enter_results(ledger, [entry(plan_id, code="other", reason="wrong line")], city=CITY, **WHO)
    file = tmp_path / "july.csv"
    rows = [f"{plan_id}/{one},food_safety,{DAY},no_problem" for one in ("E3", "E4", "E9")]
    file.write_text("\n".join(["task_id,item_code,visited_on,result_codes", *rows]) + "\n")
    done = import_results(ledger, file, city=CITY, folder=tmp_path / "rejected", **WHO)
    withhold_result(ledger, f"{plan_id}/E3", "food_safety", reason="an open case", **WHO)
    many = publish_results(ledger, plan_id, on=date(2026, 7, 20), **WHO)
    follow_up(ledger, *problem.key, handled_on=date(2026, 7, 20), how="mended", **WHO)
    later = {"by": "Wu", "now": NOW + timedelta(days=250)}
    repair_result(ledger, *problem.key, on=date(2027, 3, 1), reason="cured", **later)
    close_plan(ledger, plan_id, **later)
    with ledger.reading() as session:
        standing, states = standing_results(session, [plan_id]), publication_states(session, [plan_id])
        handled = follow_ups(session, [plan_id])
    kinds = [event.kind for event in find_plan(ledger, plan_id).events]
    return (done.rows, done.taken, done.rejected), many, standing, states, handled, kinds


def yearly(ledger: Ledger, tmp_path: Path) -> object:
    plan = create_yearly_plan(
        ledger, city=CITY, year=2026, department="market", lines=(CONTACT, LIFTS), **WHO
    )
    publish_yearly_plan(ledger, plan.yearly_plan_id, folder=tmp_path, on=date(2026, 3, 30), **WHO)
    amend_yearly_plan(ledger, plan.yearly_plan_id, [CONTACT], reason="fewer", **WHO)
    return list_yearly_plans(ledger, CITY, 2026)


def test_the_field_goes_as_on_sqlite(sqlite: Ledger, postgres: Ledger, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("sqlite", "postgres")]
    for folder in folders:
        folder.mkdir()
    assert rosters(sqlite) == rosters(postgres)
    for life in (results, yearly):
        on_sqlite, on_postgres = (life(*one) for one in zip((sqlite, postgres), folders, strict=True))
        assert on_sqlite == on_postgres


def test_two_who_begin_the_same_visits_begin_each_once(postgres: Ledger) -> None:
    plan_id = staffed_plan(postgres, "shihe-20260701-72", city=CITY)
    visits = [f"{plan_id}-v{number}" for number in range(4)]

    def begin(mine: list[str]) -> Callable[[], object]:
        return lambda: begin_visits(postgres, mine, on=DAY, among=visits, **WHO)

    outcomes = at_once(begin(visits[:3]), begin(visits[::-1]), begin(visits[1:]))
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert sum(len(one.begun) for one in outcomes) == 4  # type: ignore[attr-defined]
    with postgres.reading() as session:
        started = select(func.count()).where(VisitStartRow.visit_id.in_(visits))
        begun = select(func.count()).where(PlanEventRow.plan_id == plan_id, PlanEventRow.kind == "begun")
        assert (session.scalar(started), session.scalar(begun)) == (4, 1)


def test_of_results_published_or_entered_or_imported_at_once_each_counts_once(
    postgres: Ledger, tmp_path: Path
) -> None:
    plan_id = staffed_plan(postgres, "shihe-20260701-73", city=CITY, items=("food_safety",))

    def enter(code: str) -> Callable[[], object]:
        return lambda: enter_results(postgres, [entry(plan_id, code=code)], city=CITY, **WHO)

    outcomes = at_once(enter("no_problem"), enter("other"))
    assert sum(isinstance(one, ResultRefused) for one in outcomes) == 1
    file = tmp_path / "july.csv"
    file.write_text(f"task_id,item_code,visited_on,result_codes\n{plan_id}/E2,food_safety,{DAY},no_problem\n")
    imports = at_once(
        *[lambda: import_results(postgres, file, city=CITY, folder=tmp_path / "rejected", **WHO)] * 3
    )
    assert sorted(one.fresh for one in imports) == [False, False, True]  # type: ignore[attr-defined]
    published = at_once(*[lambda: publish_results(postgres, plan_id, on=date(2026, 7, 20), **WHO)] * 2)
    assert sum(one for one in published if isinstance(one, int)) == 2
    with postgres.reading() as session:
        assert {one.version for one in standing_results(session, [plan_id]).values()} == {1}
        of_file = select(func.count()).where(
            ResultImportRow.file_name == "july.csv", ResultImportRow.rows == 1
        )
        assert session.scalar(of_file) == 1


def test_leave_recorded_at_once_stands_with_all_its_days(postgres: Ledger) -> None:
    record_inspectors(postgres, CITY, [replace(INSPECTOR, inspector_id="i9")], reason="new", **WHO)

    def leave(day: int) -> Callable[[], object]:
        days = (date(2026, 8, day), date(2026, 8, day))
        return lambda: record_leave(postgres, CITY, "i9", days, reason="leave", **WHO)

    assert [one for one in at_once(*map(leave, (3, 5, 7))) if isinstance(one, Exception)] == []
    (stands,) = [one for one in list_inspectors(postgres, CITY) if one.inspector_id == "i9"]
    assert [day.day for day, _ in sorted(stands.leave)] == [3, 5, 7]
