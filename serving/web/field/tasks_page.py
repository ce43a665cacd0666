"""The visits that wait, the most urgent first: ours or mine, by department, plan, state and colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from data_contracts.refusal import Refusal
from serving.inspections.clocks.clocks import Colour
from serving.inspections.field.starting import Begun
from serving.inspections.results.dates import result_dates
from serving.ledger.persons import same_person
from serving.register import RegisterLine
from serving.rosters.inspectors import list_inspectors
from serving.web.errors import Complaint
from serving.web.field.asking import Asking
from serving.web.field.clock_words import COLOURS, ClockChip, chip_of
from serving.web.field.visit_lines import (
    VisitLine,
    VisitState,
    running_plans,
    visit_lines,
    visits_of_inspectors,
)

LISTED = 25
STATES = {
    VisitState.UNSTAFFED: ("待选派", "to be staffed"),
    VisitState.READY: ("待检查", "to be visited"),
    VisitState.BEGUN: ("检查中", "begun"),
    VisitState.NOT_DONE: ("未检查", "not done"),
    VisitState.ENTERED: ("已录入", "result entered"),
    VisitState.DONE: ("已办结", "all done"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSearch:
    """What the address asks for; empty is everything."""

    department: str = ""
    plan_id: str = ""
    state: str = ""
    colour: str = ""
    mine: bool = False
    offset: int = 0

    def address(self, **changed: object) -> str:
        """The address of the same search with something changed; a new search begins at its start."""
        asked = {
            "department": self.department, "plan": self.plan_id, "state": self.state, "colour": self.colour,
            "mine": "1" if self.mine else "", "offset": "",
        }  # fmt: skip
        kept = {name: value for name, value in (asked | changed).items() if value}
        return f"/tasks?{urlencode(kept)}" if kept else "/tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value to choose, with its words and whether it is chosen."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourTile:
    """How many visits have a colour; the address shows only them, or all again."""

    colour: str
    label: str
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """A visit in the list."""

    visit_id: str
    name: str
    grade: str
    may_begin: bool
    departments: tuple[str, ...]
    state: str
    state_label: str
    window: str
    clock: ClockChip | None
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksPage:
    """The list with its filters; `me` says that the holder stands in the roster of inspectors."""

    search: TaskSearch
    tiles: tuple[ColourTile, ...]
    departments: tuple[Choice, ...]
    plans: tuple[Choice, ...]
    states: tuple[Choice, ...]
    lines: tuple[TaskLine, ...]
    matching: int
    before: str
    after: str
    me: bool
    today: str
    may_work: bool
    begun: Begun | None
    complaint: Complaint | None


def tasks_page(
    asking: Asking, search: TaskSearch, *, begun: Begun | None = None, refusal: Refusal | None = None
) -> TasksPage:
    """The visits of running plans in the holder's region, as searched."""
    mine = inspector_ids_of(asking)
    with asking.desk.ledger.reading() as session:
        titles = running_plans(session, asking.desk.city)
        results = result_dates(session, titles)
        lines = visit_lines(session, list(titles), results, today=asking.today)
        own = visits_of_inspectors(session, list(titles), mine) if mine else set()
    known = asking.entities({line.entity_id for line in lines})
    lines = [line for line in lines if line.entity_id in known]
    departments = sorted({name for line in lines for name in line.departments})
    ours = [line for line in lines if _is_asked(line, search) and (not search.mine or line.visit_id in own)]
    found = [line for line in ours if not search.colour or line.colour.value == search.colour]
    shown = found[search.offset : search.offset + LISTED]
    say = asking.say
    return TasksPage(
        search=search,
        tiles=_tiles(asking, search, ours),
        departments=_choices(((name, name) for name in departments), search.department),
        plans=_choices(titles.items(), search.plan_id),
        states=_choices(((one.value, say(*words)) for one, words in STATES.items()), search.state),
        lines=tuple(_line(asking, line, known[line.entity_id]) for line in shown),
        matching=len(found),
        before=search.address(offset=search.offset - LISTED or "") if search.offset >= LISTED else "",
        after=search.address(offset=search.offset + LISTED) if len(found) > search.offset + LISTED else "",
        me=bool(mine),
        today=asking.today.isoformat(),
        may_work=asking.may_work,
        begun=begun,
        complaint=asking.complaint(refusal),
    )


def inspector_ids_of(asking: Asking) -> tuple[str, ...]:
    """The inspectors who bear the holder's name; two who share one see each other's visits."""
    people = list_inspectors(asking.desk.ledger, asking.desk.city)
    return tuple(one.inspector_id for one in people if same_person(one.name, asking.holder.person))


def _is_asked(line: VisitLine, search: TaskSearch) -> bool:
    return (
        (not search.department or search.department in line.departments)
        and (not search.plan_id or search.plan_id in line.plan_ids)
        and (not search.state or search.state == line.state.value)
    )


def _tiles(asking: Asking, search: TaskSearch, lines: Sequence[VisitLine]) -> tuple[ColourTile, ...]:
    counts = Counter[Colour](line.colour for line in lines)
    return tuple(
        ColourTile(
            colour=colour.value,
            label=asking.say(*words),
            count=counts[colour],
            address=search.address(colour="" if search.colour == colour.value else colour.value),
            chosen=search.colour == colour.value,
        )
        for colour, words in COLOURS.items()
    )


def _choices(pairs: Iterable[tuple[str, str]], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(value=value, label=label, chosen=value == chosen) for value, label in pairs)


def _line(asking: Asking, line: VisitLine, entity: RegisterLine) -> TaskLine:
    return TaskLine(
        visit_id=line.visit_id,
        name=entity.name or line.entity_id,
        grade=entity.grade,
        may_begin=asking.may_work
        and line.state is VisitState.READY
        and line.first_day <= asking.today <= line.last_day,
        departments=line.departments,
        state=line.state.value,
        state_label=asking.say(*STATES[line.state]),
        window=f"{line.first_day:%m-%d} – {line.last_day:%m-%d}",
        clock=None if line.clock is None else chip_of(line.clock, asking.say),
        colour=line.colour.value,
    )
