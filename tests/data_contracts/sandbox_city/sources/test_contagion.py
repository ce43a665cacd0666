"""Trouble spreads along circles and addresses by the stated effects, and to nobody else."""

from __future__ import annotations

import numpy as np
import pytest

from data_contracts.sandbox_city import history as lived
from data_contracts.sandbox_city.circles import ALONE, Circles, make_circles, troubled_share
from data_contracts.sandbox_city.columns import Floats, Truths, chosen
from data_contracts.sandbox_city.complaints import make_complaints
from data_contracts.sandbox_city.days import NEVER
from data_contracts.sandbox_city.history import ADDRESS_EFFECT, CIRCLE_EFFECT, History, Quarter, Stage
from data_contracts.sandbox_city.inspections import State, inspect, make_inspectors
from data_contracts.sandbox_city.penalties import decide
from data_contracts.sandbox_city.plan import SandboxPlan
from data_contracts.sandbox_city.population import Population, make_population
from data_contracts.sandbox_city.riskiness import chance, make_riskiness
from data_contracts.sandbox_city.visits import RANDOM, undrawn
from tests.data_contracts.sandbox_city.sources.town import LAST_DAY, QUARTERS, SPANS, Town

DAY = QUARTERS[12]


@pytest.fixture(scope="module")
def stage(town: Town) -> Stage:
    return Stage(
        population=town.population,
        riskiness=town.riskiness,
        circles=town.circles,
        inspectors=make_inspectors(town.population, np.random.default_rng(1)),
        spans=SPANS,
    )


def test_the_share_counts_the_others_that_are_present() -> None:
    numbers = np.array([0, 0, 0, 0, 1, 1, ALONE], np.int32)
    present = np.array([True, True, True, False, True, True, True])
    troubled = np.array([True, False, True, True, False, True, True])
    share = troubled_share(numbers, present, troubled)
    assert share.tolist() == [0.5, 1.0, 0.5, 0.0, 1.0, 0.0, 0.0]


def test_one_without_others_or_outside_has_no_share() -> None:
    numbers = np.array([0, 0, ALONE], np.int32)
    everybody = np.ones(3, bool)
    share = troubled_share(numbers, np.array([True, False, True]), everybody)
    assert share.tolist() == [0.0, 0.0, 0.0]


def test_entities_that_stand_alone_are_not_touched(stage: Stage) -> None:
    count = len(stage.population)
    added = lived.contagion(stage, np.ones(count, bool), DAY)
    alone = (stage.circles.circle == ALONE) & (stage.circles.address == ALONE)
    assert alone.mean() > 0.5
    assert (added[alone] == 0).all()
    assert added.min() == 0
    assert added.max() == pytest.approx(CIRCLE_EFFECT + ADDRESS_EFFECT)
    assert (lived.contagion(stage, np.zeros(count, bool), DAY) == 0).all()


def test_who_has_left_or_not_yet_come_neither_gives_nor_takes(stage: Stage) -> None:
    circles, population = stage.circles, stage.population
    everybody = np.ones(len(population), bool)
    absent = (circles.joined > DAY) | (circles.left <= DAY) | (population.deregistered <= DAY)
    no_address = circles.address == ALONE
    assert (absent & no_address & (circles.circle != ALONE)).sum() > 20
    assert (lived.contagion(stage, everybody, DAY)[absent & no_address] == 0).all()
    only_absent = lived.contagion(stage, absent & no_address, DAY)
    assert (only_absent[no_address] == 0).all()


def quarter(town: Town, day: int) -> Quarter:
    return Quarter(number=0, start=day, end=day + 91, risk=town.riskiness[0].astype(np.float64))


def violation_after_a_penalty(stage: Stage, town: Town, who: int, day: int) -> Floats:
    rng = np.random.default_rng(2)
    complaints = make_complaints(
        town.population, town.riskiness, quarters=QUARTERS[:1], last_day=QUARTERS[1], rng=rng
    )
    punished = decide(np.array([who], np.int32), np.array([day], np.int32), grave=np.zeros(1, bool), rng=rng)
    history = History(
        complaints=chosen(complaints, slice(0, 0)),
        listings=[chosen(town.listings, slice(0, 0))],
        penalties=[punished],
    )
    return lived._violation(stage, history, quarter(town, DAY))


def test_a_penalty_is_felt_by_the_circle_for_a_year_and_by_nobody_else(stage: Stage, town: Town) -> None:
    circles, population = stage.circles, stage.population
    present = (circles.joined <= DAY) & (circles.left > DAY) & (circles.address == ALONE)
    present &= (population.registered < DAY - 500) & (population.deregistered > DAY)
    who = int(np.flatnonzero(present & (circles.circle >= 0))[0])
    recent = violation_after_a_penalty(stage, town, who, DAY - 100)
    old = violation_after_a_penalty(stage, town, who, DAY - 400)
    others = (circles.circle == circles.circle[who]) & (circles.joined <= DAY) & (circles.left > DAY)
    others &= (population.registered <= DAY) & (population.deregistered > DAY)
    others[who] = False
    touched = recent > old
    touched[who] = False
    assert np.flatnonzero(touched).tolist() == np.flatnonzero(others).tolist()
    with_it, without = (np.log(p / (1 - p)) for p in (recent[others], old[others]))
    assert with_it - without == pytest.approx(CIRCLE_EFFECT / others.sum(), abs=1e-6)


