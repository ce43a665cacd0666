"""Plans drawn by a method of their own: SM3, a public value, partners, unequal chances; checked twice."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from serving.effect.lines import facts_of
from serving.inspections.plans.bundle import canonical, verify_bundle
from serving.inspections.plans.ceremony import enter_public_value
from serving.inspections.plans.methods import choose_method
from serving.inspections.plans.plan import Plan, PlanNotFound, PlanRefused, PlanState
from serving.inspections.plans.steps import draw_plan, find_plan, freeze_plan
from serving.inspections.plans.terms import PlanTerms
from serving.inspections.policies.unequal_frames import frame_of_plan, with_risks
from serving.rosters.item import Item
from serving.rosters.items import record_items
from serving.sampling import method_verifier
from serving.sampling.allocation import Allocation, allocate
from serving.sampling.frame import Frame, build_frame, read_frame
from serving.sampling.method import Design, DrawMethod, JointDraw, PublicSource
from serving.sampling.presets import preset
from serving.sampling.ratios import parse_ratios
from serving.sampling.tickets import TicketHash
from serving.sampling.unequal import UNIT, UnequalRefused
from tests.serving.inspections.conftest import SmallRegister

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
EVENING = NOON + timedelta(hours=8)
LOTTERY = PublicSource(name="lottery 3D, issue 2026187", published_at=EVENING)
# The program that bundles of a method were published with until November 2026.
FORMER = Path(__file__).with_name("former_programs") / "verify.py.txt"

ITEM = Item(
    code="REP-01", name_zh="年度报告检查", name_en="Annual reports", kind="general", methods=("site",),
    field="other", law="《条例》", department="market", skills=(), minutes=30, valid_from=date(2024, 1, 1),
)  # fmt: skip


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


def test_a_bundle_with_the_program_of_its_day_stays_valid(ceremony: Any) -> None:
    bundle = drawn(ceremony, DrawMethod(design=Design.PARETO))
    (bundle / "verify.py").write_bytes(FORMER.read_bytes())
    assert by_python(bundle) == "OK\n"
    assert verify_bundle(bundle).ok
    (bundle / "verify.py").write_bytes(FORMER.read_bytes() + b"\n")
    assert verify_bundle(bundle).differences == (
        "verify.py: is not the verifier that this program publishes",
    )


@pytest.mark.parametrize("name", ["frame.csv", "plan.json", "draw.json"])
def test_any_flipped_byte_of_a_draw_with_a_method_is_found(ceremony: Any, name: str) -> None:
    bundle = drawn(ceremony, DrawMethod(ticket_hash=TicketHash.SM3, design=Design.POISSON))
    files = {each: (bundle / each).read_bytes() for each in ("frame.csv", "plan.json", "draw.json")}
    for place in range(0, len(files[name]), max(len(files[name]) // 50, 1)):
        flipped = bytearray(files[name])
        flipped[place] ^= 1
        found = method_verifier.differences(*({**files, name: bytes(flipped)}).values())
        assert found
        assert name in found[0]


def test_an_entity_listed_twice_in_a_draw_with_a_method_is_named(ceremony: Any) -> None:
    bundle = drawn(ceremony, DrawMethod(design=Design.PARETO))
    content = json.loads((bundle / "draw.json").read_text("utf-8"))
    content.pop("content_digest")
    content["selected"].append(content["selected"][0])
    content["content_digest"] = hashlib.sha256(canonical(content)).hexdigest()
    found = method_verifier.differences(
        (bundle / "frame.csv").read_bytes(), (bundle / "plan.json").read_bytes(), canonical(content)
    )
    twice = content["selected"][0]["entity_id"]
    assert found == [f"draw.json: {twice} is selected and should not be, or twice, or the reverse"]


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
    before = early.published_at - timedelta(hours=1)
    choose_method(ceremony.ledger, plan_id, DrawMethod(public=early), by="Li", now=before)
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


@dataclass(frozen=True)
class RiskyRegister(SmallRegister):
    """Of which each entity is the riskier the higher its number, two hundredths at most."""

    @property
    def listed(self) -> pa.Table:
        rows = list(self.rows(""))
        columns = zip(("entity_id", "grade", "region_code"), zip(*rows, strict=True), strict=True)
        return pa.table({**{name: list(of) for name, of in columns}, "entity_type": ["company"] * len(rows)})

    def probabilities(self) -> pa.Table:
        numbers = range(199, -1, -1)
        ids = [f"企业-{number:03d}" for number in numbers]
        return pa.table({"entity_id": ids, "probability": [number / 10_000 for number in numbers]})


def frozen_by_risk(ceremony: Any, plan_id: str) -> Plan:
    register = RiskyRegister()
    return freeze_plan(
        ceremony.ledger, plan_id, register=register, folder=ceremony.folder, by="Li", now=NOON,
        frame_of=frame_of_plan(
            ceremony.ledger, find_plan(ceremony.ledger, plan_id),
            register=register, objects_folder=ceremony.folder,
        ),
    )  # fmt: skip


def test_chances_follow_the_risk_within_a_stratum_above_the_smallest_ratio(
    ceremony: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = ceremony.create()
    choose_method(ceremony.ledger, plan_id, DrawMethod(design=Design.PARETO), by="Li", now=NOON)
    plan = frozen_by_risk(ceremony, plan_id)
    lines = (ceremony.folder / plan_id / "frame.csv").read_text("utf-8").splitlines()[1:]
    chances: dict[str, list[float]] = {grade: [] for grade in "ABCD"}
    for line in lines:
        grade, chance = line.split(",")[2], line.split(",")[5]
        chances[grade].append(float(chance))
    assert {grade: round(sum(of), 6) for grade, of in chances.items()} == plan.counts
    assert all(of == sorted(of) and of[0] >= 0.02 - 1e-9 for of in chances.values())
    # Where the ratio is the floor, or everybody is drawn, there is nothing to share out.
    assert max(chances["C"]) > 5 * min(chances["C"])
    assert set(chances["D"]) == {1.0}
    ceremony.open_seed(plan_id)
    bundle = ceremony.draw(plan_id).bundle
    assert by_python(bundle) == "OK\n"
    assert by_sql(bundle, monkeypatch) == ["OK"]


def test_a_grade_of_which_nobody_is_drawn_has_no_chances_to_share(ceremony: Any) -> None:
    rows = [(f"{number}", "AD"[number % 2], None) for number in range(10)]
    frame = build_frame(rows)
    allocations = allocate(parse_ratios("A=0,B=0,C=0,D=0.5", allow_zero="pilot"), frame.strata())
    table = pa.table({"entity_id": ["1"], "probability": [0.5]})
    with pytest.raises(UnequalRefused, match=r"none of A.*give every grade a ratio above 0"):
        with_risks(frame, allocations, table, floor=Fraction(1, 100))


def test_a_method_that_could_be_steered_or_has_no_partners_is_refused(ceremony: Any) -> None:
    plan_id, other = ceremony.create(), ceremony.create()

    def choose(method: DrawMethod) -> Plan:
        return choose_method(ceremony.ledger, plan_id, method, by="Li", now=NOON)

    known = PublicSource(name="lottery 3D", published_at=NOON)
    with pytest.raises(PlanRefused, match=r"'lottery 3D'.*name a later issue"):
        choose(DrawMethod(public=known))
    with pytest.raises(PlanNotFound, match="'sandbox-none'"):
        choose(DrawMethod(joint=JointDraw(label="Q3", plans=(plan_id, "sandbox-none"))))
    third = ceremony.create()
    with pytest.raises(PlanRefused, match=f"without plan {plan_id} itself"):
        choose(DrawMethod(joint=JointDraw(label="Q3", plans=(other, third))))
    assert choose(DrawMethod(joint=JointDraw(label="Q3", plans=(plan_id, other)))).method.joint is not None
    with pytest.raises(PlanRefused, match="a second one"):
        choose(DrawMethod())


def test_a_plan_under_a_policy_is_drawn_by_risk_above_its_exploration_floor(ceremony: Any) -> None:
    record_items(ceremony.ledger, "sandbox", [ITEM], by="Li", now=NOON, reason="test")
    policy = preset("henan-2021").policy()
    terms = PlanTerms(
        department="market", item_codes=(ITEM.code,), policy_id="henan-2021",
        first_day=date(2026, 7, 1), last_day=date(2026, 9, 30),
    )  # fmt: skip
    plan_id = ceremony.create(terms=terms)
    choose_method(ceremony.ledger, plan_id, DrawMethod(design=Design.PARETO), by="Li", now=NOON)
    plan = frozen_by_risk(ceremony, plan_id)
    # One method, told alike wherever the plan is told.
    assert plan.terms is not None
    assert plan.terms.design is Design.PARETO
    published = json.loads((ceremony.folder / plan_id / "plan.json").read_text("utf-8"))
    assert (published["terms"]["design"], published["method"]["design"]) == ("pareto", "pareto")
    frame = read_frame((ceremony.folder / plan_id / "frame.csv").read_bytes())
    floor = Fraction(policy.exploration_floor)
    assert frame.chances is not None
    assert floor * UNIT - UNIT // 10**8 <= frame.chances.min() < Fraction("0.02") * UNIT
    ceremony.open_seed(plan_id)
    ceremony.draw(plan_id)
    with ceremony.ledger.reading() as session:
        facts = facts_of(session, "sandbox", today=date(2026, 7, 1))
    # The population rate of such a draw weighs by 1/pi.
    assert facts.frames[plan_id].design == "pareto"
