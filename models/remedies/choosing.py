"""Which sets of acts to try, and which of those that suffice to propose: without records, model or days.

That nothing suffices is said only when neither all acts together do nor all that alone do no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

# Acts by their numbers among an entity's offers, in order.
Chosen = tuple[int, ...]
# Up to so many acts every set of up to three, or two, is tried. All together always are, and thinned out act
# by act where they suffice and no smaller set does.
TRIED_WHOLE = ((6, 3), (12, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One set of acts on one day, and what came of it, 0 for A to 3 for D.

    `real` is what the records give, `grade` the worse of that and of what they give with the fixed held.
    """

    chosen: Chosen
    real: int
    grade: int
    probability: float
    score: int


def sets_at_first(there: Sequence[int]) -> list[Chosen]:
    """The sets of acts to be tried first, the smallest first; the last one holds all acts."""
    largest = next((size for most, size in TRIED_WHOLE if len(there) <= most), 1)
    sets = [chosen for size in range(largest + 1) for chosen in combinations(there, size)]
    return sets if len(there) <= largest else [*sets, tuple(there)]


def sets_still_wanted(trials: Sequence[Trial], better_than: int) -> set[Chosen]:
    """What is to be tried before the smallest set for each better grade is known; in the end nothing."""
    tried = {trial.chosen for trial in trials}
    wanted = {_harmless(trials)} if trials else set()
    for target in range(better_than):
        wanted |= _missing(trials, target)
    return wanted - tried


def smallest(trials: Sequence[Trial], target: int) -> Trial | None:
    """The smallest set that reaches a grade and of which no act can be dropped.

    Where the real records reach the grade without an act, but only by what nobody can change, the act is not
    proposed: it would not be what lowers the grade.
    """
    real = {trial.chosen: trial.real for trial in trials}
    for trial in _reaching(trials, target):
        smaller = _less_one(trial.chosen)
        if all(real.get(chosen, 0) > target for chosen in smaller):
            return trial
    return None


def _reaching(trials: Sequence[Trial], target: int) -> list[Trial]:
    """The trials that reach a grade, the smallest first; only waiting where that does, be it by the fixed."""
    waiting = [trial for trial in trials if not trial.chosen and trial.real <= target]
    reaching = [trial for trial in waiting or trials if trial.grade <= target]
    return sorted(reaching, key=lambda one: (len(one.chosen), one.probability, one.chosen))


def _missing(trials: Sequence[Trial], target: int) -> set[Chosen]:
    """What of the first set that may be the smallest is not known yet."""
    real = {trial.chosen: trial.real for trial in trials}
    for trial in _reaching(trials, target):
        smaller = _less_one(trial.chosen)
        if untried := {chosen for chosen in smaller if chosen not in real}:
            return untried | _strongest(trial.chosen, trials) | _without_idle(trial.chosen, trials, target)
        if all(real[chosen] > target for chosen in smaller):
            break
    return set()


def _without_idle(chosen: Chosen, trials: Sequence[Trial], target: int) -> set[Chosen]:
    """Where a set one larger can spare several acts: that without two of them, without three, and so on."""
    grades = {trial.chosen: trial.grade for trial in trials}
    acts = set(chosen)
    for larger in (one for one in grades if len(one) == len(chosen) + 1 and acts < set(one)):
        idle = [
            act for act, less in zip(larger, _less_one(larger), strict=True) if grades.get(less, 9) <= target
        ]
        left = [tuple(act for act in larger if act not in idle[:size]) for size in range(2, len(idle) + 1)]
        if left:
            return set(left)
    return set()


def _less_one(chosen: Chosen) -> list[Chosen]:
    """The set without each of its acts in turn."""
    return [chosen[:at] + chosen[at + 1 :] for at in range(len(chosen))]


def _alone(trials: Sequence[Trial]) -> dict[int, float]:
    """The probability after each act alone."""
    return {trial.chosen[0]: trial.probability for trial in trials if len(trial.chosen) == 1}


def _harmless(trials: Sequence[Trial]) -> Chosen:
    """The acts that alone do not raise the probability: with one that does all together may not suffice."""
    waiting = next((trial.probability for trial in trials if not trial.chosen), 0.0)
    return tuple(sorted(act for act, probability in _alone(trials).items() if probability <= waiting))


def _strongest(chosen: Chosen, trials: Sequence[Trial]) -> set[Chosen]:
    """Of a set the acts that alone lower the probability most: the first of them, the first two, and so on.

    One round with these leaves few acts to be dropped one by one.
    """
    alone = _alone(trials)
    ranked = sorted(chosen, key=lambda act: (alone.get(act, 1.0), act))
    return {tuple(sorted(ranked[:size])) for size in range(2, len(ranked))}
