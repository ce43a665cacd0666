"""Joint draws: each keeps its chances, and together they visit no more entities than draws alone would."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.sampling.allocation import Allocation, allocate
from serving.sampling.draw import draw
from serving.sampling.frame import Frame, Stratification, build_frame
from serving.sampling.joint_draw import expected_independent_visits, fewest_visits, visits
from serving.sampling.method import DrawMethod, JointDraw
from serving.sampling.ratios import parse_ratios

JOINT = DrawMethod(joint=JointDraw(label="joint", plans=("p1", "p2")))
Side = tuple[Frame, tuple[Allocation, ...]]


def side(ratios: str, stratification: Stratification, rows: int = 24) -> Side:
    made = [(f"E{n:02d}", "AC"[n % 2], str(n % 3)) for n in range(rows)]
    frame = build_frame(made, stratification=stratification)
    return frame, allocate(parse_ratios(ratios), frame.strata())


def ids(one: Side, seed: str, plan_id: str, method: DrawMethod) -> set[str]:
    frame, allocations = one
    drawn = draw(frame, allocations, seed=seed, plan_id=plan_id, method=method)
    return {entity.entity_id for entity in drawn}


def chances(one: Side) -> dict[str, Fraction]:
    frame, allocations = one
    members = frame.members()
    return {entity: a.probability for a in allocations for entity in frame.ids_at(members[a.stratum])}


FIRST = side("A=0.1,B=0.1,C=0.5,D=1", Stratification.GRADE)
SECOND = side("A=0.2,B=0.2,C=0.3,D=1", Stratification.REGION_AND_GRADE)
SAME = side("A=0.4,B=0.4,C=0.6,D=1", Stratification.GRADE)


@given(st.text("0123456789abcdef", min_size=64, max_size=64))
@settings(max_examples=60)
def test_of_the_same_strata_the_smaller_draw_lies_in_the_larger(seed: str) -> None:
    small, large = ids(FIRST, seed, "p1", JOINT), ids(SAME, seed, "p2", JOINT)
    assert small <= large
    assert visits([small, large]) == len(large) == fewest_visits([chances(FIRST), chances(SAME)])


def test_over_many_seeds_chances_hold_and_visits_are_fewer_than_of_draws_alone() -> None:
    """Strata that cross: visits never exceed the sum, and on average not those of independent draws."""
    seen, together, apart, seeds = Counter[str](), 0, 0, 600
    for number in range(seeds):
        first, second = (ids(one, str(number), p, JOINT) for one, p in ((FIRST, "p1"), (SECOND, "p2")))
        assert max(len(first), len(second)) <= visits([first, second]) <= len(first) + len(second)
        seen.update(second)
        together += visits([first, second])
        apart += visits([ids(FIRST, str(number), "p1", DrawMethod()), second])
    for entity, chance in chances(SECOND).items():
        assert abs(seen[entity] / seeds - chance) < 4.5 * float(chance * (1 - chance) / seeds) ** 0.5
    expected = float(expected_independent_visits([chances(FIRST), chances(SECOND)]))
    assert abs(apart / seeds - expected) < 0.3
    assert together / seeds < expected - 1
    assert together / seeds >= float(fewest_visits([chances(FIRST), chances(SECOND)]))
