"""The draw: right counts, right chances, and no stratum disturbs another."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from serving.sampling.allocation import Allocation, allocate
from serving.sampling.draw import draw
from serving.sampling.frame import Frame, build_frame
from serving.sampling.policy import parse_ratios

RATIOS = parse_ratios("A=0.1,B=0.3,C=0.5,D=1")
rows = st.lists(
    st.tuples(st.integers(0, 999).map("E{}".format), st.sampled_from("ABCD"), st.none()),
    min_size=1, max_size=40, unique_by=lambda row: row[0],
)  # fmt: skip
SMALL = build_frame([(f"E{n:02d}", "A" if n < 20 else "C", None) for n in range(27)])
SMALL_ALLOCATIONS = allocate(parse_ratios("A=0.15,B=0.3,C=0.4,D=1"), SMALL.strata())
DRAWS = 20_000


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


def p_value(pick: Callable[[Frame, tuple[Allocation, ...], str], set[str]]) -> float:
    """How likely the seen inclusions are if everybody has the promised chance: χ² over all strata.

    In a stratum of N with fixed size, the sum of (seen - expected)² / (expected (1 - π)) times (N - 1) / N
    follows χ² with N - 1 degrees of freedom.
    """
    seen: Counter[str] = Counter()
    for number in range(DRAWS):
        seen.update(pick(SMALL, SMALL_ALLOCATIONS, str(number)))
    statistic, freedom = 0.0, 0
    for one in SMALL_ALLOCATIONS:
        members = SMALL.ids_at(SMALL.members()[one.stratum])
        expected, chance = DRAWS * one.count / one.size, one.count / one.size
        squares = sum((seen[member] - expected) ** 2 for member in members) / (expected * (1 - chance))
        statistic += squares * (one.size - 1) / one.size
        freedom += one.size - 1
    return float(chi2.sf(statistic, freedom))


def test_20_000_draws_give_everybody_the_promised_chance() -> None:
    pairs: set[tuple[str, str]] = set()

    def pick(frame: Frame, allocations: tuple[Allocation, ...], seed: str) -> set[str]:
        ids = [entity.entity_id for entity in draw(frame, allocations, seed=seed, plan_id="p")]
        pairs.update(combinations(ids, 2))
        return set(ids)

    assert p_value(pick) > 0.001
    assert pairs == set(combinations(SMALL.rows["entity_id"].to_pylist(), 2)), (
        "every pair can be drawn together"
    )


def test_the_same_test_finds_a_draw_that_leans() -> None:
    """A draw by remainder, as spreadsheets do it, favours the first ids; so the test above tests."""

    def pick(frame: Frame, allocations: tuple[Allocation, ...], seed: str) -> set[str]:
        chosen: set[str] = set()
        for one in allocations:
            members = frame.ids_at(frame.members()[one.stratum])
            start = random.Random(seed).randrange(256) % len(members)
            chosen.update(members[(start + step) % len(members)] for step in range(one.count))
        return chosen

    assert p_value(pick) < 0.001
