"""Whatever a planner fills in: what the workbench counts is what the freeze fixes, stratum by stratum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from data_contracts.environment import Environment
from data_contracts.refusal import Refusal
from features.as_of import AsOf
from models.grades import LETTERS
from serving.inspections.plans.plan import Plan
from serving.inspections.plans.steps import void_plan
from serving.ledger.schema import CapStepRow, VisitRow, VisitStartRow
from serving.ledger.tokens import Holder
from serving.rosters.from_lake import objects_of_city
from serving.rosters.importing import preset_folder
from serving.rosters.item import Concerns, Item
from serving.rosters.items import record_items
from serving.rosters.mark_lists import ListedMarks
from serving.rosters.mark_rules import read_mark_rules
from serving.rosters.marks import COVERAGE, SCHEMA
from serving.rosters.tag_rules import read_tag_rules
from serving.sampling.policy import ENTITY_TYPES, SHIELDS
from serving.web.desk import Desk
from serving.web.plan_api import frozen
from serving.web.workbench.drawn_preview import counted_by, preview_of_plan
from serving.web.workbench.form import JOINT, PlanForm, policy_in
from serving.web.workbench.saving import plans_of_form
from tests.serving.conftest import NOW

HOLDER = Holder(person="李敏", role="planner", region_prefix="")
WHO = {"by": "李敏", "at": NOW, "reason": "test"}
EVERYBODY = Item(
    code="REG-01", name_zh="登记事项检查", name_en="Registration", kind="general", methods=("site",),
    field="registry", law="《条例》", department="市场监管局", skills=(), minutes=45,
    valid_from=date(2024, 1, 1),
)  # fmt: skip
ITEMS = (
    EVERYBODY,
    replace(EVERYBODY, code="REP-01", minutes=60, concerns=Concerns(entity_types=("company", "partnership"))),
    replace(
        EVERYBODY, code="FOOD-01", minutes=90, kind="key", concerns=Concerns(licences=("food_business",))
    ),
    replace(EVERYBODY, code="FIRE-01", department="消防救援支队", concerns=Concerns(industries=("F", "H"))),
    replace(
        EVERYBODY, code="CULT-01", department="文化和旅游局", concerns=Concerns(industries=("R", "L", "I"))
    ),
)


@pytest.fixture
def office(desk: Desk, city: Any) -> Desk:
    """A city with items of three departments, an object roster, marks of every kind, and visits this year."""
    record_items(desk.ledger, desk.city, ITEMS, by="李敏", now=NOW, reason="list")
    ids = city.register.listed["entity_id"].to_pylist()
    listed = [mark(one, COVERAGE) for one in ids[::23]] + [mark(one, "no_disturb") for one in ids[::7]]
    listed += [mark(one, "red_line") for one in ids[::14]]
    presets = preset_folder("sandbox")
    objects_of_city(
        city.register,
        city.lake,
        AsOf(on=city.register.as_of, used_on=city.register.used_on),
        read_tag_rules(presets / "tags.toml"),
        folder=desk.plans_folder.parent / "objects",
        memory_limit=Environment().memory_limit,
        mark_rules=read_mark_rules(presets / "marks.toml"),
        listed=ListedMarks(table=pa.Table.from_pylist(listed, schema=SCHEMA), digest="d" * 64),
    )
    visited(desk, ids[::3] + ids[::6])
    return desk


def mark(entity_id: str, code: str) -> dict[str, object]:
    days = {"from_day": date(2026, 1, 1), "until": date(2026, 12, 31), "known_on": date(2026, 1, 1)}
    return {"entity_id": entity_id, "mark": code, "source": "list", "reason": "r"} | days


def visited(desk: Desk, ids: Sequence[str]) -> None:
    """Begun visits of the year: one of every third entity, two of every sixth."""
    form = PlanForm(title="earlier", a="1", b="1", c="1", d="1")
    (plan,) = plans_of_form(desk, form, HOLDER)
    with desk.ledger.writing() as session:
        for number, entity_id in enumerate(ids):
            visit = VisitRow(visit_id=f"v{number}", city=desk.city, year=2026, number=number, **WHO)
            visit.entity_id, visit.plan_id = entity_id, plan.plan_id
            session.add(visit)
            session.flush()
            session.add(VisitStartRow(visit_id=f"v{number}", begun_on=date(2026, 3, 2), **WHO))
        session.add(CapStepRow(city=desk.city, sequence=1, plan_id=plan.plan_id, kind="drawn", **WHO))


def random_form(chance: np.random.Generator, regions: Sequence[str]) -> PlanForm:
    """A form as planners might fill it in, of one department or of several."""

    def some(values: Sequence[str], share: float) -> list[str]:
        return [one for one in values if chance.random() < share]

    department = str(chance.choice(["市场监管局", JOINT]))
    items = some([one.code for one in ITEMS if department in (JOINT, one.department)], 0.5) or ["REG-01"]
    ratios = np.sort(chance.choice([1, 2, 3.3, 5, 12.5, 33.333333333, 60, 100], 4))
    return PlanForm(
        title="random",
        department=department,
        items=items,
        types=some(ENTITY_TYPES, 0.6),
        first_day=str(chance.choice(["2026-07-06", "2027-01-04"])),
        last_day="",
        region_prefix=str(chance.choice(["", *regions])),
        ordinary_ratio=str(chance.choice(["0.5", "3", "20"])),
        yearly_cap=str(chance.integers(1, 4)),
        full=["D"] if chance.random() < 0.3 else [],
        full_items=["FOOD-01"] if chance.random() < 0.3 else [],
        shields=some(list(SHIELDS), 0.6),
        triggers="red_line" if chance.random() < 0.6 else "",
        **dict(zip("abcd", map(str, ratios), strict=True)),
    )


def lines_of(plan: Plan) -> dict[str, tuple[int, int]]:
    """Sizes and counts of the frozen strata, "A/full" and its like as one."""
    sums = dict[str, tuple[int, int]]()
    for one in plan.allocations:
        line = "full" if one.stratum.endswith("/full") else one.stratum
        size, count = sums.get(line, (0, 0))
        sums[line] = (size + one.size, count + one.count)
    return sums


@pytest.mark.parametrize("seed", range(6))
def test_what_is_counted_is_what_is_frozen(office: Desk, city: Any, seed: int) -> None:
    chance = np.random.default_rng(seed)
    regions = [str(code)[:6] for code in city.register.listed["region_code"].unique().to_pylist()[:3]]
    compared = 0
    for _ in range(5):
        form = random_form(chance, regions)
        form = form.model_copy(update={"last_day": form.first_day[:4] + "-12-31"})
        try:
            drawn = counted_by(office, form, policy_in(form), form.region_prefix)
        except Refusal as refusal:
            with pytest.raises(type(refusal)):
                plans_of_form(office, form, HOLDER)
            continue
        counted = [one.allocations for one in drawn.partners] or [drawn.allocations]
        plans = [frozen(office, HOLDER, plan.plan_id) for plan in plans_of_form(office, form, HOLDER)]
        told = [{line: (one.size, one.count) for line, one in lines.items() if one.size} for lines in counted]
        assert told == [lines_of(plan) for plan in plans], form
        compared += len(plans)
        for plan in plans:
            void_plan(office.ledger, plan.plan_id, reason="compared", by="李敏", now=NOW)
    assert compared


def test_a_draw_without_items_knows_no_policy_in_preview_and_freeze_alike(office: Desk, city: Any) -> None:
    form = PlanForm(title="draw", types=["company"], yearly_cap="1", **dict.fromkeys("abcd", "10"))
    drawn = counted_by(office, form, policy_in(form), "")
    assert drawn.found.total == sum(drawn.found.sizes.values()) == city.register.listed.num_rows
    (plan,) = plans_of_form(office, form, HOLDER)
    plan = frozen(office, HOLDER, plan.plan_id)
    told = {line: (one.size, one.count) for line, one in drawn.allocations.items() if one.size}
    assert told == lines_of(plan)
    assert set(told) <= set(LETTERS)


def test_a_frozen_plan_is_told_as_frozen_when_nobody_behind_it_is_known_any_more(
    office: Desk, city: Any
) -> None:
    """The register moved on: sizes and counts stay those of the frame, of every line."""
    form = PlanForm(
        title="types",
        department="市场监管局",
        items=["REG-01"],
        types=["company"],
        first_day="2026-07-06",
        last_day="2026-09-30",
        shields=list(SHIELDS),
        **dict.fromkeys("abcd", "10"),
    )
    (made,) = plans_of_form(office, form, HOLDER)
    plan = frozen(office, HOLDER, made.plan_id)
    before = preview_of_plan(office, plan)
    moved = replace(plan, draft=replace(plan.draft, register_digest="0" * 64))
    after = preview_of_plan(office, moved)
    for shown in (before, after):
        assert {one.grade: (one.size, one.drawn) for one in shown.lines if one.size} == lines_of(plan)
        assert [one.grade for one in shown.lines] == [*LETTERS, "-", "full"]
        assert shown.drawn == sum(one.count for one in plan.allocations)
    assert before.expected is not None
    assert after.expected is None, "nobody knows any more whom the other lines hold"
