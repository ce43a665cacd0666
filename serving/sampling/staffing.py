"""Who goes on which visit: random, recomputable, balanced, and never against a constraint.

Visits are taken in the order "fewest possible first" (least flexible job first, which is best for nested
choices: Pinedo, Scheduling, chapter 5 on unrelated eligibility sets), equals by their ticket. Each gets the
first team in the order of (visits so far, ticket of visit and inspector). Afterwards a seat goes over to
whoever could take it and has two visits fewer, until nobody could: so no seat is held by one while another
who could take it has two visits fewer. Tickets are SHA-256 as in the draw, with the side "inspectors".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from serving.sampling.fitting import Bench, Candidates, completes
from serving.sampling.tickets import ticket_maker
from serving.sampling.unstaffable import Unstaffable, Without, explained
from serving.sampling.visit_needs import (
    InspectorCard,
    Scope,
    ScopeKind,
    StaffingRefused,
    VisitNeed,
    refuse_contradictions,
)

__all__ = [
    "Assignment", "InspectorCard", "Recusal", "Scope", "ScopeKind", "Staffing", "StaffingRefused",
    "Unstaffable", "VisitNeed", "Without", "redraw", "staff", "standing_teams",
]  # fmt: skip

INSPECTORS, VISITS = "inspectors", "visits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A seat of a visit; `replaces` and `reason` tell whose seat it was before, if it was drawn again."""

    visit_id: str
    inspector_id: str
    round: int
    ticket: str
    replaces: str = ""
    reason: str = ""

    def as_row(self) -> dict[str, str | int]:
        """The record as a row of the ledger and of staffing.json."""
        return {
            "visit_id": self.visit_id, "inspector_id": self.inspector_id, "round": self.round,
            "ticket": self.ticket, "replaces": self.replaces, "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Recusal:
    """An inspector who cannot go on a visit after all, and why."""

    visit_id: str
    inspector_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """The seats in the order of visit and ticket, and the visits that nobody can be sent on."""

    assignments: tuple[Assignment, ...]
    unstaffable: tuple[Unstaffable, ...]

    def teams(self) -> dict[str, tuple[str, ...]]:
        """The inspectors of each visit."""
        return standing_teams(self.assignments)


def standing_teams(assignments: Iterable[Assignment]) -> dict[str, tuple[str, ...]]:
    """Who stands for each visit once all rounds are applied, sorted by id; input in any order."""
    teams = defaultdict[str, set[str]](set)
    for one in sorted(assignments, key=lambda one: one.round):
        if one.replaces:
            teams[one.visit_id].discard(one.replaces)
        teams[one.visit_id].add(one.inspector_id)
    return {visit_id: tuple(sorted(team)) for visit_id, team in sorted(teams.items())}


def staff(
    visits: Sequence[VisitNeed],
    inspectors: Sequence[InspectorCard],
    *,
    scope: Scope,
    seed: str,
    round: int = 1,  # noqa: A002 - the word of the regulation and of the ledger
) -> Staffing:
    """A team for every visit that can have one; the order of both inputs is irrelevant."""
    refuse_contradictions(visits, inspectors)
    bench = Bench(inspectors, scope)
    loads = np.array([card.load for card in bench.cards], dtype=np.int64)
    teams: dict[str, list[int]] = {}
    stuck: list[Unstaffable] = []
    ordered = _least_flexible_first(bench, visits, seed, round)
    for visit in ordered:
        found = bench.candidates(visit)
        team = _first_team(found, loads, _tickets(bench, visit, seed, round), visit.seats)
        if team is None:
            stuck.append(explained(bench, visit))
        else:
            teams[visit.visit_id] = team
            loads[team] += 1
    _level(bench, [visit for visit in ordered if visit.visit_id in teams], teams, loads, seed, round)
    seats = [seat for visit in visits for seat in _seats(bench, visit, teams, seed, round)]
    return Staffing(
        assignments=tuple(sorted(seats, key=lambda one: (one.visit_id, one.ticket))),
        unstaffable=tuple(sorted(stuck, key=lambda one: one.visit_id)),
    )


def redraw(
    visits: Sequence[VisitNeed],
    inspectors: Sequence[InspectorCard],
    *,
    scope: Scope,
    seed: str,
    round: int,  # noqa: A002
    standing: Sequence[Assignment],
    recusal: Recusal,
) -> Staffing:
    """The one seat drawn again; every other seat and the earlier rows stay. `standing` are all rows so far.

    Whoever was recused from the visit before is not drawn for it again.
    """
    refuse_contradictions(visits, inspectors)
    visit, rest = _refuse_unfit_recusal(visits, standing, recusal, round)
    bench = Bench(inspectors, scope)
    loads = np.array([card.load for card in bench.cards], dtype=np.int64)
    for team in standing_teams(standing).values():
        loads[bench.places(team)] += 1
    earlier = (one.replaces for one in standing if one.visit_id == visit.visit_id and one.replaces)
    out = [recusal.inspector_id, *earlier]
    place = _fitting_seat(bench, visit, rest, out, loads, _tickets(bench, visit, seed, round))
    if place is None:
        return Staffing(assignments=(), unstaffable=(explained(bench, visit, rest=rest, out=out),))
    seat = Assignment(
        visit_id=visit.visit_id,
        inspector_id=bench.ids[place],
        round=round,
        ticket=_tickets(bench, visit, seed, round)(place).hex(),
        replaces=recusal.inspector_id,
        reason=recusal.reason.strip(),
    )
    return Staffing(assignments=(seat,), unstaffable=())


def _least_flexible_first(
    bench: Bench, visits: Sequence[VisitNeed], seed: str, number: int
) -> list[VisitNeed]:
    ticket = ticket_maker(seed, _draw_id(number), side=VISITS, stratum="")

    def key(visit: VisitNeed) -> tuple[int, int, bytes, str]:
        found = bench.candidates(visit)
        return (found.scarcest, len(found.places), ticket(visit.visit_id), visit.visit_id)

    return sorted(visits, key=key)


def _draw_id(number: int) -> str:
    """What stands for the plan in tickets of staffing; each round has tickets of its own."""
    return f"staffing-{number}"


def _tickets(bench: Bench, visit: VisitNeed, seed: str, number: int) -> Callable[[int], bytes]:
    """The ticket of whoever stands at a place of the roster, for this visit."""
    ticket = ticket_maker(seed, _draw_id(number), side=INSPECTORS, stratum=visit.visit_id)
    return lambda place: ticket(bench.ids[place])


def _by_load(found: Candidates, loads: np.ndarray, ticket: Callable[[int], bytes]) -> Iterator[int]:
    """Indexes of the candidates, least loaded first, equals by ticket; tickets are made only as needed."""
    theirs = loads[found.places]
    for level in np.unique(theirs):
        among = np.flatnonzero(theirs == level).tolist()
        yield from sorted(among, key=lambda index: (ticket(int(found.places[index])), index))


def _first_team(
    found: Candidates, loads: np.ndarray, ticket: Callable[[int], bytes], seats: int
) -> list[int] | None:
    """The first team in the order of load and ticket; None if there is none.

    A candidate is passed over only where nobody after them could complete the team, and so for good.
    """
    if not found.staffable(seats):
        return None
    left = Counter(found.kinds)
    team: list[int] = []
    missing, days = found.wanted, found.window
    for index in _by_load(found, loads, ticket):
        labels, free = int(found.labels[index]), found.days[index]
        left[labels, free] -= 1
        if completes(left, missing & ~labels, days & free, seats - len(team) - 1):
            team.append(int(found.places[index]))
            missing, days = missing & ~labels, days & free
            if len(team) == seats:
                break
    return team


def _level(
    bench: Bench,
    visits: Sequence[VisitNeed],
    teams: dict[str, list[int]],
    loads: np.ndarray,
    seed: str,
    number: int,
) -> None:
    """Hands seats to those with two visits fewer, until no seat can go; each hand-over levels, so it ends."""
    moved = True
    while moved:
        moved = False
        for visit in visits:
            found, team = bench.candidates(visit), teams[visit.visit_id]
            lowest = loads[found.places].min()
            for seat, place in enumerate(team):
                if lowest > loads[place] - 2:
                    continue
                rest = [bench.ids[other] for other in team if other != place]
                ticket = _tickets(bench, visit, seed, number)
                taker = _fitting_seat(bench, visit, rest, [bench.ids[place]], loads, ticket)
                if taker is not None and loads[taker] <= loads[place] - 2:
                    loads[place] -= 1
                    loads[taker] += 1
                    team[seat] = taker
                    moved = True


def _fitting_seat(
    bench: Bench,
    visit: VisitNeed,
    rest: Sequence[str],
    out: Sequence[str],
    loads: np.ndarray,
    ticket: Callable[[int], bytes],
) -> int | None:
    """The place of the first, by load and ticket, who makes the team whole beside `rest` and is not `out`."""
    found = bench.candidates(visit)
    held, days = bench.held(visit, rest)
    barred = set(bench.places([*rest, *out]))
    for index in _by_load(found, loads, ticket):
        place = int(found.places[index])
        whole = not found.wanted & ~held & ~int(found.labels[index])
        if place not in barred and whole and days & found.days[index]:
            return place
    return None


def _seats(
    bench: Bench, visit: VisitNeed, teams: dict[str, list[int]], seed: str, number: int
) -> Iterator[Assignment]:
    ticket = _tickets(bench, visit, seed, number)
    for place in teams.get(visit.visit_id, ()):
        yield Assignment(
            visit_id=visit.visit_id, inspector_id=bench.ids[place], round=number, ticket=ticket(place).hex()
        )


def _refuse_unfit_recusal(
    visits: Sequence[VisitNeed], standing: Sequence[Assignment], recusal: Recusal, number: int
) -> tuple[VisitNeed, list[str]]:
    """The visit and the rest of its team; refuses who has no seat there, no reason, and a round that was."""
    visit = next((one for one in visits if one.visit_id == recusal.visit_id), None)
    team = standing_teams(standing).get(recusal.visit_id, ())
    past = max((one.round for one in standing), default=0)
    faults = [
        *([] if visit is not None and recusal.inspector_id in team else [
            f"{recusal.inspector_id!r}, who has no seat in visit {recusal.visit_id!r}"
        ]),
        *([] if recusal.reason.strip() else ["no reason"]),
        *([] if number > past else [f"round {number} after round {past}"]),
    ]  # fmt: skip
    if visit is None or faults:
        raise StaffingRefused(
            expected="an inspector who has a seat in the visit, the reason of the recusal, and a later round",
            got="; ".join(faults),
            todo="look up who stands for the visit, and draw again with the next round",
        )
    return visit, [one for one in team if one != recusal.inspector_id]
