"""Inspectors: no rule is ever broken, work is balanced, everybody can repeat it, anybody may be drawn."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from serving.sampling.staffing import (
    Assignment,
    InspectorCard,
    Recusal,
    Scope,
    ScopeKind,
    StaffingRefused,
    VisitNeed,
    redraw,
    staff,
    standing_teams,
)
from serving.sampling.staffing_check import StaffingRound, staffing_text, verify_staffing

DAY = date(2026, 4, 1)
BUREAU = Scope(kind=ScopeKind.WHOLE_BUREAU)
SCOPES = [
    BUREAU, Scope(kind=ScopeKind.BUREAU_AND_STATION), Scope(kind=ScopeKind.STATION),
    Scope(kind=ScopeKind.STATIONS, stations=("north", "south")),
]  # fmt: skip


def card(name: str, **changes: object) -> InspectorCard:
    made = InspectorCard(
        inspector_id=name, department="market", station="", skills=frozenset(),
        licensed_from=date(2020, 1, 1), licensed_until=date(2028, 1, 1),
    )  # fmt: skip
    return replace(made, **changes)


def need(name: str = "v1", **changes: object) -> VisitNeed:
    made = VisitNeed(
        visit_id=name, entity_id=f"entity of {name}", departments=("market",), station="north",
        skills=frozenset(), first_day=DAY, last_day=DAY + timedelta(4),
    )  # fmt: skip
    return replace(made, **changes)


days = st.integers(-3, 8).map(lambda number: DAY + timedelta(number))
intervals = st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))
departments, skills = (
    st.sampled_from(["market", "farming"]),
    st.frozensets(st.sampled_from("xyz"), max_size=2),
)
stations = st.sampled_from(["", "north", "south"])
cards = st.lists(
    st.builds(
        card, st.sampled_from([f"i{number}" for number in range(12)]), department=departments,
        station=stations, skills=skills, licensed_from=days | st.just(date(2020, 1, 1)),
        licensed_until=days | st.just(date(2028, 1, 1)), load=st.integers(0, 3),
        conflicts=st.frozensets(st.sampled_from(["entity of v1", "entity of v2"])),
        leave=st.lists(intervals, max_size=2).map(tuple),
    ),
    min_size=2, max_size=12, unique_by=lambda one: one.inspector_id,
)  # fmt: skip
visits = st.lists(
    st.builds(
        need, st.sampled_from([f"v{number}" for number in range(9)]),
        station=st.sampled_from(["north", "south"]),
        departments=st.lists(departments, min_size=1, max_size=2, unique=True).map(tuple), skills=skills,
        needs=st.integers(2, 3),
    ),
    max_size=8, unique_by=lambda one: one.visit_id,
)  # fmt: skip
scopes = st.sampled_from(SCOPES)


def free(one: InspectorCard, day: date) -> bool:
    return not any(first <= day <= last for first, last in one.leave)


def lawful(visit: VisitNeed, team: list[InspectorCard], scope: Scope) -> bool:
    """Every rule said once more, one by one."""
    window = [visit.first_day + timedelta(n) for n in range((visit.last_day - visit.first_day).days + 1)]
    among = {
        ScopeKind.WHOLE_BUREAU: {one.station for one in team},
        ScopeKind.BUREAU_AND_STATION: {"", visit.station},
        ScopeKind.STATIONS: set(scope.stations),
        ScopeKind.STATION: {visit.station},
    }[scope.kind]
    present = {one.station for one in team}
    return (
        len({one.inspector_id for one in team}) == max(visit.needs, len(visit.departments))
        and {one.department for one in team} == set(visit.departments)
        and visit.skills <= frozenset().union(*(one.skills for one in team))
        and all(one.licensed_from <= visit.first_day and visit.last_day <= one.licensed_until for one in team)
        and all(visit.entity_id not in one.conflicts for one in team)
        and any(all(free(one, day) for one in team) for day in window)
        and present <= among
        and (scope.kind is not ScopeKind.BUREAU_AND_STATION or present == among)
    )


@settings(max_examples=80, deadline=None)
@given(visits, cards, scopes)
def test_no_team_breaks_a_rule_and_no_visit_goes_without_where_a_team_exists(
    asked: list[VisitNeed], roster: list[InspectorCard], scope: Scope
) -> None:
    made = staff(asked, roster, scope=scope, seed="5eed")
    by_id, teams = {one.inspector_id: one for one in roster}, made.teams()
    assert sorted([*teams, *(one.visit_id for one in made.unstaffable)]) == sorted(v.visit_id for v in asked)
    for visit in asked:
        if visit.visit_id in teams:
            assert lawful(visit, [by_id[one] for one in teams[visit.visit_id]], scope)
        else:
            seats = max(visit.needs, len(visit.departments))
            assert not any(lawful(visit, list(team), scope) for team in combinations(roster, seats))


@settings(max_examples=60, deadline=None)
@given(visits, cards, scopes)
def test_no_seat_is_held_by_one_while_another_who_could_take_it_has_two_visits_fewer(
    asked: list[VisitNeed], roster: list[InspectorCard], scope: Scope
) -> None:
    teams = staff(asked, roster, scope=scope, seed="5eed").teams()
    by_id = {one.inspector_id: one for one in roster}
    loads = Counter({one.inspector_id: one.load for one in roster})
    loads.update(one for team in teams.values() for one in team)
    for visit in asked:
        team = teams.get(visit.visit_id, ())
        for leaving in team:
            for taking in by_id.keys() - team:
                other = [by_id[one] for one in {*team, taking} - {leaving}]
                if lawful(visit, other, scope):
                    assert loads[taking] >= loads[leaving] - 1


@given(st.integers(2, 9), st.integers(0, 30))
def test_where_everybody_fits_nobody_has_more_than_one_visit_more_than_another(
    inspectors: int, number: int
) -> None:
    roster = [card(f"i{n}") for n in range(inspectors)]
    made = staff([need(f"v{n}") for n in range(number)], roster, scope=BUREAU, seed="5eed")
    loads = Counter({one.inspector_id: 0 for one in roster})
    loads.update(seat.inspector_id for seat in made.assignments)
    assert sum(loads.values()) == 2 * number
    assert max(loads.values()) - min(loads.values()) <= 1


@settings(max_examples=40, deadline=None)
@given(visits, cards, scopes, st.randoms(use_true_random=False))
def test_the_order_of_visits_and_inspectors_changes_nothing(
    asked: list[VisitNeed], roster: list[InspectorCard], scope: Scope, chance: object
) -> None:
    once = staff(asked, roster, scope=scope, seed="5eed")
    chance.shuffle(asked)
    chance.shuffle(roster)
    assert staff(asked, roster, scope=scope, seed="5eed") == once


def test_every_eligible_pair_is_drawn_equally_often() -> None:
    """10 pairs of 5, each 200 of 2,000 on average; the seeds are fixed, so this holds or it does not."""
    roster = [card(f"i{n}") for n in range(5)]
    drawn = Counter(
        staff([need()], roster, scope=BUREAU, seed=f"seed {n}").teams()["v1"] for n in range(2000)
    )
    assert len(drawn) == 10
    assert chisquare(list(drawn.values())).pvalue > 0.001


@settings(max_examples=30, deadline=None)
@given(st.lists(skills, min_size=3, max_size=6))
def test_who_fits_a_visit_has_a_chance_of_it(held: list[frozenset[str]]) -> None:
    roster = [card(f"i{n}", skills=skill) for n, skill in enumerate([frozenset("x"), *held])]
    asked = need(skills=frozenset("x"))
    possible = {one for pair in combinations(roster, 2) if lawful(asked, list(pair), BUREAU) for one in pair}
    drawn: set[str] = set()
    for number in range(300):
        drawn.update(staff([asked], roster, scope=BUREAU, seed=f"{number}").teams()["v1"])
        if len(drawn) == len(possible):
            break
    assert drawn == {one.inspector_id for one in possible}


def test_bureau_and_station_sends_one_of_each() -> None:
    roster = [card("b"), card("c"), card("n", station="north"), card("s", station="south")]
    made = staff([need()], roster, scope=SCOPES[1], seed="5eed")
    assert "n" in made.teams()["v1"]
    assert "s" not in made.teams()["v1"]


@pytest.mark.parametrize(
    ("changes", "en", "zh"),
    [
        ({"licensed_until": DAY}, "without the licence requirement 3 would fit and a team could go",
         "若不计“执法证件在检查期间有效”，符合条件的有3名，可以成组"),
        ({"leave": ((DAY, DAY + timedelta(9)),)}, "without the leave of inspectors 3 would fit and a",
         "若不计“检查期间不在休假”，符合条件的有3名，可以成组"),
        ({"conflicts": frozenset(["entity of v1"])}, "without the conflicts of interest 3 would fit and",
         "若不计“回避”，符合条件的有3名，可以成组"),
        ({"department": "farming"}, "without the department 3 would fit and a team could go",
         "若不计“所属部门”，符合条件的有3名，可以成组"),
        ({"station": "north"}, "without the scope 3 would fit and a team could go",
         "若不计“选派范围”，符合条件的有3名，可以成组"),
    ],
)  # fmt: skip
def test_an_unstaffable_visit_says_which_constraint_makes_it_so(
    changes: dict[str, object], en: str, zh: str
) -> None:
    roster = [card("a", station="south"), *(card(n, **{"station": "south", **changes}) for n in ("b", "c"))]
    scope = Scope(kind=ScopeKind.STATIONS, stations=("south",))
    (told,) = staff([need()], roster, scope=scope, seed="5eed").unstaffable
    assert told.en.startswith(f"2 inspectors needed, 1 fit; {en}")
    assert told.zh.startswith(f"需要2名检查人员，符合条件的1名；{zh}")
    assert [one.staffable for one in told.without] == [True]


def test_a_skill_that_nobody_holds_is_named() -> None:
    (told,) = staff(
        [need(skills=frozenset({"cranes"}))], [card("a"), card("b")], scope=BUREAU, seed="5eed"
    ).unstaffable
    assert told.en == (
        "2 inspectors needed, 2 fit; none of them has or belongs to cranes; "
        "without the required skills 2 would fit and a team could go"
    )
    assert "其中无人具备或属于：cranes" in told.zh


def test_two_who_are_never_there_on_the_same_day_are_no_team() -> None:
    begin, end = (DAY, DAY + timedelta(2)), (DAY + timedelta(3), DAY + timedelta(4))
    roster = [card("a", leave=(begin,)), card("b", leave=(end,))]
    (told,) = staff([need()], roster, scope=BUREAU, seed="5eed").unstaffable
    assert told.en.startswith(
        "2 inspectors needed, 2 fit; without the leave of inspectors 2 would fit and a team"
    )


def test_nothing_alone_is_the_cause() -> None:
    (told,) = staff([need()], [card("a")], scope=BUREAU, seed="5eed").unstaffable
    assert told.en.endswith("more inspectors are needed, or several together give")


ROSTER = [card(f"i{n}", load=n % 2) for n in range(6)]
ASKED = [need(f"v{n}") for n in range(7)]


def recused(rounds: int) -> list[StaffingRound]:
    """A staffing, and then the first of v3 recused again and again."""
    made = [
        StaffingRound(
            round=1, visits=ASKED, inspectors=ROSTER, recusal=None,
            staffing=staff(ASKED, ROSTER, scope=BUREAU, seed="5eed"),
        )
    ]  # fmt: skip
    for number in range(2, rounds + 2):
        standing = [seat for one in made for seat in one.staffing.assignments]
        recusal = Recusal(visit_id="v3", inspector_id=standing_teams(standing)["v3"][0], reason=" 亲属 ")
        again = redraw(
            ASKED, ROSTER, scope=BUREAU, seed="5eed", round=number, standing=standing, recusal=recusal
        )
        made.append(
            StaffingRound(
                round=number,
                visits=[ASKED[3]],
                inspectors=ROSTER,
                recusal=recusal,
                staffing=again,
                standing=standing,
            )
        )
    return made


def test_a_redraw_changes_the_recused_seat_and_keeps_every_row() -> None:
    first, second = recused(1)
    (seat,) = second.staffing.assignments
    before = first.staffing.teams()
    rows = [*first.staffing.assignments, seat]
    after = standing_teams(reversed(rows))
    assert (seat.replaces, seat.reason, seat.round) == (before["v3"][0], "亲属", 2)
    assert after == {**before, "v3": tuple(sorted([before["v3"][1], seat.inspector_id]))}
    assert seat.inspector_id not in before["v3"]


def test_who_was_recused_never_comes_back_and_in_the_end_nobody_is_left() -> None:
    rounds = recused(5)
    out = [one.recusal.inspector_id for one in rounds if one.recusal]
    drawn = [seat.inspector_id for one in rounds[1:] for seat in one.staffing.assignments]
    assert len(set(out)) == 5
    assert [len(one.staffing.assignments) for one in rounds[1:]] == [1, 1, 1, 1, 0]
    assert not any(one in out[: place + 1] for place, one in enumerate(drawn))
    (told,) = rounds[-1].staffing.unstaffable
    assert told.en.startswith("1 inspectors needed, 0 fit; no single requirement")


def test_a_recusal_that_fits_nobody_is_refused_with_everything_wrong() -> None:
    rows: list[Assignment] = list(staff(ASKED, ROSTER, scope=BUREAU, seed="5eed").assignments)
    with pytest.raises(
        StaffingRefused, match=r"'nobody', who has no seat in visit 'v3'; no reason; round 1 after round 1"
    ):
        redraw(
            ASKED, ROSTER, scope=BUREAU, seed="5eed", round=1, standing=rows,
            recusal=Recusal(visit_id="v3", inspector_id="nobody", reason=" "),
        )  # fmt: skip


def test_contradictions_are_refused_at_once() -> None:
    asked = [need(needs=1), need(last_day=DAY - timedelta(1))]
    roster = [card("a", leave=((DAY, DAY - timedelta(1)),)), card("a")]
    with pytest.raises(
        StaffingRefused,
        match=r"got visit 'v1' twice; inspector 'a' twice; visit 'v1' with 1 inspectors; "
        r"visit 'v1' that ends before it begins; leave of 'a' from 2026-04-01 to 2026-03-31",
    ):
        staff(asked, roster, scope=BUREAU, seed="5eed")


def test_stations_are_named_for_several_stations_only() -> None:
    with pytest.raises(StaffingRefused, match="got scope station with 1 stations"):
        Scope(kind=ScopeKind.STATION, stations=("north",))


def test_a_published_staffing_is_drawn_again_with_all_its_redraws() -> None:
    data = staffing_text(recused(3), scope=BUREAU, seed="5eed")
    assert verify_staffing(data) == ()
    assert data.count(b'"inspectors"') == 1


def test_a_seat_that_no_earlier_round_gave_is_named() -> None:
    _, second = recused(1)
    (told, *_) = verify_staffing(staffing_text([second], scope=BUREAU, seed="5eed"))
    assert told.startswith("round 2, visit v0: ")
    assert told.endswith("stands there by no earlier round")


@settings(max_examples=40, deadline=None)
@given(visits, cards, scopes)
def test_what_is_published_of_leave_and_conflicts_is_enough(
    asked: list[VisitNeed], roster: list[InspectorCard], scope: Scope
) -> None:
    made = StaffingRound(
        round=1, visits=asked, inspectors=roster, recusal=None,
        staffing=staff(asked, roster, scope=scope, seed="5eed"),
    )  # fmt: skip
    assert verify_staffing(staffing_text([made], scope=scope, seed="5eed")) == ()


def test_what_was_not_drawn_is_named() -> None:
    (one,) = recused(0)
    seat = one.staffing.assignments[0]
    chosen = next(card.inspector_id for card in ROSTER if card.inspector_id not in one.staffing.teams()["v0"])
    bent = replace(
        one.staffing, assignments=(replace(seat, inspector_id=chosen), *one.staffing.assignments[1:])
    )
    (told,) = verify_staffing(staffing_text([replace(one, staffing=bent)], scope=BUREAU, seed="5eed"))
    assert told.startswith(f"round 1, visit v0: {chosen} (ticket ")
    assert f"in staffing.json, {seat.inspector_id} (ticket" in told
    data = staffing_text([one], scope=BUREAU, seed="5eed")
    assert verify_staffing(data.replace(b"market", b"farmer")) == (
        "staffing.json: is not what its own digest says",
    )
    assert verify_staffing(data.replace(b'"load": 1', b'"load": 0')) != ()
    assert "cannot be read" in verify_staffing(b"[]")[0]
    assert json.loads(data)["rounds"][0]["visits"][0]["needs"] == 2
