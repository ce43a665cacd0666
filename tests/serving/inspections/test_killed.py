"""Freeze, draw and staffing killed (SIGKILL) at one statement after another: nothing lost, nothing twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any

from sqlalchemy import event, func, select

from serving.inspections.field.assignments import staff_plan
from serving.inspections.plans.bundle import verify_bundle
from serving.inspections.plans.plan import PlanState
from serving.inspections.plans.steps import find_plan
from serving.ledger.database import open_ledger
from serving.ledger.schema import AssignmentRow, CapStepRow, StaffingRow, TaskRow, VisitRow
from tests.serving.inspections.conftest import NOON, Ceremony
from tests.serving.inspections.planners import terms
from tests.serving.inspections.test_tasks import card, roster

TABLES = (TaskRow, VisitRow, StaffingRow, AssignmentRow, CapStepRow)
# Every seventh statement, so that reads, inserts and the commit are all hit in a few seconds.
STRIDE = 7
FORK = multiprocessing.get_context("fork")


def rows(ceremony: Ceremony) -> tuple[int, ...]:
    with ceremony.ledger.reading() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES)


def doomed(ceremony: Ceremony, step: Callable[[Ceremony], object], statement: int) -> None:
    """Takes a step in a process of its own and dies before its n-th statement, or at the commit."""
    from dataclasses import replace

    ledger = open_ledger(ceremony.ledger.engine.url.render_as_string())
    seen = count(1)

    def die(*_: Any) -> None:
        if next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(ledger.engine, "before_cursor_execute", die)
    event.listen(ledger.engine, "commit", die)
    step(replace(ceremony, ledger=ledger))


def killed_until_done(ceremony: Ceremony, step: Callable[[Ceremony], object]) -> int:
    """Kills the step ever later until it ends by itself; before that the ledger holds nothing of it."""
    before = rows(ceremony)
    for kills, statement in enumerate(count(1, STRIDE)):
        process = FORK.Process(target=doomed, args=(ceremony, step, statement))
        process.start()
        process.join()
        if process.exitcode == 0:
            return kills
        assert process.exitcode == -signal.SIGKILL
        assert rows(ceremony) == before
    raise AssertionError


def test_every_step_is_taken_once_wherever_it_is_killed(ceremony: Ceremony) -> None:
    plan_id, staff = ceremony.create(terms=terms(cap=1)), roster(card(1), card(2), card(3))
    assert killed_until_done(ceremony, lambda made: made.freeze(plan_id)) > 2
    ceremony.open_seed(plan_id)
    assert killed_until_done(ceremony, lambda made: made.draw(plan_id)) > 2
    plan = find_plan(ceremony.ledger, plan_id)
    assert verify_bundle(ceremony.folder / plan_id, expected_digest=plan.draw_digest).ok
    assert rows(ceremony) == (18, 18, 0, 0, 2)
    step = lambda made: staff_plan(made.ledger, plan_id, roster=staff, by="Li", now=NOON)  # noqa: E731
    assert killed_until_done(ceremony, step) > 2
    assert rows(ceremony) == (18, 18, 18, 36, 2)
    assert find_plan(ceremony.ledger, plan_id).state is PlanState.STAFFED
    kinds = [one.kind for one in find_plan(ceremony.ledger, plan_id).events]
    assert [kinds.count(kind) for kind in ("frozen", "drawn", "staffed")] == [1, 1, 1]
