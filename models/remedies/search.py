"""Searches the fewest acts, done before the earliest of some grading days, that give a better grade.

Passing of time alone is the empty set of acts. A set counts only if the replayed records reach the grade, and
reach it too with every unchangeable indicator held at today's value: growing older promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from data_contracts.refusal import Refusal
from features.assembly import needed
from features.catalogue import CATALOGUE, by_name
from features.indicator import Indicator
from models.change_guard import Past, guarded
from models.days import months_later
from models.decision import Decision
from models.direct_rules import facts_of, final_letters
from models.grades import GRADES, Grade, places_of
from models.points import score_points
from models.release import Release
from models.remedies.acts import offers_of
from models.remedies.choosing import Chosen, Trial, sets_at_first, sets_still_wanted, smallest
from models.remedies.offers import Offer
from models.remedies.records import Edit, merged
from models.remedies.replay import Case, Replay, numbers_of
from models.remedies.waiting import HORIZON_DAYS
from models.schema import snapshot_columns
from models.scorer import Scorer, matrix

# Grading days: the first of the month, so many months on. A grade is looked up on these days only.
MONTHS_ON = (1, 2, 3, 6, 9, 11)
LEAST_DAYS = 28
DAY_BEFORE = timedelta(days=1)


class NotReplayed(Refusal):
    """An entity that cannot be replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The acts that, all done before a day, are expected to give a grade on it; none: waiting alone."""

    grade: Grade
    on: date
    offers: tuple[Offer, ...]
    probability: float
    score: int

    @property
    def done_on(self) -> date:
        """The last day for the acts."""
        return self.on - DAY_BEFORE

    def edits(self, dropped: int | None = None) -> tuple[Edit, ...]:
        """The records that the acts write anew; without those of one of them."""
        kept = [offer for number, offer in enumerate(self.offers) if number != dropped]
        return merged(edit for offer in kept for edit in offer.edits(self.done_on))


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What would lower an entity's grade: the ways, the soonest first, and every act open to it.

    `unpromised` tells that a grade may become better within a year, but only by what nobody can change.
    """

    decision: Decision
    ways: tuple[Way, ...]
    offers: tuple[Offer, ...]
    dates: tuple[date, ...]
    unpromised: bool = False


def grading_days(on: date) -> tuple[date, ...]:
    """The days on which grades are looked up, within a year of a day."""
    first = months_later((on + timedelta(days=LEAST_DAYS)).replace(day=1), 1)
    days = (months_later(first, months - 1) for months in MONTHS_ON)
    return tuple(day for day in days if day <= on + timedelta(days=HORIZON_DAYS))


def counted_indicators(release: Release) -> tuple[Indicator, ...]:
    """The indicators that the release and the direct rules read, and those these are combined of."""
    named = by_name()
    wanted = {*release.names, *facts_of()}
    unknown = sorted(wanted - set(named))
    if unknown:
        raise NotReplayed(
            expected="a release of today's catalogue", got=f"it reads {', '.join(unknown)}",
            todo="fit it again with today's indicators",
        )  # fmt: skip
    every = {one.name for name in wanted for one in needed(named[name], CATALOGUE)}
    return tuple(indicator for indicator in CATALOGUE if indicator.name in every)