def test_what_happens_on_the_first_day_of_the_quarter_or_later_is_not_felt_in_it(
    stage: Stage, town: Town
) -> None:
    complaints = make_complaints(
        town.population,
        town.riskiness,
        quarters=QUARTERS,
        last_day=LAST_DAY,
        rng=np.random.default_rng(2),
    )
    everybody = np.flatnonzero(town.population.registered < DAY).astype(np.int32)
    rng = np.random.default_rng(3)
    days = DAY + np.arange(len(everybody), dtype=np.int32) % 200
    made = inspect(
        undrawn(everybody, days, RANDOM),
        town.population,
        state=State(violation=np.full(len(town.population), 0.9), risk=town.riskiness[0].astype(np.float64)),
        inspectors=stage.inspectors,
        rng=rng,
    )
    nobody = np.zeros(len(everybody), np.bool_)
    later = History(
        complaints=complaints,
        listings=[town.listings],
        penalties=[town.penalties, decide(everybody, days, grave=nobody, rng=rng)],
        inspections=[made],
    )
    past = History(
        complaints=chosen(complaints, complaints.occurred < DAY),
        listings=[chosen(town.listings, town.listings.occurred < DAY)],
        penalties=[chosen(town.penalties, town.penalties.occurred < DAY)],
    )
    assert made.problem.sum() > 1_000
    before, after = (lived._violation(stage, known, quarter(town, DAY)) for known in (past, later))
    np.testing.assert_array_equal(after, before)


@pytest.fixture(scope="module")
def crowd() -> tuple[Population, Stage, Truths, Floats]:
    """Many entities, one in ten of them in trouble, and their log-odds without any contagion."""
    plan = SandboxPlan(entities=120_000, seed=9)
    rng = np.random.default_rng(9)
    population = make_population(plan, rng)
    riskiness = make_riskiness(population, QUARTERS[:2], rng)
    stage = Stage(
        population=population,
        riskiness=riskiness,
        circles=make_circles(population, riskiness, last_day=LAST_DAY, rng=rng),
        inspectors=make_inspectors(population, rng),
        spans=SPANS[:2],
    )
    troubled = rng.random(len(population)) < 0.1
    return population, stage, troubled, lived.BASE_LOG_ODDS + lived.RISK_SLOPE * riskiness[1]


def test_problems_of_related_entities_are_correlated_and_the_effect_is_recovered(
    crowd: tuple[Population, Stage, Truths, Floats],
) -> None:
    """A logistic regression with the rest as offset finds the effect within four standard errors."""
    _, stage, troubled, base = crowd
    added = lived.contagion(stage, troubled, DAY)
    problem = np.random.default_rng(4).random(len(base)) < chance(base + added)
    share = added / CIRCLE_EFFECT
    related = (stage.circles.circle >= 0) & (stage.circles.address == ALONE)
    surprise = problem - chance(base)
    assert np.corrcoef(surprise[related], share[related])[0, 1] > 0.05
    effect = 0.0
    for _ in range(20):
        expected = chance(base + effect * share)[related]
        slope = (share[related] * (problem[related] - expected)).sum()
        curve = (share[related] ** 2 * expected * (1 - expected)).sum()
        effect += slope / curve
    assert abs(effect - CIRCLE_EFFECT) < 4 / np.sqrt(curve)


def test_the_rate_of_the_city_stays_what_it_was(crowd: tuple[Population, Stage, Truths, Floats]) -> None:
    """With the intercept as it is, contagion moves the mean chance by less than a tenth."""
    _, stage, troubled, base = crowd
    before = chance(base + 0.04).mean()  # the intercept was larger by this before contagion came
    after = chance(base + lived.contagion(stage, troubled, DAY)).mean()
    assert abs(after / before - 1) < 0.1


def test_no_circle_is_a_city_without_contagion(stage: Stage) -> None:
    count = len(stage.population)
    nobody, never = np.full(count, ALONE, np.int32), np.full(count, NEVER, np.int32)
    circles = Circles(
        circle=nobody,
        leader=nobody,
        joined=never,
        left=never,
        address=nobody,
        moved_in=never,
        moved_out=never,
    )
    empty = Stage(
        population=stage.population,
        riskiness=stage.riskiness,
        circles=circles,
        inspectors=stage.inspectors,
        spans=stage.spans,
    )
    assert (lived.contagion(empty, np.ones(count, bool), DAY) == 0).all()
