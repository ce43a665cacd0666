"""The draw: right counts, right chances, and no stratum disturbs another."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.sampling.allocation import allocate
from serving.sampling.draw import draw
from serving.sampling.frame import build_frame
from serving.sampling.method import Design, DrawMethod
from serving.sampling.ratios import parse_ratios
from serving.sampling.tickets import ticket_maker
from serving.sampling.unequal import UnequalRefused
from tests.benchmarks.draw import UNEVEN, by_skip_numbers, by_tickets, coverage, evenness, small_frame

RATIOS = parse_ratios("A=0.1,B=0.3,C=0.5,D=1")
rows = st.lists(
    st.tuples(st.integers(0, 999).map("E{}".format), st.sampled_from("ABCD"), st.none()),
    min_size=1, max_size=40, unique_by=lambda row: row[0],
)  # fmt: skip


def drawn_ids(made: list[tuple[str, str, None]], seed: str) -> set[tuple[str, str]]:
    frame = build_frame(made)
    drawn = draw(frame, allocate(RATIOS, frame.strata()), seed=seed, plan_id="p")
    return {(entity.stratum, entity.entity_id) for entity in drawn}


@given(rows, st.integers(0, 99))
def test_the_order_of_the_frame_changes_nothing(made: list[tuple[str, str, None]], seed: int) -> None:
    shuffled = random.Random(seed).sample(made, len(made))
    assert drawn_ids(made, str(seed)) == drawn_ids(shuffled, str(seed))


@given(rows, st.sampled_from("ABCD"))
def test_an_entity_more_in_one_stratum_changes_no_other(
    made: list[tuple[str, str, None]], grade: str
) -> None:
    before, after = drawn_ids(made, "s"), drawn_ids([*made, ("new", grade, None)], "s")
    assert {pair for pair in before if pair[0] != grade} == {pair for pair in after if pair[0] != grade}


@given(rows)
def test_each_stratum_gives_exactly_its_count(made: list[tuple[str, str, None]]) -> None:
    frame = build_frame(made)
    allocations = allocate(RATIOS, frame.strata())
    drawn = draw(frame, allocations, seed="s", plan_id="p")
    counted = Counter(entity.stratum for entity in drawn)
    assert {one.stratum: one.count for one in allocations} == counted
    assert len(drawn) == len({entity.entity_id for entity in drawn}) == sum(one.count for one in allocations)
    assert {entity.inclusion_probability for entity in drawn} <= {one.probability_text for one in allocations}


def test_the_excluded_are_never_drawn() -> None:
    frame = build_frame([("a", "D", None), ("b", "D", None)], exclusions={"a": "checked in May"})
    drawn = draw(frame, allocate(RATIOS, frame.strata()), seed="s", plan_id="p")
    assert [entity.entity_id for entity in drawn] == ["b"]


def test_2_000_draws_give_everybody_and_every_pair_the_promised_chance() -> None:
    """`python -m tests.benchmarks.draw chances` does so with 100,000."""
    assert evenness(by_tickets, *small_frame(), 2_000).holds


def test_the_same_test_finds_that_skip_numbers_lean() -> None:
    """A random start and every k-th: the end of the list is never drawn, nor two neighbours."""
    found = evenness(by_skip_numbers, *small_frame(), 500)
    assert found.p_value < UNEVEN
    assert found.missing_pairs
    assert not found.holds


def test_the_interval_of_the_violation_rate_covers_the_truth_of_graded_draws() -> None:
    """`python -m tests.benchmarks.draw coverage` does so with a sandbox city."""
    generator = np.random.default_rng(4)
    risk = generator.normal(size=1_500)
    violates = generator.random(len(risk)) < 1 / (1 + np.exp(2 - risk))
    found = coverage(violates, risk, 300, "A=0.1,B=0.15,C=0.3,D=1")
    assert 0.91 <= found.share <= 0.99
    assert abs(found.told_error / found.seen_error - 1) < 0.15


def test_a_frame_without_the_chances_of_its_design_is_refused() -> None:
    frame, allocations = small_frame()
    with pytest.raises(UnequalRefused, match="chances of a pareto draw; got one with equal chances"):
        draw(frame, allocations, seed="s", plan_id="p", method=DrawMethod(design=Design.PARETO))


def test_adding_an_entity_changes_no_other_stratum_of_a_city_in_columns() -> None:
    """Also where tickets are made in blocks: 70,000 in one stratum, one more in another."""
    made = [(f"{n:06d}", "A", None) for n in range(70_000)] + [("x", "D", None)]
    before = drawn_ids(made, "s")
    after = drawn_ids([*made, ("y", "D", None)], "s")
    assert {one for one in before if one[0] == "A"} == {one for one in after if one[0] == "A"}
    tickets = ticket_maker("s", "p", side="entities", stratum="A")
    lowest = sorted((entity for entity, grade, _ in made if grade == "A"), key=tickets)[:7_000]
    assert {entity for grade, entity in after if grade == "A"} == set(lowest)


def test_a_draw_needs_no_engine_and_no_boosting() -> None:
    """In a process of its own: who draws or verifies does not wait seconds for what trains and serves."""
    heavy = ("lightgbm", "sklearn", "numba", "scipy", "pandas", "fastapi", "duckdb")
    code = (
        "import sys, serving.sampling.draw, serving.inspections.plans.bundle;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
