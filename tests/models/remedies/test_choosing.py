"""Which sets of acts are tried and proposed, against acts whose effects are known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.remedies.choosing import Chosen, Trial, sets_at_first, sets_still_wanted, smallest

D, C, B = 3, 2, 1
Risk = Callable[[Chosen], float]


def tried(risk: Risk, chosen: Chosen) -> Trial:
    """The grade by a risk: A below 1, B below 2, and so on."""
    grade = min(D, max(0, int(risk(chosen))))
    return Trial(chosen=chosen, real=grade, grade=grade, probability=risk(chosen) / 10, score=500)


def trials_of(acts: int, risk: Risk, most_rounds: int = 99) -> list[Trial]:
    """All that the search tries of so many acts, for an entity of grade D."""
    asked: list[Chosen] = sets_at_first(range(acts))
    trials: list[Trial] = []
    rounds = 0
    while asked:
        rounds += 1
        trials += [tried(risk, chosen) for chosen in asked]
        asked = sorted(sets_still_wanted(trials, D))
    assert len({trial.chosen for trial in trials}) == len(trials)
    assert rounds <= most_rounds
    return trials


def needs(*together: int) -> Risk:
    """D unless certain acts are all done, then B."""
    return lambda chosen: 1.5 if set(together) <= set(chosen) else 3.5


@pytest.mark.parametrize("acts", [3, 7, 9, 16, 30])
def test_a_grade_that_takes_nearly_all_of_many_acts_is_found(acts: int) -> None:
    together = tuple(range(acts - 1))
    found = smallest(trials_of(acts, needs(*together)), B)
    assert found is not None
    assert found.chosen == together


@given(
    effects=st.lists(st.floats(-0.4, 1.5), min_size=1, max_size=14),
    pair=st.tuples(st.integers(0, 13), st.integers(0, 13), st.floats(0, 1.5)),
)
def test_what_is_proposed_is_minimal_and_nothing_is_said_only_when_all_together_fail(
    effects: list[float], pair: tuple[int, int, float]
) -> None:
    """Acts lower the risk, or raise it; two of them do more together than each alone."""

    def risk(chosen: Chosen) -> float:
        both = pair[2] if {pair[0], pair[1]} <= set(chosen) else 0.0
        return 3.5 - sum(effects[act] for act in chosen) - both

    everything = tuple(range(len(effects)))
    harmless = tuple(act for act in everything if effects[act] >= 0)
    trials = trials_of(len(effects), risk)
    for target in range(D):
        found = smallest(trials, target)
        if found is None:
            assert tried(risk, everything).grade > target
            assert tried(risk, harmless).grade > target
        else:
            smaller = combinations(found.chosen, len(found.chosen) - 1) if found.chosen else ()
            assert found.grade <= target
            assert all(tried(risk, chosen).grade > target for chosen in smaller)


@pytest.mark.parametrize("most", [8])
def test_few_rounds_thin_out_many_acts(most: int) -> None:
    """Each round is a query for every table: fifteen acts may not take fifteen of them."""
    strong = {2, 5, 11}

    def hidden(chosen: Chosen) -> float:
        """Alone each of the three does less than any other act, which do nothing together."""
        together = 2.1 if strong <= set(chosen) else 0.0
        alone = 0.3 if len(chosen) == 1 and not strong & set(chosen) else 0.0
        return 3.5 - together - alone

    for risk in (hidden, lambda chosen: 3.5 - 0.7 * len(strong & set(chosen))):
        found = smallest(trials_of(15, risk, most), B)
        assert found is not None
        assert found.chosen == (2, 5, 11)


def test_what_only_the_fixed_brings_about_is_no_merit_of_an_act() -> None:
    waiting = Trial(chosen=(), real=B, grade=C, probability=0.1, score=500)
    act = Trial(chosen=(0,), real=B, grade=B, probability=0.1, score=500)
    assert smallest([waiting, act], B) is None
    assert smallest([waiting, act], C) == waiting
    assert not sets_still_wanted([waiting, act], D)
