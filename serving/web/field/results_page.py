"""What a plan's visits found: entered, published, followed up or not yet, each with its last day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from data_contracts.refusal import Refusal
from serving.inspections.clocks.working_days import working_days_left
from serving.inspections.plans.plan import Plan, PlanState
from serving.inspections.results.facts import StandingResult, standing_results, task_facts
from serving.inspections.results.files import ImportOutcome
from serving.inspections.results.publication import (
    FollowUp,
    PublicationKind,
    PublicationState,
    follow_ups,
    handling_due,
    publication_states,
)
from serving.inspections.results.returning import LastReturn, ReturnedPlan, admission_command, last_return
from serving.inspections.results.rules import TaskFacts, is_problem, is_serious
from serving.register import RegisterLine
from serving.rosters.item import Item
from serving.web.errors import Complaint
from serving.web.field.asking import Asking
from serving.web.field.visit_page import form_address, result_words
from serving.web.plans_page import STATES

LISTED = 40
PUBLICATION = {
    PublicationKind.TO_PUBLISH: ("待公示", "to publish"),
    PublicationKind.PUBLISHED: ("已公示", "published"),
    PublicationKind.CORRECTED: ("更正后待重新公示", "corrected, to publish again"),
    PublicationKind.WITHHELD: ("不予公示", "withheld"),
    PublicationKind.REPAIRED: ("已修复，停止公示", "repaired, no longer shown"),
}
WAITING = (PublicationKind.TO_PUBLISH, PublicationKind.CORRECTED)
FILTERS = {
    "": ("全部", "All"),
    "missing": ("未录入", "Not entered"),
    "not_done": ("逾期未录入", "Not done"),
    "problem": ("发现问题", "With a problem"),
    "to_publish": ("待公示", "To publish"),
    "to_handle": ("待后续处理", "To follow up"),
}


class Cell(NamedTuple):
    """A task and one of its items, with what stands of it."""

    task: TaskFacts
    item_code: str
    result: StandingResult | None
    publication: PublicationState | None
    handled: Sequence[FollowUp]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWords:
    """What stands or is due, with a colour: met, green, amber, red, or none."""

    colour: str
    text: str
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """A task and item in the table."""

    name: str
    grade: str
    item: str
    form: str
    visited_on: str
    result: str
    problem: bool
    counts: str
    version: int
    entry: DueWords
    publication: DueWords | None
    follow_up: DueWords | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterLink:
    """A filter with its count."""

    value: str
    label: str
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsPage:
    """The results of a plan."""

    plan_id: str
    title: str
    state_label: str
    tasks: int
    cells: int
    entered: int
    not_done_tasks: int
    problems: int
    filters: tuple[FilterLink, ...]
    lines: tuple[ResultLine, ...]
    matching: int
    before: str
    after: str
    to_publish: int
    may_work: bool
    may_plan: bool
    may_close: bool
    today: str
    outcome: ImportOutcome | None
    returned: ReturnedPlan | None
    last_return: LastReturn | None
    admission: str
    complaint: Complaint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSearch:
    """Which results are listed."""

    only: str = ""
    offset: int = 0


def results_page(
    asking: Asking,
    plan: Plan,
    search: ResultSearch,
    *,
    outcome: ImportOutcome | None = None,
    returned: ReturnedPlan | None = None,
    refusal: Refusal | None = None,
) -> ResultsPage:
    """The page of a plan, of the entities within the holder's region."""
    cells = cells_of(asking, plan.plan_id)
    known = asking.entities({cell.task.entity_id for cell in cells})
    cells = [cell for cell in cells if cell.task.entity_id in known]
    groups = {name: [cell for cell in cells if _is_of(cell, name, asking.today)] for name in FILTERS}
    found = groups.get(search.only, cells)
    shown, items = found[search.offset : search.offset + LISTED], asking.items()
    base = f"/plans/{plan.plan_id}/results"
    return ResultsPage(
        plan_id=plan.plan_id,
        title=plan.title,
        state_label=asking.say(*STATES[plan.state]),
        tasks=len({cell.task.task_id for cell in cells}),
        cells=len(cells),
        entered=sum(cell.result is not None for cell in cells),
        not_done_tasks=len({cell.task.task_id for cell in groups["not_done"]}),
        problems=len(groups["problem"]),
        filters=tuple(
            FilterLink(
                value=name,
                label=asking.say(*words),
                count=len(groups[name]),
                address=_address(base, name, 0),
                chosen=name == search.only,
            )
            for name, words in FILTERS.items()
        ),
        lines=tuple(_line(asking, cell, items, known[cell.task.entity_id]) for cell in shown),
        matching=len(found),
        before=_address(base, search.only, search.offset - LISTED) if search.offset >= LISTED else "",
        after=_address(base, search.only, search.offset + LISTED)
        if len(found) > search.offset + LISTED
        else "",
        to_publish=len(groups["to_publish"]),
        may_work=asking.may_work,
        may_plan=asking.may_plan,
        may_close=plan.state is PlanState.RESULTS,
        today=asking.today.isoformat(),
        outcome=outcome,
        returned=returned,
        last_return=_last_return(asking, plan.plan_id),
        admission=admission_command(asking.desk.city, asking.today),
        complaint=asking.complaint(refusal),
    )