class Searcher:
    """Searches for many entities at once, with one release, over one replayed lake."""

    def __init__(self, release: Release, replay: Replay) -> None:
        """Takes the release that promises and the lake that is replayed."""
        self.release, self.replay = release, replay
        self.days = replay.days
        self.dates = grading_days(replay.days.on)
        named = by_name()
        self._fixed = np.array([not named[name].changeable for name in release.names])

    def advise(self, decisions: Sequence[Decision]) -> list[Advice]:
        """The advice for each entity, whose decisions are those of the release on the days of the replay."""
        entities = [decision.entity_id for decision in decisions]
        records = self.replay.look_at(entities)
        counted = {indicator.name for indicator in self.replay.catalogue}
        offers = [offers_of(records[entity], counted) for entity in entities]
        today = self._values(self.replay.indicators([Case(entity_id=e) for e in entities], self.days.on))
        if len(today) != len(entities):
            raise NotReplayed(
                expected=f"entities that are there on {self.days.on}", got=f"{len(today)} of {len(entities)}",
                todo="ask about entities of the register",
            )  # fmt: skip
        ways: list[list[Way]] = [[] for _ in entities]
        lower = [False for _ in entities]
        for on in self.dates:
            better = [_best(decision, own) for decision, own in zip(decisions, ways, strict=True)]
            trials = self._trials(decisions, offers, today, on, better)
            for number, own in enumerate(ways):
                start = GRADES.index(decisions[number].grade)
                own.extend(_ways(trials[number], offers[number], on, own, start))
                lower[number] |= any(trial.real < start for trial in trials[number])
        return [
            Advice(
                decision=decision, ways=_told(own), offers=own_offers, dates=self.dates,
                unpromised=reached and not own,
            )
            for decision, own, own_offers, reached in zip(decisions, ways, offers, lower, strict=True)
        ]  # fmt: skip

    def _trials(
        self, decisions: Sequence[Decision], offers: Sequence[Sequence[Offer]], today: np.ndarray, on: date,
        better: Sequence[int],
    ) -> list[list[Trial]]:  # fmt: skip
        """What comes of every set worth trying on a day, by entity."""
        asked: list[tuple[int, Chosen]] = []
        for number, own in enumerate(offers):
            # For who can reach A already only waiting is left to be tried.
            there = [at for at, offer in enumerate(own) if offer.in_time(on)] if better[number] else []
            asked += [(number, chosen) for chosen in sets_at_first(there)]
        found = [list[Trial]() for _ in offers]
        while asked:
            for number, trials in enumerate(self._tried(asked, decisions, offers, today, on)):
                found[number] += trials
            # Of an entity that is gone by then nothing is found, and nothing more is asked.
            asked = [
                (number, chosen)
                for number, best in enumerate(better)
                for chosen in sorted(sets_still_wanted(found[number], best))
            ]
        return found

    def _tried(
        self, asked: Sequence[tuple[int, Chosen]], decisions: Sequence[Decision],
        offers: Sequence[Sequence[Offer]], today: np.ndarray, on: date,
    ) -> list[list[Trial]]:  # fmt: skip
        found: list[list[Trial]] = [[] for _ in decisions]
        if not asked:
            return found
        cases = [
            Case(
                entity_id=decisions[number].entity_id,
                edits=tuple(e for at in chosen for e in offers[number][at].edits(on - DAY_BEFORE)),
            )
            for number, chosen in asked
        ]
        rows = self.replay.indicators(cases, on)
        there = numbers_of(rows)
        of = np.array([asked[place][0] for place in there], dtype=int)
        own = [decisions[place] for place in of]
        values = self._values(rows)
        held = np.where(self._fixed, today[of], values)
        raw = Scorer(self.release).raw(values)
        grades = [self._grade(one, rows, own, on) for one in (raw, Scorer(self.release).raw(held))]
        probability = self.release.calibration.probability(raw)
        scores = np.clip(np.floor(score_points(raw, self.release.calibration) + 0.5), 0, 1000)
        for at, place in enumerate(there):
            number, chosen = asked[place]
            found[number].append(
                Trial(
                    chosen=chosen,
                    real=int(grades[0][at]),
                    grade=int(max(grades[0][at], grades[1][at])),
                    probability=float(probability[at]),
                    score=int(scores[at]),
                )
            )
        return found

    def _grade(self, raw: np.ndarray, rows: pa.Table, own: Sequence[Decision], on: date) -> np.ndarray:
        """0 for A to 3 for D: the guarded grade against today's, worsened by the direct rules of the day."""
        probability = self.release.calibration.probability(raw)
        past = Past(
            grade=np.array([decision.guarded_grade.value for decision in own]),
            probability=np.array([decision.probability for decision in own]),
        )
        final = final_letters(guarded(probability, past, self.release.cuts), rows, on)
        return places_of(final)

    def _values(self, rows: pa.Table) -> np.ndarray:
        return matrix(self.release.schema, snapshot_columns(self.release.schema, rows))


def _best(decision: Decision, ways: Iterable[Way]) -> int:
    """The place of the best grade reached so far."""
    return min([GRADES.index(decision.grade), *(GRADES.index(way.grade) for way in ways)])


def _ways(
    trials: Sequence[Trial], offers: Sequence[Offer], on: date, own: Sequence[Way], start: int
) -> list[Way]:
    """The new ways of a day: for each grade better than all so far, the smallest set that gives it; and
    waiting alone, where that gives one better than it did before.
    """
    best = min([start, *(GRADES.index(way.grade) for way in own)])
    waited = min([start, *(GRADES.index(way.grade) for way in own if not way.offers)])
    chosen = [smallest(trials, target) for target in reversed(range(best))]
    chosen += [trial for trial in trials if not trial.chosen and trial.grade < waited]
    found = {trial.chosen: trial for trial in chosen if trial is not None}
    return [
        Way(
            grade=GRADES[trial.grade],
            on=on,
            offers=tuple(offers[at] for at in trial.chosen),
            probability=trial.probability,
            score=trial.score,
        )
        for trial in found.values()
    ]


def _told(ways: Sequence[Way]) -> tuple[Way, ...]:
    """The soonest way to each grade, with acts and without."""
    first: dict[tuple[Grade, bool], Way] = {}
    for way in ways:
        first.setdefault((way.grade, bool(way.offers)), way)
    return tuple(first.values())
