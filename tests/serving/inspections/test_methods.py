"""Plans drawn by a method of their own: SM3, a public value, partners, unequal chances; checked twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from serving.inspections.bundle import verify_bundle
from serving.inspections.ceremony import enter_public_value
from serving.inspections.methods import choose_method
from serving.inspections.plan import Plan, PlanRefused, PlanState
from serving.inspections.plans import draw_plan, freeze_plan
from serving.sampling.allocation import Allocation, allocate
from serving.sampling.frame import Frame, build_frame
from serving.sampling.method import Design, DrawMethod, JointDraw, PublicSource
from serving.sampling.tickets import TicketHash

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
EVENING = NOON + timedelta(hours=8)
LOTTERY = PublicSource(name="lottery 3D, issue 2026187", published_at=EVENING)


def weighted(plan: Plan, reasons: Mapping[str, str]) -> tuple[Frame, tuple[Allocation, ...]]:
    """200 entities of which each third weighs ten times as much."""
    rows = [(f"企业-{n:03d}", "ABCD"[n % 4], None) for n in range(200)]
    frame = build_frame(rows, exclusions=reasons)
    allocations = allocate(plan.ratios, frame.strata())
    return frame.with_targets(np.where(np.arange(200) % 3, 1, 10), allocations), allocations


def drawn(ceremony: Any, method: DrawMethod) -> Path:
    plan_id = ceremony.create()
    choose_method(ceremony.ledger, plan_id, method, by="Li", now=NOON)
    frame_of = None if method.design is Design.STRATIFIED else weighted
    freeze_plan(
        ceremony.ledger, plan_id, register=ceremony.register, folder=ceremony.folder,
        by="Li", now=NOON, frame_of=frame_of,
    )  # fmt: skip
    for official in ("Wu", "李"):
        ceremony.commit(plan_id, official)
    for official in ("李", "Wu"):
        ceremony.reveal(plan_id, official)
    return Path(ceremony.draw(plan_id).bundle)


def by_python(folder: Path) -> str:
    command = [sys.executable, "-S", str(folder / "verify.py"), str(folder)]
    result = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")
    return result.stdout + result.stderr


def by_sql(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(folder)
    with duckdb.connect() as database:
        return [told for (told,) in database.execute(Path("verify.sql").read_text("utf-8")).fetchall()]


def test_a_draw_by_sm3_is_confirmed_by_python_and_sql_says_that_it_cannot(
    ceremony: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = drawn(ceremony, DrawMethod(ticket_hash=TicketHash.SM3))
    assert json.loads((bundle / "plan.json").read_text("utf-8"))["method"]["hash"] == "sm3"
    assert by_python(bundle) == "OK\n"
    assert verify_bundle(bundle).ok
    assert by_sql(bundle, monkeypatch) == [
        "plan.json: tickets are SM3, which DuckDB does not have; verify.py checks this draw"
    ]


@pytest.mark.parametrize("design", [Design.PARETO, Design.POISSON])
def test_a_draw_with_unequal_chances_is_confirmed_twice(
    ceremony: Any, monkeypatch: pytest.MonkeyPatch, design: Design
) -> None:
    bundle = drawn(ceremony, DrawMethod(design=design))
    assert by_python(bundle) == "OK\n"
    assert by_sql(bundle, monkeypatch) == ["OK"]
    assert verify_bundle(bundle).ok


def test_a_public_value_opens_the_seed_once_two_officials_entered_it_alike(
    ceremony: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = ceremony.create()
    choose_method(ceremony.ledger, plan_id, DrawMethod(public=LOTTERY), by="Li", now=NOON)
    ceremony.freeze(plan_id)

    def enter(official: str, value: str, late: int = 1) -> Plan:
        at = EVENING + timedelta(minutes=late)
        return enter_public_value(
            ceremony.ledger, plan_id, official=official, value=value, by=official, now=at
        )

    with pytest.raises(PlanRefused, match="it is not public yet"):
        enter("Wu", "3 8 1", late=-1)
    with pytest.raises(PlanRefused, match="whose seed comes from the other"):
        ceremony.commit(plan_id, "Wu")
    assert enter("Wu", "3 8 1").state is PlanState.REVEALING
    assert enter("Sun", "3 8 7").state is PlanState.REVEALING
    with pytest.raises(PlanRefused, match="one entry of each official"):
        enter("wu", "3 8 7")
    assert enter("李", "３ 8  1").state is PlanState.REVEALED
    bundle = draw_plan(ceremony.ledger, plan_id, folder=ceremony.folder, by="Li", now=EVENING).bundle
    assert [one["official"] for one in json.loads((bundle / "draw.json").read_text("utf-8"))["reveals"]] == [
        "Wu",
        "李",
    ]
    assert by_python(bundle) == "OK\n"
    assert by_sql(bundle, monkeypatch) == ["OK"]


def test_a_frame_frozen_after_the_value_was_public_takes_none(ceremony: Any) -> None:
    plan_id = ceremony.create()
    early = PublicSource(name="lottery", published_at=NOON - timedelta(hours=1))
    choose_method(ceremony.ledger, plan_id, DrawMethod(public=early), by="Li", now=NOON)
    ceremony.freeze(plan_id)
    with pytest.raises(PlanRefused, match="was frozen after it"):
        enter_public_value(ceremony.ledger, plan_id, official="Wu", value="1", by="Wu", now=EVENING)


def test_partners_share_seed_and_tickets_and_each_draw_is_confirmed(
    ceremony: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One cuts by grade, the other by region and grade; the same entities come first in both."""
    first, second = ceremony.create(), ceremony.create(by_region=True)
    joint = DrawMethod(joint=JointDraw(label="2026-Q3", plans=(first, second)))
    for plan_id in (first, second):
        choose_method(ceremony.ledger, plan_id, joint, by="Li", now=NOON)
    ceremony.freeze(first)
    with pytest.raises(PlanRefused, match=f"{second} is not frozen"):
        ceremony.commit(first, "Wu")
    ceremony.freeze(second)
    with pytest.raises(PlanRefused, match=f"take the step on {first}"):
        ceremony.commit(second, "Wu")
    for official in ("Wu", "李"):
        ceremony.commit(first, official)
    with pytest.raises(PlanRefused, match="whose seed is open"):
        ceremony.draw(second)
    for official in ("Wu", "李"):
        ceremony.reveal(first, official)
    bundles = [ceremony.draw(plan_id).bundle for plan_id in (second, first)]
    tickets = [
        {one["entity_id"]: one["ticket"] for one in json.loads((b / "draw.json").read_text())["selected"]}
        for b in bundles
    ]
    both = tickets[0].keys() & tickets[1].keys()
    assert len(both) >= min(map(len, tickets)) / 2
    assert all(tickets[0][one] == tickets[1][one] for one in both)
    for bundle in bundles:
        assert by_python(bundle) == "OK\n"
        assert by_sql(bundle, monkeypatch) == ["OK"]