def cells_of(asking: Asking, plan_id: str) -> list[Cell]:
    """Every task and item of a plan with what stands of it, by task and item."""
    with asking.desk.ledger.reading() as session:
        facts = task_facts(session, [plan_id])
        results = standing_results(session, [plan_id])
        states, handled = publication_states(session, [plan_id]), follow_ups(session, [plan_id])
    return [
        Cell(task, code, results.get(key), states.get(key), handled.get(key, ()))
        for task in sorted(facts.values(), key=lambda task: task.task_id)
        for code in task.items
        for key in [(task.task_id, code)]
    ]


def _last_return(asking: Asking, plan_id: str) -> LastReturn | None:
    with asking.desk.ledger.reading() as session:
        return last_return(session, plan_id)


def entry_words(asking: Asking, cell: Cell) -> DueWords:
    """Whether the result was entered, in time or not; not entered in time counts as not done."""
    if cell.result is None:
        return running(
            asking, cell.task.due, asking.say("待录入", "to enter"), late=("视为未检查", "not done")
        )
    late = cell.result.first_entered_on > cell.task.due
    text = asking.say(f"{cell.result.first_entered_on} 录入", f"entered on {cell.result.first_entered_on}")
    note = asking.say("，逾期，视为未检查", ", late: counts as not done") if late else ""
    return DueWords(colour="red" if late else "met", text=text + note, due=cell.task.due.isoformat())


def publication_words(asking: Asking, cell: Cell) -> DueWords | None:
    """Where the result stands towards the public."""
    state = cell.publication
    if state is None:
        return None
    words = asking.say(*PUBLICATION[state.kind])
    if state.kind in WAITING:
        return running(asking, state.due, words)
    text = f"{words} {state.day}" if state.day else words
    late = state.kind is PublicationKind.PUBLISHED and not state.in_time
    return DueWords(
        colour="red" if late else "met",
        text=text + (asking.say("（逾期）", " (late)") if late else ""),
        due=state.due.isoformat(),
    )


def follow_up_words(asking: Asking, cell: Cell) -> DueWords | None:
    """Whether the problem was handled; None where there was none."""
    if cell.result is None or not is_problem(cell.result.entry.codes):
        return None
    due = handling_due(cell.result)
    if not cell.handled:
        return running(asking, due, asking.say("待后续处理", "to follow up"))
    last = cell.handled[-1]
    text = asking.say(f"{last.handled_on} 已处理", f"handled on {last.handled_on}")
    return DueWords(colour="met", text=text, due=due.isoformat())


def running(asking: Asking, due: date, words: str, *, late: tuple[str, str] = ("", "")) -> DueWords:
    """Something due: how many working days are left, or how many it is over."""
    left = working_days_left(asking.today, due)
    if left < 0:
        told = asking.say(f"逾期 {-left} 个工作日", f"{-left} working days over")
        end = asking.say(f"，{late[0]}", f": {late[1]}") if late[0] else ""
        return DueWords(colour="red", text=f"{words} · {told}{end}", due=due.isoformat())
    told = asking.say(f"剩 {left} 个工作日", f"{left} working days left")
    return DueWords(colour="amber" if left <= 3 else "green", text=f"{words} · {told}", due=due.isoformat())


def _is_of(cell: Cell, name: str, today: date) -> bool:
    """Whether a cell belongs to a filter."""
    result, state = cell.result, cell.publication
    problem = result is not None and is_problem(result.entry.codes)
    return {
        "": True,
        "missing": result is None,
        "not_done": (result is None and today > cell.task.due)
        or (result is not None and result.first_entered_on > cell.task.due),
        "problem": problem,
        "to_publish": state is not None and state.kind in WAITING,
        "to_handle": problem and not cell.handled,
    }[name]


def _line(asking: Asking, cell: Cell, items: Mapping[str, Item], entity: RegisterLine) -> ResultLine:
    result = cell.result
    codes = result.entry.codes if result else ()
    return ResultLine(
        name=entity.name or cell.task.entity_id,
        grade=entity.grade,
        item=asking.item_name(items, cell.item_code),
        form=form_address(cell.task.task_id, cell.item_code),
        visited_on=result.entry.visited_on.isoformat() if result else "",
        result=result_words(codes, asking),
        problem=is_problem(codes),
        counts=severity_words(asking, result) if is_serious(codes) or is_problem(codes) else "",
        version=result.version if result else 0,
        entry=entry_words(asking, cell),
        publication=publication_words(asking, cell),
        follow_up=follow_up_words(asking, cell),
    )


def severity_words(asking: Asking, result: StandingResult | None) -> str:
    """The counts of violations, in words; empty where nobody counted."""
    if result is None:
        return ""
    entry = result.entry
    counted = (
        (entry.critical_count, "严重", "critical"),
        (entry.serious_count, "较重", "serious"),
        (entry.minor_count, "轻微", "minor"),
    )
    told = [asking.say(f"{zh} {count}", f"{count} {en}") for count, zh, en in counted if count]
    return asking.say("，", ", ").join(told)


def _address(base: str, only: str, offset: int) -> str:
    asked = {"only": only, "offset": offset or ""}
    kept = {name: value for name, value in asked.items() if value}
    return base + (f"?{urlencode(kept)}" if kept else "")
